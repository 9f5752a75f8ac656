from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.show import Show
from app.window.displays import Displays
from app.window.stage import Stage, StageWindow
from tests.app.window.hands import press
from tests.app.window.rig import StillRig, plain
from tests.app.window.screens import run_on_screens
from tests.app.window.test_picture import colour_at


@pytest.fixture
def stage(show: Show, rig: StillRig) -> Iterator[Stage]:
    displays = Displays()
    stage = Stage(show, rig, displays, displays)
    yield stage
    stage.close()
    displays.deleteLater()


def switch(show: Show, **changes: object) -> None:
    show.set_setup(stage=replace(show.setup.stage, **changes))  # type: ignore[arg-type]


def window_of(stage: Stage, qtbot: QtBot) -> StageWindow:
    window = stage.window
    assert window is not None
    qtbot.waitUntil(lambda: window.windowHandle().isExposed())
    return window


def test_it_opens_full_screen_without_a_cursor_and_closes(show: Show, stage: Stage, qtbot: QtBot) -> None:
    assert stage.window is None
    switch(show, on=True)
    window = window_of(stage, qtbot)
    assert window.isFullScreen()
    assert window.geometry() == window.screen().geometry()
    assert window.cursor().shape() == Qt.CursorShape.BlankCursor
    assert stage.status.running
    switch(show, on=False)
    assert stage.window is None
    assert not window.isVisible()
    assert not stage.status.running


def test_it_shows_the_program_alone_and_counts_its_latency(
    show: Show, stage: Stage, rig: StillRig, qtbot: QtBot
) -> None:
    switch(show, on=True)
    window = window_of(stage, qtbot)
    assert colour_at(window, 0.5, 0.5) == (0, 0, 0)  # black, and no words, before the first picture
    program = rig.play(plain(200, 10, 90))
    qtbot.waitUntil(lambda: ("stage", program.number) in rig.handed)
    assert colour_at(window, 0.01, 0.01) == (200, 10, 90)  # fills the display


def test_escape_asks_the_show_to_close_it(show: Show, stage: Stage, qtbot: QtBot) -> None:
    switch(show, on=True)
    press(window_of(stage, qtbot), Qt.Key.Key_Escape)
    assert not show.setup.stage.on
    assert stage.window is None


def test_closing_it_from_the_desktop_asks_the_show_as_well(show: Show, stage: Stage, qtbot: QtBot) -> None:
    switch(show, on=True)
    window_of(stage, qtbot).close()
    assert not show.setup.stage.on
    assert stage.window is None


def test_another_fit_keeps_the_window(show: Show, stage: Stage, rig: StillRig, qtbot: QtBot) -> None:
    switch(show, on=True)
    window = window_of(stage, qtbot)
    program = rig.play(plain(9, 9, 200, width=64, height=8))
    qtbot.waitUntil(lambda: ("stage", program.number) in rig.handed)
    switch(show, fit="fit")
    assert stage.window is window
    assert colour_at(window, 0.5, 0.01) == (0, 0, 0)


def test_full_screen_and_window_take_turns(show: Show, stage: Stage, qtbot: QtBot) -> None:
    stage.toggle_full_screen()
    window = window_of(stage, qtbot)
    assert show.setup.stage.on
    assert window.isFullScreen()
    stage.toggle_full_screen()
    assert not window.isFullScreen()
    assert stage.window is window
    stage.toggle_full_screen()
    assert window.isFullScreen()


def test_the_window_is_back_where_it_was_with_its_title_bar_on_the_display(
    show: Show, stage: Stage, qtbot: QtBot
) -> None:
    stage.toggle_full_screen()
    window = window_of(stage, qtbot)
    room = window.screen().availableGeometry()
    stage.toggle_full_screen()
    assert room.adjusted(1, 40, -1, -1).contains(window.geometry()), "above it is room for a title bar"
    kept = QRect(room.left() + 30, room.top() + 90, 300, 200)
    for left, expected in ((kept, kept), (kept.translated(-900, -900), QRect(room.left(), room.top() + 48, 300, 200))):
        window.setGeometry(left)
        QApplication.processEvents()
        for _ in range(2):
            stage.toggle_full_screen()
        assert window.geometry() == expected


