"""Closing the window: by its X, by Alt+F4, by Ctrl+Q, by Ctrl-C in the terminal, by the end of the user's session."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.show import Show
from app.window.closing import Closing
from app.window.main_window import MainWindow
from app.words import window as words
from tests.app.window.hands import press
from tests.app.window.rig import StillRig

CONTROL = Qt.KeyboardModifier.ControlModifier


def on_stage(window: MainWindow) -> None:
    press(window, Qt.Key.Key_S)
    assert window.stage.window is not None


def test_nothing_on_the_air_closes_at_once(window: MainWindow, rig: StillRig) -> None:
    assert window.close()
    assert rig.stopped == 1


def test_the_x_takes_two_presses_while_the_stage_is_on(window: MainWindow, rig: StillRig) -> None:
    on_stage(window)
    assert not window.close()
    assert rig.stopped == 0
    assert window.isVisible()
    assert window.stage.window is not None
    assert window.stage.window.isVisible()
    level, sentence = window.messages.shown
    assert level == words.LEVELS["warning"]
    assert sentence.startswith("The stage is on: press Ctrl+Q or close the window again within three seconds")
    assert window.close()
    assert rig.stopped == 1


@pytest.mark.parametrize("x_first", [True, False])
def test_the_x_and_ctrl_q_are_the_same_wish(window: MainWindow, rig: StillRig, x_first: bool) -> None:
    on_stage(window)
    wishes: list[Callable[[], object]] = [window.close, lambda: press(window, Qt.Key.Key_Q, CONTROL)]
    for wish, stopped in zip(wishes if x_first else wishes[::-1], (0, 1), strict=True):
        wish()
        assert rig.stopped == stopped


def test_everything_that_is_on_is_named(window: MainWindow, show: Show) -> None:
    press(window, Qt.Key.Key_R)
    press(window, Qt.Key.Key_V)
    assert not window.close()
    assert window.messages.shown[1].startswith("The recording and the virtual camera are on:")


def test_a_window_that_was_put_away_comes_back_to_say_why_it_stays(window: MainWindow) -> None:
    on_stage(window)
    window.showMinimized()
    assert window.isMinimized()
    assert not window.close()
    assert not window.isMinimized()


def test_ctrl_c_in_the_terminal_ends_it_at_once(window: MainWindow, rig: StillRig) -> None:
    on_stage(window)
    window.end_show()
    assert rig.stopped == 1
    assert not window.isVisible()


def test_the_end_of_the_session_ends_it_at_once(window: MainWindow, rig: StillRig) -> None:
    on_stage(window)
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.commitDataRequest.emit(None)
    assert window.close()
    assert rig.stopped == 1


def test_a_wish_long_ago_is_forgotten(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.window.closing.AGAIN_MS", 1)
    warned: list[object] = []
    parent = QObject()
    closing = Closing(lambda: ["the stage"], warned.append, parent)
    (wished,) = closing.findChildren(QTimer)
    for times in (1, 2):
        assert not closing.may_close()
        assert warned == [["the stage"]] * times
        qtbot.waitUntil(lambda: not wished.isActive(), timeout=60_000)


def test_an_audition_is_lost_by_nobodys_slip(window: MainWindow, show: Show, rig: StillRig) -> None:
    show.begin_audition()
    show.set_params(prompt="tried out")
    window.close()
    assert rig.stopped == 0
    assert "audition" in window.messages.shown[1]
    window.close()
    assert rig.stopped == 1


def test_an_audition_of_nothing_is_no_loss(window: MainWindow, show: Show, rig: StillRig) -> None:
    show.begin_audition()
    window.close()
    assert rig.stopped == 1
