"""The canvas in the real window: what it shows, where a hand on it paints, and what the Show then holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QPointingDeviceUniqueId, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.expand import Expand
from app.frame import Frame, Pixels
from app.framing import Framing
from app.look import Look, Setup
from app.mask_painting import Tool
from app.mask_shape import MaskShape
from app.pictures import load_mask
from app.placement import placement
from app.preprocessor import Preprocessor
from app.show import Show
from app.status import Thumbnails
from app.window.canvas import Canvas
from app.window.canvas_tools import BoxTool
from app.window.main_window import MainWindow
from app.window.mask_editor import PAINTED_SIDE
from app.words import window as words
from app.words import window_canvas as words_canvas
from controls.control import ControlSetting
from controls.layout import Box
from controls.regions import regions_of
from engine.params import EngineChoice, Picture
from tests.app.window.hands import NO_KEY, click, press, turn_wheel
from tests.app.window.rig import StillRig, plain, quarters
from tests.app.window.test_picture import colour_at

SOURCE = (640, 360)
ENGINE = (320, 192)


@pytest.fixture
def canvas(window: MainWindow, rig: StillRig) -> Canvas:
    arrive(window, rig)
    return window.program.preview


def arrive(window: MainWindow, rig: StillRig, source: tuple[int, int] = SOURCE) -> None:
    """A picture has gone all the way."""
    rig.view.put(Frame(plain(0, 0, 250, *ENGINE), 0.0))
    guide = plain(0, 250, 0, *ENGINE)
    rig.thumbnails.put(Thumbnails({"edge": guide}, guide, None, source))
    rig.play(plain(250, 0, 0, *ENGINE))
    window.program.preview.look()


def at(canvas: Canvas, x: float, y: float) -> QPoint:
    """A place of the picture, as a fraction, on the widget."""
    rect = canvas.placing(*ENGINE)[1]
    return QPoint(round(rect.x() + x * rect.width()), round(rect.y() + y * rect.height()))


def drag(canvas: Canvas, *places: tuple[float, float], button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
    points = [at(canvas, *place) for place in places]
    QTest.mousePress(canvas, button, NO_KEY, points[0])
    for point in points[1:]:
        QTest.mouseMove(canvas, point)
    QTest.mouseRelease(canvas, button, NO_KEY, points[-1])


def painted(show: Show) -> Pixels:
    assert show.look.mask is not None
    return show.look.mask.pixels


def middle_of(mask: Pixels) -> tuple[float, float]:
    """As fractions of width and height."""
    rows, columns = np.nonzero(mask > 127)
    return (columns.mean() + 0.5) / mask.shape[1], (rows.mean() + 0.5) / mask.shape[0]


def test_it_shows_output_input_guide_and_mask(window: MainWindow, canvas: Canvas, rig: StillRig, show: Show) -> None:
    colours = {"output": (250, 0, 0), "input": (0, 0, 250), "guide": (0, 250, 0), "mask": (0, 0, 250)}
    for shown, colour in colours.items():
        click(window.program.bar.shown.button(shown))
        canvas.look()
        assert colour_at(canvas, 0.5, 0.5) == colour
        assert canvas.accessibleName()
    show.set_mask(Picture(np.full((90, 160), 255, np.uint8)))
    red, _, blue = colour_at(canvas, 0.5, 0.5)
    assert red > 100, "the mask lies over the source"
    assert 100 < blue < 250
    press(window, Qt.Key.Key_M)
    canvas.look()
    assert colour_at(canvas, 0.5, 0.5) == (250, 0, 0)
    assert rig.handed, "and the program is told to be shown again"


def test_a_stroke_is_in_the_look_where_the_hand_was(window: MainWindow, canvas: Canvas, show: Show) -> None:
    press(window, Qt.Key.Key_D)
    drag(canvas, (0.2, 0.3), (0.4, 0.3))
    mask = painted(show)
    assert mask.shape == (720, 1280), "of the source's aspect"
    # The source is cut at top and bottom to fill the picture, whose aspect is narrower: 600 of 640 columns are seen.
    x, y = middle_of(mask)
    assert x == pytest.approx(0.5 + (0.3 - 0.5) * 600 / 640, abs=0.01)
    assert y == pytest.approx(0.3, abs=0.01)
    drag(canvas, (0.2, 0.3), (0.4, 0.3), button=Qt.MouseButton.RightButton)
    assert show.look.mask is None, "the right button took all of it away"


def test_without_a_tool_nothing_is_painted(canvas: Canvas, show: Show) -> None:
    drag(canvas, (0.2, 0.3), (0.4, 0.3))
    assert show.look == Look()


@pytest.mark.parametrize("tool", ["lasso", "rectangle", "ellipse"])
def test_shapes_are_painted_when_they_are_let_go(window: MainWindow, canvas: Canvas, show: Show, tool: Tool) -> None:
    click(window.program.bar.tools[tool])
    corners = [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7)] if tool == "lasso" else [(0.3, 0.3), (0.7, 0.7)]
    drag(canvas, *corners)
    mask = painted(show) > 127
    assert middle_of(painted(show)) == pytest.approx((0.5, 0.5), abs=0.01)
    share = 0.4 * 600 / 640 * 0.4 * (np.pi / 4 if tool == "ellipse" else 1)
    assert mask.mean() == pytest.approx(share, rel=0.05)
    click(window.program.bar.tools["fill"])
    drag(canvas, (0.1, 0.1))
    assert painted(show).mean() > 250


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.booleans(),
    st.sampled_from([0, 90, 180, 270]),
    st.sampled_from(["fill", "fit", "stretch"]),
    st.sampled_from([Expand(), Expand(0.5, 0.0, 0.25, 0.25)]),
    st.sampled_from([1.0, 3.0]),
)
def test_it_is_painted_where_it_is_seen_however_the_source_is_framed(
    window: MainWindow,
    canvas: Canvas,
    show: Show,
    rig: StillRig,
    mirror: bool,
    rotate: int,
    fit: str,
    expand: Expand,
    zoom: float,
) -> None:
    """The mask that the engine is handed has its dab under the hand."""
    show.set_look(Look(controls=(), expand=expand))
    show.set_setup(framing=Framing(mirror, rotate, (0.1, 0.0, 0.0, 0.2), fit))  # type: ignore[arg-type]
    canvas.fit_whole()
    while canvas.zoom < zoom:
        turn_wheel(canvas, 120)
    window.editor.choose("brush")
    window.editor.set_brush(size=60)
    drag(canvas, (0.55, 0.45))
    setup = Setup(engine=EngineChoice("starter", *ENGINE), framing=show.setup.framing)
    seen = Preprocessor().guided(Frame(np.zeros((*SOURCE[::-1], 3), np.uint8), 0.0), show.look, setup, 0)[0].mask
    assert seen is not None
    area = placed_area(show)
    inside = np.zeros_like(seen)
    inside[area] = seen[area]
    assert middle_of(inside) == pytest.approx((0.55, 0.45), abs=0.02)


def placed_area(show: Show) -> tuple[slice, slice]:
    return placement(SOURCE, ENGINE, show.setup.framing, show.look.expand).area.slices


def test_a_pen_paints_by_its_pressure_and_erases_with_its_other_end(
    window: MainWindow, canvas: Canvas, show: Show
) -> None:
    press(window, Qt.Key.Key_D)
    areas = []
    for pressure in (0.3, 1.0):
        pen(canvas, (0.5, 0.5), pressure)
        areas.append(np.count_nonzero(painted(show) > 127))
        window.steps.undo()
        window.editor.publish()
    assert areas[0] < 0.3 * areas[1]
    pen(canvas, (0.5, 0.5), 1.0)
    pen(canvas, (0.5, 0.5), 1.0, QPointingDevice.PointerType.Eraser)
    assert show.look.mask is None, "no rim is left"


def pen(
    canvas: Canvas,
    place: tuple[float, float],
    pressure: float,
    end: QPointingDevice.PointerType = QPointingDevice.PointerType.Pen,
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
) -> bool:
    """Whether it is taken; what is not becomes a mouse's."""
    device = QPointingDevice(
        "pen",
        1,
        QInputDevice.DeviceType.Stylus,
        end,
        QInputDevice.Capability.Pressure,
        1,
        1,
        "",
        QPointingDeviceUniqueId(),
    )
    point = QPointF(at(canvas, *place))
    kinds = (QEvent.Type.TabletPress, QEvent.Type.TabletMove, QEvent.Type.TabletRelease)
    taken = True
    for kind, strength in zip(kinds, (pressure, pressure, 0.0), strict=True):
        event = QTabletEvent(
            kind, device, point, QPointF(canvas.mapToGlobal(point.toPoint())), strength, 0, 0, 0, 0, 0, NO_KEY,
            button, button,
        )  # fmt: skip
        QApplication.sendEvent(canvas, event)
        taken &= event.isAccepted()
    return taken


