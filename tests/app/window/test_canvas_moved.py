"""Moving the enlarged picture with Space held, whatever tool is chosen; tapped, Space pauses the clip as ever."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.look import Look
from app.show import Show
from app.window.canvas import Canvas
from app.window.main_window import MainWindow
from tests.app.window.hands import NO_KEY, click, press, turn_wheel
from tests.app.window.rig import StillRig
from tests.app.window.test_canvas import ENGINE, arrive, at, drag


@pytest.fixture
def canvas(window: MainWindow, rig: StillRig) -> Canvas:
    """Enlarged, with a brush in the hand."""
    arrive(window, rig)
    canvas = window.program.preview
    window.editor.choose("brush")
    for _ in range(4):
        turn_wheel(canvas, 120)
    point(canvas, 0.5)
    return canvas


def point(canvas: Canvas, share: float) -> QPoint:
    """Bring the pointer over the canvas."""
    place = QPoint(round(share * canvas.width()), canvas.height() // 2)
    QTest.mouseMove(canvas, place)
    return place


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def left_of(canvas: Canvas) -> float:
    return float(canvas.placing(*ENGINE)[1].left())


@pytest.mark.parametrize("focus", ["canvas", "a button's neighbour"])
def test_space_held_moves_the_picture_and_paints_nothing(
    window: MainWindow, canvas: Canvas, show: Show, focus: str
) -> None:
    (canvas if focus == "canvas" else window.look.strength.slider).setFocus()
    before, place = left_of(canvas), point(canvas, 0.5)
    QTest.keyPress(focused(), Qt.Key.Key_Space)
    assert canvas.cursor().shape() == Qt.CursorShape.OpenHandCursor
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NO_KEY, place)
    assert canvas.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    QTest.mouseMove(canvas, place + QPoint(60, 0))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NO_KEY, place + QPoint(60, 0))
    QTest.keyRelease(focused(), Qt.Key.Key_Space)
    assert left_of(canvas) == pytest.approx(before + 60, abs=0.5)
    assert show.look == Look()
    assert not show.setup.paused
    assert canvas.cursor().shape() == Qt.CursorShape.CrossCursor
    drag(canvas, (0.5, 0.5))
    assert show.look.mask is not None, "the brush is in the hand again"


def test_space_tapped_pauses_the_clip(window: MainWindow, canvas: Canvas, show: Show) -> None:
    for paused in (True, False):
        canvas.setFocus()
        QTest.keyPress(canvas, Qt.Key.Key_Space)
        QTest.keyRelease(canvas, Qt.Key.Key_Space)
        assert show.setup.paused is paused


def test_space_is_the_clips_where_there_is_nothing_to_move(window: MainWindow, canvas: Canvas, show: Show) -> None:
    canvas.fit_whole()
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    assert show.setup.paused, "at once, as it goes down"
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert show.setup.paused


def test_space_held_while_the_window_goes_away_is_let_go(window: MainWindow, canvas: Canvas, show: Show) -> None:
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    window.look.prompt.setFocus()
    assert canvas.cursor().shape() == Qt.CursorShape.CrossCursor
    canvas.setFocus()
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert not show.setup.paused
    drag(canvas, (0.5, 0.5))
    assert show.look.mask is not None


def test_space_on_a_button_reached_by_tab_presses_it(window: MainWindow, canvas: Canvas, show: Show) -> None:
    button = window.top_bar.treatments["freeze"]
    button.setFocus(Qt.FocusReason.TabFocusReason)
    press(button, Qt.Key.Key_Space)
    assert show.look.treatment == "freeze"
    assert canvas.cursor().shape() == Qt.CursorShape.CrossCursor


def test_the_middle_button_moves_it_too(window: MainWindow, canvas: Canvas) -> None:
    before = QPointF(canvas.placing(*ENGINE)[1].topLeft())
    start = at(canvas, 0.5, 0.5)
    QTest.mousePress(canvas, Qt.MouseButton.MiddleButton, NO_KEY, start)
    QTest.mouseMove(canvas, start + QPoint(-30, -20))
    QTest.mouseRelease(canvas, Qt.MouseButton.MiddleButton, NO_KEY, start + QPoint(-30, -20))
    moved = canvas.placing(*ENGINE)[1].topLeft() - before
    assert (moved.x(), moved.y()) == pytest.approx((-30, -20), abs=0.5)
    click(window.program.bar.whole)
    assert canvas.zoom == 1
