from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.window.cards import Column
from app.window.fader import Fader
from tests.app.window.hands import click, double_click, press, turn_wheel, type_text


@pytest.fixture
def fader(app: QApplication, qtbot: QtBot) -> Fader:
    fader = Fader("Weight", 0.0, 2.0, 1.0, help="How strong.")
    qtbot.addWidget(fader)
    fader.resize(320, 40)
    fader.show()
    return fader


def heard(fader: Fader) -> list[float]:
    values: list[float] = []
    fader.moved.connect(values.append)
    return values


def test_setting_it_moves_slider_and_number_silently(fader: Fader) -> None:
    values = heard(fader)
    fader.set_value(0.5)
    assert fader.slider.value() == 50
    assert fader.number.text() == "0.50"
    assert values == []


def test_the_slider_moves_the_number(fader: Fader) -> None:
    values = heard(fader)
    fader.slider.setValue(150)
    assert fader.value == 1.5
    assert fader.number.text() == "1.50"
    assert values == [1.5]


def test_a_typed_number_moves_the_slider(fader: Fader, qtbot: QtBot) -> None:
    values = heard(fader)
    fader.number.setFocus()
    fader.number.selectAll()
    type_text(fader.number, "0.3")
    assert values == []  # not while it is being typed
    press(fader.number, Qt.Key.Key_Return)
    assert values == [0.3]
    assert fader.slider.value() == 30


def test_a_click_on_the_groove_goes_there(fader: Fader, qtbot: QtBot) -> None:
    slider = fader.slider
    click(slider, QPoint(slider.width() * 3 // 4, slider.height() // 2))
    assert fader.value == pytest.approx(1.5, abs=0.1)


@pytest.mark.parametrize("part", ["fader", "slider"])
def test_a_double_click_goes_back_to_the_default(fader: Fader, qtbot: QtBot, part: str) -> None:
    fader.set_value(0.25)
    values = heard(fader)
    target = fader if part == "fader" else fader.slider
    double_click(target, QPoint(4, target.height() // 2))
    assert fader.value == 1.0
    assert values[-1] == 1.0


def test_a_panel_that_is_scrolled_goes_on_scrolling_over_a_fader(
    app: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    faders = [Fader("Weight", 0.0, 2.0, 1.0) for _ in range(12)]
    column = Column(*faders)
    qtbot.addWidget(column)
    column.resize(320, 120)
    column.show()
    QApplication.processEvents()  # the faders are where they belong
    bar, values = column.verticalScrollBar(), [heard(fader) for fader in faders]

    def seen() -> Fader:
        return next(fader for fader in faders if column.rect().contains(fader.mapTo(column, fader.rect().center())))

    turn_wheel(next(part for part in seen().children() if isinstance(part, QLabel)), -120)
    scrolled = bar.value()
    assert scrolled > 0, "the title is no fader"
    turn_wheel(seen().slider, -120)
    assert bar.value() > scrolled, "the slider came under the pointer"
    assert not any(values)
    scrolled = bar.value()
    monkeypatch.setattr("app.window.cards.SCROLLS_ON_MS", 0)  # whatever comes next comes late
    turn_wheel(seen().slider, -120)
    assert bar.value() == scrolled
    assert sum(map(len, values)) == 1


def test_the_wheel_turns_it_and_control_makes_it_finer(fader: Fader) -> None:
    turn_wheel(fader.slider, 120)
    assert fader.value == pytest.approx(1.04)
    turn_wheel(fader.slider, -120, Qt.KeyboardModifier.ControlModifier)
    assert fader.value == pytest.approx(1.03)


def test_the_wheel_over_the_number_is_the_same(fader: Fader) -> None:
    fader.number.setFocus()
    turn_wheel(fader.number, 120)
    assert fader.value == pytest.approx(1.04)


def test_small_turns_of_a_touchpad_add_up(fader: Fader) -> None:
    for _ in range(8):
        turn_wheel(fader.slider, 15)
    assert fader.value == pytest.approx(1.04)


def test_it_stops_at_its_ends(fader: Fader) -> None:
    for _ in range(100):
        turn_wheel(fader.slider, 120)
    assert fader.value == 2.0
    values = heard(fader)
    turn_wheel(fader.slider, 120)
    assert values == []


def test_whole_numbers_move_by_one(app: QApplication, qtbot: QtBot) -> None:
    fader = Fader("Steps", 1, 8, 2, whole=True)
    qtbot.addWidget(fader)
    fader.show()
    turn_wheel(fader.slider, 120)
    assert fader.value == 3
    assert fader.number.text() == "3"
    fader.slider.setValue(fader.slider.maximum())
    assert fader.value == 8


def test_the_tooltip_says_what_it_does_and_what_the_default_is(fader: Fader) -> None:
    assert "How strong." in fader.toolTip()
    assert "1.00" in fader.toolTip()


def test_more_may_be_typed_than_the_slider_reaches(app: QApplication, qtbot: QtBot) -> None:
    fader = Fader("Morph", 0, 60, 0, whole=True, most=1000)
    qtbot.addWidget(fader)
    values = heard(fader)
    fader.number.setValue(400)
    assert values == [400]
    assert fader.slider.value() == fader.slider.maximum()
    fader.number.setValue(5000)
    assert fader.value == 1000
    fader.slider.setValue(30)
    assert values == [400, 1000, 30]
    fader.set_value(800)
    assert fader.number.value() == 800, "shown as it is, beyond the slider's end"