def test_a_pen_gives_the_keys_back_and_its_buttons_do_what_a_mouses_do(
    window: MainWindow, canvas: Canvas, show: Show
) -> None:
    press(window, Qt.Key.Key_D)
    window.look.prompt.setFocus()
    assert pen(canvas, (0.5, 0.5), 1.0)
    assert not window.look.prompt.hasFocus()
    assert painted(show).max() == 255
    pen(canvas, (0.5, 0.5), 1.0, button=Qt.MouseButton.RightButton)
    assert show.look.mask is None
    assert not pen(canvas, (0.5, 0.5), 1.0, button=Qt.MouseButton.MiddleButton)
    assert show.look.mask is None


@pytest.mark.parametrize("tool", ["brush", "lasso", "rectangle", "box", "frame"])
@pytest.mark.parametrize("key", [(Qt.Key.Key_Escape, NO_KEY), (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)])
def test_what_is_being_drawn_is_given_up(
    window: MainWindow, canvas: Canvas, show: Show, tool: Tool, key: tuple[Qt.Key, Qt.KeyboardModifier]
) -> None:
    show.set_params(prompt="lava")
    show.set_expand(Expand(top=0.1))
    window.steps.undo()
    window.editor.choose(tool)
    canvas.setFocus()
    before, steps = show.look, (show.done, show.undone)
    start = (0.0, 0.2) if tool == "frame" else (0.2, 0.2)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, *start))
    for place in ((0.6, 0.2), (0.6, 0.6)):
        QTest.mouseMove(canvas, at(canvas, *place))
    assert (show.look.expand != before.expand) == (tool == "frame"), "which acts at once"
    press(canvas, *key)
    assert window.messages.shown[1] == words_canvas.given_up(tool)
    QTest.mouseMove(canvas, at(canvas, 0.8, 0.8))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.8, 0.8))
    window.editor.publish()
    assert (show.look, (show.done, show.undone)) == (before, steps), "nor is anything else taken back, or lost"


