from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from app.look import Look
from app.show import Show
from app.window.bind import Bindings


class Dial(QObject):
    """The smallest widget that keeps to the rule: its setter is silent, its signal is the performer's hand."""

    turned = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.values: list[Any] = []

    def put(self, value: Any) -> None:
        self.values.append(value)

    def turn(self, value: Any) -> None:
        self.values.append(value)  # a widget shows where it was moved to, whatever becomes of it
        self.turned.emit(value)


def steps(look: Look) -> int:
    return look.params.steps


def test_a_bound_value_is_displayed_at_once_and_after_each_change(show: Show) -> None:
    dial, bindings = Dial(), Bindings(show)
    bindings.look(steps, dial.put)
    show.set_params(steps=4)
    show.set_params(steps=5)
    assert dial.values == [steps(Look()), 4, 5]


def test_changes_of_other_values_repaint_nothing(show: Show) -> None:
    dial, bindings = Dial(), Bindings(show)
    bindings.look(steps, dial.put)
    show.set_params(prompt="rain", seed=3)
    show.set_setup(paused=True)
    assert dial.values == [steps(Look())]


def test_the_hand_asks_the_show_exactly_once(show: Show, qtbot: QtBot) -> None:
    dial, bindings = Dial(), Bindings(show)
    changes: list[Look] = []
    show.look_changed.connect(changes.append)
    bindings.look(steps, dial.put, dial.turned, lambda value: show.set_params(steps=value))
    dial.turn(7)
    assert [look.params.steps for look in changes] == [7]
    assert dial.values[-1] == 7


def test_a_refused_value_is_taken_back_and_told(show: Show, qtbot: QtBot) -> None:
    dial, bindings = Dial(), Bindings(show)
    bindings.look(steps, dial.put, dial.turned, lambda value: show.set_params(steps=value))
    with qtbot.waitSignal(bindings.refused) as refused:
        dial.turn(99)
    assert "steps is 99" in refused.args[0]
    assert show.look.params.steps == dial.values[-1] == steps(Look())


def test_a_bounded_value_shows_as_what_it_became(show: Show) -> None:
    dial, bindings = Dial(), Bindings(show)
    bindings.look(steps, dial.put, dial.turned, lambda value: show.set_params(steps=min(2, value)))
    dial.turn(6)
    assert dial.values[-1] == 2


def test_the_setup_binds_the_same_way(show: Show) -> None:
    dial, bindings = Dial(), Bindings(show)
    bindings.setup(lambda setup: setup.paused, dial.put, dial.turned, lambda on: show.set_setup(paused=on))
    dial.turn(True)
    show.set_setup(paused=False)
    assert dial.values[0] is False
    assert dial.values[-1] is False
    assert True in dial.values
