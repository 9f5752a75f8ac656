"""Everything by keyboard, everything with a name, everything in reach at 100 to 200 %."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QButtonGroup
from pytestqt.qtbot import QtBot

from app.look import SourceChoice
from app.show import Show
from app.status import Thumbnails
from app.window.main_window import MainWindow
from controls.stack import CONTROLS
from tests.app.window.hands import press
from tests.app.window.reach import called, interactive, open_all, reached_by_tab
from tests.app.window.rig import StillRig, plain

ROOT = Path(__file__).parents[3]


@pytest.fixture
def whole(show: Show, rig: StillRig, tmp_path: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window with every control there is, and every part of it open."""
    window = MainWindow(show, rig, tmp_path / "state.json", CONTROLS)
    window.resize(1400, 900)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    open_all(window)
    yield window
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)


SOURCES = (
    SourceChoice("camera"),
    SourceChoice("screen", region=(0, 0, 640, 360)),
    SourceChoice("clip", "/films/a.mp4"),
    SourceChoice("still", "/films/a.png"),
    SourceChoice("testcard"),
)


@pytest.mark.parametrize("source", SOURCES, ids=[source.kind for source in SOURCES])
def test_whatever_can_be_acted_on_has_a_name_and_is_reached_by_tab(
    whole: MainWindow, show: Show, source: SourceChoice
) -> None:
    show.set_setup(source=source)
    whole.hud.toggle()
    QApplication.processEvents()
    widgets = list(interactive(whole))
    assert len(widgets) > 100
    assert [called(widget) for widget in widgets if not widget.accessibleName()] == []
    reached = reached_by_tab(whole, whole.program.preview)
    # Of buttons of which one is down, Tab reaches that one, and arrow keys the others.
    groups = {group for widget in reached if (group := _group(widget)) is not None}
    missed = [
        called(widget)
        for widget in widgets
        if widget.isVisible() and widget.isEnabled() and widget not in reached and _group(widget) not in groups
    ]
    assert missed == []


def _group(widget: object) -> QButtonGroup | None:
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group if group is not None and group.exclusive() else None


def test_the_log_and_the_list_of_keys_are_reached_and_named_too(whole: MainWindow) -> None:
    whole.messages.log.add("info", "The camera is back.")
    press(whole, Qt.Key.Key_F1)
    assert whole.key_list.area.hasFocus()
    log = whole.messages.log
    log.toggle()
    widgets = list(interactive(log))
    assert len(widgets) >= 6
    assert [called(widget) for widget in widgets if not widget.accessibleName()] == []
    reached = reached_by_tab(log, log.list)
    missed = [widget for widget in widgets if widget not in reached and _group(widget) is None]
    assert [called(widget) for widget in missed] == []


def test_tab_goes_over_the_window_from_its_top_to_its_foot(whole: MainWindow) -> None:
    order = []
    focus = whole.top_bar.recording
    focus.setFocus()
    for _ in range(600):
        order.append(whole.focusWidget())
        QTest.keyClick(order[-1], Qt.Key.Key_Tab)
        if whole.focusWidget() is focus:
            break
    places = [
        order.index(part)
        for part in (
            whole.top_bar.treatments["bypass"],
            whole.input.mirror,
            whole.program.preview,
            whole.look.prompt,
            whole.outputs.recorder.button,
            whole.cues.buttons["add"],
            whole.cues.pads[0],
            whole.cues.pads[1],
            whole.tempo.tap,
        )
    ]
    assert places == sorted(places)


def test_arrow_keys_choose_among_buttons_of_which_one_is_down(whole: MainWindow) -> None:
    brush = whole.program.bar.tools["brush"]
    press(whole, Qt.Key.Key_D)
    brush.setFocus(Qt.FocusReason.TabFocusReason)
    press(brush, Qt.Key.Key_Right)
    assert whole.editor.tool == "eraser"