@pytest.mark.parametrize("hand_goes_on", [False, True])
def test_a_frame_that_became_another_one_while_it_was_pulled_at_stays(
    window: MainWindow, canvas: Canvas, show: Show, hand_goes_on: bool
) -> None:
    window.editor.choose("frame")
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.0, 0.2))
    QTest.mouseMove(canvas, at(canvas, 0.2, 0.2))
    show.set_look(Look(expand=Expand(top=0.5)))
    if hand_goes_on:
        QTest.mouseMove(canvas, at(canvas, 0.3, 0.2))
    press(canvas, Qt.Key.Key_Escape)
    QTest.mouseMove(canvas, at(canvas, 0.4, 0.2))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.4, 0.2))
    assert show.look == Look(expand=Expand(top=0.5))


def test_fifty_steps_are_taken_back_and_done_again(window: MainWindow, canvas: Canvas, show: Show) -> None:
    window.editor.choose("brush")
    window.editor.set_brush(size=20)
    seen: list[Picture | None] = [show.look.mask]
    for number in range(50):
        x = 0.1 + 0.015 * number
        drag(canvas, (x, 0.2), (x, 0.8))
        seen.append(show.look.mask)
    assert len({None if mask is None else mask.digest for mask in seen}) == 51
    for mask in reversed(seen[:-1]):
        QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        window.editor.publish()
        assert show.look.mask == mask
    assert not window.program.bar.undo.isEnabled()
    for mask in seen[1:]:
        QTest.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        window.editor.publish()
        assert show.look.mask == mask


def test_a_mask_from_elsewhere_is_a_step_like_any_other(window: MainWindow, canvas: Canvas, show: Show) -> None:
    window.editor.choose("brush")
    drag(canvas, (0.5, 0.5))
    mine = show.look.mask
    other = Picture(np.eye(90, 160, dtype=np.uint8) * 255)
    show.set_mask(other)
    np.testing.assert_array_equal(window.editor.pixels, other.pixels)
    window.steps.undo()
    window.editor.publish()
    assert show.look.mask == mine


