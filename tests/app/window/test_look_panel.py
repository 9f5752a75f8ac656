from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot

from app.examples import EXAMPLES
from app.expand import Expand
from app.look import Look
from app.show import Show
from app.window.cards import Column
from app.window.main_window import MainWindow
from app.window.panels.seed import DEFAULT, SEEDS
from app.words import window as words
from app.words.prompts import known_words
from engine.params import Lora, Params, Picture, WeightedPrompt
from tests.app.window.conftest import KINDS
from tests.app.window.hands import NO_KEY, click, double_click, pick, press, turn_wheel, type_text
from tests.app.window.rig import StillRig

RGB = Picture(np.zeros((2, 3, 3), np.uint8))
MASK = Picture(np.zeros((2, 3), np.uint8))


def test_the_prompt_goes_both_ways(window: MainWindow, show: Show) -> None:
    changes: list[Look] = []
    show.look_changed.connect(changes.append)
    prompt = window.look.prompt
    prompt.setFocus()
    prompt.selectAll()
    type_text(prompt, "a dancer of glass")
    press(prompt, Qt.Key.Key_Return)
    assert [look.params.prompt for look in changes] == ["a dancer of glass"]
    show.set_params(prompt="smoke")
    assert prompt.toPlainText() == "smoke"
    assert len(changes) == 2


# What the offscreen platform says of every menu.
opens_a_menu = pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing the keyboard)")


def with_open_menu(window: MainWindow, opening: Callable[[], None], act: Callable[[QMenu], None]) -> None:
    """``act`` on the menu of examples, which comes up by ``opening`` and keeps it busy until the menu closes."""
    menu, seen = window.look.examples.menu(), []

    def at_the_menu() -> None:
        seen.append(menu.isVisible())
        try:
            act(menu)
        finally:
            menu.close()

    QTimer.singleShot(0, at_the_menu)
    opening()
    assert seen == [True]


@opens_a_menu
def test_an_example_is_chosen_as_if_it_were_typed(window: MainWindow, show: Show) -> None:
    changes: list[Look] = []
    show.look_changed.connect(changes.append)
    look = window.look
    listed = [action.text() for action in look.examples.menu().actions() if not action.menu() and action.text()]
    assert listed == list(EXAMPLES)
    look.prompt.setFocus()
    look.prompt.selectAll()
    type_text(look.prompt, "half typed")

    def choose(menu: QMenu) -> None:
        entry = next(action for action in menu.actions() if action.text() == EXAMPLES[3])
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, NO_KEY, menu.actionGeometry(entry).center())

    with_open_menu(window, lambda: click(look.examples), choose)
    assert look.prompt.toPlainText() == EXAMPLES[3]
    assert [change.params.prompt for change in changes] == ["half typed", EXAMPLES[3]]
    assert show.look == replace(Look(), params=replace(Look().params, prompt=EXAMPLES[3]))


@opens_a_menu
def test_an_example_is_chosen_by_keys_alone(window: MainWindow, show: Show) -> None:
    look = window.look
    look.prompt.setFocus()
    press(look.prompt, Qt.Key.Key_Backtab)
    assert look.examples.hasFocus()
    assert look.examples.accessibleName() == words.EXAMPLE_PROMPTS

    def choose(menu: QMenu) -> None:
        press(menu, Qt.Key.Key_B)
        assert show.look.treatment == "blackout", "keys act over an open menu, too"
        press(menu, Qt.Key.Key_Down)
        press(menu, Qt.Key.Key_Down)
        press(menu, Qt.Key.Key_Space)
        assert not menu.isVisible()

    with_open_menu(window, lambda: press(look.examples, Qt.Key.Key_Space), choose)
    assert show.look.params.prompt == EXAMPLES[1]
    assert not show.setup.paused, "Space was the menu's"


@opens_a_menu
def test_the_words_that_are_known_are_read_and_not_chosen(window: MainWindow, show: Show) -> None:
    def read(menu: QMenu) -> None:
        press(menu, Qt.Key.Key_Up)
        press(menu, Qt.Key.Key_Right)
        known = menu.actions()[-1].menu()
        assert isinstance(known, QMenu)
        assert known.isVisible()
        (entry,) = known.actions()
        assert entry.text() == known_words(64), "for a screen reader"
        (label,) = known.findChildren(QLabel)
        assert label.text() == entry.text()
        assert known.rect().contains(label.geometry())
        click(label)
        press(known, Qt.Key.Key_Return)
        assert show.look == Look()

    with_open_menu(window, lambda: click(window.look.examples), read)
    assert show.look == Look()


def test_the_menu_of_examples_has_room_on_the_smallest_screen(window: MainWindow) -> None:
    menu = window.look.examples.menu()
    assert menu.sizeHint().height() <= 540


