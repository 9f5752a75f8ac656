"""One line that says in words what just happened; the log keeps it. Nothing here is modal."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
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
"""Good news leaves by itself; warnings and errors stay until there is something newer."""


class MessageBar(QFrame):
    """The line at the foot of the window. A level is told by sign and word, not by its colour alone."""

    def __init__(self, window: QWidget, keep: Later = at_once) -> None:
        """keep: where the log is written."""
        super().__init__()
        self.setObjectName("message_bar")
        self._sign = QLabel()
        self._level = text("", "message_level")
        self._sentence = Elided("message")
        self._sentence.setAccessibleName(words.MESSAGE)
        self.log = LogWindow(window, keep=keep)
        self.log.said.connect(self.say)
        self._button = QPushButton(icons.icon("list"), f" {words_hud.LOG}")
        self._button.setIconSize(QSize(20, 20))
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.setAccessibleName(words_hud.LOG)
        self._button.setToolTip(words_hud.LOG_TIP)
        self._button.clicked.connect(self.log.toggle)
        self._fade = QTimer(self, singleShot=True, interval=INFO_STAYS_MS)
        self._fade.timeout.connect(self._clear)
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

    def say(self, level: str, sentence: str) -> None:
        symbol, colour = SYMBOLS[level]
        self._sign.setPixmap(icons.symbol(symbol, colour, 20, self.devicePixelRatioF()))
        self._level.setText(words.LEVELS[level])
        self._sentence.put(sentence)
        self.log.add(cast(Level, level), sentence)
        if level == "info":
            self._fade.start()
        else:
            self._fade.stop()

    def _clear(self) -> None:
        self._sign.clear()
        self._level.clear()
        self._sentence.put("")