def test_a_window_can_be_moved_and_the_stage_cannot(show: Show, stage: Stage, qtbot: QtBot) -> None:
    stage.toggle_full_screen()
    window = window_of(stage, qtbot)
    frameless = Qt.WindowType.FramelessWindowHint
    for cursor, bare in ((Qt.CursorShape.ArrowCursor, False), (Qt.CursorShape.BlankCursor, True)):
        stage.toggle_full_screen()
        assert window.isVisible()
        assert window.cursor().shape() == cursor
        assert bool(window.windowFlags() & frameless) is bare


def test_a_display_that_changes_its_size_is_filled_again(
    app: QApplication, show: Show, stage: Stage, qtbot: QtBot
) -> None:
    switch(show, on=True)
    window = window_of(stage, qtbot)
    screen = app.primaryScreen().geometry()
    window.setGeometry(10, 10, 100, 50)  # as the display was before
    app.primaryScreen().geometryChanged.emit(screen)
    assert window.geometry() == screen
    assert window.isFullScreen()
    stage.toggle_full_screen()
    small = window.geometry()
    app.primaryScreen().geometryChanged.emit(screen)
    assert window.geometry() == small, "a window stays one"


def test_while_it_waits_for_its_display_it_never_takes_the_performers(
    app: QApplication, show: Show, stage: Stage, qtbot: QtBot
) -> None:
    switch(show, on=True)
    window_of(stage, qtbot)
    app.screenRemoved.emit(app.primaryScreen())
    assert stage.window is None
    switch(show, fit="stretch")
    assert stage.window is None, "another fit is no wish to see it here"
    app.screenAdded.emit(app.primaryScreen())
    assert window_of(stage, qtbot).testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating), "a hand may be typing"


def test_a_display_that_is_not_there_is_told_and_waited_for(show: Show, stage: Stage) -> None:
    switch(show, on=True, screen="HDMI-7")
    assert stage.window is None
    assert "HDMI-7" in stage.status.trouble
    assert show.setup.stage.on


def test_an_unplugged_display_closes_the_stage_and_brings_it_back(
    app: QApplication, show: Show, stage: Stage, qtbot: QtBot
) -> None:
    name = app.primaryScreen().name()
    switch(show, on=True, screen=name)
    window_of(stage, qtbot)
    with qtbot.waitSignal(stage.said) as gone:
        app.screenRemoved.emit(app.primaryScreen())
    assert gone.args[0] == "warning"
    assert name in gone.args[1]
    assert stage.window is None
    assert show.setup.stage.on  # still wanted
    with qtbot.waitSignal(stage.said) as back:
        app.screenAdded.emit(app.primaryScreen())
    assert back.args[0] == "info"
    assert window_of(stage, qtbot).isFullScreen()


THREE_SCREENS = """
import sys
from dataclasses import replace
from PySide6.QtWidgets import QApplication
from app.show import Show
from app.window.displays import Displays
from app.window.stage import Stage
from tests.app.window.rig import StillRig

app = QApplication(["test", "-platform", "offscreen:configfile=" + sys.argv[1]])
show = Show()
displays = Displays()
stage = Stage(show, StillRig(), displays)
sentences = []
stage.said.connect(lambda level, sentence: sentences.append(sentence))

def screen(name):
    return next(screen for screen in app.screens() if screen.name() == name)

def choose(name):
    show.set_setup(stage=replace(show.setup.stage, on=True, screen=name))

def covered():
    return None if stage.window is None else stage.window.screen().name()

assert app.primaryScreen().name() == "desk"
for name in ("hall", "desk", "foyer"):
    choose(name)
    assert covered() == name
    assert stage.window.geometry() == screen(name).geometry()

app.screenRemoved.emit(screen("foyer"))
assert covered() is None, "a display that was chosen by name is waited for"
assert "foyer" in sentences[-1]
app.screenAdded.emit(screen("hall"))
assert covered() is None
app.screenAdded.emit(screen("foyer"))
assert covered() == "foyer"

choose("")
first = covered()
assert first != "desk"
app.screenRemoved.emit(screen(first))
second = covered()
assert {first, second} == {"foyer", "hall"}, "the other one takes over"
stage.close()
"""


def test_of_several_displays_it_never_takes_the_performers_by_itself(tmp_path: Path) -> None:
    run = run_on_screens(
        THREE_SCREENS, [("desk", 0, 1280, 720), ("hall", 1280, 1280, 720), ("foyer", 2560, 800, 600)], tmp_path
    )
    assert run.returncode == 0, run.stderr
