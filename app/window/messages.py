"""One line that says in words what just happened; the log keeps it. Nothing here is modal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from PySide6.QtCore import QSize, Qt, QTimer, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.file_worker import Later, at_once
from app.status import Level
from app.window import icons
from app.window.cards import Elided, text
from app.window.log_window import SYMBOLS, LogWindow
from app.words import window as words
from app.words import window_hud as words_hud

ROOM_FOR_TITLES = 900
"""Pixels of width below which the buttons leave their room to the message: they keep icon, name and tip."""
INFO_STAYS_MS = 12_000
"""Good news leaves by itself; warnings and errors stay until there is something newer, or their cause is gone. While
the cause of one lasts, it comes back when what is newer has left."""
READ_MS = 8_000
"""For so long good news that no hand asked for waits behind a warning or an error: both are to be read."""
_REMEMBERED = 32  # warnings and errors


class MessageBar(QFrame):
    """The line at the foot of the window. A level is told by sign and word, not by its colour alone."""

    def __init__(self, window: QWidget, keep: Later = at_once) -> None:
        """keep: where the log is written."""
        super().__init__()
        self.setObjectName("message_bar")
        self._sign = QLabel()
        self._level = text("", "message_level")
        self._sentence = Elided("message", words_hud.MORE_IN_LOG)
        self._put_name("", "")
        self.log = LogWindow(window, keep=keep)
        self.log.said.connect(self.say)
        self._button = QPushButton(icons.icon("list"), f" {words_hud.LOG}")
        self._button.setIconSize(QSize(20, 20))
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.setAccessibleName(words_hud.LOG)
        self._button.setToolTip(words_hud.LOG_TIP)
        self._button.clicked.connect(self.log.toggle)
        self._troubles: dict[str, str] = {}
        self._causes: frozenset[str] = frozenset()
        self._refusals: frozenset[str] = frozenset()
        self._fade = QTimer(self, singleShot=True, interval=INFO_STAYS_MS)
        self._fade.timeout.connect(self._clear)
        self._waiting = ""
        self._reading = QTimer(self, singleShot=True, interval=READ_MS)
        self._reading.timeout.connect(self._say_waiting)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 8, 16, 8)
        self._row.setSpacing(8)
        self._row.addWidget(self._sign)
        self._row.addWidget(self._level)
        self._row.addWidget(self._sentence, 1)
        self._titles: dict[QPushButton, str] = {}
        self.add_button(self._button)

    @property
    def shown(self) -> tuple[str, str]:
        """(level as a word, sentence) that stand there now."""
        return self._level.text(), self._sentence.whole

    def add_button(self, button: QPushButton) -> None:
        self._row.addWidget(button)
        self._titles[button] = button.text()

    def rename(self, button: QPushButton, title: str) -> None:
        """Of a button of this bar."""
        button.setAccessibleName(title)
        self._titles[button] = f" {title}"
        self._put_titles()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._put_titles()

    def _put_titles(self) -> None:
        for button, title in self._titles.items():
            button.setText(title if self.width() >= ROOM_FOR_TITLES else "")

    @Slot(str, str)
    def report(self, level: str, sentence: str) -> None:
        """``say`` what no hand asked for: good news waits until a warning or an error could be read."""
        if level == "info" and self._reading.isActive() and self.shown[0]:
            self.log.add("info", sentence)
            self._waiting = sentence
        else:
            self.say(level, sentence)

    def _say_waiting(self) -> None:
        sentence, self._waiting = self._waiting, ""
        if sentence:
            self._show("info", sentence)

    @Slot(str, str)
    def say(self, level: str, sentence: str) -> None:
        self.log.add(cast(Level, level), sentence)
        self._show(level, sentence)

    def _show(self, level: str, sentence: str) -> None:
        again = level == "warning" and sentence in self._troubles
        if level != "info":
            self._troubles.pop(sentence, None)
            self._troubles[sentence] = level
            while len(self._troubles) > _REMEMBERED:
                del self._troubles[next(iter(self._troubles))]
        if again and self._level.text() == words.LEVELS["error"]:
            return  # an old warning covers no error
        self._waiting = ""
        if level == "info":
            self._reading.stop()
        else:
            self._reading.start()
        told_before = self.shown == (words.LEVELS[level], sentence)
        self._put(level, sentence)
        if not told_before:
            announce(self._sentence, self._sentence.accessibleName(), at_once=level == "error")
        error_lasts = any(said == "error" for said in self._lasting().values())
        if level == "info" or (level == "warning" and error_lasts):
            self._fade.start()
        else:
            self._fade.stop()

    def hold(self, causes: Iterable[str], refusals: Iterable[str] = ()) -> None:
        """causes: the sentences of what is wrong now. Messages that hold one of those from before are taken back.

        refusals: the same of what was refused, which is told once: it does not come back when what is newer has left.
        """
        now, refused = frozenset(causes) - {""}, frozenset(refusals) - {""}
        gone = (self._causes - now) | (self._refusals - refused)
        self._causes, self._refusals = now, refused
        for cause in gone:
            self.take_back(cause)

    def take_back(self, cause: str) -> None:
        """Messages that hold ``cause`` are no longer true, or have been read. "" takes back nothing."""
        if not cause:
            return
        for sentence in [said for said in self._troubles if cause in said]:
            level = self._troubles.pop(sentence)
            if self.shown == (words.LEVELS[level], sentence):
                self._clear()
                self._reading.stop()
                self._say_waiting()

    def _lasting(self) -> dict[str, str]:
        """Those whose cause is not gone, oldest first."""
        return {said: level for said, level in self._troubles.items() if any(cause in said for cause in self._causes)}

    def _put(self, level: str, sentence: str) -> None:
        symbol, colour = SYMBOLS[level]
        self._sign.setPixmap(icons.symbol(symbol, colour, 20, self.devicePixelRatioF()))
        self._level.setText(words.LEVELS[level])
        self._sentence.put(sentence)
        self._put_name(words.LEVELS[level], sentence)

    def _put_name(self, level: str, sentence: str) -> None:
        """What a screen reader says of the line: the level, which stands beside it, and all of the sentence."""
        self._sentence.setAccessibleName(words_hud.message_said(level, sentence))

    def _clear(self) -> None:
        """The newest error that lasts, or else the newest warning, or else nothing."""
        lasting = self._lasting()
        errors = [said for said, level in lasting.items() if level == "error"]
        if lasting:
            sentence = (errors or list(lasting))[-1]
            self._put(lasting[sentence], sentence)
            return
        self._sign.clear()
        self._level.clear()
        self._sentence.put("")
        self._put_name("", "")


def announce(part: QWidget, sentence: str, at_once: bool) -> None:
    """Have a screen reader say ``sentence``, wherever it is. at_once: over what it is saying, not behind it."""
    event = QAccessibleAnnouncementEvent(part, sentence)
    politeness = QAccessible.AnnouncementPoliteness
    event.setPoliteness(politeness.Assertive if at_once else politeness.Polite)
    QAccessible.updateAccessibility(event)
