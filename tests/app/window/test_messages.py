from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from app.show import Show
from app.status import Status
from app.window.main_window import MainWindow
from app.window.messages import MessageBar
from app.words import window as words
from engine.params import Picture
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


def test_good_news_of_the_rig_waits_until_a_warning_was_read(window: MainWindow, rig: StillRig) -> None:
    bar = window.messages
    window.editor.said.emit("warning", words.PAINTED_TAKEN_AWAY)
    for sentence in ("A network is loading.", "People are found."):
        rig.said.emit("info", sentence)
        assert bar.shown[1] == words.PAINTED_TAKEN_AWAY
    bar._reading.timeout.emit()
    assert bar.shown == (words.LEVELS["info"], "People are found.")
    bar.say("warning", "The disk is nearly full.")
    rig.said.emit("info", "People are found.")
    window.editor.said.emit("info", "Taken back: the mask.")
    assert bar.shown[1] == "Taken back: the mask.", "what a hand asks for is answered at once"
    bar._reading.timeout.emit()
    assert bar.shown[1] == "Taken back: the mask.", "older news is in the log alone"
    rig.said.emit("warning", "The camera is gone.")
    rig.said.emit("info", "It is looked for.")
    bar.take_back("The camera is gone.")
    assert bar.shown[1] == "It is looked for."


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


def test_a_refusal_is_taken_back_and_never_repeated(bar: MessageBar) -> None:
    bar.say("warning", "There is no such file. The clip goes on.")
    bar.hold([], ["There is no such file."])
    bar.say("info", "Saved.")
    bar._fade.timeout.emit()
    assert bar.shown == ("", "")
    bar.say("warning", "There is no such file. The clip goes on.")
    bar.hold([], ["There is no such file."])
    assert bar.shown[1]
    bar.hold([], [])
    assert bar.shown == ("", "")


def test_what_the_window_refused_is_taken_back_once_something_else_was_taken(
    window: MainWindow, show: Show, rig: StillRig, tmp_path: Path
) -> None:
    size = window.look.size_row
    mends: list[Callable[[], None]] = [
        lambda: size.picked.emit("320x208"),
        lambda: show.set_engine_size(256, 144),
    ]
    for mend in mends:
        size.picked.emit("300x200")
        assert "300" in window.messages.shown[1]
        show.set_params(prompt="ink")
        assert "300" in window.messages.shown[1]
        mend()
        assert window.messages.shown == ("", "")
    no_mask = tmp_path / "mask.png"
    no_mask.write_bytes(b"no picture")
    mends = [
        lambda: show.set_mask(Picture(np.full((9, 16), 255, np.uint8))),
        lambda: window.editor.clear(),
    ]
    for mend in mends:
        window.editor.load(no_mask)
        assert words.mask_not_loaded("").strip() in window.messages.shown[1]
        show.set_params(prompt="neon")
        assert window.messages.shown[1]
        mend()
        assert window.messages.shown == ("", "")
    rig.now = Status(source_refused="There is no file X. The clip goes on.")
    rig.said.emit("warning", rig.now.source_refused)
    window.poll_status()
    rig.now = Status()
    window.poll_status()
    assert window.messages.shown == ("", "")


def test_what_is_cut_says_where_all_of_it_is(bar: MessageBar) -> None:
    bar.say("warning", "Short.")
    assert bar._sentence.text() == "Short."
    long = "Run this and that and the other one. " * 20
    bar.say("warning", long)
    assert "(all of it: Log, H)" in bar._sentence.text()
    assert bar._sentence.fontMetrics().horizontalAdvance(bar._sentence.text()) <= bar._sentence.width()
    assert bar._sentence.toolTip() == long
