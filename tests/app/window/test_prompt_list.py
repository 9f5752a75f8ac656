"""Several prompts in the window: added, weighed, moved, removed; and how they are blended and morph."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from app.examples import EXAMPLES
from app.look import Look
from app.show import Show
from app.status import Status
from app.window.main_window import MainWindow
from app.window.panels.prompts import MOST, PromptList
from engine.params import WeightedPrompt
from tests.app.window.hands import click, press, turn_wheel, type_text
from tests.app.window.rig import StillRig

INK, GOLD, ICE = WeightedPrompt("ink", 2.0), WeightedPrompt("gold", 0.5), WeightedPrompt("ice")


@pytest.fixture
def prompts(window: MainWindow) -> PromptList:
    return window.look.prompts


def test_a_lone_prompt_has_neither_weight_nor_buttons(prompts: PromptList, show: Show) -> None:
    (row,) = prompts.rows
    assert not row.weight.isVisible()
    assert not row.remove.isVisible()
    assert not prompts.blend.isVisible()
    show.set_prompts((INK, GOLD))
    assert row.weight.isVisible()
    assert prompts.blend.isVisible()


def test_a_second_prompt_is_added_typed_and_weighed(prompts: PromptList, show: Show) -> None:
    show.set_prompts((WeightedPrompt("ink"),))
    click(prompts.add)
    assert show.look.params.prompts == (WeightedPrompt("ink"), WeightedPrompt(""))
    field = prompts.rows[1].field
    assert QApplication.focusWidget() is field, "what is typed next is no key of the stage"
    type_text(field, "gold leaf")
    press(field, Qt.Key.Key_Return)
    prompts.rows[1].weight.number.setValue(0.25)
    prompts.rows[0].weight.slider.setValue(prompts.rows[0].weight.slider.maximum())
    assert show.look.params.prompts == (WeightedPrompt("ink", 2.0), WeightedPrompt("gold leaf", 0.25))


def test_prompts_go_both_ways(prompts: PromptList, show: Show) -> None:
    show.set_prompts((INK, GOLD, ICE))
    assert [row.field.toPlainText() for row in prompts.rows] == ["ink", "gold", "ice"]
    assert [row.weight.value for row in prompts.rows] == [2.0, 0.5, 1.0]
    show.set_look(Look())
    assert len(prompts.rows) == 1


def test_a_weight_beyond_the_slider_is_shown_as_it_is(prompts: PromptList, show: Show) -> None:
    show.set_prompts((WeightedPrompt("ink", 40.0), GOLD))
    assert prompts.rows[0].weight.number.value() == 40.0


def test_prompts_change_places_with_their_weights(prompts: PromptList, show: Show) -> None:
    show.set_prompts((INK, GOLD, ICE))
    click(prompts.rows[0].down)
    assert show.look.params.prompts == (GOLD, INK, ICE)
    click(prompts.rows[2].up)
    assert show.look.params.prompts == (GOLD, ICE, INK)
    assert not prompts.rows[0].up.isEnabled()
    assert not prompts.rows[2].down.isEnabled()


def test_each_prompt_can_be_removed_the_first_as_well(prompts: PromptList, show: Show) -> None:
    show.set_prompts((INK, GOLD, ICE))
    click(prompts.rows[0].remove)
    assert show.look.params.prompts == (GOLD, ICE)
    click(prompts.rows[1].remove)
    assert show.look.params == replace(Look().params, prompt="gold"), "alone, its weight says nothing"


def test_what_is_half_typed_counts_when_prompts_change_places(prompts: PromptList, show: Show) -> None:
    show.set_prompts((INK, GOLD))
    field = prompts.rows[1].field
    field.setFocus()
    field.selectAll()
    type_text(field, "silver")
    click(prompts.rows[1].up)
    assert show.look.params.prompts == (WeightedPrompt("silver", 0.5), INK)


def test_what_is_half_typed_stays_while_a_weight_changes(prompts: PromptList, show: Show) -> None:
    show.set_prompts((INK, GOLD))
    field = prompts.rows[1].field
    field.setFocus()
    field.selectAll()
    field.findChildren(QTimer)[0].setInterval(600_000)  # however slow the machine is, it counts as half typed
    type_text(field, "silv")
    for _ in range(3):  # layouts settle one inside the other, and the rows are where they belong
        QApplication.processEvents()
    turn_wheel(prompts.rows[0].weight.number, -120)
    type_text(field, "er")
    press(field, Qt.Key.Key_Return)
    texts = [prompt.text for prompt in show.look.params.prompts]
    assert texts == ["ink", "silver"]
    assert show.look.params.prompt_weight < INK.weight


def test_an_example_goes_to_the_prompt_that_was_typed_in_last(prompts: PromptList, show: Show) -> None:
    show.set_prompts((INK, GOLD))
    prompts.rows[1].field.setFocus()
    prompts.examples.picked.emit(EXAMPLES[2])
    assert show.look.params.prompts == (INK, WeightedPrompt(EXAMPLES[2], 0.5))
    click(prompts.rows[1].remove)
    prompts.examples.picked.emit(EXAMPLES[3])
    assert show.look.params.prompt == EXAMPLES[3]


def test_an_example_goes_to_the_prompt_that_was_just_added(prompts: PromptList, show: Show) -> None:
    show.set_prompts((ICE,))
    prompts.rows[0].field.setFocus()
    click(prompts.add)
    prompts.examples.picked.emit(EXAMPLES[1])
    assert show.look.params.prompts == (ICE, WeightedPrompt(EXAMPLES[1]))


def test_there_is_an_end_to_adding_and_none_to_showing(prompts: PromptList, show: Show) -> None:
    for _ in range(MOST + 3):
        click(prompts.add)
    assert len(show.look.params.prompts) == MOST
    many = tuple(WeightedPrompt(str(number)) for number in range(MOST + 2))
    show.set_prompts(many)
    assert [row.field.toPlainText() for row in prompts.rows] == [prompt.text for prompt in many]


def test_tab_goes_through_the_prompts_in_their_order(prompts: PromptList, show: Show, window: MainWindow) -> None:
    show.set_prompts((INK, GOLD))
    show.set_prompts((INK, GOLD, ICE))
    order: list[QWidget] = []
    widget: QWidget | None = window.look.prompt
    while widget is not None and widget not in order:
        order.append(widget)
        widget = widget.nextInFocusChain()
    parts = [part for row in prompts.rows for part in row.parts]
    places = [order.index(part) for part in [*parts, window.look.morph.fader.slider]]
    assert all(before < after for before, after in pairwise(places))


def test_the_blend_goes_both_ways(prompts: PromptList, show: Show) -> None:
    show.set_prompts((INK, GOLD))
    click(prompts.blend.button("spherical"))
    assert show.look.params.blend == "spherical"
    show.set_params(blend="linear")
    assert prompts.blend.button("linear").isChecked()


def test_the_morph_is_told_in_seconds_as_well(window: MainWindow, rig: StillRig, show: Show) -> None:
    morph = window.look.morph
    assert morph.seconds.text() == "at once"
    height = morph.height()
    rig.now = Status(engine_rate=8.0)
    window.poll_status()
    morph.fader.number.setValue(10)
    assert show.look.params.morph_chunks == 10
    assert isinstance(show.look.params.morph_chunks, int)
    assert morph.seconds.text() == "about 5.0 s now", "the starter's chunks are four pictures"
    QApplication.processEvents()
    assert morph.height() == height, "nothing below it jumps"
    show.set_params(morph_chunks=1000)
    assert morph.fader.number.value() == 1000
    QApplication.processEvents()
    turn_wheel(morph.fader.number, -120)
    assert show.look.params.morph_chunks == 999
