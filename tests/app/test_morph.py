"""A look on its way: what moves, over how many chunks, and what a hand or a cut makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.look import Look
from app.looks import Arrival
from app.mask_shape import MaskShape
from app.morph import Morph
from controls.control import ControlSetting
from engine.params import Lora, Params, Picture, WeightedPrompt

MASK = Picture(np.full((4, 6), 255, np.uint8))
BEFORE = Look(
    Params(
        prompt="ink", control_strength=0.2, strength=1.0, past=0.9, morph_chunks=7, loras=(Lora("a"), Lora("b", 2.0))
    ),
    controls=(ControlSetting("edge", 0.2), ControlSetting("pose", 0.4, on=False)),
    mask_shape=MaskShape(-8.0, 0.0),
)
AFTER = Look(
    Params(
        prompt="lava",
        control_strength=1.8,
        strength=0.4,
        past=0.1,
        morph_chunks=7,
        loras=(Lora("b", -2.0), Lora("c", 1.0)),
        steps=5,
        seed=9,
    ),
    controls=(ControlSetting("edge", 1.0), ControlSetting("pose", 0.8)),
    mask=MASK,
    mask_shape=MaskShape(8.0, 16.0),
)


def arriving(morph: Morph, look: Look, chunks: int, number: int = 1) -> Arrival:
    """``look`` is brought in to a stream that has painted ``BEFORE``."""
    assert morph.next(BEFORE, Arrival()) == BEFORE
    return Arrival(number, chunks, look)


def mixed(look: Look) -> dict[str, float]:
    return {lora.path: lora.strength for lora in look.params.loras}


def test_all_that_is_continuous_comes_over_the_same_chunks_and_the_rest_with_the_first() -> None:
    morph = Morph()
    arrival = arriving(morph, AFTER, 4)
    ways = [morph.next(AFTER, arrival) for _ in range(6)]
    for way, look in zip((0.25, 0.5, 0.75, 1, 1, 1), ways, strict=True):
        assert look.params.control_strength == pytest.approx(0.2 + 1.6 * way)
        assert look.params.strength == pytest.approx(1.0 - 0.6 * way)
        assert look.params.past == pytest.approx(0.9 - 0.8 * way)
        assert (look.mask_shape.grow, look.mask_shape.feather) == pytest.approx((-8 + 16 * way, 16 * way))
        assert look.controls[0].weight == pytest.approx(0.2 + 0.8 * way)
        assert mixed(look) == pytest.approx({"b": 2 - 4 * way, "c": way} | ({"a": 1 - way} if way < 1 else {}))
        assert (look.params.prompt, look.params.morph_chunks) == ("lava", 4), "words come over as many"
        assert (look.params.steps, look.params.seed, look.mask, look.controls[1]) == (5, 9, MASK, AFTER.controls[1])
    arrived = replace(AFTER, params=replace(AFTER.params, morph_chunks=4))
    assert ways[3:] == [arrived] * 3


def test_guides_are_made_with_what_the_last_chunk_was_painted_with() -> None:
    morph = Morph()
    arrival = arriving(morph, AFTER, 4)
    first = morph.now(AFTER, arrival)
    assert first.mask_shape == BEFORE.mask_shape
    assert first.mask == MASK
    for _ in range(5):
        assert morph.next(AFTER, arrival) == morph.now(AFTER, arrival)
    assert Morph().now(AFTER, arrival) == AFTER, "a stream that has painted nothing yet has no way to go"


@pytest.mark.parametrize("chunks", [0, 1])
def test_a_cue_without_a_morph_is_there_at_once_whatever_the_fader_says(chunks: int) -> None:
    morph = Morph()
    look = morph.next(AFTER, arriving(morph, AFTER, chunks))
    assert look == replace(AFTER, params=replace(AFTER.params, morph_chunks=chunks))


def test_the_hand_wins_and_words_that_it_changes_come_by_its_own_fader() -> None:
    morph = Morph()
    arrival = arriving(morph, AFTER, 8)
    morph.next(AFTER, arrival)
    hand = replace(AFTER, params=replace(AFTER.params, past=0.5))
    look = morph.next(hand, arrival)
    assert look.params.past == 0.5
    assert look.params.control_strength == pytest.approx(0.2 + 1.6 * 2 / 8), "what it leaves alone goes on"
    assert morph.next(AFTER, arrival).params.past == AFTER.params.past, "and what it has had stays the hand's"
    for words in ({"prompt": "neon"}, {"prompt_weight": 0.5, "more_prompts": (WeightedPrompt("chalk"),)}):
        other = replace(AFTER, params=replace(AFTER.params, **words))
        assert morph.next(other, arrival).params.morph_chunks == 7
    for _ in range(9):
        last = morph.next(other, arrival)
    assert last == other


def test_a_hard_cut_ends_it() -> None:
    morph = Morph()
    arrival = arriving(morph, AFTER, 8)
    morph.next(AFTER, arrival)
    cut = replace(AFTER, params=replace(AFTER.params, cut=1))
    assert morph.next(cut, arrival) == cut


def test_the_next_one_starts_from_where_the_last_one_is() -> None:
    morph = Morph()
    arrival = arriving(morph, AFTER, 4)
    morph.next(AFTER, arrival)
    midway = morph.next(AFTER, arrival)
    back = morph.next(BEFORE, Arrival(2, 2, BEFORE))
    wanted = (midway.params.control_strength + BEFORE.params.control_strength) / 2
    assert back.params.control_strength == pytest.approx(wanted)
    assert morph.next(BEFORE, Arrival(2, 2, BEFORE)).params.control_strength == BEFORE.params.control_strength


STRENGTHS = st.floats(0.0, 2.0)


@given(STRENGTHS, STRENGTHS, st.integers(0, 30), st.lists(st.booleans(), max_size=40))
def test_it_never_leaves_the_way_and_always_arrives(one: float, other: float, chunks: int, looked: list[bool]) -> None:
    before, after = (Look(Params(control_strength=value)) for value in (one, other))
    morph, arrival = Morph(), Arrival(1, chunks, after)
    morph.next(before, Arrival())
    seen = [one]
    for look_on in [*looked, *[False] * (chunks + 1)]:
        if look_on:
            assert min(one, other) <= morph.now(after, arrival).params.control_strength <= max(one, other)
        else:
            seen.append(morph.next(after, arrival).params.control_strength)
    assert seen == sorted(seen, reverse=other < one)
    assert seen[-1] == other
