"""Rates and percentiles, under a clock of our own."""

from __future__ import annotations

import numpy as np
import pytest

from app.meter import Rate, Timings, timing_of
from app.status import Timing


def test_a_rate_counts_events_not_chunks() -> None:
    rate = Rate()
    for chunk in range(30):
        rate.count(4, now=0.2 * chunk)
    assert rate.total == 120
    assert rate.per_second(now=5.8) == pytest.approx(20)
    assert rate.mean() == pytest.approx(20)


def test_a_rate_forgets_what_is_long_past() -> None:
    rate = Rate()
    for number in range(100):
        rate.count(now=number / 50)
    for number in range(20):
        rate.count(now=10 + number / 10)
    assert rate.per_second(now=12) == pytest.approx(10)
    assert rate.per_second(now=20) == 0
    assert rate.mean() == pytest.approx(119 / 11.9)


def test_no_events_are_no_rate() -> None:
    assert Rate().per_second(now=1) == Rate().mean() == 0
    rate = Rate()
    rate.count(now=1)
    assert rate.per_second(now=1) == rate.mean() == 0


def test_timings_are_of_the_recent_past() -> None:
    assert Timings().timing() == Timing() == timing_of([])
    timings = Timings()
    for ms in [9000.0] * 50 + list(range(1000)):
        timings.add(ms)
    p50, p95 = np.percentile(range(1000), [50, 95])
    assert timings.timing() == Timing(round(p50, 2), round(p95, 2))
