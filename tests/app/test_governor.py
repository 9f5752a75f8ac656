"""The governor on a simulated engine: it finds the best level that holds the rate, stays there, and comes back."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from app.governor import (
    FEWEST,
    LEAST_SHARE,
    LEAST_SIDE,
    PROVEN_S,
    SWITCH_LATER_S,
    Change,
    Governor,
    Level,
    Offer,
    ladder,
    rungs_of,
    smaller_sizes,
)
from engine.params import Autoencoder, EngineChoice

WISH = EngineChoice("some", 640, 368, autoencoder="wan")
OFFER = Offer(least_steps=2, autoencoders=("light", "tiny"))
RATE = 20.0
PICTURES = 12
_AUTOENCODERS: dict[Autoencoder, float] = {"wan": 3.0, "light": 1.5, "tiny": 0.5}


@dataclass
class Plant:
    """An engine: seconds a chunk by level. pace: of the machine; a load makes it smaller. growth: of the cost with the
    area, 1 where it is the network's, 2 where it is attention's. shake: how far a chunk's time is off, by chance."""

    step_s: float = 0.06
    beside_steps: float = 1.5
    growth: float = 1.2
    pace: float = 1.0
    shake: float = 0.0

    def seconds(self, level: Level) -> float:
        area = level.choice.width * level.choice.height / (WISH.width * WISH.height)
        steps = level.steps + self.beside_steps * _AUTOENCODERS[level.choice.autoencoder]
        return float(self.step_s * steps * area**self.growth / self.pace)


class Run:
    """A plant and its governor, chunk after chunk. changes: with their times. settled: when the last one was."""

    def __init__(self, plant: Plant, steps: int = 4, rate: float = RATE) -> None:
        self.plant, self.steps, self.rate = plant, steps, rate
        self.governor = Governor(WISH, OFFER)
        self.now = 0.0
        self.changes: list[tuple[float, Change]] = []
        self._random = random.Random(7)

    @property
    def level(self) -> Level:
        return self.governor.level(self.steps)

    @property
    def place(self) -> int:
        return levels(self.steps).index(self.level)

    def chunk(self, seconds: float | None = None) -> Change | None:
        took = self.plant.seconds(self.level) if seconds is None else seconds
        took *= 1 + self._random.uniform(-self.plant.shake, self.plant.shake)
        self.now += max(took, PICTURES / self.rate)  # it waits for the source where it is fast enough
        change = self.governor.measured(took, PICTURES, self.steps, self.rate, self.now)
        if change:
            self.changes.append((self.now, change))
        return change

    def play(self, seconds: float) -> Run:
        until = self.now + seconds
        while self.now < until:
            self.chunk()
        return self

    def settle(self) -> Run:
        """As many chunks as it takes from the highest level to the lowest, however long they last."""
        for _ in range(9 * (len(levels(self.steps)) + 1)):
            self.chunk()
        return self

    def moves(self, since: float = 0.0) -> list[Change]:
        return [change for at, change in self.changes if at >= since and change in ("less", "more")]


def levels(steps: int) -> tuple[Level, ...]:
    return ladder(steps, OFFER.least_steps, rungs_of(WISH, OFFER))


plants = st.builds(
    Plant,
    step_s=st.floats(0.006, 0.6),
    beside_steps=st.floats(0.2, 3.0),
    growth=st.floats(0.8, 1.9),
    shake=st.sampled_from([0.0, 0.02, 0.2]),
)


@given(st.integers(6, 80), st.integers(6, 80))
def test_smaller_sizes_keep_their_aspect_and_have_a_least(across: int, down: int) -> None:
    width, height = 16 * across, 16 * down
    sizes = [(width, height), *smaller_sizes(width, height)]
    for (w, h), (smaller_w, smaller_h) in pairwise(sizes):
        assert smaller_w < w
        assert smaller_h <= h
        assert smaller_w % 16 == smaller_h % 16 == 0
        assert abs(smaller_w * height / (smaller_h * width) - 1) <= 0.03
        assert smaller_w >= LEAST_SHARE * width
        assert min(smaller_w, smaller_h) >= LEAST_SIDE


def test_steps_go_first_then_the_autoencoder_then_the_size() -> None:
    assert [(level.steps, level.choice.autoencoder, level.choice.width) for level in levels(4)] == [
        *((4, "wan", 640), (3, "wan", 640), (2, "wan", 640)),
        *((2, "light", 640), (2, "tiny", 640)),
        *((2, "tiny", 544), (2, "tiny", 448), (2, "tiny", 384), (2, "tiny", 336)),
    ]
    assert levels(1)[0].steps == levels(1)[-1].steps == 1, "fewer than the least are left as they are"


@settings(max_examples=40)
@given(plants, st.integers(1, 8))
def test_it_settles_on_the_first_level_that_holds_the_rate_and_stays_there(plant: Plant, steps: int) -> None:
    run = Run(replace(plant, shake=0.0), steps).settle()
    settled = run.now
    holding = [run.plant.seconds(level) <= PICTURES / (0.97 * RATE) for level in levels(steps)]
    assert run.place == (holding.index(True) if any(holding) else len(holding) - 1)
    for _ in range(100):
        run.chunk()
    assert run.moves(settled) == []


@settings(max_examples=20)
@given(plants)
def test_chance_moves_it_ever_more_seldom(plant: Plant) -> None:
    """Where a level's cost shakes around the rate it may be left; to come back to it takes twice as long each time."""
    run = Run(plant)
    run.play(900)
    assert len(run.moves(600.0)) <= 4


