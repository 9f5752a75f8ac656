from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.frame import Kind
from app.look import Look, Setup, SourceChoice, Treatment
from app.mask_painting import Brush
from app.show import Show, load_state
from app.status import GovernorStatus, LatencyParts, OutputStatus, Status, Timing
from app.window.cards import Column, Expander
from app.window.main_window import MainWindow
from app.window.panels.engine_size import STARTER_SIZES as SIZES
from app.words import window as words
from engine.params import GpuMemory, Params, Progress
from engine.words.running import making_faster
from tests.app.window.conftest import KINDS
from tests.app.window.hands import click, press, type_text
from tests.app.window.rig import StillRig, plain
from tests.app.window.screens import run_on_screens

TREATMENTS: tuple[Treatment, ...] = ("blackout", "freeze", "bypass")


def test_it_opens_before_there_is_any_picture(window: MainWindow, rig: StillRig) -> None:
    assert window.isVisible()
    assert rig.handed == []
    assert window.program.on_air.text() == "NO PICTURE YET"
    assert window.top_bar.latency.figure == words.UNKNOWN


# Blackout, Freeze, Bypass


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_a_big_button_goes_on_and_off(window: MainWindow, show: Show, treatment: Treatment) -> None:
    button = window.top_bar.treatments[treatment]
    click(button)
    assert show.look.treatment == treatment
    assert button.isChecked()
    click(button)
    assert show.look.treatment == "live"
    assert not button.isChecked()


def test_one_treatment_takes_the_place_of_another(window: MainWindow, show: Show) -> None:
    click(window.top_bar.treatments["blackout"])
    click(window.top_bar.treatments["bypass"])
    assert show.look.treatment == "bypass"
    assert [window.top_bar.treatments[treatment].isChecked() for treatment in TREATMENTS] == [False, False, True]


def test_what_is_on_the_air_is_told_in_a_word(window: MainWindow, show: Show, rig: StillRig) -> None:
    kinds: tuple[tuple[Kind, str], ...] = (("slate", "SLATE"), ("bypass", "SOURCE"), ("engine", "● LIVE"))
    for kind, word in kinds:
        rig.play(plain(1, 1, 1), kind)
        window.poll_status()
        assert window.program.on_air.text() == word
    coming = Status(source_rate=25.0, engine_state="waiting")
    for status, word in (
        (Status(source_rate=25.0, source_trouble="It is gone.", engine_state="waiting"), "! NO PICTURES"),
        (coming, "● LIVE"),  # between two chunks
        (replace(coming, source_rate=0.0), "! NO PICTURES"),
        (replace(coming, engine_state="failed"), "! ENGINE OFF"),
    ):
        rig.now = status
        window.poll_status()
        assert window.program.on_air.text() == word
    for treatment, word in (("blackout", "BLACKOUT"), ("freeze", "FROZEN"), ("bypass", "BYPASS")):
        show.set_treatment(treatment)  # type: ignore[arg-type]
        assert window.program.on_air.text() == word


# keys


def treatment_is(wanted: Treatment) -> Callable[[Show], bool]:
    return lambda show: show.look.treatment == wanted


KEYS: list[tuple[Qt.Key, Callable[[Show], bool]]] = [
    (Qt.Key.Key_B, treatment_is("blackout")),
    (Qt.Key.Key_F2, treatment_is("blackout")),
    (Qt.Key.Key_F, treatment_is("freeze")),
    (Qt.Key.Key_F3, treatment_is("freeze")),
    (Qt.Key.Key_Y, treatment_is("bypass")),
    (Qt.Key.Key_F4, treatment_is("bypass")),
    (Qt.Key.Key_C, lambda show: show.look.params.cut == 1),
    (Qt.Key.Key_X, lambda show: show.look.params.cut == 1),
    (Qt.Key.Key_R, lambda show: show.setup.recorder.on),
    (Qt.Key.Key_V, lambda show: show.setup.virtual_camera.on),
    (Qt.Key.Key_S, lambda show: show.setup.stage.on),
    (Qt.Key.Key_F11, lambda show: show.setup.stage.on),
    (Qt.Key.Key_Space, lambda show: show.setup.paused),
]