def test_a_mask_is_painted_with_the_arrow_keys(whole: MainWindow, show: Show, rig: StillRig, qtbot: QtBot) -> None:
    picture = plain(9, 9, 9, 320, 192)
    rig.play(picture)
    rig.thumbnails.put(Thumbnails({}, picture, None, (1280, 768)))
    canvas = whole.program.preview
    qtbot.waitUntil(lambda: canvas.picture is not None)
    press(whole, Qt.Key.Key_D)
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    canvas._cursor = None
    for _ in range(5):
        press(canvas, Qt.Key.Key_Left)
    press(canvas, Qt.Key.Key_Return)
    for _ in range(10):
        press(canvas, Qt.Key.Key_Right)
    press(canvas, Qt.Key.Key_Return)
    press(canvas, Qt.Key.Key_Down)
    mask = show.look.mask
    assert mask is not None
    columns = np.flatnonzero(mask.pixels.max(axis=0) > 127)
    assert 0.25 < columns.mean() / mask.pixels.shape[1] < 0.75
    assert np.ptp(columns) > 0.15 * mask.pixels.shape[1], "a stroke, not a dot"
    whole.steps.undo()
    assert not show.can_undo, "one stroke is one step"


def test_plus_minus_and_arrow_keys_look_closer(whole: MainWindow, rig: StillRig, qtbot: QtBot) -> None:
    rig.play(plain(9, 9, 9, 320, 192))
    canvas = whole.program.preview
    qtbot.waitUntil(lambda: canvas.picture is not None)
    canvas.setFocus()
    for _ in range(4):
        press(canvas, Qt.Key.Key_Plus)
    assert canvas.zoom > 2
    before = canvas.placing(320, 192)[1]
    press(canvas, Qt.Key.Key_Right)
    assert canvas.placing(320, 192)[1].left() < before.left()
    for _ in range(9):
        press(canvas, Qt.Key.Key_Minus)
    assert canvas.zoom == 1


def test_the_menu_of_a_cue_opens_by_key(whole: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[QPoint] = []
    pad = whole.cues.pads[0]
    pad.asked.connect(asked.append)
    monkeypatch.setattr(whole.cues, "menu", lambda place: None)
    pad.setFocus()
    press(pad, Qt.Key.Key_Down)
    # What desktops make of their key for menus.
    at = pad.mapToGlobal(QPoint(5, 5))
    QApplication.sendEvent(pad, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), at))
    assert len(asked) == 2


def test_the_canvas_alone_has_all_the_room_and_takes_the_focus(whole: MainWindow) -> None:
    whole.look.prompt.setFocus()
    before, height = whole.program.preview.width(), whole.program.preview.height()
    press(whole.look.prompt, Qt.Key.Key_F10)
    QApplication.processEvents()
    assert whole.program.preview.width() > before + 600
    assert whole.program.preview.height() > height + 100, "the cues' room, too"
    assert whole.program.preview.hasFocus()
    assert "F10" in whole.program.preview._placeholder, "without a picture nothing else would tell how to come back"
    assert "F10" in whole.messages.shown[1]
    press(whole, Qt.Key.Key_F10)
    QApplication.processEvents()
    assert whole.program.preview.width() == before
    assert "F10" not in whole.program.preview._placeholder


@pytest.mark.parametrize("factor", ["1", "1.5", "2"])
def test_at_any_scaling_nothing_is_cut_off_that_cannot_be_scrolled_to(
    factor: str, tmp_path: Path, artefacts: Path
) -> None:
    """On a display of 1280x720 of its own pixels: at 200 % the window has 640x360."""
    screen = {"name": "desk", "x": 0, "y": 0, "width": 1280, "height": 720}
    same = {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    (tmp_path / "screens.json").write_text(json.dumps({"screens": [screen | same]}), "utf-8")
    picture = artefacts / f"window-scaled-{factor}.png"
    run = subprocess.run(
        [sys.executable, "-m", "tests.app.window.reach", str(tmp_path / "screens.json"), str(tmp_path), str(picture)],
        cwd=ROOT,
        env=os.environ | {"QT_SCALE_FACTOR": factor},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["ratio"] == float(factor)
    fits = zip(told["window"], told["screen"], (16, 48), strict=True)
    assert all(size + frame <= room for size, room, frame in fits), (
        "with a title bar its foot is on the display as well"
    )
    assert told["buttons"] > 100
    assert told["hidden"] == []
    assert told["cut"] == []
