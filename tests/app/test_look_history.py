"""Steps back through what a hand did: which changes are one step, which are none, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.expand import Expand
from app.look import Look
from app.look_history import LOOK_STEPS, PAUSE_S, LookHistory
from app.mask_shape import MaskShape
from app.seed_walk import SeedWalk
from controls.control import ControlSetting
from controls.layout import Box
from engine.params import Lora, Params, Picture, WeightedPrompt
from tests.app.test_show import looks


def mask(number: int) -> Picture:
    return Picture(np.random.default_rng(number).integers(0, 256, (9, 16), np.uint8))


def picture(number: int) -> Picture:
    return Picture(np.full((2, 3, 3), number, np.uint8))


@dataclass
class Hand:
    """A look, what is done to it, and the clock on the wall."""

    look: Look
    time: float = 0.0
    down: bool = False

    def __post_init__(self) -> None:
        self.history = LookHistory(lambda: self.time, lambda: self.down)

    def does(self, look: Look | None = None, joins: bool = True, after_s: float = 0.1, **changes: Any) -> None:
        """Set the look, or some of its fields and of its Params."""
        self.time += after_s
        new = look or self.look
        params = {name: value for name, value in changes.items() if hasattr(Params(), name)}
        rest = {name: value for name, value in changes.items() if name not in params}
        new = replace(new, params=replace(new.params, **params), **rest)
        self.history.note(self.look, new, joins=joins)
        self.look = new

    def undoes(self) -> tuple[tuple[str, ...], ...]:
        step = self.history.undo(self.look)
        assert step is not None
        self.look = step.look
        return step.changed

    def redoes(self) -> None:
        step = self.history.redo(self.look)
        assert step is not None
        self.look = step.look


@settings(max_examples=50, deadline=None)
@given(st.lists(looks, min_size=1, max_size=8))
def test_every_look_comes_back_and_again(wanted: list[Look]) -> None:
    """But for the treatment and the cuts, which no step back touches."""

    def kept(look: Look) -> Look:
        return replace(look, treatment="live", params=replace(look.params, cut=0))

    hand, seen = Hand(Look()), [Look()]
    for look in wanted:
        hand.does(look, joins=False)
        if kept(look) != kept(seen[-1]):
            seen.append(look)
    for look in reversed(seen[:-1]):
        hand.undoes()
        assert kept(hand.look) == kept(look)
    assert not hand.history.can_undo
    for look in seen[1:]:
        hand.redoes()
        assert kept(hand.look) == kept(look)
    assert not hand.history.can_redo
    assert hand.look.treatment == wanted[-1].treatment
    assert hand.look.params.cut == wanted[-1].params.cut


@pytest.mark.parametrize(
    "values",
    [
        [{"control_strength": value} for value in (0.9, 0.7, 0.4)],
        [{"steps": value} for value in (3, 4, 5)],
        [{"mask_shape": MaskShape(grow=value)} for value in (1.0, 2.0, 5.0)],
        [{"controls": (ControlSetting("edge", weight=value),)} for value in (0.9, 0.7)],
        [{"controls": (ControlSetting("edge", values=(("threshold", value),)),)} for value in (90.0, 70.0)],
        [{"more_prompts": (WeightedPrompt("gold", value),)} for value in (0.5, 0.4)],
        [{"loras": (Lora("a.safetensors", value),)} for value in (0.5, -0.4)],
        [{"prompt": value} for value in ("i", "ink", "ink on")],
        [{"expand": Expand(left=value)} for value in (0.1, 0.2)],
    ],
)
def test_a_fader_that_is_dragged_is_one_step(values: list[dict[str, Any]]) -> None:
    hand = Hand(Look())
    hand.does(**values[0])
    first = hand.look
    hand = Hand(first)
    for change in (*values[1:], *values[:-1], values[-1]):
        hand.does(**change)
    last = hand.look
    hand.does(after_s=PAUSE_S + 0.1, **values[0])
    assert hand.look == first
    hand.undoes()
    assert hand.look == last, "after a pause it is another one"
    hand.undoes()
    assert hand.look == first
    assert not hand.history.can_undo


def test_a_hand_that_stays_on_a_fader_may_rest() -> None:
    hand = Hand(Look(), down=True)
    for value in (0.9, 0.5, 0.2):
        hand.does(control_strength=value, after_s=60.0)
    hand.undoes()
    assert hand.look == Look()


@pytest.mark.parametrize("next_is_drag", [True, False])
def test_a_drag_that_was_let_go_ends_its_step_however_soon_the_next_follows(next_is_drag: bool) -> None:
    """What its release itself says belongs to it."""
    hand = Hand(Look(), down=True)
    hand.does(control_strength=0.9)
    hand.does(control_strength=0.8)
    hand.down = False
    hand.does(after_s=0.0, control_strength=0.7)
    once = hand.look
    hand.history.let_go()
    hand.down = next_is_drag
    hand.does(after_s=PAUSE_S / 2, control_strength=0.3)
    hand.undoes()
    assert hand.look == once
    hand.undoes()
    assert hand.look == Look()


def test_seeds_that_a_hand_slides_through_are_one_step_and_push_none_away() -> None:
    hand = Hand(Look())
    hand.does(prompt="ink")
    before = hand.look
    for _ in range(2):
        hand.down = True
        for seed in range(1, 2 * LOOK_STEPS):
            hand.does(after_s=0.0, seed=hand.look.params.seed + seed)
        hand.history.let_go()
    hand.undoes()
    assert hand.look != before, "it was slid twice"
    hand.undoes()
    assert hand.look == before
    hand.undoes()
    assert hand.look == Look()


CHANGES: list[list[dict[str, Any]]] = [
    [{"references": (picture(1),)}, {"references": (picture(1), picture(2))}, {"references": (picture(2), picture(1))}],
    [{"first_frame": picture(1)}, {"first_frame": picture(2)}, {"first_frame": None}],
    [{"last_frame": picture(1)}, {"last_frame": picture(2)}, {"last_frame": None}],
    [{"layout": (Box((0.0, 0.0, 0.5, 0.5)),)}, {"layout": (Box((0.1, 0.0, 0.5, 0.5)),)}, {"layout": ()}],
    [{"loras": (Lora("a"),)}, {"loras": (Lora("a"), Lora("b"))}, {"loras": ()}],
    [{"seed": 5}, {"seed": 6}],
    [{"composite": False}, {"composite": True}],
    [{"repainted": "person"}, {"repainted": "all"}],
    [{"control_strength": 0.5}, {"past": 0.5}, {"control_strength": 0.4}],
    [{"mask": mask(1)}, {"mask": mask(2)}, {"mask": None}],
]


@pytest.mark.parametrize("changes", CHANGES, ids=[next(iter(changes[0])) for changes in CHANGES])
def test_other_changes_are_a_step_each_however_quick_they_are(changes: list[dict[str, Any]]) -> None:
    hand = Hand(Look(), down="seed" not in changes[0])
    seen = [hand.look]
    for change in changes:
        hand.does(after_s=0.0, **change)
        seen.append(hand.look)
    for look in reversed(seen[:-1]):
        hand.undoes()
        assert hand.look == look
    assert not hand.history.can_undo


def test_a_whole_look_is_a_step_of_its_own_though_only_a_fader_differs() -> None:
    hand = Hand(Look())
    hand.does(control_strength=0.9)
    hand.does(joins=False, control_strength=0.5)
    fired = hand.look
    hand.does(control_strength=0.4)
    hand.undoes()
    assert hand.look == fired
    hand.undoes()
    assert hand.look.params.control_strength == 0.9


def test_a_stroke_is_one_step_and_none_where_it_was_given_up() -> None:
    hand = Hand(Look())
    hand.history.begin()
    for number in range(5):
        hand.does(mask=mask(number), after_s=60.0)
    hand.history.end()
    stroke = hand.look
    hand.history.begin()
    hand.does(mask=mask(9))
    hand.does(mask=stroke.mask)
    hand.history.end()
    hand.undoes()
    assert hand.look == Look()
    assert not hand.history.can_undo
    hand.redoes()
    assert hand.look == stroke


def test_what_comes_between_is_a_step_beside_the_stroke() -> None:
    hand = Hand(Look())
    hand.history.begin()
    hand.does(mask=mask(1))
    painted = hand.look
    hand.does(joins=False, prompt="a cue", mask=mask(2))
    hand.history.end()
    hand.undoes()
    assert hand.look == painted
    hand.undoes()
    assert hand.look == Look()


def test_painting_goes_back_without_end_and_the_rest_of_the_look_a_hundred_steps() -> None:
    hand = Hand(Look())
    strokes, turns = 300, 2 * LOOK_STEPS
    for number in range(strokes):
        hand.does(mask=mask(number), after_s=0.0)
    for number in range(turns):
        hand.does(seed=number + 1)
        hand.does(mask=mask(number % 7))
    painted = dict.fromkeys(range(2), 0)
    while hand.history.can_undo:
        (field,) = hand.undoes()
        painted[field != ("mask",)] += 1
    assert painted == {0: strokes + turns, 1: LOOK_STEPS}
    assert hand.look.mask is None, "all that was painted is taken back"
    assert hand.look.params.seed == turns - LOOK_STEPS


def test_what_changes_by_itself_and_what_is_on_stage_is_left_alone() -> None:
    hand = Hand(Look())
    hand.does(prompt="ink")
    hand.does(treatment="blackout", cut=1)
    hand.does(seed_walk=SeedWalk(on=True))
    for seed in range(3):
        hand.does(seed=seed + 1)
    hand.undoes()
    left_alone = replace(Look(), params=replace(Look().params, cut=1, seed=3), treatment="blackout")
    assert hand.look == replace(left_alone, params=replace(left_alone.params, prompt="ink"))
    hand.undoes()
    assert hand.look == left_alone
    assert not hand.history.can_undo


def test_what_ends_as_it_began_leaves_the_way_forward() -> None:
    """Such as a stroke that is given up; what it was made of meanwhile is gone with it."""
    hand = Hand(Look())
    for prompt in ("ink", "lava"):
        hand.does(prompt=prompt, joins=False)
    hand.undoes()
    hand.history.begin()
    for painted in (mask(1), mask(2), None):
        hand.does(replace(hand.look, mask=painted))
    hand.history.end()
    hand.redoes()
    assert hand.look.params.prompt == "lava"
    assert not hand.history.can_redo


def test_a_new_step_ends_the_way_forward() -> None:
    hand = Hand(Look())
    hand.does(prompt="ink")
    hand.undoes()
    hand.does(seed=3)
    assert not hand.history.can_redo
    assert hand.history.redo(hand.look) is None
    hand.undoes()
    assert hand.history.undo(hand.look) is None
