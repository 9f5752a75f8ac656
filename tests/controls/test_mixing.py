"""Mixing: what counts where, and how parts join."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controls.control import MIXES, Mix, Pixels
from controls.mixing import Layer, mixed, turned

WIDTH, HEIGHT = 9, 7

seeds = st.integers(0, 2**32 - 1)
papers = st.sampled_from((0, 255))
mixes = st.sampled_from(MIXES)
few = settings(max_examples=25)


def drawing(seed: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def region(seed: int, hard: bool) -> Pixels:
    inside = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH), np.uint8)
    return np.where(inside > 127, 255, 0).astype(np.uint8) if hard else inside


def guide(*layers: Layer) -> Pixels:
    return mixed(list(layers), WIDTH, HEIGHT)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_turning_twice_is_not_turning(red: int, green: int, blue: int) -> None:
    part = np.array([[(red, green, blue)]], np.uint8)
    once = turned(part)
    extremes = once[0, 0].astype(int)
    assert (extremes.max(), extremes.min()) == (255 - min(red, green, blue), 255 - max(red, green, blue))
    assert (np.diff(extremes) == np.diff(part[0, 0].astype(int))).all()
    np.testing.assert_array_equal(turned(once), part)


@few
@given(seeds, papers, mixes)
def test_weight_0_and_a_region_that_is_nowhere_change_nothing(seed: int, paper: int, mix: Mix) -> None:
    below = Layer(drawing(seed), 0.8, paper)
    without = guide(below)
    nowhere = np.zeros((HEIGHT, WIDTH), np.uint8)
    for layer in (
        Layer(drawing(seed + 1), 0.0, paper, mix),
        Layer(drawing(seed + 1), 1.0, paper, mix, nowhere),
        Layer(drawing(seed + 1), 0.0, paper, mix, region(seed + 2, hard=False)),
    ):
        np.testing.assert_array_equal(guide(below, layer), without)


@few
@given(seeds, papers, mixes, st.floats(0, 1))
def test_a_region_and_what_is_outside_of_it_are_all(seed: int, paper: int, mix: Mix, weight: float) -> None:
    part, inside = drawing(seed), region(seed + 1, hard=True)
    whole = guide(Layer(part, weight, paper))
    both = guide(Layer(part, weight, paper, region=inside), Layer(part, weight, paper, mix, 255 - inside))
    np.testing.assert_array_equal(both, whole)


@few
@given(seeds)
def test_soft_regions_share_what_they_share(seed: int) -> None:
    part, inside = drawing(seed), region(seed + 1, hard=False)
    both = guide(Layer(part, region=inside), Layer(part, mix="add", region=255 - inside))
    np.testing.assert_allclose(both.astype(int), part.astype(int), atol=1)


@few
@given(seeds, papers, st.floats(0, 1))
def test_outside_its_region_a_part_is_paper(seed: int, paper: int, weight: float) -> None:
    inside = region(seed + 1, hard=True)
    shown = guide(Layer(drawing(seed), weight, paper, region=inside))
    everywhere = guide(Layer(drawing(seed), weight, paper, region=np.full((HEIGHT, WIDTH), 255, np.uint8)))
    assert (shown[inside == 0] == paper).all()
    np.testing.assert_array_equal(shown[inside == 255], everywhere[inside == 255])
    np.testing.assert_array_equal(everywhere, guide(Layer(drawing(seed), weight, paper)))


@pytest.mark.parametrize("mix", MIXES)
def test_parts_join_as_the_mix_says(mix: Mix) -> None:
    a, b = drawing(1), drawing(2)
    below, part = a.astype(float), b.astype(float)
    expected = {
        "max": np.maximum(below, part),
        "add": np.minimum(below + part, 255),
        "screen": 255 - (255 - below) * (255 - part) / 255,
    }
    np.testing.assert_allclose(guide(Layer(a), Layer(b, mix=mix)), expected[mix], atol=1)


@few
@given(seeds, mixes, mixes)
def test_on_white_alone_all_is_as_on_black_turned_about(seed: int, second: Mix, third: Mix) -> None:
    parts = [drawing(seed + number) for number in range(3)]
    white = [Layer(part, 0.7, 255, mix) for part, mix in zip(parts, ("max", second, third), strict=True)]
    black = [Layer(turned(part), 0.7, 0, mix) for part, mix in zip(parts, ("max", second, third), strict=True)]
    np.testing.assert_array_equal(guide(*white), turned(guide(*black)))


def test_the_order_of_the_list_is_the_order_of_joining() -> None:
    gray, light = (np.full((HEIGHT, WIDTH, 3), level, np.uint8) for level in (100, 200))
    third = Layer(np.full((HEIGHT, WIDTH, 3), 50, np.uint8), mix="add")
    assert (guide(Layer(gray), Layer(light, mix="max"), third) == 250).all()
    assert (guide(Layer(gray), third, Layer(light, mix="max")) == 200).all()
