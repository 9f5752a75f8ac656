"""One line that says in words what just happened, and the list of all that was said before. Nothing here is modal."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTime, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.window import icons, theme, words
from app.window.cards import Elided, text

KEPT = 500
"""Messages in the list; a fault that repeats all night must not fill the memory."""

INFO_STAYS_MS = 12_000
"""Good news leaves by itself; warnings and errors stay until there is something newer."""

_SYMBOLS = {
    "info": ("info", theme.ACCENT),
    "warning": ("triangle-alert", theme.WARNING),
    "error": ("octagon-x", theme.ERROR),
}


class History(QFrame):
    """Everything that was said, newest first, laid over the window."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("overlay")
        self._list = QListWidget()
        self._list.setAccessibleName(words.HISTORY)
        self._list.setWordWrap(True)
        self._list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self._list.setIconSize(QSize(18, 18))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 16)
        layout.addWidget(text(words.HISTORY, "card_title"))
        layout.addWidget(self._list)
        self._newest = ("", "")
        self._times = 1
        self.hide()

    @property
    def sentences(self) -> list[str]:
        return [self._list.item(row).text() for row in range(self._list.count())]

    def add(self, level: str, sentence: str) -> None:
        """The same again is counted in its line, so that one fault cannot push all others out."""
        now = QTime.currentTime().toString("HH:mm:ss")
        if (level, sentence) == self._newest:
            self._times += 1
            self._list.item(0).setText(words.repeated_message(now, sentence, self._times))
            return
        self._newest, self._times = (level, sentence), 1
        symbol, colour = _SYMBOLS[level]
        item = QListWidgetItem(icons.icon(symbol, colour), words.message(now, sentence))
        item.setToolTip(words.LEVELS[level])
        self._list.insertItem(0, item)
        while self._list.count() > KEPT:
            self._list.takeItem(self._list.count() - 1)

    def open_above(self, bar: QWidget) -> None:
        room = self.window().rect()
        size = QSize(min(760, room.width() - 40), min(420, room.height() // 2))
        self.resize(size)
        self.move(room.width() - size.width() - 16, bar.y() - size.height() - 8)
        self.show()
        self.raise_()
        self._list.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)


class MessageBar(QFrame):
    """The line at the foot of the window. A level is told by sign and word, not by its colour alone."""

    def __init__(self, window: QWidget) -> None:
        super().__init__()
        self.setObjectName("message_bar")
        self._sign = QLabel()
        self._level = text("", "row_title")
        self._sentence = Elided("")
        self._sentence.setAccessibleName(words.MESSAGE)
        self.history = History(window)
        self._button = QPushButton(icons.icon("list"), f" {words.HISTORY}")
        self._button.setIconSize(QSize(20, 20))
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.setAccessibleName(words.HISTORY)
        self._button.setToolTip(words.HISTORY_TIP)
        self._button.clicked.connect(self.toggle_history)
        self._fade = QTimer(self, singleShot=True, interval=INFO_STAYS_MS)
        self._fade.timeout.connect(self._clear)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 8, 16, 8)
        self._row.setSpacing(8)
        self._row.addWidget(self._sign)
        self._row.addWidget(self._level)
        self._row.addWidget(self._sentence, 1)
        self._row.addWidget(self._button)

    @property
    def shown(self) -> tuple[str, str]:
        """(level as a word, sentence) that stand there now."""
        return self._level.text(), self._sentence.whole

    def add_button(self, button: QWidget) -> None:
        self._row.addWidget(button)

    def say(self, level: str, sentence: str) -> None:
        symbol, colour = _SYMBOLS[level]
        self._sign.setPixmap(icons.symbol(symbol, colour, 20, self.devicePixelRatioF()))
        self._level.setText(words.LEVELS[level])
        self._sentence.put(sentence)
        self.history.add(level, sentence)
        if level == "info":
            self._fade.start()
        else:
            self._fade.stop()

    def toggle_history(self) -> None:
        if self.history.isVisible():
            self.history.hide()
        else:
            self.history.open_above(self)

    def _clear(self) -> None:
        self._sign.clear()
        self._level.clear()
        self._sentence.put("")