@settings(max_examples=40)
@given(plants, st.floats(1.0, 4.0), st.integers(1, 8))
def test_a_slower_machine_never_gets_a_higher_level(plant: Plant, slower: float, steps: int) -> None:
    plant = replace(plant, shake=0.0)
    fast, slow = Run(plant, steps).settle(), Run(replace(plant, pace=1 / slower), steps).settle()
    assert slow.place >= fast.place


@settings(max_examples=40)
@given(plants, st.floats(1.5, 10.0), st.floats(3.0, 100.0))
def test_when_a_load_ends_all_comes_back(plant: Plant, load: float, for_s: float) -> None:
    """Whenever it ends, where there is room to spare without it."""
    fast_enough = PICTURES / RATE / 8 / (4 + plant.beside_steps * 3)  # even if the worst is expected of each level
    plant = replace(plant, step_s=min(plant.step_s, fast_enough), shake=0.0)
    run = Run(plant)
    run.play(10)
    assert run.place == 0
    plant.pace = 1 / (8 * load)
    run.play(for_s)
    plant.pace = 1.0
    run.play(9 * (SWITCH_LATER_S + 5) * 2)
    assert run.place == 0


@given(st.integers(1, FEWEST // 2), st.floats(1.5, 1000.0), st.integers(0, 40))
def test_a_dip_of_a_chunk_or_two_changes_nothing(dips: int, by: float, after: int) -> None:
    run = Run(Plant())
    for number in range(120):
        dip = after <= number % 50 < after + dips
        run.chunk(run.plant.seconds(run.level) * by if dip else None)
    assert run.changes == []


def test_the_first_chunk_of_a_stream_is_no_measure() -> None:
    """It has one picture for as much work; a performer may cut again and again."""
    governor, now = Governor(WISH, OFFER), 0.0
    for number in range(200):
        now += 0.2
        assert governor.measured(0.1, 1 if number % 2 else 4, 4, 20.0, now) is None


def test_what_is_measured_before_a_wait_counts_no_longer() -> None:
    run = Run(Plant(pace=0.2))
    for _ in range(100):
        for _ in range(FEWEST - 1):
            assert run.chunk() is None
        run.governor.wait()
    assert run.place == 0


def test_where_nothing_is_left_it_says_so_once() -> None:
    run = Run(Plant(pace=0.001)).settle().settle()
    assert [change for _, change in run.changes].count("least") == 1
    assert run.level == levels(4)[-1]


def test_a_rate_that_is_nearly_held_is_no_trouble_and_good_moments_repeat_none() -> None:
    run = Run(Plant(pace=0.001)).settle().settle()
    for _ in range(40):  # by turns too slow and quick enough, for a few seconds each
        for seconds in (PICTURES / RATE * 2, PICTURES / RATE * 0.99):
            for _ in range(6):
                run.chunk(seconds)
    told = [change for _, change in run.changes if change in ("least", "held")]
    assert told == ["least"]
    for _ in range(200):
        run.chunk(PICTURES / RATE * 0.99)
    assert run.changes[-1][1] == "held"
    for _ in range(200):
        run.chunk(PICTURES / RATE * 1.06)
    assert run.changes[-1][1] == "held", "a little below is no trouble"
    assert run.governor.short is False


def test_a_cue_with_other_steps_is_a_wish_and_the_cap_stays() -> None:
    run = Run(Plant(step_s=0.2, beside_steps=0.1))
    run.play(30)
    capped = run.level.steps
    assert capped == 2
    run.steps = 8
    assert run.level.steps == capped
    run.steps = 1
    assert run.level.steps == 1
    run.chunk()
    run.steps = 4
    assert run.level.steps == capped, "it was not needed for a moment, and that proves nothing"
    run.steps = 1
    run.play(PROVEN_S + 6)
    run.steps = 4
    assert run.level.steps == 4, "a look that has held its rate for a while has proved that things are well"


@pytest.mark.parametrize("comes_up_in_s", [0.0, 100.0])
def test_a_level_that_fails_again_and_again_is_tried_ever_more_seldom(comes_up_in_s: float) -> None:
    run = Run(Plant(step_s=0.03, beside_steps=0.2))
    assert run.play(10).place == 0
    heavy = 5.0
    ups: list[float] = []
    for _ in range(2000):
        loaded = run.place == 0  # a program that wakes up whenever the engine works hard
        change = run.chunk(run.plant.seconds(run.level) * (heavy if loaded else 1.0))
        if change == "more":
            ups.append(run.now)
            run.now += comes_up_in_s
    waits = [later - sooner for sooner, later in pairwise(ups)]
    assert len(waits) < 10
    assert waits == sorted(waits)


def test_what_could_not_be_brought_up_is_not_asked_for_again() -> None:
    run = Run(Plant(pace=0.05))
    while run.governor.choice == WISH:
        run.chunk()
    run.governor.refuse(WISH)
    assert run.governor.choice == WISH
    run.play(300)
    assert run.governor.choice == WISH
    assert run.level.steps == OFFER.least_steps

    down = Run(Plant(pace=0.3))
    down.play(60)
    small = down.governor.choice
    assert small != WISH
    down.plant.pace = 100.0
    while down.governor.choice == small:
        down.chunk()
    down.governor.refuse(small)
    down.play(600)
    assert down.governor.choice == small, "the larger one is not tried again"
    assert down.level.steps == 4, "but steps come back"
