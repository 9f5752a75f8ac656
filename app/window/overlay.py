"""A panel laid over the window: never modal, never larger than the window. What has no room in it is scrolled to."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

_EDGE = 12
"""Pixels of the window that are seen around it."""
_PADDING = 6
_AROUND = _PADDING + 2
"""With the theme's border, and that of the focus."""


class Overlay(QFrame):
    """``content`` in a frame over ``parent``'s window."""

    def __init__(self, parent: QWidget, title: str, content: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("overlay")
        self.setAccessibleName(title)
        content.setObjectName("scrolled")
        self._content = content
        self.area = QScrollArea()
        self.area.setAccessibleName(title)
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # arrow keys scroll what is too long
        self.area.setWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_PADDING, _PADDING, _PADDING, _PADDING)
        layout.addWidget(self.area)
        self._had = QSize()
        self.hide()

    def keep_up(self) -> None:
        """While it is open: grow where it stands with a content that has grown; never shrink under a reader's eyes."""
        if self.isVisible() and self._content.sizeHint().expandedTo(self._had) != self._had:
            self.place(self.pos())

    def wanted(self, width: int) -> QSize:
        """Of the content, which is to have no more than ``width`` pixels if it can."""
        return self._content.sizeHint()

    def place(self, corner: QPoint | None = None) -> None:
        """As large as its content, as far as the window goes; at ``corner``, or in the middle."""
        room = self.window().rect().adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
        hint = self._had = self.wanted(room.width() - 2 * _AROUND - self.area.verticalScrollBar().sizeHint().width())
        size = hint + QSize(2 * _AROUND, 2 * _AROUND)
        if size.height() > room.height():  # the bar that scrolls it takes its width from the content
            size.setWidth(size.width() + self.area.verticalScrollBar().sizeHint().width())
        self.resize(size.boundedTo(room.size()))
        rect = self.rect()
        if corner is None:
            rect.moveCenter(room.center())
        else:
            rect.moveTopLeft(corner)
        if rect.right() > room.right():
            rect.moveRight(room.right())
        if rect.bottom() > room.bottom():
            rect.moveBottom(room.bottom())
        self.move(rect.topLeft())
        self.raise_()
