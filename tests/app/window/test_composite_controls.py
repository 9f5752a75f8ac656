"""Where the performer decides on the composite."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.look import OutputSize
from app.show import Show
from app.window.main_window import MainWindow
from app.words import window as words
from tests.app.window.hands import click, double_click, pick, press, turn_wheel, type_text
from tests.app.window.reach import bring_in_sight


def test_the_mask_panel_keeps_the_original_outside_or_not(window: MainWindow, show: Show) -> None:
    switch = window.mask_panel.keep_outside
    assert switch.isChecked()
    assert switch.accessibleName() == words.KEEP_OUTSIDE
    click(switch)
    assert not show.look.params.composite
    show.set_params(composite=True)
    assert switch.isChecked()


def test_the_output_size_goes_both_ways(window: MainWindow, show: Show) -> None:
    picker = window.look.output_size.picker
    assert picker.currentText() == words.BY_ITSELF
    pick(picker, (1280, 720))
    assert show.setup.output_size == OutputSize(1280, 720)
    show.set_setup(output_size=OutputSize(800, 450))
    assert picker.currentText() == words.size(800, 450), "also one that is not on the list"
    show.set_setup(output_size=OutputSize())
    assert picker.currentText() == words.BY_ITSELF


def test_the_output_size_is_typed_turned_and_set_back(window: MainWindow, show: Show) -> None:
    row = window.look.output_size
    for typed in ("1600x900", "9x9", "wide"):
        row.typed.setFocus()
        type_text(row.typed, typed)
        press(row.typed, Qt.Key.Key_Return)
        assert show.setup.output_size == OutputSize(1600, 900)
    assert "wide" in window.messages.shown[1], "it is told what cannot be used"
    row.typed.setFocus()
    bring_in_sight(row.typed)
    turn_wheel(row.typed, -120)
    assert show.setup.output_size == OutputSize(1280, 720)
    row.slider.setFocus()
    press(row.slider, Qt.Key.Key_Right)
    assert show.setup.output_size == OutputSize(1920, 1080)
    press(row.slider, Qt.Key.Key_Home)
    assert show.setup.output_size == OutputSize(), "the slider begins with what comes by itself"
    show.set_setup(output_size=OutputSize(640, 360))
    assert row.slider.value() == 1
    double_click(row.slider, row.slider.rect().center())
    assert show.setup.output_size == OutputSize()
