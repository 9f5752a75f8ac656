from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.expand import Expand
from app.look import Look
from app.show import Show
from app.window import words
from app.window.cards import Column
from app.window.main_window import MainWindow
from engine.params import Lora, Params, Picture, WeightedPrompt
from tests.app.window.conftest import KINDS
from tests.app.window.hands import click, pick, press, turn_wheel, type_text
from tests.app.window.rig import StillRig

RGB = Picture(np.zeros((2, 3, 3), np.uint8))


def test_the_prompt_goes_both_ways(window: MainWindow, show: Show) -> None:
    changes: list[Look] = []
    show.look_changed.connect(changes.append)
    prompt = window.look.prompt
    prompt.setFocus()
    type_text(prompt, "a dancer of glass")
    press(prompt, Qt.Key.Key_Return)
    assert [look.params.prompt for look in changes] == ["a dancer of glass"]
    show.set_params(prompt="smoke")
    assert prompt.toPlainText() == "smoke"
    assert len(changes) == 2


def test_strength_and_steps_go_both_ways(window: MainWindow, show: Show) -> None:
    look = window.look
    look.strength.number.setValue(1.5)
    look.steps.slider.setValue(4)
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
    assert field.text() == "0"
    assert window.messages.shown[0] == words.LEVELS["warning"]


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
    for delta, expected in ((120, 1), (120, 2), (-120, 1), (-120, 0), (-120, 0)):
        turn_wheel(window.look.seed.field, delta)
        assert show.look.params.seed == expected


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
    assert modes.isVisible()
    assert modes.line.text() == "On: mask, expand, 2 references (sink), strength 0.60, 1 LoRA"
    click(modes.clear)
    assert show.look == Look(Params(prompt="ink"))
    assert not modes.isVisible()


def test_the_modes_follow_the_look(window: MainWindow, show: Show) -> None:
    modes = window.look.modes
    assert not modes.isVisible(), "and takes no room"
    show.set_params(strength=0.5)
    assert modes.isVisible()
    assert modes.line.text() == "On: strength 0.50"
    show.set_expand(Expand(top=0.5))
    assert modes.line.text() == modes.clear.accessibleDescription() == "On: expand, strength 0.50"
    show.set_look(Look())
    assert not modes.isVisible()


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


def test_many_modes_are_all_read_in_a_narrow_column(window: MainWindow, show: Show) -> None:
    window.resize(window.minimumSizeHint())
    show.set_look(replace(ASKED, invert_mask=True))
    show.set_params(first_frame=RGB, more_prompts=(WeightedPrompt("ice"),), composite=False, blend="spherical")
    QApplication.processEvents()
    line = window.look.modes.line
    assert line.height() >= line.heightForWidth(line.width())
    column = next(column for column in window.findChildren(Column) if column.isAncestorOf(line))
    content = column.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= column.viewport().width()
