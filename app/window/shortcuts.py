"""The keys of the window, in one table: what they are, what they say of themselves and what they do.

They act in every window of the program, the stage included, and not while a text is being typed. Holding a key does not
repeat it: a blackout must not flicker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QGridLayout, QLabel, QWidget

from app.window.cards import text
from app.window.overlay import Overlay
from app.words import window as words

BY_CLICK = "by_click"
"""The property of a button that has the focus from a click: the stage's keys, Space among them, are not its own."""


@dataclass(frozen=True)
class Key:
    """keys: the first is the one that is taught. title: what the list (F1) says."""

    keys: tuple[str, ...]
    title: str
    act: Callable[[], object]


def bind_keys(window: QWidget, table: tuple[Key, ...]) -> None:
    """Make the ``table`` work wherever the program has the focus."""
    for key in table:
        for sequence in key.keys:
            shortcut = QShortcut(QKeySequence(sequence), window)
            shortcut.setContext(Qt.ShortcutContext.ApplicationShortcut)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(_pressing_what_has_focus(key.act) if sequence == "Space" else key.act)


def _pressing_what_has_focus(act: Callable[[], object]) -> Callable[[], object]:
    """Space belongs to an open menu or list, and to a button reached by Tab; only elsewhere is it a shortcut."""

    def press() -> None:
        popup, focus = QApplication.activePopupWidget(), QApplication.focusWidget()
        if popup is not None:
            enter = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier)
            QApplication.sendEvent(popup.focusWidget() or popup, enter)
        elif isinstance(focus, QAbstractButton) and not focus.property(BY_CLICK):
            focus.click()
        elif isinstance(focus, QComboBox):
            focus.showPopup()
        else:
            act()

    return press


def is_shortcut_in_number(event: QEvent) -> bool:
    """Whether a number field is being asked to keep a key that is no part of a number: it stays a shortcut."""
    return (
        event.type() == QEvent.Type.ShortcutOverride
        and isinstance(event, QKeyEvent)
        and (event.text().isalpha() or event.key() == Qt.Key.Key_Space)
    )


def is_step(event: QEvent) -> bool:
    """Whether a field is being asked to keep the key of a step back or forth. One in which nothing is being typed
    leaves it to the window, whose line of steps has what the field's value was."""
    return (
        event.type() == QEvent.Type.ShortcutOverride
        and isinstance(event, QKeyEvent)
        and QKeySequence(event.keyCombination()) in _STEPS
    )


_STEPS = tuple(QKeySequence(keys) for keys in ("Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+Y"))
_KEYS_SHOWN = 3


class KeyList(Overlay):
    """The list of all keys, laid over the window; nothing waits for it. F1, Escape or a click close it."""

    def __init__(self, table: tuple[Key, ...], parent: QWidget, gives_way: QWidget) -> None:
        """Keys of a row whose title is the title of the row before stand in that row. gives_way: what is put away
        while the list is open, which leaves no room beside it."""
        self._gives_way, self._was_there = gives_way, False
        self._sentences: list[QLabel] = []
        content = QWidget()
        super().__init__(parent, words.KEY_LIST, content)
        grid = QGridLayout(content)
        grid.setContentsMargins(28, 22, 28, 24)
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(9)
        for sentences in (1, 3):
            grid.setColumnStretch(sentences, 1)
        grid.addWidget(text(words.KEY_LIST, "card_title"), 0, 0, 1, 4)
        lines = [
            (title, [name for key in keys for name in key.keys])
            for title, keys in ((title, list(keys)) for title, keys in groupby(table, lambda key: key.title))
        ]
        rows = -(-len(lines) // 2)
        for index, (title, names) in enumerate(lines):
            column, row = 2 * (index // rows), 1 + index % rows
            shown = names if len(names) <= _KEYS_SHOWN else [names[0], "…", names[-1]]
            grid.addWidget(text("   ".join(shown), "row_title"), row, column)
            self._sentences.append(text(title))
            grid.addWidget(self._sentences[-1], row, column + 1)
        self._sentences.append(text(words.KEY_LIST_NOTE, "dim"))
        grid.addWidget(self._sentences[-1], rows + 1, 0, 1, 4)

    def wanted(self, width: int) -> QSize:
        """Where there is no room for a sentence in one line it is wrapped."""
        for wraps in (False, True):
            for sentence in self._sentences:
                sentence.setWordWrap(wraps)
            hint = super().wanted(width)
            if not wraps and hint.width() <= width:
                return hint
        return QSize(width, self._content.heightForWidth(width))

    def toggle(self) -> None:
        self.setVisible(not self.isVisible())
        if self.isVisible():
            self.place()
            self.area.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self._was_there = self._gives_way.isVisible()
            self._gives_way.hide()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.isHidden() and self._was_there:  # closed, and not gone with its window
            self._was_there = False
            self._gives_way.show()

    def mousePressEvent(self, event: object) -> None:
        self.hide()