def test_the_defaults_are_those_of_a_new_look(window: MainWindow, show: Show) -> None:
    look, default = window.look, Look().params
    assert look.prompt.toPlainText() == default.prompt
    show.set_params(control_strength=0.2, steps=7)
    look.strength.reset()
    look.steps.reset()
    assert show.look == Look()


def test_strength_and_steps_go_both_ways(window: MainWindow, show: Show) -> None:
    look = window.look
    look.strength.number.setValue(1.5)
    look.steps.slider.setValue(5)
    assert show.look.params.control_strength == 1.5
    assert show.look.params.steps == 5
    assert isinstance(show.look.params.steps, int)
    show.set_params(control_strength=0.2, steps=1)
    assert (look.strength.value, look.steps.value) == (0.2, 1)


def test_the_seed_is_typed_stepped_and_drawn(window: MainWindow, show: Show) -> None:
    seed = window.look.seed
    seed.field.setFocus()
    seed.field.selectAll()
    type_text(seed.field, "4711")
    press(seed.field, Qt.Key.Key_Return)
    assert show.look.params.seed == 4711
    click(seed.next)
    assert show.look.params.seed == 4712
    click(seed.random)
    assert show.look.params.seed != 4712
    show.set_params(seed=2**63 - 1)
    assert seed.field.text() == str(2**63 - 1)
    click(seed.next)
    assert show.look.params.seed == 0  # round the end, not over it


def test_a_seed_that_is_too_large_is_refused_in_words(window: MainWindow, show: Show) -> None:
    field = window.look.seed.field
    field.setFocus()
    field.selectAll()
    type_text(field, "9" * 19)
    press(field, Qt.Key.Key_Return)
    assert show.look.params.seed == 0
    assert (field.text(), field.selectedText()) == ("9" * 19, "9" * 19), "to be typed right"
    assert window.messages.shown[0] == words.LEVELS["warning"]
    press(field, Qt.Key.Key_Escape)
    assert (field.text(), window.messages.shown) == ("0", ("", ""))


def test_the_lock_keeps_hands_off_the_seed_and_nobody_else(window: MainWindow, show: Show) -> None:
    seed = window.look.seed
    click(seed.lock)
    for part in (seed.next, seed.random):
        click(part)
    assert show.look.params.seed == 0
    assert not seed.field.isEnabled()
    show.set_params(seed=8)  # a cue may
    assert seed.field.text() == "8"
    click(seed.lock)
    click(seed.next)
    assert show.look.params.seed == 9


def test_the_wheel_walks_through_seeds(window: MainWindow, show: Show) -> None:
    seed = window.look.seed
    next(column for column in window.findChildren(Column) if column.isAncestorOf(seed)).ensureWidgetVisible(seed)
    for part in (seed.field, seed.slider):
        for delta, expected in ((120, 1), (120, 2), (-120, 1), (-120, 0), (-120, 0)):
            turn_wheel(part, delta)
            assert show.look.params.seed == expected
    click(seed.lock)
    turn_wheel(seed.slider, 120)
    assert show.look.params.seed == 0


def test_the_seed_slides_by_keys_and_back_to_its_default(window: MainWindow, show: Show) -> None:
    seed = window.look.seed
    assert seed.slider.accessibleName() not in ("", seed.field.accessibleName())
    seed.slider.setFocus()
    for key, expected in (
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_End, SEEDS - 1),
        (Qt.Key.Key_Right, SEEDS - 1),
    ):
        press(seed.slider, key)
        assert show.look.params.seed == expected
        assert seed.field.text() == str(expected)
    show.set_params(seed=2**63 - 1)
    assert seed.slider.value() == SEEDS - 1
    assert show.look.params.seed == 2**63 - 1, "what is typed, or comes with a cue, may be larger"
    click(seed.lock)
    assert not seed.slider.isEnabled()
    double_click(seed.title, seed.title.rect().center())
    assert show.look.params.seed == 2**63 - 1
    click(seed.lock)
    double_click(seed.slider, seed.slider.rect().center())
    assert show.look.params.seed == DEFAULT


def test_a_morph_tells_its_seconds_only_once_they_are_known(window: MainWindow, show: Show) -> None:
    morph = window.look.morph
    assert morph.seconds.text() == "at once"
    show.set_params(morph_chunks=6)
    assert not any(told in morph.seconds.text() for told in ("at once", "0.0"))
    window.look.put_chunk_s(0.5)
    assert morph.seconds.text() == "about 3.0 s now"
    show.set_params(morph_chunks=0)
    assert morph.seconds.text() == "at once"


def test_the_engine_size_goes_both_ways(window: MainWindow, show: Show) -> None:
    picker = window.look.engine_size
    pick(picker, (256, 144))
    assert (show.setup.engine.width, show.setup.engine.height) == (256, 144)
    show.set_setup(engine=type(show.setup.engine)(width=640, height=480))
    assert picker.currentText() == "640 × 480"


