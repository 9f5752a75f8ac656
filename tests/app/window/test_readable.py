"""What the show is doing is read from two metres: letters of 19 pixels and more at 100 %."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QFontInfo
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from app.show import Show
from app.window import theme
from app.window.lettered_frame import CAPTION, LetteredFrame
from app.window.main_window import MainWindow
from tests.app.window.rig import StillRig, plain

LEAST_PX = 19
LEAST_CAPITAL_PX = 13
"""Of Inter at 19 pixels."""


def told_in_letters(window: MainWindow) -> dict[str, QWidget]:
    bar, message = window.top_bar, window.messages
    figure = next(label for label in bar.latency.findChildren(QLabel) if label.objectName() == "figure")
    labels = {label.objectName(): label for label in message.findChildren(QLabel) if label.objectName()}
    return {
        "recorded": bar.recording,
        "virtual camera": bar.virtual_camera,
        "stage": bar.stage,
        "on the air": window.program.on_air,
        "message": labels["message"],
        "how bad": labels["message_level"],
        "cue": window.cues.pads[0],
        "beats": bar.pace,
        "figure": figure,
    }


def test_what_tells_the_state_of_the_show_is_large(window: MainWindow, show: Show, rig: StillRig) -> None:
    window.cues.sheet.add()
    rig.play(plain(9, 9, 9))
    window.poll_status()
    window.messages.say("warning", "The camera is gone.")
    QApplication.processEvents()
    small = {
        name: QFontInfo(widget.font()).pixelSize()
        for name, widget in told_in_letters(window).items()
        if QFontInfo(widget.font()).pixelSize() < LEAST_PX
    }
    assert small == {}


@pytest.mark.parametrize("marked", [True, False])
def test_whose_picture_it_is_is_large(window: MainWindow, show: Show, marked: bool) -> None:
    if marked:
        show.begin_audition()
    frame = window.program.frame
    QApplication.processEvents()
    strip = frame.grab().toImage()
    letters, ground = (theme.ON_ACCENT, theme.ACCENT) if marked else (theme.TEXT, theme.PANEL)
    rows = [
        y
        for y in range(3, CAPTION)
        if any(_nearer(strip.pixelColor(x, y), letters, ground) for x in range(4, frame.title_width))
    ]
    assert rows[-1] - rows[0] + 1 >= LEAST_CAPITAL_PX
    assert rows[-1] < CAPTION - 1, "nothing is cut off at its foot"


def _nearer(pixel: QColor, one: str, other: str) -> bool:
    return _distance(pixel, QColor(one)) < _distance(pixel, QColor(other))


def _distance(a: QColor, b: QColor) -> int:
    return abs(a.red() - b.red()) + abs(a.green() - b.green()) + abs(a.blue() - b.blue())


def test_a_window_of_944_pixels_scrolls_nothing_sideways(window: MainWindow, show: Show) -> None:
    """A display of 1920x1080 at 200 % has 960, and a window on it a frame."""
    for height in (492, 1000):
        window.resize(944, height)
        QApplication.processEvents()
        assert window.width() == 944
        assert window.body.horizontalScrollBar().maximum() == 0
    show.begin_audition()
    window.resize(944, 492)
    QApplication.processEvents()
    assert window.body.verticalScrollBar().maximum() > 0, "the scroll bar at its side takes room as well"
    assert window.body.horizontalScrollBar().maximum() == 0
    assert all(frame.width() >= frame.title_width for frame in window.findChildren(LetteredFrame) if frame.isVisible())


def test_in_a_narrow_window_the_message_has_the_room(window: MainWindow) -> None:
    sentence = "The camera is gone; the last picture stays."
    window.messages.say("warning", sentence)
    (shown,) = (label for label in window.messages.findChildren(QLabel) if label.objectName() == "message")
    window.resize(640, 360)
    QApplication.processEvents()
    assert shown.width() > 250
    buttons = window.messages.findChildren(QPushButton)
    assert [button.text() for button in buttons] == [""] * len(buttons)
    assert all(button.accessibleName() and button.toolTip() for button in buttons)
    window.resize(1400, 900)
    QApplication.processEvents()
    assert shown.text() == sentence
    assert all(button.text() for button in buttons)