def test_a_stroke_reaches_the_show_while_it_goes_on(
    window: MainWindow, canvas: Canvas, show: Show, qtbot: QtBot
) -> None:
    window.editor.choose("brush")
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.3, 0.5))
    qtbot.waitUntil(lambda: show.look.mask is not None)
    first = show.look.mask
    QTest.mouseMove(canvas, at(canvas, 0.6, 0.5))
    qtbot.waitUntil(lambda: show.look.mask != first)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.6, 0.5))


def test_wheel_and_middle_button_look_closer(window: MainWindow, canvas: Canvas, rig: StillRig) -> None:
    rig.play(quarters(*ENGINE))
    canvas.look()
    assert colour_at(canvas, 0.5, 0.5) != colour_at(canvas, 0.3, 0.3)
    corner = canvas.mapTo(window, at(canvas, 0.25, 0.25))
    for _ in range(6):
        QTest.wheelEvent(window.windowHandle(), QPointF(corner), QPoint(0, 120), QPoint(), NO_KEY)
    QApplication.processEvents()
    assert canvas.zoom > 3
    apart = canvas.mapTo(window, at(canvas, 0.25, 0.25)) - corner
    assert apart.manhattanLength() <= 4, "what is under the pointer stays there, but for half a pixel before"
    assert {colour_at(canvas, x, y) for x in (0.1, 0.5) for y in (0.2, 0.5)} == {(255, 0, 0)}
    drag(canvas, (0.25, 0.25), (0.1, 0.1), button=Qt.MouseButton.MiddleButton)
    moved = at(canvas, 0.25, 0.25)
    assert moved != canvas.mapFrom(window, corner)
    press(window, Qt.Key.Key_0)
    assert canvas.zoom == 1
    assert not window.program.bar.whole.isEnabled()


def test_verbs_say_what_the_mask_means(window: MainWindow, canvas: Canvas, show: Show) -> None:
    verbs = window.mask_panel.verbs
    said: list[str] = []
    window.editor.said.connect(lambda level, sentence: said.append(sentence))

    def acting() -> list[str]:
        marked = [verb for verb, button in verbs.items() if button.text().startswith("●")]
        assert marked == [verb for verb, button in verbs.items() if button.isChecked()], "not by colour alone"
        return marked

    assert acting() == []
    click(verbs["fill_mask"])
    assert acting() == [], "nothing is painted that could be filled"
    click(verbs["keep_mask"])
    assert acting() == ["keep_mask"]
    click(verbs["keep_mask"])
    assert acting() == ["keep_mask"], "it still acts"
    assert said, "nothing is painted yet: the brush is at hand"
    assert window.editor.tool == "brush"
    drag(canvas, (0.5, 0.5))
    mask = show.look.mask
    assert show.look == replace(Look(mask=mask, invert_mask=True))
    click(verbs["fill_mask"])
    assert show.look == Look(mask=mask)
    assert acting() == ["fill_mask"]
    show.set_look(replace(show.look, unguided=True))
    assert acting() == ["remove_mask"]
    controls = (ControlSetting("edge", region="mask"), ControlSetting("pose", region="outside mask"))
    for ending in ("fill_mask", "keep_people", "replace_background"):
        show.set_look(replace(show.look, controls=controls))
        unguided = []
        for verb in ("remove_mask", ending):
            click(verbs[verb])
            unguided.append(show.look.unguided)
        assert unguided == [True, False]
        assert show.look.controls == controls, "where they count is the performer's"
    show.set_look(Look(mask=mask))
    click(verbs["keep_people"])
    assert show.look == Look(mask=mask, repainted="background")
    told: list[Look] = []
    show.look_changed.connect(told.append)
    said.clear()
    click(verbs["replace_background"])
    assert show.look == Look(repainted="background")
    assert len(told) == 1, "without a look between that has no mask at all"
    assert said == [words.PAINTED_TAKEN_AWAY]
    window.steps.undo()
    assert show.look.mask == mask
    window.steps.redo()
    click(verbs["replace_background"])
    assert len(said) == 1, "there was nothing to be taken away"
    click(verbs["fill_mask"])
    assert show.look == Look()
    click(verbs["expand_canvas"])
    assert show.look.expand == Expand(0.25, 0.25, 0.25, 0.25)
    click(verbs["expand_canvas"])
    assert show.look == Look()


