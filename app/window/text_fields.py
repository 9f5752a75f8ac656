"""Text that is typed: the prompt, the path or URL of a source, the name of a cue, words to find.

While one of them has focus, letters are letters and not shortcuts. So that the shortcuts are back at once, focus leaves
the field on Enter, on Escape and on a click anywhere else in the window. Not on an Enter that was refused: the hand
types on, and what it types must not fire cues.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QStyle, QStyleOptionFrame, QWidget

from app.window.shortcuts import is_step

TYPING_PAUSE_MS = 600
"""Long enough to finish a word, short enough to feel live."""
REFUSAL_STAYS_MS = 12_000
"""What was refused of a field that was left is told that long."""
COMES_BACK = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
"""For these the focus leaves a field only for a while."""
_BESIDE = 8
"""Pixels that Qt keeps free beside a line, and room for the cursor."""


class ClickElsewhere(QObject):
    """Takes the focus from a field when something else in its window is clicked: most of it takes no focus itself."""

    def __init__(self, field: QWidget) -> None:
        super().__init__(field)
        self._field = field

    def watch(self) -> None:
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]  # a field has focus: it exists

    def rest(self) -> None:
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.MouseButtonPress
            and isinstance(watched, QWidget)
            and watched.window() is self._field.window()
            and watched is not self._field
            and not self._field.isAncestorOf(watched)
        ):
            self._field.clearFocus()
        return False


class PromptField(QPlainTextEdit):
    """The prompt. ``edited(text)`` comes on Enter, on leaving the field and after a short pause in typing."""

    edited = Signal(str)

    def __init__(self, title: str, placeholder: str, help: str) -> None:
        super().__init__()
        self.setObjectName("prompt")
        self.setAccessibleName(title)
        self.setPlaceholderText(placeholder)
        self.setToolTip(help)
        self.setTabChangesFocus(True)
        self.setAcceptDrops(False)  # a file that is dropped here is meant for the window
        self._told = ""
        self._pause = QTimer(self, singleShot=True, interval=TYPING_PAUSE_MS)
        self._pause.timeout.connect(self.tell)
        self._elsewhere = ClickElsewhere(self)
        self.textChanged.connect(self._pause.start)

    def put(self, text: str) -> None:
        """Silent. The Show's word counts: what was being typed is replaced when a different prompt arrives, and the
        hand types on behind it."""
        self._told = text
        if text != self.toPlainText():
            self.setPlainText(text)
            if self.hasFocus():
                self.moveCursor(QTextCursor.MoveOperation.End)
        self._pause.stop()

    def event(self, event: QEvent) -> bool:
        if is_step(event) and not self._has_steps():
            event.ignore()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.tell()
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._elsewhere.watch()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._elsewhere.rest()
        self.tell()

    def _has_steps(self) -> bool:
        """Of its own, within what is being typed."""
        document = self.document()
        return document.isUndoAvailable() or document.isRedoAvailable()

    def tell(self) -> None:
        """What is typed counts now, and typing goes on."""
        self._pause.stop()
        text = self.toPlainText()
        if text != self._told:
            self._told = text
            self.edited.emit(text)


class LineField(QLineEdit):
    """One line of text. ``entered(text)`` comes on Enter or on leaving the field, when the text has changed.

    Who hears it and cannot take it puts what counts and calls ``refuse``. What has too little room is seen from its
    beginning; a path from its end, which has the file's name.
    """

    entered = Signal(str)
    given_up = Signal()
    """What was refused need not be told any more: another text was put, the field was left, or was left a while ago."""
    left = Signal()
    """The hand is done with it: the focus has gone elsewhere."""

    def __init__(self, title: str, placeholder: str = "", help: str = "") -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.setPlaceholderText(placeholder)
        self.setToolTip(help)
        self.setAcceptDrops(False)
        self._told = ""
        self._entering: str | None = None
        self._refused: str | None = None
        self._leaving = False
        self._forgets = QTimer(self, singleShot=True, interval=REFUSAL_STAYS_MS)
        self._forgets.timeout.connect(self.given_up)
        self._longest: tuple[str, ...] = ()
        self._elsewhere = ClickElsewhere(self)
        self.editingFinished.connect(self.tell)

    def hold(self, longest: Sequence[str]) -> None:
        """Be as wide as the widest of these takes, in whatever font, and no less."""
        self._longest = tuple(longest)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(self._held_width(), hint.height()) if self._longest else hint

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        return QSize(self._held_width(), hint.height()) if self._longest else hint

    @property
    def refused(self) -> bool:
        """Whether a text that was refused stands there, to be typed right."""
        return self._refused is not None

    def put(self, text: str) -> None:
        self._told = text
        if text != self.text():
            self.setText(text)  # a hand that is typing types on behind it
            if not self.hasFocus():
                self._show_what_tells()
        self._give_up()

    def refuse(self) -> None:
        """What is being entered cannot be taken. On Enter it stays, selected, and the focus with it; what was put shows
        again when the field is left. For whoever hears ``entered``; at any other time nothing."""
        if self._entering is None:
            return
        if self._leaving:
            self._forgets.start()
            return
        self._refused = self._entering
        self.setText(self._entering)
        self.selectAll()

    def event(self, event: QEvent) -> bool:
        if is_step(event) and self.text().strip() == self._told:
            event.ignore()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
            if not self.refused:
                self.clearFocus()
        elif event.key() == Qt.Key.Key_Escape:
            self.setText(self._told)
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._elsewhere.watch()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._leaving = event.reason() not in COMES_BACK
        if self._leaving and self._forgets.isActive():
            self._forgets.stop()
            self.given_up.emit()  # what is refused now is told anew
        super().focusOutEvent(event)
        self._elsewhere.rest()
        if self._leaving and self.refused:
            self.setText(self._told)
            self._give_up()
        if self._leaving:
            self.left.emit()
        self._leaving = False
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._show_what_tells()

    def _show_what_tells(self) -> None:
        text = self.text()
        self.setCursorPosition(len(text) if "/" in text or "\\" in text else 0)

    def _held_width(self) -> int:
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        metrics = self.fontMetrics()
        text = QSize(max(metrics.horizontalAdvance(one) for one in self._longest) + _BESIDE, metrics.height())
        return self.style().sizeFromContents(QStyle.ContentsType.CT_LineEdit, option, text, self).width()

    def tell(self) -> None:
        """What is typed counts now, and typing goes on."""
        if self.text().strip() != self._refused:
            self._enter()

    def _enter(self) -> None:
        text = self.text().strip()
        if text != self._told:
            self._told, self._refused, self._entering = text, None, text
            self._forgets.stop()
            self.entered.emit(text)
            self._entering = None
        else:
            self._give_up()

    def _give_up(self) -> None:
        refused, self._refused = self._refused, None
        if refused is not None:
            self.given_up.emit()
