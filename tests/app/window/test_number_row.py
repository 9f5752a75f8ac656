"""Keys 1 to 9 fire cues by where they lie, whatever they type."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.window.main_window import MainWindow
from app.window.number_row import NumberRow

SHIFT, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
THREE = {"xcb": (12, 0), "wayland": (12, 0), "windows": (4, 0x33), "cocoa": (1, 20)}
"""nativeScanCode and nativeVirtualKey of the key marked 3."""


@pytest.fixture
def fired(window: MainWindow) -> list[int]:
    """Of a window with a French keyboard on X11."""
    fired: list[int] = []
    row = NumberRow(fired.append, window, "xcb")
    for watched in (window, window.messages.log):
        row.watch(watched)
    return fired


def press_native(
    part: QWidget,
    key: int,
    text: str,
    modifiers: Qt.KeyboardModifier = NONE,
    codes: tuple[int, int] = THREE["xcb"],
    held: bool = False,
) -> bool:
    """As Qt tells a key of the system: it is first asked who wants it. Whether it was still there to be typed then."""
    asked = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers, *codes, 0, text, held)
    asked.ignore()
    QApplication.sendEvent(part, asked)
    typed = QKeyEvent(QEvent.Type.KeyPress, key, modifiers, *codes, 0, text, held)
    handle = part.window().windowHandle()
    assert handle is not None
    if asked.isAccepted():
        QApplication.sendEvent(handle, typed)
    return asked.isAccepted()


def test_a_french_keyboard_fires_as_its_keys_are_marked(window: MainWindow, fired: list[int]) -> None:
    canvas = window.program.preview
    press_native(canvas, Qt.Key.Key_QuoteDbl, '"')
    assert fired == [2]
    press_native(canvas, Qt.Key.Key_3, "3", SHIFT)
    assert fired == [2, 11]
    press_native(canvas, Qt.Key.Key_QuoteDbl, '"', held=True)
    assert fired == [2, 11], "a key that is held fires once"
    assert not press_native(canvas, Qt.Key.Key_3, "3"), "a shortcut by its character"
    assert not press_native(canvas, Qt.Key.Key_D, "d"), "whose system numbers its keys otherwise"
    assert not press_native(canvas, Qt.Key.Key_QuoteDbl, '"', Qt.KeyboardModifier.AltModifier)
    window.messages.log.show()
    press_native(window.messages.log.list, Qt.Key.Key_QuoteDbl, '"')
    assert fired == [2, 11, 2]


def test_what_is_typed_into_a_field_fires_nothing(window: MainWindow, fired: list[int]) -> None:
    for field in (window.look.prompt, window.look.strength.number, window.look.seed.field):
        field.setFocus()
        press_native(field, Qt.Key.Key_QuoteDbl, '"')
        press_native(field, Qt.Key.Key_3, "3", SHIFT)
    assert fired == []


@pytest.mark.parametrize(("platform", "codes"), THREE.items())
def test_each_system_has_numbers_of_its_own(app: QApplication, platform: str, codes: tuple[int, int]) -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_QuoteDbl, NONE, *codes, 0, '"')
    assert NumberRow(print, platform=platform).place(event) == 2
    assert NumberRow(print, platform="offscreen").place(event) is None
