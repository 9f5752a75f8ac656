"""Stillness, drift and steps with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.starter.steadiness import change, flicker, largest_deviation, largest_step, still_pixels
from controls.control import Pixels


def greys(*levels: int) -> Pixels:
    return np.stack([np.full((96, 160, 3), level, np.uint8) for level in levels])


def test_change_is_the_mean_step_from_picture_to_picture() -> None:
    assert change(greys(10, 20, 10)) == 10
    assert change(greys(10, 10)) == 0


def test_change_looks_only_where_it_is_told_to() -> None:
    pictures = greys(10, 10)
    pictures[1, :, :80] = 50
    left = np.zeros((96, 160), np.bool_)
    left[:, :80] = True
    assert change(pictures, left) == 40
    assert change(pictures, ~left) == 0


def test_flicker_is_the_output_s_change_over_the_guide_s() -> None:
    assert flicker(greys(0, 6, 0), greys(0, 4, 0)) == 1.5
    assert flicker(greys(5, 5, 5), greys(0, 4, 0)) == 0


def test_a_guide_that_stands_still_counts_as_a_quarter_of_a_level() -> None:
    assert flicker(greys(0, 1, 0), greys(9, 9, 9)) == 4


def test_still_pixels_keep_away_from_what_moves() -> None:
    rng = np.random.default_rng(0)
    scene = rng.integers(40, 200, (96, 160, 3))
    pictures = (scene + rng.normal(0, 2, (6, 96, 160, 3))).clip(0, 255).astype(np.uint8)
    for number, picture in enumerate(pictures):
        picture[40:56, 20 + 4 * number : 36 + 4 * number] = 255
    still = still_pixels(pictures)
    assert still[:, 100:].mean() > 0.98
    assert not still[36:60, 16:60].any()


def test_the_largest_deviation_is_a_share_of_the_first_window() -> None:
    assert largest_deviation([100, 104, 97, 92]) == pytest.approx(0.08)
    assert largest_deviation([100]) == 0


def test_even_steps_are_a_tenth_of_the_way_and_a_jump_is_all_of_it() -> None:
    even = [greys(level) for level in range(0, 110, 10)]
    jump = [greys(0)] * 5 + [greys(100)] * 6
    assert largest_step(even) == pytest.approx(0.1)
    assert largest_step(jump) == 1
    assert largest_step([greys(3), greys(3)]) == float("inf")