def test_the_painted_mask_is_combined_with_people(window: MainWindow, show: Show) -> None:
    combination = window.mask_panel.combination
    painted, people = np.array([[255, 255, 0, 0]], np.uint8), np.array([[255, 0, 255, 0]], np.uint8)
    expected = {
        "add": np.maximum(painted, people),
        "subtract": np.minimum(painted, 255 - people),
        "intersect": np.minimum(painted, people),
        "alone": painted,
    }
    show.set_mask(Picture(painted))
    assert combination.button("alone").isChecked()
    for name, repainted in expected.items():
        button = combination.button(name)
        click(button)
        assert button.isChecked()
        assert button.accessibleName()
        look = show.look
        inside = regions_of(painted, people, look.repainted, look.mask_join, 4, 1)["mask"]
        assert inside is not None
        assert np.array_equal(inside, repainted), name
    show.set_repainted("background", "either")
    assert not any(combination.button(name).isChecked() for name in expected), "it is none of these"
    show.set_repainted("person", "both")
    assert [name for name in expected if combination.button(name).isChecked()] == ["intersect"]


def test_a_verb_stays_lit_beside_people_and_the_words_hold_for_each(window: MainWindow, show: Show) -> None:
    panel, mask = window.mask_panel, Picture(np.array([[255, 0]], np.uint8))
    for verb in ("fill_mask", "keep_mask", "remove_mask"):
        show.set_look(Look(mask=mask))
        click(panel.verbs[verb])
        for combination in ("add", "subtract", "intersect"):
            click(panel.combination.button(combination))
            assert panel.verbs[verb].isChecked(), (verb, combination)
            tip = panel.combination.button(combination).toolTip()
            assert "What is painted" not in tip, "Keep repaints what is not"
        click(panel.verbs[verb])
        assert panel.combination.button("alone").isChecked()
        assert "Alone" in panel.verbs[verb].toolTip()
    show.set_look(Look(mask=mask, repainted="background", mask_join="either"))
    assert not any(button.isChecked() for button in panel.verbs.values())


def test_faders_shape_mask_and_brush(window: MainWindow, show: Show) -> None:
    window.mask_panel.grow.number.setValue(5)
    window.mask_panel.feather.number.setValue(12)
    assert show.look == Look(mask_shape=MaskShape(5, 12))
    faders = window.program.bar.brush
    faders.size.number.setValue(33)
    faders.hardness.number.setValue(0.2)
    faders.opacity.number.setValue(0.5)
    brush = window.editor.brush
    assert (brush.size, brush.hardness, brush.opacity) == (33, 0.2, 0.5)
    press(window, Qt.Key.Key_BracketRight)
    assert faders.size.value == pytest.approx(41.25, abs=1)


def test_the_brushs_faders_are_beside_the_tools_that_paint_with_it(window: MainWindow) -> None:
    bar = window.program.bar
    seen = {
        tool: tuple(fader.isVisible() for fader in bar.brush.all)
        for tool in bar.tools
        if not window.editor.choose(tool)  # type: ignore[func-returns-value]
    }
    stroke, shape, none = (True, True, True), (False, False, True), (False, False, False)
    assert seen == {
        "none": none,
        "brush": stroke,
        "eraser": stroke,
        "lasso": shape,
        "rectangle": shape,
        "ellipse": shape,
        "fill": shape,
        "box": none,
        "frame": none,
    }
    window.editor.choose("brush")
    QApplication.processEvents()
    for fader in bar.brush.all:
        assert bar.rect().contains(fader.geometry()), "whole"
    lowest = max(fader.mapTo(window, fader.rect().bottomLeft()).y() for fader in bar.brush.all)
    assert lowest < window.program.preview.mapTo(window, QPoint(0, 0)).y()


@pytest.mark.parametrize("opacity", [0.1, 0.25, 0.5])
def test_the_faintest_stroke_keeps_the_rest_as_it_is(
    window: MainWindow, canvas: Canvas, show: Show, opacity: float
) -> None:
    """As it does for the engine: without a mask it would repaint all."""
    click(window.program.bar.tools["brush"])
    window.program.bar.brush.opacity.number.setValue(opacity)
    drag(canvas, (0.4, 0.5), (0.5, 0.5))
    assert painted(show).max() == pytest.approx(255 * opacity, abs=1)
    assert window.mask_panel.save.isEnabled()
    window.program.bar.brush.opacity.number.setValue(0)
    assert window.editor.brush.opacity == 0.1, "less would paint nothing"