@pytest.mark.parametrize(("key", "happened"), KEYS, ids=[key.name for key, _ in KEYS])
def test_a_key_does_what_the_list_says(
    window: MainWindow, show: Show, key: Qt.Key, happened: Callable[[Show], bool]
) -> None:
    assert not happened(show)
    press(window, key)
    assert happened(show)


def test_shift_b_is_bypass(window: MainWindow, show: Show) -> None:
    press(window, Qt.Key.Key_B, Qt.KeyboardModifier.ShiftModifier)
    assert show.look.treatment == "bypass"


def test_shift_c_is_a_soft_cut(window: MainWindow, show: Show) -> None:
    press(window, Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    assert (show.look.params.soft_cut, show.look.params.cut) == (1, 0)


def test_every_key_is_in_the_list(window: MainWindow) -> None:
    press(window, Qt.Key.Key_F1)
    assert window.key_list.isVisible()
    shown = " ".join(label.text() for label in window.key_list.findChildren(QWidget) if hasattr(label, "text"))
    letters = ("B", "F", "Y", "Shift+B", "C", "X", "Shift+C", "R", "V", "S", "P", "H")
    for key in (*letters, "F1", "F2", "F11", "Space", "Ctrl+Q"):
        assert key in shown.split()
    press(window.key_list, Qt.Key.Key_B)
    assert window.key_list.isVisible()  # every key works on
    press(window.key_list, Qt.Key.Key_Escape)
    assert not window.key_list.isVisible()


def test_letters_in_the_prompt_are_text(window: MainWindow, show: Show) -> None:
    press(window, Qt.Key.Key_P)
    prompt = window.look.prompt
    assert prompt.hasFocus()
    before = show.setup
    type_text(prompt, "BFYCXRVS bfycxrvs h p")
    assert prompt.toPlainText() == "BFYCXRVS bfycxrvs h p"
    assert show.look == Look()
    assert show.setup == before
    press(prompt, Qt.Key.Key_Return)
    assert show.look.params.prompt == "BFYCXRVS bfycxrvs h p"
    press(window, Qt.Key.Key_B)
    assert show.look.treatment == "blackout"


def test_the_function_keys_work_while_typing(window: MainWindow, show: Show) -> None:
    window.look.prompt.setFocus()
    press(window.look.prompt, Qt.Key.Key_F2)
    assert show.look.treatment == "blackout"


def test_letters_in_a_number_stay_shortcuts(window: MainWindow, show: Show) -> None:
    for field in (window.look.strength.number, window.look.seed.field):
        field.setFocus()
        press(field, Qt.Key.Key_B)
        press(field, Qt.Key.Key_Space)
        assert (show.look.treatment, show.setup.paused) == ("blackout", True)
        show.set_treatment("live")
        show.set_setup(paused=False)


def test_space_presses_a_button_that_was_reached_by_tab(window: MainWindow, show: Show) -> None:
    button = window.top_bar.treatments["freeze"]
    button.setFocus(Qt.FocusReason.TabFocusReason)
    press(button, Qt.Key.Key_Space)
    assert show.look.treatment == "freeze"
    assert not show.setup.paused


@pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing the keyboard)")
def test_space_chooses_from_an_open_list(window: MainWindow, show: Show) -> None:
    picker = window.look.engine_size
    picker.showPopup()
    press(picker.view(), Qt.Key.Key_Down)
    press(picker.view(), Qt.Key.Key_Space)
    assert not picker.view().isVisible()
    before = Setup().engine
    assert (show.setup.engine.width, show.setup.engine.height) == SIZES[SIZES.index((before.width, before.height)) + 1]
    assert not show.setup.paused


def test_a_click_on_a_button_leaves_space_to_the_clip(window: MainWindow, show: Show) -> None:
    click(window.input.mirror)
    press(window, Qt.Key.Key_Space)
    assert show.setup.paused
    assert show.setup.framing.mirror


