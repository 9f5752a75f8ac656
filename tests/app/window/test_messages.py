from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from app.window.messages import MessageBar
from app.words import window as words
from tests.app.window.rig import StillRig


@pytest.fixture
def bar(app: object, qtbot: QtBot) -> Iterator[MessageBar]:
    window = QMainWindow()
    bar = MessageBar(window)
    window.setCentralWidget(bar)
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    yield bar
    window.close()


@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_a_level_is_told_by_sign_and_word_too(bar: MessageBar, level: str) -> None:
    bar.say(level, "The camera is gone.")
    assert bar.shown == (words.LEVELS[level], "The camera is gone.")
    assert not bar._sign.pixmap().isNull()


def test_the_signs_of_the_levels_differ_in_shape(bar: MessageBar) -> None:
    shapes = []
    for level in ("info", "warning", "error"):
        bar.say(level, "x")
        shapes.append(bar._sign.pixmap().toImage().convertToFormat(bar._sign.pixmap().toImage().Format.Format_Alpha8))
    assert shapes[0] != shapes[1] != shapes[2] != shapes[0]


def test_what_the_rig_says_on_another_thread_arrives_on_this_one(
    window: MainWindow, rig: StillRig, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard_on: list[QThread] = []
    monkeypatch.setattr(window.messages.log, "add", lambda level, sentence: heard_on.append(QThread.currentThread()))
    thread = threading.Thread(target=lambda: rig.said.emit("warning", "The disk is nearly full."))
    thread.start()
    thread.join()
    assert window.messages.shown == ("", "")  # queued: the speaker waits for nobody
    qtbot.waitUntil(lambda: window.messages.shown == (words.LEVELS["warning"], "The disk is nearly full."))
    assert heard_on == [window.thread()]


def test_a_message_is_taken_back_when_its_cause_is_gone(bar: MessageBar) -> None:
    bar.say("error", "The camera is gone.")
    bar.hold(["The camera is gone."])
    bar.say("warning", "The disk is nearly full.")
    bar._fade.timeout.emit()
    assert bar.shown == (words.LEVELS["error"], "The camera is gone."), "an error that lasts comes back"
    bar.say("warning", "The disk is nearly full.")
    assert bar.shown[1] == "The camera is gone.", "an old warning covers no error"
    bar.hold([""])
    assert bar.shown == ("", "")
    bar.say("warning", "The disk is nearly full.")
    bar.hold(["Something else."])
    bar.hold([])
    assert bar.shown[1] == "The disk is nearly full.", "what has no known cause stays"


def test_what_is_cut_says_where_all_of_it_is(bar: MessageBar) -> None:
    bar.say("warning", "Short.")
    assert bar._sentence.text() == "Short."
    long = "Run this and that and the other one. " * 20
    bar.say("warning", long)
    assert "(all of it: Log, H)" in bar._sentence.text()
    assert bar._sentence.fontMetrics().horizontalAdvance(bar._sentence.text()) <= bar._sentence.width()
    assert bar._sentence.toolTip() == long
