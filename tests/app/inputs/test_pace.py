from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inputs.pace import LONGEST_WAIT_S, Ticker
from tests.app.inputs.fake_time import FakeTime


@given(st.floats(3, 240), st.lists(st.floats(0, 0.5), min_size=1, max_size=40))
def test_ticks_rise_and_never_come_early_nor_lag(rate: float, busy: list[float]) -> None:
    time = FakeTime()
    begin = time.now
    ticker = Ticker(rate, time.pace())
    last = -1
    for seconds in busy:
        number = ticker.tick()
        assert number is not None
        assert number > last
        due = begin + number / rate
        assert time.now >= due - 1e-9
        assert time.now - due <= 1 / rate + 1e-9
        last = number
        time.now += seconds


def test_an_unhurried_reader_gets_every_number_evenly_spaced() -> None:
    time = FakeTime()
    ticker = Ticker(30, time.pace())
    times = []
    for number in range(60):
        assert ticker.tick() == number
        times.append(ticker.now())
    assert times == pytest.approx([100 + i / 30 for i in range(60)])


def test_a_reader_is_never_kept_longer_than_the_limit() -> None:
    time = FakeTime()
    ticker = Ticker(0.5, time.pace())
    answers = [ticker.tick() for _ in range(6)]
    assert max(time.slept) <= LONGEST_WAIT_S
    assert answers[0] == 0
    assert [answer for answer in answers if answer is not None] == [0, 1]


def test_waiting_tells_whether_the_moment_has_come() -> None:
    time = FakeTime()
    pace = time.pace()
    pace.start(5.0)
    assert pace.until(5.2) == pytest.approx(0.2)
    assert not pace.wait(6.0)
    assert pace.wait(5.0 + LONGEST_WAIT_S + 0.1)
    assert pace.wait(1.0)
