"""The output clock under a clock of our own: its long-run rate, and what a stall does."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.outputs.pace import Pace


def test_a_punctual_worker_gets_every_slot_and_no_drift_in_ten_hours() -> None:
    rate, start = 30000 / 1001, 12345.678
    pace = Pace(rate)
    now = start
    for slot in range(1_000_000):
        now = pace.next_due(now)
        if slot % 99_999 == 0:
            assert now == pytest.approx(start + slot / rate, abs=1e-6)
    assert pace.skipped == 0


def test_a_stall_is_skipped_and_not_made_up_for() -> None:
    pace = Pace(10.0)
    assert pace.next_due(100.0) == 100.0
    assert pace.next_due(100.01) == pytest.approx(100.1)
    late = pace.next_due(100.75)
    assert late == pytest.approx(100.7), "the slot that is running is due at once"
    assert pace.skipped == 5
    assert pace.next_due(100.76) == pytest.approx(100.8), "and then back to one picture a slot"
    assert pace.skipped == 5


def test_a_worker_late_within_its_slot_loses_none() -> None:
    pace = Pace(10.0)
    pace.next_due(0.0)
    for slot in range(1, 50):
        assert pace.next_due(slot * 0.1 + 0.05) == pytest.approx(slot * 0.1)
    assert pace.skipped == 0


@given(
    rate=st.floats(1.0, 240.0),
    start=st.floats(0.0, 1e6),
    work_s=st.lists(st.floats(0.0, 2.0), min_size=1, max_size=60),
)
def test_whatever_the_work_takes(rate: float, start: float, work_s: list[float]) -> None:
    pace = Pace(rate)
    now, last = start, -math.inf
    for count, work in enumerate(work_s):
        due = pace.next_due(now)
        slot = (due - start) * rate
        assert slot == pytest.approx(round(slot), abs=1e-3), "on the grid"
        assert round(slot) == count + pace.skipped, "every slot is either used or counted as skipped"
        assert due > last
        assert due > now - 1 / rate - 1e-6, "never more than one slot late, so no burst"
        last = due
        now = max(now, due) + work


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf])
def test_a_rate_that_is_none(rate: float) -> None:
    with pytest.raises(ValueError, match="rate is"):
        Pace(rate)