def test_each_press_of_hard_cut_counts_once(window: MainWindow, show: Show) -> None:
    click(window.look.cut)
    click(window.look.cut)
    assert show.look.params.cut == 2


ASKED = Look(
    Params(prompt="ink", references=(RGB, RGB), strength=0.6, loras=(Lora("style.safetensors"),)),
    mask=Picture(np.zeros((2, 3), np.uint8)),
    expand=Expand(left=0.5),
)


def test_modes_that_were_kept_are_named_and_taken_back(
    show: Show, rig: StillRig, state_path: Path, qtbot: QtBot
) -> None:
    show.set_look(ASKED)
    window = MainWindow(show, rig, state_path, KINDS)
    qtbot.addWidget(window)
    window.show()
    modes = window.look.modes
    assert modes.line.text() == "On: mask, expand, 2 references (kept), strength 0.60, 1 LoRA"
    click(modes.clear)
    assert show.look == Look(Params(prompt="ink"))
    assert not modes.clear.isEnabled()


def test_the_modes_follow_the_look(window: MainWindow, show: Show) -> None:
    modes = window.look.modes
    assert not modes.clear.isEnabled()
    assert modes.line.text() == "No modes are on"
    QApplication.processEvents()
    place = window.look.cut.y()
    show.set_params(strength=0.5)
    QApplication.processEvents()
    assert window.look.cut.y() == place, "nothing jumps under a hand"
    assert modes.clear.isEnabled()
    assert modes.line.text() == "On: strength 0.50"
    show.set_expand(Expand(top=0.5))
    assert modes.line.text() == modes.clear.accessibleDescription() == "On: expand, strength 0.50"
    show.set_look(Look())
    assert not modes.clear.isEnabled()


def test_the_modes_are_cleared_by_keys_alone(window: MainWindow, show: Show) -> None:
    show.set_look(ASKED)
    window.look.prompt.setFocus()
    press(window.look.prompt, Qt.Key.Key_Tab)
    clear = window.look.modes.clear
    assert clear.hasFocus()
    assert clear.accessibleName() == words.CLEAR_MODES
    press(clear, Qt.Key.Key_Space)
    assert show.look == Look(Params(prompt="ink"))
    assert window.program.preview.hasFocus(), "no other button has the keys now"


def test_many_modes_are_all_read_in_a_narrow_column(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    window.resize(window.minimumSizeHint())
    show.set_look(replace(ASKED, invert_mask=True))
    show.set_params(first_frame=RGB, more_prompts=(WeightedPrompt("ice"),), composite=False, blend="spherical")
    line = window.look.modes.line
    qtbot.waitUntil(lambda: line.height() >= line.heightForWidth(line.width()))
    column = next(column for column in window.findChildren(Column) if column.isAncestorOf(line))
    content = column.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= column.viewport().width()


def test_what_is_repainted_goes_both_ways(window: MainWindow, show: Show) -> None:
    repainted = window.look.repainted
    people, background, everything = (repainted.button(value) for value in ("person", "background", "all"))
    assert everything.isChecked()
    click(people)
    assert show.look == Look(repainted="person")
    click(background)
    assert show.look == Look(repainted="background")
    click(everything)
    assert show.look == Look()
    show.set_repainted("background")
    assert background.isChecked()
    show.set_mask(MASK, invert=True)
    click(everything)
    assert show.look == Look(mask=MASK, invert_mask=True), "a mask's own affair"


def test_every_strength_goes_both_ways_and_back_to_its_default(window: MainWindow, show: Show) -> None:
    look, default = window.look, Look().params
    faders = {
        "control_strength": look.strength,
        "past": look.strengths.past,
        "strength": look.strengths.video,
        "soft_cut_chunks": look.seldom.soft_cut_chunks,
        "soft_cut_past": look.seldom.soft_cut_past,
    }
    for name, fader in faders.items():
        fader.slider.setValue(fader.slider.minimum())
        lowest = getattr(show.look.params, name)
        assert lowest < getattr(default, name), name
        fader.number.setValue(1.0)
        assert getattr(show.look.params, name) == 1, name
        show.set_params(**{name: getattr(default, name)})
        assert fader.value == getattr(default, name), name
        turn_wheel(fader.slider, -120) if fader.isVisible() else fader.slider.setValue(fader.slider.minimum())
        assert getattr(show.look.params, name) < getattr(default, name), name
        double_click(fader, QPoint(4, fader.height() // 2))
        assert getattr(show.look.params, name) == getattr(default, name), name
    assert show.look == Look()


def test_what_new_words_do_to_the_past_goes_both_ways(window: MainWindow, show: Show) -> None:
    past_read = window.look.seldom.past_read
    click(past_read.button("keep"))
    assert show.look.params.prompt_change == "keep"
    show.set_params(prompt_change="recache")
    assert past_read.button("recache").isChecked()
