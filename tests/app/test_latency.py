"""Where the time goes: parts of the whole, under a clock of our own and on a running rig."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.latency import LatencyMeter
from app.status import LatencyParts
from tests.app.stage import StageMaker


def through(meter: LatencyMeter, captured: float, *steps: float) -> None:
    """One picture: begun, guided, painted, handed over, each so many seconds after the one before."""
    begun = captured + steps[0]
    guided = begun + steps[1]
    painted = guided + steps[2]
    meter.guided(captured, begun, guided)
    meter.painted([captured], painted)
    meter.handed_over(captured, painted + steps[3])


def test_each_part_is_the_time_between_two_stations() -> None:
    meter = LatencyMeter()
    through(meter, 100.0, 0.010, 0.020, 0.300, 0.050)
    parts = meter.parts(100.4)
    assert parts is not None
    assert dataclasses.astuple(parts) == pytest.approx((10, 20, 300, 50))


@given(st.lists(st.tuples(*[st.floats(0, 0.4)] * 4), min_size=1, max_size=20))
def test_parts_add_up_to_the_mean_whole(ways: list[tuple[float, ...]]) -> None:
    meter = LatencyMeter()
    for number, steps in enumerate(ways):
        through(meter, 50 + number / 1000, *steps)
    parts = meter.parts(51.0)
    assert parts is not None
    assert parts.whole_ms == pytest.approx(1000 * sum(sum(steps) for steps in ways) / len(ways), abs=1e-6)


def test_every_output_counts_and_what_is_long_past_does_not() -> None:
    meter = LatencyMeter()
    through(meter, 10.0, 0.1, 0.1, 0.1, 0.1)
    through(meter, 20.0, 0.1, 0.1, 0.1, 0.1)
    meter.handed_over(20.0, 20.6)
    parts = meter.parts(21.0)
    assert parts is not None
    assert parts.playout_ms == pytest.approx(200), "one output had it after 100 ms, the other after 300"
    assert meter.parts(30.0) is None


def test_what_was_never_painted_is_not_measured() -> None:
    meter = LatencyMeter()
    meter.guided(1.0, 1.1, 1.2)
    meter.handed_over(1.0, 1.3)
    meter.painted([2.0], 2.1)
    meter.handed_over(2.0, 2.2)
    assert meter.parts(2.2) is None


def test_pictures_that_never_arrive_are_forgotten() -> None:
    meter = LatencyMeter()
    for number in range(5000):
        meter.guided(float(number), number + 0.1, number + 0.2)
    meter.painted([0.0, 4999.0], 5000.0)
    meter.handed_over(0.0, 5000.1)
    waiting = meter.parts(5000.1)
    assert waiting is not None
    assert waiting.playout_ms is None
    meter.handed_over(4999.0, 5000.1)
    arrived = meter.parts(5000.1)
    assert arrived is not None
    assert arrived.playout_ms is not None


def test_what_no_output_takes_is_measured_until_it_is_painted() -> None:
    meter = LatencyMeter()
    meter.guided(100.0, 100.01, 100.03)
    meter.painted([100.0], 100.33)
    parts = meter.parts(100.4)
    assert parts is not None
    assert (parts.capture_ms, parts.control_ms, parts.engine_ms) == pytest.approx((10, 20, 300))
    assert parts.playout_ms is None
    assert parts.whole_ms == pytest.approx(330)
    assert meter.parts(103.0) is None


def test_on_a_running_rig_the_parts_are_those_of_the_pictures_handed_over(
    stage: StageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every hand-over's parts are there in turn, none is negative, and they add up to what the output measured."""
    wholes: list[float] = []
    handed_over = LatencyMeter.handed_over

    def note(meter: LatencyMeter, captured: float, now: float) -> None:
        wholes.append(1000 * (now - captured))
        handed_over(meter, captured, now)

    monkeypatch.setattr(LatencyMeter, "handed_over", note)
    live = stage()
    live.program("engine")
    kept: list[LatencyParts] = []

    def measured() -> bool:
        program = live.rig.program.get()
        assert program is not None
        live.rig.handed_over("preview", program)
        status = live.rig.status()
        if status.latency is not None:
            kept.append(status.latency)
        return len(kept) >= 3

    live.until(measured)
    for parts in kept:
        assert min(dataclasses.astuple(parts)) >= 0
        assert parts.engine_ms > 0
        assert min(wholes) - 1e-6 <= parts.whole_ms <= max(wholes) + 1e-6
    assert live.rig.status().gpu_memory is None, "the tiny engine paints without a GPU"
