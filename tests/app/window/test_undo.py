"""One line of steps in the real window: Ctrl+Z takes back what the hand did last, be it paint, a fader or a cue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider
from pytestqt.qtbot import QtBot

from app.expand import Expand
from app.look import COUNTERS, Look, OutputSize, Setup
from app.look_history import ENGINE_SIZE, OUTPUT_SIZE, TAKE
from app.show import Show
from app.window.canvas import Canvas
from app.window.main_window import MainWindow
from app.words import window_canvas as words_canvas
from engine.params import Lora, Params, Picture
from tests.app.window.hands import NO_KEY, click, press
from tests.app.window.rig import StillRig, quarters
from tests.app.window.test_canvas import arrive, at, drag

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def canvas(window: MainWindow, rig: StillRig) -> Canvas:
    arrive(window, rig)
    return window.program.preview


def undo(window: MainWindow) -> None:
    press(window, Qt.Key.Key_Z, CTRL)


def redo(window: MainWindow) -> None:
    press(window, Qt.Key.Key_Y, CTRL)


def uncut(look: Look) -> Look:
    return replace(look, params=replace(look.params, cut=0, frames_done=(None, None)))


def test_what_was_done_last_is_taken_back_first_whatever_it_was(
    window: MainWindow, canvas: Canvas, show: Show, rig: StillRig
) -> None:
    def paint(x: float) -> Callable[[], object]:
        def stroke() -> None:
            window.editor.choose("brush")
            drag(canvas, (x, 0.3), (x + 0.1, 0.6))

        return stroke

    def draw_box() -> None:
        window.editor.choose("box")
        drag(canvas, (0.2, 0.2), (0.4, 0.6))

    def drag_box() -> None:
        drag(canvas, (0.3, 0.4), (0.5, 0.4))

    def pull_frame() -> None:
        window.editor.choose("frame")
        drag(canvas, (0.0, 0.5), (0.05, 0.5), (0.1, 0.5))

    def move_fader() -> None:
        for value in (0.8, 0.6, 0.4):
            window.look.strength.number.setValue(value)

    def fire() -> None:
        press(window, Qt.Key.Key_1)

    show.set_params(prompt="a cue")
    press(window, Qt.Key.Key_A)
    done: list[Callable[[], object]] = [
        paint(0.2),
        lambda: show.set_params(references=(Picture(quarters()),)),
        paint(0.4),
        move_fader,
        draw_box,
        drag_box,
        lambda: show.set_params(first_frame=Picture(quarters())),
        lambda: show.set_params(loras=(Lora("a.safetensors"),)),
        fire,
        paint(0.5),
        lambda: press(window, Qt.Key.Key_Delete),
        pull_frame,
        lambda: click(window.look.modes.clear),
        lambda: click(window.mask_panel.verbs["replace_background"]),
    ]
    seen = [show.look]
    for do in done:
        do()
        assert show.look != seen[-1]
        seen.append(show.look)
    for look in reversed(seen[:-1]):
        undo(window)
        assert uncut(show.look) == uncut(look)
    for look in seen[1:]:
        redo(window)
        assert uncut(show.look) == uncut(look)
    assert show.look.params.cut == 1, "the cue's own cut, and no other"
    assert not window.program.bar.redo.isEnabled()


def test_the_buttons_and_the_message_tell(window: MainWindow, canvas: Canvas, show: Show) -> None:
    bar = window.program.bar
    said: list[str] = []
    window.steps.said.connect(lambda level, sentence: said.append(sentence))
    assert not bar.undo.isEnabled()
    undo(window)
    assert said[-1] == words_canvas.NO_STEP_BACK
    show.set_params(references=(Picture(quarters()),))
    assert bar.undo.isEnabled()
    click(bar.undo)
    assert said[-1] == "Taken back: the references."
    assert (bar.undo.isEnabled(), bar.redo.isEnabled()) == (False, True)
    click(bar.redo)
    assert said[-1] == "Done again: the references."
    assert show.look.params.references


def test_every_field_that_can_be_taken_back_has_a_name() -> None:
    """Or the performer would read of "the look" where one thing has changed."""
    names: list[tuple[str, ...]] = [(name,) for name in vars(Look()) if name not in ("params", "treatment")]
    names += [("params", name) for name in vars(Params()) if name not in (*COUNTERS, "frames_done")]
    assert set(words_canvas.FIELDS) == {*names, ENGINE_SIZE, OUTPUT_SIZE, TAKE}


def test_a_stroke_under_way_is_given_up_and_nothing_else(window: MainWindow, canvas: Canvas, show: Show) -> None:
    window.editor.choose("brush")
    drag(canvas, (0.2, 0.3), (0.3, 0.3))
    before = show.look
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.6, 0.6))
    QTest.mouseMove(canvas, at(canvas, 0.7, 0.7))
    window.editor.publish()
    assert show.look != before
    redo(window)
    undo(window)
    assert show.look == before
    QTest.mouseMove(canvas, at(canvas, 0.8, 0.8))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.8, 0.8))
    assert show.look == before
    undo(window)
    assert show.look == Look()


def test_blackout_and_cuts_are_never_taken_back(window: MainWindow, show: Show) -> None:
    show.set_params(prompt="ink")
    press(window, Qt.Key.Key_C)
    press(window, Qt.Key.Key_B)
    undo(window)
    default = Look()
    assert show.look == replace(default, params=replace(default.params, cut=1), treatment="blackout")


def test_a_fader_that_is_dragged_slowly_is_one_step(window: MainWindow, show: Show) -> None:
    """With the button down it may rest as long as it likes: nobody has let go."""
    slider = window.look.strength.slider
    handle = window.windowHandle()
    start = slider.mapTo(window, QPoint(slider.width() - 12, slider.height() // 2))
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, NO_KEY, start)
    for step in range(1, 4):
        show._program_steps._clock = lambda step=step: 1000.0 * step  # type: ignore[misc]
        QTest.mouseMove(handle, start - QPoint(20 * step, 0))
        assert show.look.params.control_strength < 2
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, NO_KEY, start - QPoint(60, 0))
    assert show.look != Look()
    undo(window)
    while show.can_undo:
        undo(window)
        pytest.fail("the drag was more than one step")
    assert show.look == Look()


def slide(window: MainWindow, slider: QSlider, first: float, last: float) -> None:
    """Drag along ``slider``, from and to these shares of its width."""
    handle, y = window.windowHandle(), slider.height() // 2
    way = [slider.mapTo(window, QPoint(round(x * slider.width()), y)) for x in np.linspace(first, last, 20)]
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, NO_KEY, way[0])
    for place in way[1:]:
        QTest.mouseMove(handle, place)
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, NO_KEY, way[-1])


@pytest.mark.parametrize("name", ["strength", "seed"])
def test_each_drag_of_a_slider_is_one_step(window: MainWindow, show: Show, name: str, qtbot: QtBot) -> None:
    slider = getattr(window.look, name).slider
    slide(window, slider, 0.9, 0.7)
    once = show.look
    qtbot.waitUntil(lambda: not show._held.isActive())
    slide(window, slider, 0.3, 0.1)
    assert show.look != once
    undo(window)
    assert show.look == once
    undo(window)
    assert show.look == Look()


def test_an_audition_has_steps_of_its_own_and_a_take_is_one(
    window: MainWindow, canvas: Canvas, show: Show, rig: StillRig
) -> None:
    window.editor.choose("brush")
    drag(canvas, (0.2, 0.3), (0.3, 0.3))
    program = show.program
    for end in (Qt.Key.Key_F7, Qt.Key.Key_F6):
        press(window, Qt.Key.Key_F5)
        assert not window.program.bar.undo.isEnabled(), "what was done before is the program's"
        rig.auditioned = rig.program.get()
        canvas.look()
        show.set_params(prompt="tried out")
        drag(canvas, (0.5, 0.3), (0.6, 0.3))
        tried = show.look
        undo(window)
        assert show.look == replace(program, params=replace(program.params, prompt="tried out"))
        redo(window)
        assert show.look == tried
        assert show.program == program
        press(window, end)
        assert window.program.bar.undo.isEnabled()
    assert show.program.mask == tried.mask
    assert show.program.params.prompt == "tried out"
    undo(window)
    assert uncut(show.program) == program
    undo(window)
    assert show.look.mask is None


def test_the_pulled_frame_is_one_step(window: MainWindow, canvas: Canvas, show: Show) -> None:
    window.editor.choose("frame")
    drag(canvas, (0.0, 0.0), (0.05, 0.0), (0.1, 0.1), (0.1, 0.2))
    assert show.look.expand != Expand()
    undo(window)
    assert show.look == Look()


def test_the_masks_steps_cost_little_room(window: MainWindow, canvas: Canvas, show: Show) -> None:
    """A thousand strokes at 1280x720 would else be a gigabyte."""
    window.editor.choose("brush")
    for number in range(30):
        drag(canvas, (0.1 + 0.02 * number, 0.2), (0.1 + 0.02 * number, 0.8))
    kept = show._program_steps._steps[:-1]
    sizes = [len(value.data) for step in kept for value in step.after.values()]
    assert len(sizes) == 29
    assert max(sizes) < 40_000
    assert np.mean(sizes) > 100


def test_changes_of_the_cues_are_steps_among_the_others(window: MainWindow, show: Show) -> None:
    """Who deletes a cue presses Ctrl+Z, and expects the cue."""
    said: list[str] = []
    window.steps.said.connect(lambda level, sentence: said.append(sentence))
    sheet, fader = window.cues.sheet, window.look.strength.number
    for prompt in ("ink", "neon"):
        show.set_params(prompt=prompt)
        press(window, Qt.Key.Key_A)
    fader.setValue(0.8)
    full = sheet.set_list
    press(window.cues.pads[0], Qt.Key.Key_Delete)
    fader.setValue(0.6)

    def state() -> tuple[bool, float]:
        return sheet.set_list == full, show.look.params.control_strength

    undo(window)
    assert state() == (False, 0.8), "the fader was moved twice, with a change of the cues between"
    undo(window)
    assert state() == (True, 0.8)
    assert said[-1] == "Taken back in the cues: the cue that was deleted."
    redo(window)
    assert state() == (False, 0.8)
    redo(window)
    assert state() == (False, 0.6)
    undo(window)
    undo(window)
    fader.setValue(0.5)
    assert not window.program.bar.redo.isEnabled(), "what is new ends the way forward"
    redo(window)
    assert state() == (True, 0.5)
    press(window, Qt.Key.Key_F5)
    undo(window)
    assert sheet.set_list == full, "what was done before an audition stays in it"


def test_what_is_done_anew_ends_the_way_forward_of_cues_and_looks(window: MainWindow, show: Show) -> None:
    """Or Ctrl+Y would delete a cue that nobody wants to lose, and leave the fader alone."""
    sheet, fader = window.cues.sheet, window.look.strength.number
    press(window, Qt.Key.Key_A)
    full = sheet.set_list

    def delete_and_take_back() -> None:
        press(window.cues.pads[0], Qt.Key.Key_Delete)
        undo(window)
        assert window.cues.buttons["redo"].isEnabled()

    delete_and_take_back()
    fader.setValue(0.8)
    assert not window.cues.buttons["redo"].isEnabled()
    undo(window)
    redo(window)
    assert (sheet.set_list == full, show.look.params.control_strength) == (True, 0.8)
    redo(window)
    press(window, Qt.Key.Key_Y, CTRL | Qt.KeyboardModifier.AltModifier)
    assert sheet.set_list == full

    delete_and_take_back()
    press(window, Qt.Key.Key_F5)
    show.set_params(prompt="tried out")
    press(window, Qt.Key.Key_F6)
    undo(window)
    redo(window)
    assert (sheet.set_list == full, show.look.params.prompt) == (True, "tried out")


def test_steps_are_done_again_in_the_reverse_of_the_order_they_were_taken_back_in(
    window: MainWindow, show: Show
) -> None:
    sheet, fader = window.cues.sheet, window.look.strength.number
    press(window, Qt.Key.Key_A)
    full = sheet.set_list
    press(window.cues.pads[0], Qt.Key.Key_Delete)
    fader.setValue(0.8)
    press(window, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.AltModifier)
    undo(window)
    redo(window)
    assert (sheet.set_list == full, show.look.params.control_strength) == (True, 0.8), "the fader was the last"
    redo(window)
    assert sheet.set_list != full


def test_a_step_that_ends_as_it_began_leaves_the_way_forward_of_the_cues(window: MainWindow, show: Show) -> None:
    sheet = window.cues.sheet
    press(window, Qt.Key.Key_A)
    undo(window)
    for value in (0.8, 1.0):
        show.set_params(control_strength=value)
    redo(window)
    assert sheet.cue(0) is not None


def test_the_engines_size_is_a_step_among_the_others(window: MainWindow, show: Show) -> None:
    said: list[str] = []
    window.steps.said.connect(lambda level, sentence: said.append(sentence))
    press(window, Qt.Key.Key_A)
    show.set_params(control_strength=0.8)
    press(window.cues.pads[0], Qt.Key.Key_Delete)
    press(window, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.AltModifier)
    assert window.program.bar.redo.isEnabled()
    window.look.size_row.picked.emit((256, 144))
    assert not window.program.bar.redo.isEnabled()
    assert not window.cues.buttons["redo"].isEnabled()

    def state() -> tuple[int, float]:
        return show.setup.engine.width, show.look.params.control_strength

    undo(window)
    assert state() == (Setup().engine.width, 0.8)
    assert said[-1] == "Taken back: the engine's size."
    undo(window)
    assert state() == (Setup().engine.width, 1.0)
    redo(window)
    redo(window)
    assert state() == (256, 0.8)
    window.look.size_row.picked.emit((256, 144))
    window.look.size_row.picked.emit("300x200")
    undo(window)
    assert state() == (Setup().engine.width, 0.8), "what changes nothing, or is refused, is no step"


def test_the_outputs_size_is_a_step_among_the_others(window: MainWindow, show: Show) -> None:
    said: list[str] = []
    window.steps.said.connect(lambda level, sentence: said.append(sentence))
    show.set_params(prompt="on air")
    window.look.size_row.picked.emit((256, 144))
    window.look.output_size.picked.emit((1280, 720))
    undo(window)
    assert (show.setup.output_size, show.setup.engine.width) == (OutputSize(), 256)
    assert said[-1] == "Taken back: the outputs' size."
    redo(window)
    assert show.setup.output_size == OutputSize(1280, 720)
    window.look.output_size.picked.emit("5x5")
    for _ in range(2):
        undo(window)
    assert (show.setup.output_size, show.setup.engine) == (OutputSize(), Setup().engine)
    assert show.look.params.prompt == "on air"


@pytest.mark.parametrize("end", [Qt.Key.Key_F6, Qt.Key.Key_F7])
def test_the_engines_size_of_an_audition_is_taken_back_behind_it(window: MainWindow, show: Show, end: Qt.Key) -> None:
    """It acts on the program at once, so its step cannot end with the audition."""
    wide = Setup().engine.width

    def width() -> int:
        return show.setup.engine.width

    show.set_params(prompt="before")
    window.look.size_row.picked.emit((256, 144))
    press(window, Qt.Key.Key_F5)
    undo(window)
    assert width() == 256, "what was done before an audition stays in it"
    show.set_params(prompt="tried out")
    window.look.size_row.picked.emit((448, 256))
    undo(window)
    assert (width(), show.look.params.prompt) == (256, "tried out")
    redo(window)
    assert width() == 448
    press(window, end)
    taken = show.look.params.prompt == "tried out"
    for _ in range(2 if taken else 1):
        assert window.program.bar.undo.isEnabled()
        undo(window)
    assert (width(), show.look.params.prompt) == (256, "before")
    undo(window)
    assert width() == wide
    for _ in range(3 if taken else 2):
        assert window.program.bar.redo.isEnabled()
        redo(window)
    assert (width(), show.look.params.prompt) == (448, "tried out" if taken else "before")
    assert not window.program.bar.redo.isEnabled()


def test_a_fired_cue_is_told_by_its_name(window: MainWindow, show: Show) -> None:
    said: list[str] = []
    window.steps.said.connect(lambda level, sentence: said.append(sentence))
    sheet = window.cues.sheet
    show.set_params(prompt="ink", control_strength=0.8)
    press(window, Qt.Key.Key_A)
    sheet.set_cue(0, name="Ink")
    show.set_params(prompt="neon")
    press(window, Qt.Key.Key_1)
    undo(window)
    redo(window)
    assert said == ["Taken back: the cue that was fired, Ink.", "Done again: the cue that was fired, Ink."]
    press(window, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.AltModifier)
    press(window, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.AltModifier)
    assert sheet.cue(0) is None
    undo(window)
    assert said[-1] == "Taken back: the cue that was fired."
    undo(window)
    assert said[-1] == "Taken back: the prompt."


def test_a_take_is_called_a_take(window: MainWindow, show: Show) -> None:
    said: list[str] = []
    window.steps.said.connect(lambda level, sentence: said.append(sentence))
    press(window, Qt.Key.Key_F5)
    show.set_params(prompt="tried out")
    press(window, Qt.Key.Key_F6)
    undo(window)
    redo(window)
    assert said == ["Taken back: the take.", "Done again: the take."]
