"""The engine's size: offered by model, typed, turned, and back to the default."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.look import Setup
from app.show import Show
from app.window.main_window import MainWindow
from app.window.panels.engine_size import LARGER_SIZES, STARTER_SIZES, EngineSizeRow
from app.window.panels.size_row import size_of
from engine.params import EngineChoice
from tests.app.window.hands import double_click, press, turn_wheel, type_text
from tests.app.window.reach import bring_in_sight


@pytest.fixture
def size(window: MainWindow) -> EngineSizeRow:
    bring_in_sight(window.look.size_row.typed)  # the wheel turns what it is over
    return window.look.size_row


def now(show: Show) -> tuple[int, int]:
    return show.setup.engine.width, show.setup.engine.height


def enter(size: EngineSizeRow, typed: str) -> None:
    size.typed.setFocus()
    type_text(size.typed, typed)
    press(size.typed, Qt.Key.Key_Return)


@given(st.integers(1, 9999), st.integers(1, 9999), st.sampled_from(["x", "X", "×", " x ", "*", ","]))
def test_sizes_are_read_as_people_write_them(width: int, height: int, between: str) -> None:
    assert size_of(f"{width}{between}{height}") == (width, height)


def test_every_offered_size_can_be_had() -> None:
    for width, height in (*STARTER_SIZES, *LARGER_SIZES):
        EngineChoice(width=width, height=height)
    assert STARTER_SIZES[0] == (256, 144)
    assert STARTER_SIZES[-1] == (512, 288)


def test_what_is_offered_follows_the_model(size: EngineSizeRow, show: Show) -> None:
    assert [value for _, value in size.picker.options] == list(STARTER_SIZES)
    show.set_setup(engine=replace(show.setup.engine, model="longlive", width=832, height=480))
    assert [value for _, value in size.picker.options] == list(LARGER_SIZES)
    assert size.picker.currentText() == "832 × 480"


def test_a_typed_size_is_taken(size: EngineSizeRow, show: Show) -> None:
    enter(size, "400x208")
    assert now(show) == (400, 208)
    assert size.picker.currentText() == "400 × 208"
    assert size.typed.text() == ""


@pytest.mark.parametrize(
    ("typed", "reason"),
    [("huge", "not of the form 640x352"), ("300x192", "the nearest is 304"), ("0x0", "expected 16")],
)
def test_a_size_that_cannot_be_is_refused_in_words(
    size: EngineSizeRow, window: MainWindow, show: Show, typed: str, reason: str
) -> None:
    before = show.setup
    enter(size, typed)
    assert show.setup is before
    assert reason in window.messages.shown[1]
    assert size.picker.currentText() == "320 × 192"


def test_the_wheel_goes_through_the_offered_sizes_where_it_has_the_focus(size: EngineSizeRow, show: Show) -> None:
    turn_wheel(size.typed, 120)
    assert now(show) == (320, 192), "a panel that is scrolled loads no models"
    size.typed.setFocus()
    bring_in_sight(size.typed)
    for delta, expected in ((120, (384, 224)), (-120, (320, 192)), (-120, (256, 144)), (-120, (256, 144))):
        turn_wheel(size.typed, delta)
        assert now(show) == expected


@pytest.mark.parametrize("part", ["title", "slider"])
def test_a_double_click_is_the_default(size: EngineSizeRow, show: Show, part: str) -> None:
    enter(size, "512x288")
    target = getattr(size, part)
    double_click(target, target.rect().center())
    assert show.setup == Setup()


def test_the_slider_goes_through_what_is_offered_and_no_further(size: EngineSizeRow, show: Show) -> None:
    assert size.slider.accessibleName()
    size.slider.setFocus()
    for key, expected in (
        (Qt.Key.Key_Right, (384, 224)),
        (Qt.Key.Key_End, (512, 288)),
        (Qt.Key.Key_Right, (512, 288)),
        (Qt.Key.Key_Home, (256, 144)),
    ):
        press(size.slider, key)
        assert now(show) == expected
        assert size.slider.accessibleName().endswith(size.picker.currentText())
    show.set_setup(engine=replace(show.setup.engine, model="longlive", width=960, height=544))
    assert size.slider.value() == LARGER_SIZES.index((960, 544))
    enter(size, "1600x912")
    assert size.slider.value() == size.slider.maximum()
    assert now(show) == (1600, 912), "placing the slider asks for nothing"


def test_a_slider_that_is_dragged_loads_a_model_when_it_is_let_go(size: EngineSizeRow, show: Show) -> None:
    bring_in_sight(size.slider)
    handle = QPoint(round(size.slider.width() * 0.25), size.slider.height() // 2)
    QTest.mousePress(size.slider, Qt.MouseButton.LeftButton, pos=handle)
    QTest.mouseMove(size.slider, QPoint(size.slider.width() - 2, handle.y()))
    assert now(show) == (320, 192)
    assert size.typed.placeholderText() == "512x288", "it is read what it would be"
    QTest.mouseRelease(size.slider, Qt.MouseButton.LeftButton, pos=QPoint(size.slider.width() - 2, handle.y()))
    assert now(show) == (512, 288)


def test_a_press_beside_the_handle_drags_it_from_there_and_counts_when_it_is_let_go(
    size: EngineSizeRow, show: Show
) -> None:
    bring_in_sight(size.slider)
    end, height = size.slider.width() - 2, size.slider.height() // 2
    QTest.mousePress(size.slider, Qt.MouseButton.LeftButton, pos=QPoint(end, height))
    assert now(show) == (320, 192)
    assert size.typed.placeholderText() == "512x288"
    QTest.mouseMove(size.slider, QPoint(2, height))
    assert now(show) == (320, 192)
    QTest.mouseRelease(size.slider, Qt.MouseButton.LeftButton, pos=QPoint(2, height))
    assert now(show) == (256, 144)


def test_let_go_where_it_stood_the_slider_tells_the_size_that_there_is(size: EngineSizeRow, show: Show) -> None:
    enter(size, "400x240")
    bring_in_sight(size.slider)
    stood = QPoint(size.slider.width() // 2, size.slider.height() // 2)
    QTest.mousePress(size.slider, Qt.MouseButton.LeftButton, pos=stood)
    QTest.mouseMove(size.slider, QPoint(size.slider.width() - 2, stood.y()))
    QTest.mouseMove(size.slider, stood)
    QTest.mouseRelease(size.slider, Qt.MouseButton.LeftButton, pos=stood)
    QApplication.processEvents()
    assert now(show) == (400, 240)
    assert size.typed.placeholderText() == "400x240"


def test_the_wheel_over_the_slider_wants_the_focus(size: EngineSizeRow, show: Show) -> None:
    bring_in_sight(size.slider)
    turn_wheel(size.slider, 120)
    assert now(show) == (320, 192)
    size.slider.setFocus()
    bring_in_sight(size.slider)
    for delta, expected in ((60, (320, 192)), (60, (384, 224))):
        turn_wheel(size.slider, delta)
        assert now(show) == expected, "a touchpad tells parts of a notch"
