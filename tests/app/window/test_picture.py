from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.framing import FITS, Fit
from app.window.picture import PictureView, placed
from tests.app.window.rig import plain, quarters

SIDES = st.integers(1, 4000)


@given(SIDES, SIDES, SIDES, SIDES, st.sampled_from(FITS))
def test_placing_stays_inside_picture_and_room(width: int, height: int, across: int, down: int, fit: Fit) -> None:
    room = QRectF(0, 0, across, down)
    source, target = placed(width, height, room, fit)
    slack = 1e-6 * max(width, height, across, down)
    assert QRectF(0, 0, width, height).adjusted(-slack, -slack, slack, slack).contains(source)
    assert room.adjusted(-slack, -slack, slack, slack).contains(target)


@given(SIDES, SIDES, SIDES, SIDES)
def test_fit_and_fill_keep_the_aspect_and_touch_two_edges(width: int, height: int, across: int, down: int) -> None:
    room = QRectF(0, 0, across, down)
    for fit in ("fit", "fill"):
        source, target = placed(width, height, room, fit)
        assert target.width() / source.width() == pytest.approx(target.height() / source.height())
    source, target = placed(width, height, room, "fit")
    assert (source.width(), source.height()) == (width, height)
    assert target.width() == pytest.approx(across) or target.height() == pytest.approx(down)
    source, target = placed(width, height, room, "fill")
    assert target == room
    assert source.width() == pytest.approx(width) or source.height() == pytest.approx(height)


def colour_at(view: QWidget, x: float, y: float) -> tuple[int, int, int]:
    """The colour at a fraction of the widget's width and height."""
    image = view.grab().toImage()
    colour = QColor(image.pixel(int(x * (image.width() - 1)), int(y * (image.height() - 1))))
    return colour.red(), colour.green(), colour.blue()


def test_the_right_colours_stand_in_the_right_corners(app: QApplication, qtbot: QtBot) -> None:
    view = PictureView("Picture", fit="stretch")
    qtbot.addWidget(view)
    view.resize(200, 100)
    view.set_picture(quarters())
    assert colour_at(view, 0.1, 0.1) == (255, 0, 0)
    assert colour_at(view, 0.9, 0.1) == (0, 255, 0)
    assert colour_at(view, 0.1, 0.9) == (0, 0, 255)
    assert colour_at(view, 0.9, 0.9) == (255, 255, 255)


@pytest.mark.parametrize(("fit", "bars"), [("fit", True), ("fill", False), ("stretch", False)])
def test_only_fit_leaves_bars(app: QApplication, qtbot: QtBot, fit: Fit, bars: bool) -> None:
    view = PictureView("Picture", fit=fit)
    qtbot.addWidget(view)
    view.resize(300, 100)  # three to one, for a picture of two to one
    view.set_picture(plain(200, 100, 50))
    assert colour_at(view, 0.5, 0.5) == (200, 100, 50)
    assert colour_at(view, 0.02, 0.5) == ((0, 0, 0) if bars else (200, 100, 50))


def test_a_slice_of_a_larger_array_is_painted_as_it_is(app: QApplication, qtbot: QtBot) -> None:
    large = np.zeros((40, 60, 3), np.uint8)
    large[10:30, 10:50] = (10, 200, 30)
    view = PictureView("Picture", fit="stretch")
    qtbot.addWidget(view)
    view.resize(80, 40)
    view.set_picture(large[10:30, 10:50])
    assert colour_at(view, 0.02, 0.5) == (10, 200, 30)
    assert colour_at(view, 0.98, 0.5) == (10, 200, 30)


def test_it_opens_without_a_picture(app: QApplication, qtbot: QtBot) -> None:
    view = PictureView("Picture", "Nothing yet")
    qtbot.addWidget(view)
    view.resize(200, 100)
    assert colour_at(view, 0.02, 0.02) == (0, 0, 0)
    view.set_picture(plain(1, 2, 3))
    view.set_picture(None)
    assert colour_at(view, 0.02, 0.02) == (0, 0, 0)
