"""The tempo and the taps that make it, under a clock of our own."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.look import Setup, from_json, to_json
from app.tempo import FASTEST, SLOWEST, Taps, Tempo

PACES = st.floats(SLOWEST, FASTEST)
MOMENTS = st.floats(-1e5, 1e5)


def tapped(taps: Taps, *moments: float) -> Tempo | None:
    """What the last of these taps made."""
    return [taps.tap(moment) for moment in moments][-1]


@pytest.mark.parametrize("pace", [20.0, 61.5, 120.0, 174.0, 300.0])
def test_even_taps_give_their_tempo_and_the_first_is_beat_one(pace: float) -> None:
    taps, beat_s = Taps(), 60 / pace
    assert taps.tap(1000.0) is None, "one tap is no tempo"
    for number in range(1, 14):
        tempo = taps.tap(1000.0 + number * beat_s)
        assert tempo is not None
        assert tempo.beats_per_minute == pytest.approx(pace, abs=0.01)
        assert tempo.beat(1000.0 + number * beat_s + 0.01)[0] == number % 4 + 1


def test_uneven_taps_are_evened_out() -> None:
    taps = Taps()
    late = (0.0, 0.02, -0.015, 0.01, -0.02, 0.005, 0.0, 0.01)
    tempo = tapped(taps, *(10 + 0.5 * number + off for number, off in enumerate(late)))
    assert tempo is not None
    assert tempo.beats_per_minute == pytest.approx(120, abs=1.0)


def test_a_pause_begins_a_new_row() -> None:
    taps = Taps()
    tapped(taps, 0.0, 0.5, 1.0)
    assert taps.tap(10.0) is None
    tempo = taps.tap(11.0)
    assert tempo is not None
    assert tempo.beats_per_minute == pytest.approx(60)
    assert tempo.beat(10.01)[0] == 1


def test_another_tempo_is_taken_up_at_its_second_tap() -> None:
    taps = Taps()
    tapped(taps, 0.0, 0.5, 1.0, 1.5)
    tempo = tapped(taps, 2.5, 3.5)
    assert tempo is not None
    assert tempo.beats_per_minute == pytest.approx(60)


def test_a_bouncing_key_counts_once() -> None:
    taps = Taps()
    assert tapped(taps, 0.0, 0.02) is None
    tempo = tapped(taps, 0.5, 0.53, 1.0)
    assert tempo is not None
    assert tempo.beats_per_minute == pytest.approx(120)


def test_the_range_is_kept_however_fast_a_hand_is() -> None:
    tempo = tapped(Taps(), 0.0, 0.12, 0.24, 0.36)
    assert tempo is not None
    assert tempo.beats_per_minute == FASTEST
    assert tempo.beat(0.37)[0] == 4


@given(PACES, MOMENTS, MOMENTS)
def test_a_beat_is_one_to_four_at_any_time(pace: float, origin: float, now: float) -> None:
    number, gone = Tempo(pace, origin).beat(now)
    assert number in (1, 2, 3, 4)
    assert 0 <= gone <= 1


@given(PACES, PACES, st.floats(0, 1e4))
def test_another_pace_does_not_tear_the_beat(before: float, after: float, now: float) -> None:
    old = Tempo(before, 3.25)
    new = old.at_pace(after, now)
    assert new.beats_per_minute == after
    # Measured round the bar: a rounding at its end may fall on either side.
    places = [(number - 1 + gone) / 4 for number, gone in (old.beat(now), new.beat(now))]
    assert math.cos(2 * math.pi * (places[0] - places[1])) == pytest.approx(1, abs=1e-6)


def test_beat_now_and_nudges() -> None:
    tempo = Tempo(120.0, 0.0)
    assert tempo.beat(0.6) == pytest.approx((2, 0.2))
    assert tempo.from_now(0.6).beat(0.6) == (1, 0.0)
    assert tempo.nudged(0.25).beat(0.6) == pytest.approx((2, 0.45)), "a beat earlier by a quarter"
    assert tempo.nudged(-0.25).beat(0.6) == pytest.approx((1, 0.95))


@pytest.mark.parametrize("pace", [19.9, 300.1, math.nan, -120.0])
def test_a_tempo_out_of_range_is_refused_in_words(pace: float) -> None:
    with pytest.raises(ValueError, match="expected 20 to 300"):
        Tempo(pace)
    with pytest.raises(ValueError, match="expected 20 to 300"):
        Tempo().at_pace(pace, 0.0)


def test_it_is_kept_in_the_setup() -> None:
    setup = Setup(tempo=Tempo(93.5, 12.0))
    assert from_json(Setup, to_json(setup)) == setup
    assert from_json(Setup, {"tempo": {"beats_per_minute": 9000}}).tempo == Tempo(), "an old file keeps opening"


@given(pace=PACES, origin=st.floats(-100, 100), now=st.floats(-1000, 1000), beats=st.integers(1, 64))
def test_a_stretch_of_beats_lasts_until_the_next_begins(pace: float, origin: float, now: float, beats: int) -> None:
    tempo = Tempo(pace, origin)
    number, seconds = tempo.stretch(now, beats)
    assert -1e-9 <= seconds <= beats * tempo.beat_s + 1e-6
    assert tempo.stretch(now + seconds + 1e-6, beats)[0] == number + 1
    assert now + seconds == pytest.approx(origin + (number + 1) * beats * 60 / pace, abs=1e-6)
