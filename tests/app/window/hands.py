"""What a performer's hands do: clicks, keys, the wheel, a choice from a list."""

from __future__ import annotations

from typing import Any

import PySide6
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.window.choice import Picker

NO_KEY = Qt.KeyboardModifier.NoModifier


def click(widget: QWidget, at: QPoint | None = None) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, NO_KEY, at or widget.rect().center())


def double_click(widget: QWidget, at: QPoint) -> None:
    QTest.mouseDClick(widget, Qt.MouseButton.LeftButton, NO_KEY, at)


def press(widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
    QTest.keyClick(widget, key, modifiers)


def type_text(widget: QWidget, text: str) -> None:
    QTest.keyClicks(widget, text)


def turn_wheel(widget: QWidget, delta: int, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
    """Turn the wheel over the middle of ``widget``; 120 is one notch away from the hand."""
    window = widget.window()
    at = QPointF(widget.mapTo(window, widget.rect().center()))
    QTest.wheelEvent(window.windowHandle(), at, QPoint(0, delta), QPoint(), modifiers)
    QApplication.processEvents()


def pick(picker: Picker, value: object) -> None:
    """Choose ``value`` from the list, as opening it and pressing Enter would."""
    index = [listed for _, listed in picker.options].index(value)
    picker.setCurrentIndex(index)
    picker.activated.emit(index)


def files(*paths: object) -> QMimeData:
    """What a file manager hands over when these are dragged out of it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drop_on(widget: QWidget, data: QMimeData) -> None:
    """Drag ``data`` onto the middle of ``widget``, which must be ready for it, and let go."""
    at, copy, left = QPointF(widget.rect().center()), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    # Qt 6.12 deprecates the whole-pixel position, which is all that older ones take.
    where: Any = at if PySide6.__version_info__ >= (6, 12) else at.toPoint()
    enter = QDragEnterEvent(where, copy, data, left, NO_KEY)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(at, copy, data, left, NO_KEY))