def test_a_mask_is_saved_and_opened_again(window: MainWindow, canvas: Canvas, show: Show, tmp_path: Path) -> None:
    assert not window.mask_panel.save.isEnabled()
    window.editor.choose("ellipse")
    drag(canvas, (0.2, 0.2), (0.6, 0.8))
    mask = show.look.mask
    click(window.mask_panel.save)
    dialog = window.mask_panel.saving.dialog
    assert dialog is not None
    assert not dialog.isModal()
    dialog.fileSelected.emit(str(tmp_path / "mask.png"))
    saved = cv2.imread(str(tmp_path / "mask.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(saved, painted(show))
    press(window, Qt.Key.Key_Delete)
    window.editor.publish()
    assert show.look.mask is None
    click(window.mask_panel.load)
    assert window.mask_panel.loading.dialog is not None
    window.mask_panel.loading.dialog.fileSelected.emit(str(tmp_path / "mask.png"))
    window.editor.publish()
    assert show.look.mask == mask
    for dialog in (window.mask_panel.saving.dialog, window.mask_panel.loading.dialog):
        assert dialog is not None
        dialog.close()
    said: list[str] = []
    window.editor.said.connect(lambda level, sentence: said.append(sentence))
    window.editor.load(tmp_path / "gone.png")
    window.editor.save(tmp_path / "nowhere" / "mask.png")
    assert len(said) == 2
    assert show.look.mask == mask


def test_another_source_takes_the_mask_along_in_its_own_shape(
    window: MainWindow, canvas: Canvas, show: Show, rig: StillRig
) -> None:
    window.editor.choose("brush")
    drag(canvas, (0.5, 0.5))
    arrive(window, rig, (480, 640))
    drag(canvas, (0.5, 0.7))
    mask = painted(show)
    assert mask.shape == (1280, 960)
    assert cv2.connectedComponents((mask > 127).astype(np.uint8))[0] == 3, "the first dab is still there"


def test_before_the_first_picture_a_hand_does_nothing(window: MainWindow, show: Show) -> None:
    window.editor.choose("brush")
    drag(window.program.preview, (0.5, 0.5))
    assert show.look == Look()


def test_boxes_are_drawn_dragged_stopped_and_taken_away(window: MainWindow, canvas: Canvas, show: Show) -> None:
    press(window, Qt.Key.Key_N)
    drag(canvas, (0.6, 0.7), (0.2, 0.3))
    drag(canvas, (0.8, 0.8), (0.95, 0.95))
    (first, second) = show.look.layout
    assert first.start == pytest.approx((0.2, 0.3, 0.6, 0.7), abs=0.01)
    assert not first.way
    assert show.look.controls[-1] == ControlSetting("layout")
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.4, 0.5))
    QTest.qWait(300)
    for place in ((0.6, 0.5), (0.6, 0.4)):
        QTest.mouseMove(canvas, at(canvas, *place))
        QTest.qWait(120)
    canvas.grab()
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.6, 0.4))
    moving, still = show.look.layout
    assert still == second
    assert moving.start == first.start
    bend, end = (next(leg.to for leg in moving.way if leg.to[side] != first.start[side]) for side in (0, 1))
    assert bend == pytest.approx((0.4, 0.3, 0.8, 0.7), abs=0.01)
    assert end == moving.way[-1].to == pytest.approx((0.4, 0.2, 0.8, 0.6), abs=0.01)
    assert sum(leg.seconds for leg in moving.way) >= 0.5, "as long as the hand took"
    canvas.grab()
    drag(canvas, (0.4, 0.5))
    assert list(show.look.layout) == [first, second]
    drag(canvas, (0.4, 0.5), button=Qt.MouseButton.RightButton)
    assert list(show.look.layout) == [second]
    drag(canvas, (0.1, 0.1))
    assert list(show.look.layout) == [second], "a click makes no box"
    press(window, Qt.Key.Key_Delete)
    assert not show.look.layout
    assert not show.look.controls[-1].on


BOXES = (Box((0.1, 0.1, 0.4, 0.4)), Box((0.5, 0.5, 0.9, 0.9)))


