"""Digits and letters are shortcuts again as soon as a number, a name or a word to find has been typed."""

from __future__ import annotations

import inspect
import sys

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from app.set_list import Transition
from app.show import Show
from app.window.fader import NumberField
from app.window.key_table import WITH_DEFAULT
from app.window.main_window import MainWindow
from app.window.morph_length import DEFAULT
from app.window.text_fields import LineField
from tests.app.window.hands import click, press, turn_wheel, type_text


@pytest.fixture
def cues(window: MainWindow, show: Show) -> MainWindow:
    """Three cues, of which the last was fired."""
    for seed in (11, 12, 13):
        show.set_params(seed=seed)
        window.cues.sheet.add()
    return window


def typed(field: QWidget, number: str) -> None:
    field.setFocus()
    assert field.hasFocus()
    press(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    type_text(field, number)


def treatment(show: Show) -> str:
    return show.look.treatment


def press_with_focus(window: MainWindow, key: Qt.Key) -> None:
    """Where the key goes: to what has the focus, or to the window."""
    press(QApplication.focusWidget() or window, key)


@pytest.mark.parametrize("enter", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_after_a_number_and_enter_a_digit_fires_its_cue(cues: MainWindow, show: Show, enter: Qt.Key) -> None:
    typed(cues.look.strength.number, "0.8")
    press(cues.look.strength.number, enter)
    assert show.look.params.control_strength == 0.8
    press_with_focus(cues, Qt.Key.Key_2)
    assert show.look.params.seed == 12
    assert cues.look.strength.number.text() != "2"


def test_what_is_refused_stays_to_be_typed_right_and_fires_nothing(cues: MainWindow, show: Show) -> None:
    look, seed = cues.look, show.look.params.seed
    cues.cues.type_length(0)
    cases: list[tuple[QLineEdit, str, str]] = [
        (cues.cues.length, "700", "7"),
        (look.size_row.typed, "99", "256x144"),
        (look.output_size.typed, "99", "640x360"),
    ]
    for field, wrong, right in cases:
        typed(field, wrong)
        press(field, Qt.Key.Key_Return)
        press(field, Qt.Key.Key_Return)
        assert (field.hasFocus(), field.selectedText()) == (True, wrong), "to be typed right"
        assert wrong in cues.messages.shown[1]
        for key in right:
            type_text(QApplication.focusWidget() or cues, key)
        press_with_focus(cues, Qt.Key.Key_Return)
        assert not field.hasFocus()
        assert cues.messages.shown == ("", ""), "it was typed right"
    cue = cues.cues.sheet.cue(0)
    assert cue is not None
    assert cue.transition == Transition("morph", 7.0, "beats")
    assert (show.setup.engine.width, show.setup.output_size.width) == (256, 640)
    assert show.look.params.seed == seed, "no cue was fired"


@pytest.mark.parametrize("ends", ["escape", "click", "back"])
def test_what_was_refused_is_told_until_its_field_is_given_up(cues: MainWindow, show: Show, ends: str) -> None:
    field = cues.look.size_row.typed
    typed(field, "99")
    press(field, Qt.Key.Key_Return)
    if ends == "back":
        press(field, Qt.Key.Key_Backspace)
    if ends == "click":
        click(cues.messages)
    else:
        press(field, Qt.Key.Key_Escape if ends == "escape" else Qt.Key.Key_Return)
    assert (field.hasFocus(), field.text()) == (False, "")
    assert cues.messages.shown == ("", "")


def test_what_is_refused_of_a_field_that_was_left_is_read_for_a_while(cues: MainWindow) -> None:
    field = cues.look.size_row.typed
    typed(field, "99")
    click(cues.messages)
    assert (field.hasFocus(), field.text()) == (False, "")
    assert "99" in cues.messages.shown[1]
    (forgets,) = field.findChildren(QTimer)
    assert forgets.isActive()
    forgets.timeout.emit()
    assert cues.messages.shown == ("", "")


def test_a_number_out_of_range_stays_to_be_typed_right(cues: MainWindow, show: Show) -> None:
    number, seed = cues.look.walk.every.number, show.look.params.seed
    before = number.text()
    typed(number, "0")
    press(number, Qt.Key.Key_Return)
    assert (number.hasFocus(), number.cleanText()) == (True, "0")
    press(number, Qt.Key.Key_Escape)
    assert (number.hasFocus(), number.text()) == (False, before)
    typed(number, "0")
    press(number, Qt.Key.Key_Return)
    type_text(QApplication.focusWidget() or cues, "2")
    press_with_focus(cues, Qt.Key.Key_Return)
    assert (show.look.seed_walk.every_s, show.look.params.seed) == (2.0, seed)
    assert not number.hasFocus()


def test_every_number_gives_the_focus_back(cues: MainWindow, show: Show) -> None:
    fields = [field for field in cues.findChildren(NumberField) if field.isVisible()]
    assert len(fields) >= 8
    for field in fields:
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape):
            field.setFocus()
            press(field, key)
            assert not field.hasFocus(), field.accessibleName()


def test_a_click_on_a_pad_ends_a_number_and_fires_the_cue(cues: MainWindow, show: Show) -> None:
    typed(cues.look.strength.number, "0.8")
    click(cues.cues.pads[0])
    assert show.look.params.seed == 11
    assert not cues.look.strength.number.hasFocus()
    press_with_focus(cues, Qt.Key.Key_B)
    assert show.look.treatment == "blackout"


def test_a_click_into_the_number_itself_keeps_it(cues: MainWindow) -> None:
    number = cues.look.strength.number
    typed(number, "0.8")
    click(number.lineEdit(), QPoint(3, 3))
    assert number.hasFocus()


def test_words_that_are_being_typed_when_a_cue_is_fired_are_a_step_back_away(cues: MainWindow, show: Show) -> None:
    prompt, cued = cues.look.prompt, show.look.params.prompt
    typed(prompt, "a bird")
    press(prompt, Qt.Key.Key_PageUp)
    assert (show.look.params.seed, show.look.params.prompt, prompt.toPlainText()) == (12, cued, cued)
    type_text(prompt, "b")
    assert treatment(show) == "live", "who types on does not press shortcuts"
    press(prompt, Qt.Key.Key_Return)
    for left in (cued, "a bird", cued):
        cues.steps.undo()
        assert show.look.params.prompt == left
    typed(cues.look.strength.number, "0.8")
    press(cues.look.strength.number, Qt.Key.Key_PageDown)
    assert show.look.params.control_strength == 1.0
    cues.steps.undo()
    assert show.look.params.control_strength == 0.8


def test_a_key_takes_each_value_to_its_default(window: MainWindow, show: Show) -> None:
    def to_default(part: QWidget) -> None:
        part.setFocus()
        assert part.hasFocus()
        press(part, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)

    look, default = window.look, show.look
    show.set_params(control_strength=0.3, seed=77)
    to_default(look.strength.slider)
    to_default(look.seed.field)
    assert show.look == default
    typed(look.strength.number, "0.8")
    to_default(look.strength.number)
    assert look.strength.number.text() == "1.00"
    size = show.setup.engine
    show.set_engine_size(320, 192)
    typed(look.size_row.typed, "640x3")
    to_default(look.size_row.typed)
    assert (show.setup.engine, look.size_row.typed.text()) == (size, "")
    show.begin_audition()
    window.mixer.set_transition(Transition("morph", 7.0, "beats"))
    to_default(window.program.audition_bar.length)
    assert window.mixer.transition.length == DEFAULT
    show.set_params(prompt="ink")
    to_default(look.prompt)
    assert show.look.params.prompt == "ink", "words have none"


def test_a_field_in_which_nothing_is_being_typed_leaves_the_steps_to_the_window(window: MainWindow, show: Show) -> None:
    def control(part: QWidget, key: Qt.Key) -> None:
        """With the text that a keyboard's key has, by which fields know what is theirs."""
        text, modifier = chr(key.value - ord("@")), Qt.KeyboardModifier.ControlModifier
        for action in (QTest.KeyAction.Press, QTest.KeyAction.Release):
            QTest.sendKeyEvent(action, part, key, text, modifier)

    def undo(part: QWidget) -> None:
        control(part, Qt.Key.Key_Z)

    number, seed, prompt = window.look.strength.number, window.look.seed.field, window.look.prompt
    typed(number, "0.40")
    press(number, Qt.Key.Key_Return)
    show.set_params(prompt="ink")  # two steps: moved twice within a moment, a fader makes one
    number.setFocus()
    control(number, Qt.Key.Key_D)
    assert show.look.params.control_strength == 1.0
    undo(number)
    assert (show.look.params.control_strength, number.text()) == (0.4, "0.40")
    control(number, Qt.Key.Key_Y)
    assert show.look.params.control_strength == 1.0
    typed(number, "0.3")
    undo(number)
    assert number.hasFocus()
    assert show.look.params.control_strength == 1.0, "what is being typed is the field's own"
    typed(seed, "77")
    press(seed, Qt.Key.Key_Return)
    seed.setFocus()
    undo(seed)
    assert (show.look.params.seed, seed.text()) == (0, "0")
    show.set_params(prompt="neon")
    prompt.setFocus()
    undo(prompt)
    assert (show.look.params.prompt, prompt.toPlainText()) == ("ink", "ink")


def test_whoever_resets_by_a_double_click_does_so_by_the_key() -> None:
    """Whoever adds a value next is reminded of it."""
    known = {*WITH_DEFAULT, *(kind for value in WITH_DEFAULT for kind in value.__subclasses__())}
    values = {
        kind
        for module in list(sys.modules.values())
        if module.__name__.startswith("app.window")
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, QWidget) and inspect.isfunction(getattr(kind, "reset", None))
    }
    assert values == known