def test_after_a_dialog_space_is_the_clips_again(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    window.look.open()
    window.look.prompt.setFocus()
    press(window.look.prompt, Qt.Key.Key_Return)
    assert window.focusWidget() is None
    click(window.cues.buttons["open"])
    dialog = window.cues.opening.dialog
    assert dialog is not None
    qtbot.waitUntil(dialog.isActiveWindow)
    dialog.close()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QApplication.processEvents()
    press(QApplication.focusWidget() or window, Qt.Key.Key_Space)
    assert not show.setup.recorder.on
    assert show.setup.paused


def test_what_is_switched_off_hands_the_focus_to_the_canvas(window: MainWindow, show: Show) -> None:
    show.set_params(steps=7)
    window.program.bar.undo.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(2):
        press(QApplication.focusWidget() or window, Qt.Key.Key_Space)
    assert window.program.preview.hasFocus(), "and not what stands beside it"
    assert show.look.params.steps != 7
    assert show.setup.paused


def test_the_keys_work_on_the_stage_too(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    press(window, Qt.Key.Key_S)
    stage = window.stage.window
    assert stage is not None
    with qtbot.waitActive(stage):
        stage.activateWindow()
    press(stage, Qt.Key.Key_B)
    assert show.look.treatment == "blackout"
    press(stage, Qt.Key.Key_S)
    assert window.stage.window is None


# figures


def test_the_figures_stand_in_the_top_bar(window: MainWindow, rig: StillRig) -> None:
    rig.now = Status(
        source_rate=29.97,
        engine_state="running",
        engine_rate=12.44,
        model="starter",
        device="cpu",
        note="untrained weights",
        dropped=213,
        latency_ms=Timing(405.0, 530.0),
        latency=LatencyParts(12.4, 20.0, 300.0, 80.0),
        gpu_memory=GpuMemory(5 * 2**30, 24 * 2**30),
        outputs={"virtual camera": OutputStatus("/dev/video10", True, repeated=7), "recorder": OutputStatus()},
    )
    window.poll_status()
    bar = window.top_bar
    assert [bar.source.figure, bar.engine.figure, bar.latency.figure] == ["30.0", "12.4", "412 ms"]
    assert [bar.dropped.figure, bar.repeated.figure] == ["213", "7"]
    assert "530 ms" in bar.latency.toolTip()
    for part in ("Capture: 12 ms", "Control: 20 ms", "Engine: 300 ms", "Playout: 80 ms"):
        assert part in bar.latency.toolTip()
    assert bar.memory.figure == "5.0 GB"
    assert "5.0 of 24.0 GB (21%)" in bar.memory.toolTip()
    assert "untrained weights" in window.program.note.text()
    assert window.program.note.isVisible()
    assert "starter" in window.program.model.whole


def test_how_far_a_model_has_come_up_stands_beside_the_one_that_plays(window: MainWindow, rig: StillRig) -> None:
    rig.now = Status(engine_state="running", model="starter", loading=Progress(0.42, "reading LongLive 1.3B"))
    window.poll_status()
    assert window.program.model.whole.startswith("Loading 42%: reading LongLive 1.3B")
    rig.now = replace(rig.now, loading=None, governor=GovernorStatus(True, 16.0, "160x96 instead of 320x192"))
    window.poll_status()
    assert window.program.model.whole.startswith("160x96 instead of 320x192")
    assert "starter" in window.program.model.whole
    rig.now = Status(engine_state="running", model="starter", preparing=Progress(0.25, making_faster(4, 16)))
    window.poll_status()
    assert window.program.model.whole.startswith("Making the engine faster, 4 of 16")
    rig.now = Status(engine_state="running", model="starter")
    window.poll_status()
    assert "Loading" not in window.program.model.whole
    assert "faster" not in window.program.model.whole


def test_a_narrow_window_keeps_the_note_and_the_counters_within_reach(window: MainWindow, rig: StillRig) -> None:
    rig.now = Status(note="untrained weights", dropped=5)
    window.resize(960, 540)
    window.poll_status()
    QApplication.processEvents()
    assert window.width() == 960
    assert "untrained weights" in window.program.model.whole
    assert "5" in window.top_bar.engine.toolTip()
    for button in window.top_bar.treatments.values():
        assert window.rect().contains(button.rect().translated(button.mapTo(window, button.rect().topLeft())))
        assert button.width() >= button.sizeHint().width()


def test_nothing_is_cut_off_at_the_side_when_everything_is_open(window: MainWindow, show: Show) -> None:
    window.resize(window.minimumSizeHint())
    for expander in window.findChildren(Expander):
        expander.setChecked(True)
    for source in (SourceChoice("screen", region=(1, 2, 3000, 4000)), SourceChoice("clip", "/a/long/path" * 9)):
        show.set_setup(source=source)
        QApplication.processEvents()
        for column in window.findChildren(Column):
            content = column.widget()
            assert content is not None
            assert content.minimumSizeHint().width() <= column.viewport().width()


# loops, names, focus


def test_equal_looks_tell_nobody(window: MainWindow, show: Show) -> None:
    told: list[object] = []
    show.look_changed.connect(told.append)
    show.setup_changed.connect(told.append)
    show.set_look(Look())
    window.look.strength.set_value(1.0)
    window.look.prompt.put("")
    window.poll_status()
    window.poll_pictures()
    assert told == []


def test_each_change_of_the_show_is_told_once_whatever_hangs_on_it(window: MainWindow, show: Show) -> None:
    looks: list[Look] = []
    setups: list[Setup] = []
    show.look_changed.connect(looks.append)
    show.setup_changed.connect(setups.append)
    look = Look(params=Params(prompt="x", control_strength=0.333333, seed=5, steps=7), treatment="freeze")
    show.set_look(replace(look, controls=tuple(replace(control, weight=0.123456) for control in look.controls)))
    show.set_setup(source=SourceChoice("clip", "/a.mp4"), framing=replace(Setup().framing, crop=(0.1, 0.2, 0.0, 0.3)))
    assert len(looks) == 1
    assert len(setups) == 1
    assert show.look.params.control_strength == 0.333333  # a display of two decimals rounds nothing off


FOCUSABLE = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit)


def test_every_control_has_a_name_and_says_what_it_does(window: MainWindow) -> None:
    for widget in window.findChildren(QWidget):
        if not isinstance(widget, FOCUSABLE) or isinstance(widget, QScrollBar):
            continue
        if isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox):
            continue  # a part of a control that has a name
        assert widget.accessibleName(), f"{widget} in {widget.parentWidget()} has no name"
        tip: QWidget | None = widget
        while tip is not None and not tip.toolTip():
            tip = tip.parentWidget()
        assert tip is not None, f"{widget.accessibleName()} does not say what it does"


