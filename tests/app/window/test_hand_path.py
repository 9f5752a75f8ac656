"""The way a hand went: few parts, never far from where the hand was at the same time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.window.hand_path import Moment, bends


def at(path: list[Moment], time: float) -> tuple[float, float]:
    times = [moment.time for moment in path]
    x, y = (float(np.interp(time, times, [moment.place[side] for moment in path])) for side in (0, 1))
    return x, y


def test_an_even_way_needs_no_bend() -> None:
    moments = [Moment((0.01 * n, 0.5), 0.1 * n) for n in range(100)]
    assert bends(moments) == [moments[0], moments[-1]]


def test_a_corner_and_a_pause_stay() -> None:
    places = [(0.1 * n, 0.0) for n in range(11)] + [(1.0, 0.0)] * 10 + [(1.0, 0.1 * n) for n in range(1, 11)]
    moments = [Moment(place, 0.1 * n) for n, place in enumerate(places)]
    kept = bends(moments)
    assert [moment.place for moment in kept] == [(0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (1.0, 1.0)]
    assert [round(moment.time, 6) for moment in kept] == [0.0, 1.0, 2.0, 3.0]


def test_a_jump_takes_a_moment() -> None:
    start, end = Moment((0.0, 0.0), 5.0), Moment((1.0, 1.0), 5.0)
    first, last = bends([start, end])
    assert first == start
    assert last.place == end.place
    assert last.time > start.time
    assert bends([start]) == [start]


steps = st.lists(st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(0.05, 0.5)), max_size=60)


@given(steps)
def test_it_is_never_far_from_the_hand(steps: list[tuple[float, float, float]]) -> None:
    moments = [Moment((0.0, 0.0), 0.0)]
    for across, down, seconds in steps:
        (x, y), time = moments[-1].place, moments[-1].time
        moments.append(Moment((x + across, y + down), time + seconds))
    kept = bends(moments)
    assert kept[0] == moments[0]
    assert kept[-1].place == moments[-1].place
    assert all(later.time > earlier.time for earlier, later in pairwise(kept))
    for moment in moments:
        if moment in kept or all(abs(moment.time - other.time) >= 0.05 for other in moments if other is not moment):
            np.testing.assert_allclose(at(kept, moment.time), moment.place, atol=0.0101)
