"""The output clock under a clock of our own: pace, flushes, treatments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.frame import Frame, Pixels, Program
from app.look import Look, Treatment
from app.playout import Playout
from engine.params import Params

LIVE = Look()
SLATE = np.full((4, 6, 3), 7, np.uint8)


def picture(number: int) -> Pixels:
    return np.full((4, 6, 3), number % 256, np.uint8)


def no_camera() -> Frame | None:
    return None


def watch(
    playout: Playout, start: float, end: float, look: Look = LIVE, step: float = 0.001
) -> list[tuple[float, int]]:
    """(time, value) of every different engine picture shown meanwhile, asked a thousand times a second."""
    seen: list[tuple[float, int]] = []
    for tick in range(round((end - start) / step)):
        now = start + tick * step
        program = playout.program(look, no_camera, now)
        value = int(program.rgb[0, 0, 0])
        if program.kind == "engine" and (not seen or seen[-1][1] != value):
            seen.append((now, value))
    return seen


def test_a_chunk_is_spread_evenly_over_the_time_to_the_next() -> None:
    playout, seen, number = Playout(SLATE), list[tuple[float, int]](), 0
    for chunk in range(20):
        now = 0.2 * chunk
        playout.put([picture(number + i) for i in range(4)], [now + 0.05 * i for i in range(4)], 0, now)
        number += 4
        seen += watch(playout, now, now + 0.2)
    assert [value for _, value in seen] == list(range(80)), "every picture is shown once, in order"
    gaps = np.diff([time for time, _ in seen[20:]])
    assert np.allclose(gaps, 0.05, atol=0.002)


@pytest.mark.parametrize("slower", [0.6, 2.0])
def test_a_pace_that_changes_for_good_is_learned(slower: float) -> None:
    """More steps or a larger picture: the chunk takes its time, and its pictures are spread over all of it again."""
    playout, now, number, seen = Playout(SLATE), 0.0, 0, list[tuple[float, int]]()
    for period in [0.1] * 5 + [slower] * 25:
        playout.put([picture(number + i) for i in range(4)], [now + 0.025 * i for i in range(4)], 0, now)
        seen += watch(playout, now, now + period, step=0.005)
        now, number = now + period, number + 4
    gaps = np.diff([time for time, _ in seen[-12:]])
    assert gaps.min() > 0.8 * slower / 4
    assert gaps.max() < 1.2 * slower / 4


@given(st.lists(st.floats(0.12, 0.3), min_size=5, max_size=15))
def test_jitter_loses_no_picture_and_adds_no_lasting_delay(periods: list[float]) -> None:
    playout, now, number, seen = Playout(SLATE), 0.0, 0, list[tuple[float, int]]()
    for period in periods:
        playout.put([picture(number + i) for i in range(4)], [now + 0.05 * i for i in range(4)], 0, now)
        seen += watch(playout, now, now + period)
        now, number = now + period, number + 4
    seen += watch(playout, now, now + 0.6)
    values = [value for index, (_, value) in enumerate(seen) if index == 0 or seen[index - 1][1] != value]
    assert values == list(range(number))
    assert playout.skipped == 0
    assert seen[-1][0] <= now + 0.3, "after one more period nothing is left in the queue"


def test_a_single_picture_is_shown_at_once() -> None:
    """A chunk of one: the playout adds no delay."""
    playout = Playout(SLATE)
    for number in range(30):
        playout.put([picture(number)], [0.0], 0, number / 30)
        assert int(playout.program(LIVE, no_camera, number / 30).rgb[0, 0, 0]) == number


def test_a_late_engine_leaves_the_last_picture_standing() -> None:
    playout = Playout(SLATE)
    playout.put([picture(1)], [0.0], 0, 0.0)
    first = playout.program(LIVE, no_camera, 0.0)
    assert all(playout.program(LIVE, no_camera, later) is first for later in (0.5, 10.0, 3600.0))


def test_a_cut_flushes_what_was_painted_before_it() -> None:
    playout = Playout(SLATE)
    playout.put([picture(1)], [0.0], 0, 0.0)
    playout.program(LIVE, no_camera, 0.0)
    playout.put([picture(i) for i in (2, 3, 4, 5)], [0.0] * 4, 0, 0.2)
    cut = replace(LIVE, params=Params(cut=1))
    assert watch(playout, 0.2, 2.0, cut) == [(0.2, 1)], "the picture on air stays, nothing old follows"
    playout.put([picture(9)], [2.0], 1, 2.0)
    assert int(playout.program(cut, no_camera, 2.0).rgb[0, 0, 0]) == 9


def test_before_the_first_chunk_the_camera_or_a_slate_is_shown() -> None:
    playout = Playout(SLATE)
    assert playout.program(LIVE, no_camera, 0.0).rgb is SLATE
    camera = Frame(picture(50), 1.0)
    shown = playout.program(LIVE, lambda: camera, 1.0)
    assert (shown.kind, shown.captured) == ("bypass", 1.0)
    playout.put([picture(2)], [1.0], 0, 1.5)
    assert playout.program(LIVE, lambda: camera, 1.5).kind == "engine"


@pytest.mark.parametrize(
    ("treatment", "kind", "value"), [("blackout", "black", 0), ("freeze", "engine", 1), ("bypass", "bypass", 50)]
)
def test_treatments(treatment: Treatment, kind: str, value: int) -> None:
    playout, camera = Playout(SLATE), Frame(picture(50), 1.0)
    playout.put([picture(1)], [0.0], 0, 0.0)
    before = playout.program(LIVE, lambda: camera, 0.0)
    treated = replace(LIVE, treatment=treatment)
    assert _seen(playout.program(treated, lambda: camera, 0.1)) == (kind, value)
    playout.put([picture(2)], [0.2], 0, 0.2)
    later = playout.program(treated, lambda: camera, 0.2)
    assert _seen(later) == (kind, value), "the engine plays on behind it"
    assert later.rgb.shape == before.rgb.shape
    assert _seen(playout.program(LIVE, lambda: camera, 0.3)) == ("engine", 2), "and is back at once"


def test_a_freeze_after_a_blackout_holds_the_engines_last_picture() -> None:
    """Frozen black would be told apart from a blackout by nobody in front of the stage."""
    playout = Playout(SLATE)
    playout.put([picture(1)], [0.0], 0, 0.0)
    playout.program(LIVE, no_camera, 0.0)
    playout.program(replace(LIVE, treatment="blackout"), no_camera, 0.1)
    playout.put([picture(2)], [0.2], 0, 0.2)
    frozen = replace(LIVE, treatment="freeze")
    assert _seen(playout.program(frozen, no_camera, 0.2)) == ("engine", 2)
    playout.put([picture(3)], [0.4], 0, 0.4)
    assert _seen(playout.program(frozen, no_camera, 0.4)) == ("engine", 2)


def test_numbers_tell_new_pictures_from_repeats() -> None:
    playout = Playout(SLATE)
    numbers = []
    for number in (1, 2, 3):
        playout.put([picture(number)], [0.0], 0, float(number))
        numbers += [playout.program(LIVE, no_camera, number + extra).number for extra in (0.0, 0.5)]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == 3


def _seen(program: Program) -> tuple[str, int]:
    return program.kind, int(program.rgb[0, 0, 0])