def test_tab_goes_from_the_input_over_the_look_to_the_outputs(window: MainWindow) -> None:
    start = window.top_bar.treatments["blackout"]
    order: list[QWidget] = []
    widget = start.nextInFocusChain()
    while widget is not None and widget is not start:
        order.append(widget)
        widget = widget.nextInFocusChain()
    places = [
        order.index(part)
        for part in (
            window.input.pages.camera.camera,
            window.input.mirror,
            window.controls.rows["edge"].switch,
            window.look.prompt,
            window.look.steps.slider,
            window.outputs.virtual_camera.button,
            window.outputs.recorder.button,
        )
    ]
    assert places == sorted(places)


# between runs


def test_look_and_room_are_there_again_and_nothing_is_on_the_air(
    window: MainWindow, show: Show, rig: StillRig, state_path: Path, qtbot: QtBot
) -> None:
    show.set_params(prompt="rain", seed=9)
    show.set_control("pose", on=True, weight=0.5)
    show.set_setup(source=SourceChoice("clip", "/films/a.mp4"))
    show.set_treatment("blackout")
    press(window, Qt.Key.Key_R)
    window.end_show()
    assert rig.stopped == 1
    assert rig.handed == []

    kept = load_state(state_path)

    assert kept is not None

    look, setup = kept
    again = MainWindow(Show(look, setup), StillRig(), state_path, KINDS)
    qtbot.addWidget(again)
    again.show()
    assert again.look.prompt.toPlainText() == "rain"
    assert again.controls.rows["pose"].switch.isChecked()
    assert again.controls.rows["pose"].weight.value == 0.5
    assert again.input.pages.clip.path.text() == "/films/a.mp4"
    assert not again.top_bar.treatments["blackout"].isChecked()
    assert not again.outputs.recorder.button.isChecked()


