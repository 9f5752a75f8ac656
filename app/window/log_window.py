"""The log: a window of its own with all that was said in this show, to be filtered, copied and saved.

Stands beside the show and is never modal: every key works on in it, but for letters that are typed into its field.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.file_worker import Later, at_once
from app.message_log import Message, MessageLog, passes, text_of
from app.safe_write import reason_of, swapped_in
from app.status import Level
from app.window import icons, theme
from app.window.cards import text
from app.window.choice import Segments
from app.window.file_dialog import FileDialog
from app.window.text_fields import LineField
from app.words import window_hud as words_hud

KEPT = 500
"""Messages; a fault that repeats all night must not fill the memory."""

SYMBOLS: dict[str, tuple[str, str]] = {
    "info": ("info", theme.ACCENT),
    "warning": ("triangle-alert", theme.WARNING),
    "error": ("octagon-x", theme.ERROR),
}
"""The sign of each level and its colour; the signs differ in shape."""

_FIRST_SIZE = QSize(820, 520)
_APART = 40
"""Pixels between the figures and the log, its title bar among them."""
_MESSAGE = Qt.ItemDataRole.UserRole


def clear_of(taken: QRect, display: QRect, least: QSize) -> QRect | None:
    """The larger part of ``display`` below or at the right of ``taken``; None where neither has ``least``."""
    below = QRect(QPoint(taken.left(), taken.bottom() + _APART), display.bottomRight())
    right = QRect(QPoint(taken.right() + _APART, taken.top()), display.bottomRight())
    fitting = [part for part in (below, right) if part.size().boundedTo(least) == least]
    return max(fitting, key=lambda part: part.width() * part.height(), default=None)


class LogWindow(QWidget):
    """Newest first. said(level, sentence): where the log was saved, or why it was not; from any thread."""

    said = Signal(str, str)

    def __init__(self, parent: QWidget, clock: Callable[[], datetime] = datetime.now, keep: Later = at_once) -> None:
        """keep: where files are written."""
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(words_hud.LOG_WINDOW)
        self.resize(_FIRST_SIZE)
        self._figures: QWidget | None = None
        self._clock, self._keep = clock, keep
        self._log = MessageLog(KEPT)
        self._least: Level = "info"
        self.level = Segments(words_hud.LOG_SHOWS, words_hud.LOG_LEVELS, help=words_hud.LOG_SHOWS_TIP)
        self.level.put(self._least)
        self.level.setFixedWidth(240)
        self.search = LineField(words_hud.LOG_FIND, words_hud.LOG_FIND_PLACEHOLDER, words_hud.LOG_FIND_TIP)
        self.list = QListWidget()
        self.list.setAccessibleName(words_hud.LOG)
        self.list.setToolTip(words_hud.LOG_TIP)
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.list.setIconSize(QSize(18, 18))
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.count = text("", "dim")
        self.copy = _button("copy", words_hud.LOG_COPY, words_hud.LOG_COPY_TIP)
        self.save = _button("save", words_hud.LOG_SAVE, words_hud.LOG_SAVE_TIP)
        self.saving = FileDialog(self, words_hud.LOG_SAVE, words_hud.LOG_FILTER, self.write, saves="txt")
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.level)
        head.addWidget(self.search, 1)
        foot.addWidget(self.count, 1)
        foot.addWidget(self.copy)
        foot.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self.list, 1)
        column.addLayout(foot)
        self.level.picked.connect(self._choose_level)
        self.search.textChanged.connect(lambda _: self._list_all())
        self.copy.clicked.connect(self.copy_chosen)
        self.save.clicked.connect(self.saving.open)
        # The list's own copies a single line, without the date.
        keys = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.list)
        keys.setContext(Qt.ShortcutContext.WidgetShortcut)
        keys.activated.connect(self.copy_chosen)
        self._tell()

    @property
    def sentences(self) -> list[str]:
        """What is listed, as it is read there."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    def add(self, level: Level, sentence: str) -> None:
        message = self._log.add(level, sentence, self._clock())
        if passes(message, self._least, self.search.text()):
            if message.times > 1 and self.list.count():
                self._put(self.list.item(0), message)
            else:
                item = QListWidgetItem()
                self._put(item, message)
                self.list.insertItem(0, item)
            while self.list.count() > KEPT:
                self.list.takeItem(self.list.count() - 1)
        self._tell()

    def keep_clear_of(self, figures: QWidget) -> None:
        """Open below or beside ``figures`` while these are seen, where the display has room there."""
        self._figures = figures

    def toggle(self) -> None:
        if self.isVisible():
            self.close()
        else:
            if self._figures is not None and self._figures.isVisible():
                taken = QRect(self._figures.mapToGlobal(QPoint()), self._figures.size())
                place = clear_of(taken, self._figures.screen().availableGeometry(), self.minimumSizeHint())
                if place is not None:
                    self.setGeometry(QRect(place.topLeft(), self.size().boundedTo(place.size())))
            self.show()
            self.activateWindow()
            self.list.setFocus()

    def copy_chosen(self) -> None:
        """The chosen messages, or all that are listed, oldest first, for a report."""
        chosen = [item.data(_MESSAGE) for item in self.list.selectedItems()]
        QApplication.clipboard().setText(text_of(sorted(chosen or self._listed(), key=lambda message: message.at)))

    def write(self, path: Path) -> None:
        """All that are listed, oldest first."""
        listed = text_of(self._listed())
        self._keep(str(path), lambda: self._write(path, listed))

    def _write(self, path: Path, listed: str) -> None:
        try:
            with swapped_in(path, keeps_old=True) as file:
                file.write(listed.encode(errors="backslashreplace"))  # names of files may be no Unicode
        except Exception as error:  # noqa: BLE001 - whatever it is, what is not saved must be told
            self.said.emit("warning", words_hud.log_not_saved(path, reason_of(error)))
        else:
            self.said.emit("info", words_hud.log_saved(path))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _listed(self) -> list[Message]:
        return [message for message in self._log.messages if passes(message, self._least, self.search.text())]

    def _choose_level(self, least: Level) -> None:
        self._least = least
        self._list_all()

    def _list_all(self) -> None:
        self.list.clear()
        for message in reversed(self._listed()):
            item = QListWidgetItem()
            self._put(item, message)
            self.list.addItem(item)
        self._tell()

    def _put(self, item: QListWidgetItem, message: Message) -> None:
        symbol, colour = SYMBOLS[message.level]
        item.setIcon(icons.icon(symbol, colour))
        item.setText(words_hud.log_line(message))
        item.setData(_MESSAGE, message)

    def _tell(self) -> None:
        self.count.setText(words_hud.log_count(self.list.count(), len(self._log.messages)))
        for button in (self.copy, self.save):
            button.setEnabled(self.list.count() > 0)


def _button(symbol: str, title: str, tip: str) -> QPushButton:
    button = QPushButton(icons.icon(symbol), f" {title}")
    button.setIconSize(QSize(20, 20))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(title)
    button.setToolTip(tip)
    return button