@pytest.mark.parametrize("layout", [(), BOXES[:1], (BOXES[1], BOXES[0])], ids=["none", "another", "moved up"])
def test_boxes_may_change_while_one_is_dragged(
    window: MainWindow, canvas: Canvas, show: Show, layout: tuple[Box, ...]
) -> None:
    """A cue brings its own boxes. A drag whose box is gone is over, one whose box is still there goes on."""
    window.editor.choose("box")
    show.set_layout(BOXES)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.7, 0.7))
    QTest.mouseMove(canvas, at(canvas, 0.75, 0.75))
    show.set_look(replace(show.look, layout=layout))
    canvas.grab()
    QTest.mouseMove(canvas, at(canvas, 0.6, 0.6))
    canvas.grab()
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.6, 0.6))
    if BOXES[1] in layout:
        assert show.look.layout[0].way
        assert show.look.layout[1:] == layout[1:]
    else:
        assert show.look.layout == layout
    canvas.grab()


def test_boxes_may_be_taken_away_while_one_is_dragged(window: MainWindow, canvas: Canvas, show: Show) -> None:
    window.editor.choose("box")
    show.set_layout(BOXES)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.7, 0.7))
    QTest.mouseMove(canvas, at(canvas, 0.75, 0.75))
    press(window, Qt.Key.Key_Delete)
    canvas.grab()
    QTest.mouseMove(canvas, at(canvas, 0.6, 0.6))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.6, 0.6))
    assert show.look.layout == ()


def test_a_click_that_changes_no_box_leaves_the_control_as_it_is(
    window: MainWindow, canvas: Canvas, show: Show
) -> None:
    window.editor.choose("box")
    for boxes, on in (((), True), (BOXES, False)):
        show.set_layout(boxes)
        show.set_control("layout", on=on)
        before = show.look
        for place in ((0.95, 0.05), (0.7, 0.7)):
            drag(canvas, place)
            drag(canvas, place, (place[0] + 0.002, place[1]))
        assert show.look == before


@pytest.mark.parametrize("tool", ["brush", "rectangle", "box", "frame"])
def test_another_button_disturbs_no_drag(window: MainWindow, canvas: Canvas, show: Show, tool: Tool) -> None:
    """It is the drag of the button that began it, and over when that comes up."""
    looks = []
    for other in (None, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton):
        show.set_look(Look())
        window.editor.choose(tool)
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.0, 0.3))
        for place in ((0.2, 0.3), (0.4, 0.6)):
            if other is not None:
                QTest.mousePress(canvas, other, NO_KEY, at(canvas, *place))
            QTest.mouseMove(canvas, at(canvas, *place))
            if other is not None and place[0] == 0.2:
                QTest.mouseRelease(canvas, other, NO_KEY, at(canvas, *place))
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.4, 0.6))
        QTest.mouseMove(canvas, at(canvas, 0.8, 0.8))
        window.editor.publish()
        looks.append(show.look)
        if other is not None:
            QTest.mouseRelease(canvas, other, NO_KEY, at(canvas, 0.8, 0.8))
            assert show.look == looks[-1]
    assert looks[0] != Look()
    assert looks[1:] == looks[:1] * 2


def test_a_cue_that_comes_during_a_stroke_is_as_it_was_kept(
    window: MainWindow, canvas: Canvas, show: Show, qtbot: QtBot
) -> None:
    """Its mask is what the Show had last heard of the stroke: nothing."""
    window.cues.sheet.add()
    window.editor.choose("brush")
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.3, 0.5))
    QTest.mouseMove(canvas, at(canvas, 0.4, 0.5))
    assert show.look.mask is None, "it has not heard of it yet"
    window.cues.sheet.fire(0)
    QTest.mouseMove(canvas, at(canvas, 0.5, 0.5))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NO_KEY, at(canvas, 0.5, 0.5))
    window.editor.publish()
    assert show.look.mask is None
    window.steps.undo()
    assert middle_of(painted(show)) == pytest.approx((0.5 + (0.35 - 0.5) * 600 / 640, 0.5), abs=0.01), "up to the cue"
    window.steps.undo()
    assert show.look.mask is None
    assert not show.can_undo


