"""The keys 1 to 9 above the letters, known by where they lie: French or Czech ones type a digit with Shift alone.

Told by their characters, the key marked 3 would do nothing there, and with Shift, which is cue 12's, it would fire cue
3. So they are told by the system's own number for each key. Where that says nothing, or what cannot be, the character
decides, as for every other key (``shortcuts``).
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QPlainTextEdit, QWidget

ROW = 9
_EVDEV = {10 + place: place for place in range(ROW)}
_SCAN_CODES = {"xcb": _EVDEV, "wayland": _EVDEV, "windows": {2 + place: place for place in range(ROW)}}
"""By Qt's platform: of the keys 1 to 9, from 0, by ``QKeyEvent.nativeScanCode``."""
_VIRTUAL_KEYS = {"cocoa": {18: 0, 19: 1, 20: 2, 21: 3, 23: 4, 22: 5, 26: 6, 28: 7, 25: 8}}
"""The same by ``QKeyEvent.nativeVirtualKey``, which on macOS is the key's place."""
_TYPED_IN = (QAbstractSpinBox, QLineEdit, QPlainTextEdit)


class NumberRow(QObject):
    """Calls ``fire`` with 0 to 8 for such a key, with 9 to 17 for one with Shift, once for each press.

    Keys that type their digit without Shift, and so are shortcuts by it, are left to ``shortcuts``; whatever something
    with the focus wants for itself is left to that.
    """

    def __init__(self, fire: Callable[[int], object], parent: QObject | None = None, platform: str = "") -> None:
        """platform: Qt's; "" = the one that runs."""
        super().__init__(parent)
        self._fire = fire
        name = (platform or QGuiApplication.platformName()).partition("-")[0]  # "wayland-egl"
        self._scan_codes, self._virtual_keys = _SCAN_CODES.get(name, {}), _VIRTUAL_KEYS.get(name, {})
        self._taken: int | None = None

    def watch(self, window: QWidget) -> None:
        """While ``window``, a top-level one, has the focus."""
        window.installEventFilter(self)

    def place(self, event: QKeyEvent) -> int | None:
        """What ``event`` fires; None where that is not told by the key's place."""
        place = self._scan_codes.get(event.nativeScanCode(), self._virtual_keys.get(event.nativeVirtualKey()))
        shift, key = event.modifiers() == Qt.KeyboardModifier.ShiftModifier, event.key()
        if place is None or not (shift or event.modifiers() == Qt.KeyboardModifier.NoModifier):
            return None
        if Qt.Key.Key_A <= key <= Qt.Key.Key_Z:
            return None  # no layout has these there: another system numbers its keys, as over the network
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_9 and not shift:
            return None
        return place + ROW * shift

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The question whether anyone wants a key comes to the window when nothing in it does; then the key itself is
        taken before it gets to anyone."""
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            return self._asked(event) if isinstance(watched, QWidget) and watched.isWindow() else False
        if event.type() == QEvent.Type.KeyPress and self._taken is not None:
            place, self._taken = self._taken, None
            QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]  # a key is pressed: it exists
            if not event.isAutoRepeat():
                self._fire(place)
            return True
        return False

    def _asked(self, event: QKeyEvent) -> bool:
        place = self.place(event)
        if place is None or QApplication.activePopupWidget() or isinstance(QApplication.focusWidget(), _TYPED_IN):
            return False
        event.accept()
        if self._taken is None:
            QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
        self._taken = place
        return True
