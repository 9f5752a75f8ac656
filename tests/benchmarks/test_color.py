"""Hues and palettes with known answers."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.starter.color import chroma_and_contrast, hue_seen, nearest_color, nearest_hue, palette_distance
from controls.control import Pixels
from training.palettes import COLORS, GROUNDS


def patch(hue: float, saturation: float = 1.0, value: float = 1.0, size: int = 8) -> Pixels:
    rgb = np.round(255 * np.array(colorsys.hsv_to_rgb(hue / 360, saturation, value))).astype(np.uint8)
    return np.broadcast_to(rgb, (1, size, size, 3)).copy()


def apart(a: float, b: float) -> float:
    return abs((a - b + 180) % 360 - 180)


@given(st.floats(0, 359), st.floats(0.5, 1), st.floats(0.5, 1))
def test_the_hue_of_one_colour_is_its_own(hue: float, saturation: float, value: float) -> None:
    seen = hue_seen(patch(hue, saturation, value))
    assert seen is not None
    assert apart(seen, hue) < 2


def test_hues_meet_round_the_circle() -> None:
    seen = hue_seen(np.concatenate([patch(350), patch(10)]))
    assert seen is not None
    assert apart(seen, 0) < 1


def test_strong_colours_weigh_more_and_grey_ones_nothing() -> None:
    seen = hue_seen(np.concatenate([patch(200), patch(100, 0.2), patch(0, 0.1, 1, 8), patch(0, 0.0)]))
    assert seen is not None
    assert 180 < seen < 200
    assert hue_seen(patch(40, 0.05)) is None  # paper
    assert hue_seen(np.concatenate([patch(0), patch(180)])) is None


def test_the_hue_is_looked_for_only_where_it_is_told_to() -> None:
    picture = np.concatenate([patch(0), patch(222)], axis=2)
    right = np.zeros((1, 8, 16), np.bool_)
    right[:, :, 8:] = True
    seen = hue_seen(picture, right)
    assert seen is not None
    assert nearest_hue(seen, COLORS) == "blue"
    assert hue_seen(picture, np.zeros_like(right)) is None


@pytest.mark.parametrize("name", COLORS)
def test_each_named_hue_is_nearest_to_itself(name: str) -> None:
    assert nearest_hue(COLORS[name] + 3, COLORS) == name
    assert nearest_hue(358, {"red": 0.0, "pink": 336.0}) == "red"


@pytest.mark.parametrize("name", GROUNDS)
def test_each_ground_is_nearest_to_itself(name: str) -> None:
    ground = np.round(255 * np.array(GROUNDS[name])).astype(np.uint8)
    assert nearest_color(np.broadcast_to(ground, (2, 8, 8, 3)), GROUNDS) == name


def test_the_nearest_colour_is_that_of_the_mean_of_the_pixels_looked_at() -> None:
    halves = np.concatenate([patch(0, 0, 0), patch(0, 0, 1)], axis=2)
    greys = {"black": (0, 0, 0), "grey": (0.5, 0.5, 0.5), "white": (1, 1, 1)}
    right = np.zeros((1, 8, 16), np.bool_)
    right[:, :, 8:] = True
    assert nearest_color(halves, greys) == "grey"
    assert nearest_color(halves, greys, right) == "white"
    assert nearest_color(halves, greys, np.zeros_like(right)) is None


def test_palettes_do_not_know_where_colours_lie() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (1, 32, 32, 3)).astype(np.uint8)
    shuffled = rng.permutation(picture.reshape(-1, 3)).reshape(1, 16, 64, 3)
    assert palette_distance(picture, shuffled) == pytest.approx(0, abs=1e-3)


def test_the_distance_of_two_greys_is_half_their_difference_in_lightness() -> None:
    black, grey = np.zeros((1, 8, 8, 3), np.uint8), np.full((1, 8, 8, 3), 119, np.uint8)
    # The mean of |cos| over the half sphere is 1/2; 119 has a lightness of 50.
    assert palette_distance(black, grey) == pytest.approx(25, abs=0.5)
    assert palette_distance(black, grey) == palette_distance(grey, black)


def test_a_palette_that_is_mixed_in_comes_nearer_step_by_step() -> None:
    one, other = patch(20, size=20), patch(230, size=20)
    distances = []
    for share in (0, 5, 10, 15, 20):
        mixed = one.copy()
        mixed[:, :share] = other[:, :share]
        distances.append(palette_distance(mixed, other))
    assert distances == sorted(distances, reverse=True)
    assert distances[2] == pytest.approx(distances[0] / 2, rel=0.02)


def test_large_pictures_are_compared_by_enough_of_their_pixels() -> None:
    halves = np.concatenate([patch(20, size=300), patch(230, size=300)], axis=2)
    small = np.concatenate([patch(20), patch(230)], axis=2)
    assert palette_distance(halves, small) < 1
    assert palette_distance(halves, halves) == 0


def test_chroma_and_contrast_are_in_grey_levels() -> None:
    picture = np.concatenate([np.zeros((1, 8, 8, 3), np.uint8), np.full((1, 8, 8, 3), 200, np.uint8)], axis=2)
    assert chroma_and_contrast(picture) == pytest.approx((0, 100), abs=0.01)
    assert chroma_and_contrast(patch(0))[0] == pytest.approx(255)
