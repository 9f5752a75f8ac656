"""The choice of rates: everything on every picture while it fits, the dear ones rarer when not, and no flapping."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controls.control import SLOWEST
from controls.pace import SHARE, Pace

CARRYING_MS = 5.0

Costs = Mapping[str, float]


class Source:
    """Pictures at a rate, and controls that take what they take."""

    def __init__(self, pace: Pace, rate: float = 30.0) -> None:
        self.pace = pace
        self.interval_s = 1.0 / rate
        self.time = 0.0
        self.number = 0
        self._due: dict[str, int] = {}

    def play(
        self,
        seconds: float,
        costs: Costs,
        fixed: Mapping[str, int] | None = None,
        noise: Callable[[], float] = lambda: 1.0,
        loads: tuple[str, ...] = (),
    ) -> list[dict[str, int]]:
        """The rates of each picture. Pictures are skipped while controls that run on each of them are late."""
        chosen = []
        until = self.time + seconds
        while self.time < until:
            fixed = fixed or {}
            free = {name: 2 if name in loads else 1 for name in costs if name not in fixed}
            rates = self.pace.rates(self.time, fixed, free)
            chosen.append(rates)
            late_ms = 0.0
            for name, every in rates.items():
                if self.number >= self._due.get(name, 0):
                    self._due[name] = self.number + every
                    took = costs[name] * noise()
                    self.pace.took(name, took)
                    late_ms += took if every == 1 else 0.0
            if any(every > 1 for every in rates.values()):
                self.pace.carrying_took(CARRYING_MS * noise())
            self.number += 1
            self.time += self.interval_s * max(1, int(np.ceil(late_ms / 1000 / self.interval_s)))
        return chosen


def changes(rates: list[dict[str, int]]) -> int:
    return sum(before != after for before, after in pairwise(rates))


def load_ms(rates: Mapping[str, int], costs: Costs) -> float:
    carrying = CARRYING_MS if any(every > 1 for every in rates.values()) else 0.0
    return sum(costs[name] / every for name, every in rates.items()) + carrying


def test_what_fits_runs_on_every_picture() -> None:
    costs = {"edge": 3.0, "pose": 30.0}
    rates = Source(Pace(), rate=16).play(30, costs)
    assert all(every == {"edge": 1, "pose": 1} for every in rates), "33 ms of 62, and 40 % of a core are left"


@pytest.mark.parametrize("rate", [16.0, 25.0, 30.0, 60.0])
@pytest.mark.parametrize("costs", [{"edge": 3.0, "pose": 45.0}, {"edge": 2.0, "depth": 180.0, "pose": 30.0}])
def test_what_does_not_fit_runs_as_rarely_as_it_must(rate: float, costs: Costs) -> None:
    room_ms = SHARE * 1000 / rate
    chosen = Source(Pace(), rate).play(20, costs)[-1]
    assert chosen["edge"] == 1
    dear = {name: every for name, every in chosen.items() if every > 1}
    if load_ms(dict.fromkeys(costs, 1), costs) > room_ms:
        assert dear
    for name, every in dear.items():
        quicker = {**chosen, name: every - 1}
        assert load_ms(quicker, costs) > room_ms, "no rarer than it must be"
    gave_way = all(costs[name] / every <= 0.5 * room_ms or every == SLOWEST for name, every in dear.items())
    assert load_ms(chosen, costs) <= room_ms or gave_way


def test_the_choice_comes_soon_and_rests() -> None:
    rates = Source(Pace()).play(60, {"edge": 3.0, "pose": 45.0})
    assert rates[-1]["pose"] > 1
    assert changes(rates[:100]) <= 2, "once with the rate that comes of being late, once with the source's own"
    assert changes(rates[100:]) == 0


def test_what_loads_begins_rarely_and_is_judged_by_what_it_takes_later() -> None:
    pace = Pace()
    source = Source(pace)
    pace.rates(0.0, {}, {"pose": 2})
    pace.took("pose", 2000.0)
    rates = source.play(5, {"pose": 12.0}, loads=("pose",))
    assert rates[0] == {"pose": 2}
    assert rates[-1] == {"pose": 1}


def test_it_follows_what_has_become_dearer_or_cheaper_but_not_at_once() -> None:
    source = Source(Pace())
    assert source.play(10, {"pose": 12.0})[-1] == {"pose": 1}
    dearer = source.play(10, {"pose": 60.0})
    assert dearer[5] == {"pose": 1}
    assert dearer[-1]["pose"] > 1
    cheaper = source.play(20, {"pose": 8.0})
    assert cheaper[30] == dearer[-1], "one second is no reason"
    assert cheaper[-1] == {"pose": 1}


@settings(max_examples=15)
@given(st.floats(8, 80), st.floats(1, 15), st.integers(0, 2**32 - 1), st.sampled_from((16.0, 30.0)))
def test_it_does_not_flap_however_times_scatter(pose: float, edge: float, seed: int, rate: float) -> None:
    random = np.random.default_rng(seed)
    rates = Source(Pace(), rate).play(45, {"pose": pose, "edge": edge}, noise=lambda: float(random.uniform(0.8, 1.25)))
    assert changes(rates) <= 4
    assert changes(rates[len(rates) // 2 :]) <= 1


def test_it_does_not_flap_where_nothing_fits() -> None:
    """Several dear controls at once, more than there is time for, all with times that scatter."""
    random = np.random.default_rng(1)
    flapped = []
    for number in range(30):
        costs = {"edge": random.uniform(1, 30), "pose": random.uniform(15, 90), "depth": random.uniform(30, 300)}
        source = Source(Pace(), rate=float(random.choice((16, 30))))
        fixed = {"edge": 1} if number % 2 else {}
        rates = source.play(30, costs, fixed, noise=lambda: float(random.uniform(0.75, 1.3)))
        flapped.append(changes(rates[len(rates) // 2 :]))
    assert max(flapped) <= 1
    assert sum(flapped) <= 4


def test_pictures_that_were_skipped_do_not_look_like_time() -> None:
    """A control that makes every second picture come too late has no more time for it."""
    rates = Source(Pace(), rate=30).play(10, {"pose": 50.0})
    assert rates[-1]["pose"] > 1


def test_what_is_fixed_stays_and_the_others_are_not_given_up_for_it() -> None:
    rates = Source(Pace()).play(20, {"pose": 60.0, "depth": 40.0}, fixed={"pose": 1})
    assert all(chosen["pose"] == 1 for chosen in rates)
    assert 1 < rates[-1]["depth"] <= 8


def test_cheap_controls_are_not_carried_for_carrying_costs_more() -> None:
    for costs in ({"a": 7.0, "b": 7.0, "c": 7.0, "d": 7.0}, {"a": 12.0, "b": 10.0}):
        assert set(Source(Pace()).play(20, costs)[-1].values()) == {1}


def test_without_rising_time_nothing_is_chosen() -> None:
    pace = Pace()
    for _ in range(50):
        assert pace.rates(0.0, {}, {"pose": 1, "depth": 2}) == {"pose": 1, "depth": 2}
        pace.took("pose", 500.0)


def test_a_control_that_was_off_is_judged_anew() -> None:
    source = Source(Pace())
    assert source.play(10, {"edge": 2.0, "pose": 60.0})[-1]["pose"] > 1
    source.play(1, {"edge": 2.0})
    rates = source.play(10, {"edge": 2.0, "pose": 6.0})
    assert rates[0]["pose"] == rates[-1]["pose"] == 1
