"""The displays that are plugged in, as plain values that stay valid whatever becomes of the display.

WORKAROUND: a Python QScreen must not be kept. PySide6 ties what ``QWidget.screen()`` returns to that widget, and when
the widget goes, every Python QScreen of the display goes with it (seen with PySide6 6.11 and 6.12).
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QRect, Signal
from PySide6.QtGui import QGuiApplication, QScreen
from shiboken6 import getCppPointer

from app.words import window as words


@dataclass(frozen=True)
class Display:
    """key: tells displays of one name apart while they are plugged in. main: the desktop's own, the performer's."""

    key: int
    name: str
    title: str
    main: bool


class Displays(QObject):
    """Follows the desktop. ``came`` and ``went`` carry a Display; ``there`` is up to date when they do.

    ``rearranged``: a display that stays has another size or place.
    """

    came = Signal(object)
    went = Signal(object)
    rearranged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._there = tuple(_display(screen) for screen in QGuiApplication.screens())
        for screen in QGuiApplication.screens():
            screen.geometryChanged.connect(self._changed)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)  # displays are known only where it exists
        app.screenAdded.connect(self._added)
        app.screenRemoved.connect(self._removed)

    @property
    def there(self) -> tuple[Display, ...]:
        return self._there

    def _added(self, screen: QScreen) -> None:
        screen.geometryChanged.connect(self._changed)
        display = _display(screen)
        self._there = (*(other for other in self._there if other.key != display.key), display)
        self.came.emit(display)

    def _removed(self, screen: QScreen) -> None:
        key = _key(screen)
        gone = next((display for display in self._there if display.key == key), None)
        # Another display may have become the main one, so all are described anew.
        self._there = tuple(_display(other) for other in QGuiApplication.screens() if _key(other) != key)
        if gone is not None:
            self.went.emit(gone)

    def _changed(self, _: QRect) -> None:
        self._there = tuple(_display(screen) for screen in QGuiApplication.screens())
        self.rearranged.emit()


def screen_of(display: Display) -> QScreen | None:
    """Qt's own object for ``display``, to be used at once and not kept; None when it has gone."""
    return next((screen for screen in QGuiApplication.screens() if _key(screen) == display.key), None)


def within(rect: QRect, room: QRect) -> QRect:
    """``rect`` moved, and made smaller where that is not enough, so that all of it is in ``room``."""
    inside = QRect(rect.topLeft(), rect.size().boundedTo(room.size()))
    inside.moveLeft(max(room.left(), min(inside.left(), room.right() + 1 - inside.width())))
    inside.moveTop(max(room.top(), min(inside.top(), room.bottom() + 1 - inside.height())))
    return inside


def _display(screen: QScreen) -> Display:
    size = screen.size() * screen.devicePixelRatio()
    main = _key(screen) == _key(QGuiApplication.primaryScreen())
    title = words.display(screen.name(), size.width(), size.height(), main)
    return Display(_key(screen), screen.name(), title, main)


def _key(screen: QScreen) -> int:
    return int(getCppPointer(screen)[0])
