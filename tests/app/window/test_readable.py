"""What the show is doing is read from two metres: letters of 19 pixels and more at 100 %."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFontInfo, QImage
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from app.set_list import Cue, Transition
from app.show import Show
from app.window import theme
from app.window.cue_grid import LAYOUTS, LOWEST
from app.window.cue_pad import CuePad
from app.window.lettered_frame import CAPTION, LetteredFrame
from app.window.main_window import MainWindow
from tests.app.window.conftest import KINDS
from tests.app.window.hands import click
from tests.app.window.reach import seen_whole
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


@pytest.mark.parametrize(("width", "height"), [(944, 492), (1024, 700)])
def test_in_a_small_window_a_painting_tool_leaves_the_canvas_in_sight(
    window: MainWindow, qtbot: QtBot, width: int, height: int
) -> None:
    window.resize(width, height)
    QApplication.processEvents()
    window._settling.stop()  # the window has just opened, which brings it into sight, too
    window.body.verticalScrollBar().setValue(0)
    bar, frame = window.program.bar, window.program.frame
    alone = bar.height()
    window.editor.choose("brush")
    assert bar.more.isVisible()
    qtbot.waitUntil(lambda: bar.height() > alone)
    assert bar.height() <= alone + bar.brush.size.height() + 8, "one line more"
    qtbot.waitUntil(lambda: frame.visibleRegion().boundingRect().height() == frame.height())
    click(bar.more)
    qtbot.waitUntil(lambda: bar.rect().contains(bar.brush.opacity.geometry()) and bar.brush.opacity.isVisible())
    if width == 1024:
        (columns,) = window.body.findChildren(QSplitter)
        assert columns.sizes()[1] >= 260, "the panels give way before the canvas does"


def test_at_200_percent_cues_and_whose_picture_it_is_are_in_sight(show: Show, rig: StillRig, qtbot: QtBot) -> None:
    """On a display of 1920x1080, as the window opens and when an audition begins; all else is scrolled to."""
    window = MainWindow(show, rig, None, KINDS)
    window.cues.sheet.add()
    window.resize(944, 492)
    window.show()
    frame, pad = window.program.frame, window.cues.pads[0]
    for auditions in (False, True):
        if auditions:
            show.begin_audition()
        qtbot.waitUntil(lambda: seen_whole(pad) and seen_whole(frame))
        assert window.program.preview.height() >= 110, "as high as a picture of 16:9 is in this column"
    window.end_show()


def test_a_low_pad_reads_its_name_before_how_it_comes(app: QApplication, qtbot: QtBot) -> None:
    pad = CuePad(0, LOWEST[1])
    qtbot.addWidget(pad)
    pad.setStyleSheet(f"font-size: {theme.STATUS_PX}px")

    def painted(name: str, transition: str) -> QImage:
        pad.put(Cue(name, transition=Transition("cut" if transition == "cut" else "morph")), False, False)
        return pad.grab().toImage()

    assert painted("Cue 10", "cut") != painted("Cue 10", "morph"), "there is room for both"
    assert painted("Neon riverbed", "cut") == painted("Neon riverbed", "morph")
    assert painted("Neon riverbed", "cut") != painted("Neon riverbank", "cut"), "it is read to its end"
    assert painted("Neon river at dawn", "cut") != painted("Neon ridge at dawn", "cut"), "and a longer one far enough"


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("size", [LOWEST[1], LAYOUTS[-2][2]])
def test_a_name_too_long_for_its_pad_ends_in_an_ellipsis_and_is_told_whole(
    app: QApplication, qtbot: QtBot, size: QSize, scale: int
) -> None:
    pad = CuePad(9, size)
    qtbot.addWidget(pad)
    pad.setStyleSheet(f"font-size: {theme.STATUS_PX}px")

    def painted(name: str) -> QImage:
        pad.put(Cue(name), True, False)
        picture = QImage(size * scale, QImage.Format.Format_RGB888)
        picture.setDevicePixelRatio(scale)
        pad.render(picture)
        return picture

    name = "Neon river at dawn over the whole of the city"
    whole = painted(name)
    assert name in pad.toolTip().splitlines()
    assert name in pad.accessibleName()
    read = next(name[:end] for end in range(len(name)) if painted(f"{name[:end]}…") == whole)
    assert painted(read) != whole, "the ellipsis is seen"
    assert read.startswith("Neon ")


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


@pytest.mark.parametrize("size", [(1024, 600), (640, 360)])
def test_the_list_of_keys_is_wrapped_and_never_scrolled_sideways(window: MainWindow, size: tuple[int, int]) -> None:
    keys = window.key_list
    for width, height, wraps in ((*size, True), (1800, 900, False)):
        window.resize(width, height)
        QApplication.processEvents()
        keys.toggle()
        QApplication.processEvents()
        assert keys.area.horizontalScrollBar().maximum() == 0
        sentences = [label for label in keys.findChildren(QLabel) if label.text().startswith("Audition: ")]
        assert [label.wordWrap() for label in sentences] == [wraps]
        assert all(label.heightForWidth(label.width()) <= label.height() for label in sentences), "seen whole"
        keys.toggle()