PLACE = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication, QSplitter
from app.show import Show
from app.window.main_window import MainWindow
from tests.app.window.rig import StillRig

app = QApplication(["test", "-platform", "offscreen:configfile=" + sys.argv[1]])

def opened():
    window = MainWindow(Show(), StillRig(), Path(sys.argv[2]))
    window.show()
    app.processEvents()
    return window, window.findChild(QSplitter)

window, columns = opened()
assert window.width() == 1400, window.size()
window.setGeometry(300, 200, 1500, 800)
app.processEvents()
columns.setSizes([500, 500, 456])
before = window.geometry(), columns.sizes()
window.close()
window, columns = opened()
assert (window.geometry(), columns.sizes()) == before, (window.geometry(), columns.sizes(), before)
window.close()
"""


def test_the_window_opens_where_it_was(tmp_path: Path) -> None:
    run = run_on_screens(PLACE, [("desk", 0, 2560, 1440)], tmp_path, str(tmp_path / "state.json"))
    assert run.returncode == 0, run.stderr


def test_a_damaged_place_file_opens_a_window_all_the_same(show: Show, state_path: Path, qtbot: QtBot) -> None:
    state_path.parent.mkdir()
    state_path.with_name("window.ini").write_bytes(b"[General]\ngeometry=@ByteArray(\xff\x00 nonsense\ncolumns=17\n")
    window = MainWindow(show, StillRig(), state_path, KINDS)
    qtbot.addWidget(window)
    window.show()
    assert window.isVisible()


def test_the_brush_is_kept_between_runs(show: Show, state_path: Path, qtbot: QtBot) -> None:
    window = MainWindow(show, StillRig(), state_path, KINDS)
    qtbot.addWidget(window)
    window.editor.set_brush(size=150, hardness=1.0, opacity=0.4)
    window.close()
    brush = window.editor.brush
    kept = state_path.with_name("window.ini")
    again = MainWindow(Show(), StillRig(), state_path, KINDS)
    qtbot.addWidget(again)
    assert again.editor.brush == brush
    faders = again.program.bar.brush
    assert [fader.value for fader in faders.all] == [150, 1.0, 0.4]
    again.close()
    kept.write_text(kept.read_text().replace("size=150", "size=nan").replace("hardness=1", "hardness=x"))
    damaged = MainWindow(Show(), StillRig(), state_path, KINDS)
    qtbot.addWidget(damaged)
    assert damaged.editor.brush == replace(brush, size=Brush().size, hardness=Brush().hardness)


def test_settings_that_cannot_be_kept_do_not_stop_the_show(show: Show, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "settings").write_text("a file where the folder should be")
    rig = StillRig()
    window = MainWindow(show, rig, tmp_path / "settings" / "state.json", KINDS)
    qtbot.addWidget(window)
    window.show()
    show.set_params(seed=3)
    qtbot.waitUntil(lambda: window.messages.shown[0] == words.LEVELS["warning"])
    window.close()
    assert rig.stopped == 1


def test_closing_disappears_at_once_and_stops_the_rig_once(
    window: MainWindow, show: Show, rig: StillRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    stop = rig.stop

    def watched_stop() -> None:
        seen.append(window.isVisible())
        stop()

    monkeypatch.setattr(rig, "stop", watched_stop)
    press(window, Qt.Key.Key_S)
    stage = window.stage.window
    assert stage is not None
    press(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert seen == [], "the stage is on: one slip must not end the show"
    assert "press Ctrl+Q or close the window again" in window.messages.shown[1]
    press(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert seen == [False]
    assert not stage.isVisible()
    window.close()
    assert rig.stopped == 1