def test_escape_takes_a_number_back(cues: MainWindow, show: Show) -> None:
    typed(cues.look.strength.number, "0.8")
    press(cues.look.strength.number, Qt.Key.Key_Escape)
    assert show.look.params.control_strength == 1.0
    assert cues.look.strength.number.text() == "1.00"


def test_the_wheel_does_not_bring_the_focus(cues: MainWindow, show: Show) -> None:
    turn_wheel(cues.look.strength.number, 120)
    assert show.look.params.control_strength > 1.0
    assert not cues.look.strength.number.hasFocus()


def test_a_click_on_a_card_ends_the_name_of_a_cue(cues: MainWindow, show: Show) -> None:
    cues.cues.rename(1)
    type_text(cues.cues.name, "Rain")
    click(cues.look, QPoint(5, cues.look.height() - 3))
    press_with_focus(cues, Qt.Key.Key_B)
    assert show.look.treatment == "blackout"
    cue = cues.cues.sheet.cue(1)
    assert cue is not None
    assert cue.name == "Rain"


@pytest.mark.parametrize("ends", ["enter", "escape", "click"])
def test_the_words_to_find_in_the_log_give_the_keys_back(cues: MainWindow, show: Show, ends: str) -> None:
    log = cues.messages.log
    log.toggle()
    log.search.setFocus()
    type_text(log.search, "b")
    assert treatment(show) == "live"
    if ends == "click":
        click(log.count)
    else:
        press(log.search, Qt.Key.Key_Return if ends == "enter" else Qt.Key.Key_Escape)
    assert log.isVisible()
    assert not log.search.hasFocus()
    press(log, Qt.Key.Key_B)
    assert treatment(show) == "blackout"


def test_no_line_of_text_keeps_the_keyboard(cues: MainWindow) -> None:
    """Whoever adds one next is reminded of it."""
    parts = (*cues.findChildren(QLineEdit), *cues.messages.log.findChildren(QLineEdit))
    alone = [line for line in parts if not isinstance(line.parentWidget(), NumberField)]
    assert [line.accessibleName() for line in alone if not isinstance(line, LineField)] == []