def test_a_tool_that_fails_to_draw_leaves_the_canvas_whole(
    window: MainWindow, canvas: Canvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A painter that nobody ends would have every later repaint fail."""
    window.editor.choose("box")

    def fail(*_: object) -> None:
        raise RuntimeError("nothing to draw")

    with monkeypatch.context() as broken:
        broken.setattr(BoxTool, "draw", fail)
        with pytest.raises(RuntimeError, match="nothing to draw"):
            canvas.grab()
    assert colour_at(canvas, 0.5, 0.5) == (250, 0, 0)


@pytest.mark.parametrize("expand", [Expand(), Expand(0.5, 0.25, 0.5, 0.25)])
def test_boxes_lie_on_what_the_controls_see(
    window: MainWindow, canvas: Canvas, show: Show, rig: StillRig, expand: Expand
) -> None:
    show.set_look(Look(expand=expand))
    window.editor.choose("box")
    area = placed_area(show)
    top, left = area[0].start / ENGINE[1], area[1].start / ENGINE[0]
    bottom, right = area[0].stop / ENGINE[1], area[1].stop / ENGINE[0]
    drag(canvas, (left + 0.25 * (right - left), top), (right, top + 0.5 * (bottom - top)))
    assert show.look.layout[0].start == pytest.approx((0.25, 0.0, 1.0, 0.5), abs=0.02)


def test_the_frame_is_pulled_inwards(window: MainWindow, canvas: Canvas, show: Show) -> None:
    press(window, Qt.Key.Key_W)
    drag(canvas, (0.0, 0.5), (0.1, 0.5), (0.25, 0.5))
    assert show.look.expand.left > 0.1
    assert (show.look.expand.top, show.look.expand.right, show.look.expand.bottom) == (0, 0, 0)
    drag(canvas, (0.5, 0.5), (0.7, 0.5))
    assert show.look.expand.right == 0, "only at the frame itself"
    drag(canvas, (0.5, 0.5), button=Qt.MouseButton.RightButton)
    assert show.look == Look()
    click(window.mask_panel.verbs["expand_canvas"])
    assert window.editor.tool == "frame", "the handles are there"
    canvas.grab()
    left = placed_area(show)[1].start / ENGINE[0]
    drag(canvas, (left, 0.5), (left - 0.02, 0.5), (0.0, 0.5), (-0.5, 0.5))
    assert show.look.expand == Expand(0.0, 0.25, 0.25, 0.25)


def test_masks_are_read_and_written_where_the_editor_is_told_to(
    window: MainWindow, canvas: Canvas, show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window waits for no disk; what was opened for one look never lands in another."""
    said: list[str] = []
    window.editor.said.connect(lambda level, sentence: said.append(sentence))
    waiting: dict[str, Callable[[], None]] = {}
    for when in ("_later", "_keep"):
        monkeypatch.setattr(window.editor, when, waiting.__setitem__)
    window.editor.choose("brush")
    drag(canvas, (0.5, 0.5))
    mask = show.look.mask
    path = tmp_path / "mask.png"
    window.editor.save(path)
    window.editor.clear()
    assert not path.exists()
    waiting.popitem()[1]()
    window.editor.load(path)
    assert show.look.mask is None
    waiting[str(path)]()
    assert show.look.mask == mask, "as it was when it was saved"
    window.editor.clear()
    show.begin_audition()
    waiting[str(path)]()
    assert show.look.mask is None
    assert "too late" in said[-1]

    def fail(*_: object, **__: object) -> None:
        raise UnicodeEncodeError("utf-8", "x", 0, 1, "surrogates not allowed")

    monkeypatch.setattr("app.window.mask_editor.swapped_in", fail)
    window.editor.save(path)
    waiting.popitem()[1]()
    assert "surrogates not allowed" in said[-1]


def test_an_opened_mask_is_saved_as_it_is_and_painted_on_at_a_size_that_is_quick(
    window: MainWindow, canvas: Canvas, show: Show, tmp_path: Path
) -> None:
    for width, height, painted_width in ((1920, 1080, 1920), (2560, 1440, PAINTED_SIDE)):
        lines = np.zeros((height, width), np.uint8)
        lines[: height // 2, ::2] = 255
        cv2.imwrite(str(tmp_path / "in.png"), lines)
        window.editor.load(tmp_path / "in.png")
        window.editor.save(tmp_path / "out.png")
        np.testing.assert_array_equal(load_mask(tmp_path / "out.png").pixels, lines)
        window.editor.choose("brush")
        drag(canvas, (0.5, 0.75))
        assert painted(show).shape[1] == painted_width
        assert painted(show)[round(0.75 * painted(show).shape[0]), painted_width // 2] == 255
