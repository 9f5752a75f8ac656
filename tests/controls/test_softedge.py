"""Soft outlines: where they are, what is no outline, and that they hold still."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controls.control import Pixels, Values
from controls.softedge import SETTINGS, SoftEdge

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
WIDTH, HEIGHT = 320, 192


def lines(control: SoftEdge, picture: Pixels, **changed: float) -> Pixels:
    """One channel of the guide at the picture's own size."""
    height, width = picture.shape[:2]
    values: Values = DEFAULTS | changed
    return control.guide(picture, width, height, 0.0, values)[:, :, 0]


def disc(x: float = 160.0, color: tuple[int, int, int] = (200, 160, 90)) -> Pixels:
    picture = np.full((HEIGHT, WIDTH, 3), (70, 80, 110), np.uint8)
    cv2.circle(picture, (round(16 * x), 16 * 96), 16 * 50, color, -1, cv2.LINE_AA, 4)
    return picture


def noisy(picture: Pixels, sigma: float, seed: int) -> Pixels:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


def grass(picture: Pixels) -> Pixels:
    """``picture`` with strong fine texture left of its middle."""
    random = np.random.default_rng(7).normal(0, 30, (HEIGHT // 2, WIDTH // 4)).astype(np.float32)
    blades = np.asarray(cv2.resize(random, (WIDTH // 2, HEIGHT)), np.float32)
    result = picture.astype(np.float32)
    result[:, : WIDTH // 2] += blades[:, :, None]
    return np.asarray(result.clip(0, 255), np.uint8)


def away_from_outline(x: float = 160.0) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """How far each pixel is from the disc's border, below 0 inside."""
    y, at = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray(np.hypot(at - x, y - 96) - 50)


def test_an_outline_is_bright_where_it_is_and_fades_to_its_sides() -> None:
    found, away = lines(SoftEdge(), disc()), np.abs(away_from_outline())
    means = [float(found[(away >= low) & (away < low + 1)].mean()) for low in range(8)]
    assert means[0] > 180
    assert means == sorted(means, reverse=True), "softly"
    assert 20 < means[2] < 0.8 * means[0]
    assert means[7] < 5
    assert not found[away > 15].any()


def test_it_is_gray_on_black() -> None:
    guide = SoftEdge().guide(disc(), 640, 384, 0.0, DEFAULTS)
    assert guide.shape == (384, 640, 3)
    assert (guide == guide[:, :, :1]).all()
    assert len(np.unique(guide)) > 50


def test_colours_that_are_equally_bright_have_an_outline() -> None:
    picture = disc(color=(120, 60, 70))
    assert np.ptp(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)) <= 3
    assert lines(SoftEdge(), picture)[np.abs(away_from_outline()) < 1].mean() > 100


def test_texture_is_no_outline() -> None:
    picture = grass(disc())
    away = np.abs(away_from_outline())
    on, beside = away < 1.5, (away > 12) & (np.mgrid[:HEIGHT, :WIDTH][1] < 140)
    found = {texture: lines(SoftEdge(), picture, texture=texture) for texture in (0.0, 0.3, 1.0)}
    assert found[0.3][on].mean() > 4 * found[0.3][beside].mean()
    levels = [float(found[texture][beside].mean()) for texture in (0.0, 0.3, 1.0)]
    assert levels == sorted(levels)
    assert levels[2] > 2 * levels[0]


def test_softness_widens_and_detail_brightens() -> None:
    pale = disc(color=(80, 90, 118))
    strong = np.abs(away_from_outline()) < 1
    picture = np.hstack([disc(), pale])
    faint = [float(lines(SoftEdge(), picture, detail=detail)[:, WIDTH:][strong].mean()) for detail in (0.0, 0.5, 1.0)]
    assert faint[0] < faint[1] < faint[2]
    covered = [int(np.count_nonzero(lines(SoftEdge(), disc(), softness=s) > 40)) for s in (0.0, 0.5, 1.0)]
    assert covered[0] < covered[1] < covered[2]


def test_noise_alone_draws_nothing() -> None:
    wall = np.full((HEIGHT, WIDTH, 3), 110, np.uint8)
    assert not lines(SoftEdge(), wall).any()
    for sigma in (2.0, 5.0):
        control = SoftEdge()
        for seed in range(8):
            found = lines(control, noisy(wall, sigma, seed))
        assert found.mean() < 4


@pytest.mark.parametrize("sigma", [3.0, 8.0])
def test_smoothing_takes_away_most_flicker_of_a_still_noisy_camera(sigma: float) -> None:
    def flicker(smoothing: float) -> float:
        control = SoftEdge()
        found = [lines(control, noisy(grass(disc()), sigma, seed), smoothing=smoothing) for seed in range(20)][8:]
        return float(np.mean([cv2.absdiff(a, b).mean() for a, b in pairwise(found)]))

    raw = flicker(0.0)
    assert raw > 0.3
    assert flicker(0.7) < 0.4 * raw


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_a_moving_outline_lags_by_one_picture_at_most(speed: float) -> None:
    control = SoftEdge()
    for number in range(30):
        x = 80 + speed * max(0, number - 10)
        found = lines(control, noisy(disc(x), 3, number)).astype(float)
        if number > 10:
            row = found[90:102, : round(x)].mean(axis=0)
            row[row < 60] = 0
            middle = float((row * np.arange(len(row))).sum() / row.sum())
            assert x - 50 - speed - 1 <= middle <= x - 50 + 1
            assert found[90:102, : max(1, round(x - 50 - speed - 8))].mean() < 5, "nothing is left behind"


def test_reset_forgets_the_past() -> None:
    control = SoftEdge()
    for seed in range(5):
        lines(control, noisy(disc(), 6, seed))
    control.reset()
    picture = grass(disc(100))
    np.testing.assert_array_equal(lines(control, picture), lines(SoftEdge(), picture))


def test_its_scale_does_not_pump() -> None:
    """A bright thing that comes into the picture dims the other lines little by little."""
    control = SoftEdge()
    pale = disc(color=(100, 108, 130))
    bright = pale.copy()
    bright[20:60, 10:60] = np.kron(np.indices((4, 5)).sum(axis=0) % 2, np.ones((10, 10)))[:, :, None] * 255
    on = np.abs(away_from_outline()) < 1
    for _ in range(10):
        before = float(lines(control, pale)[on].mean())
    levels = [float(lines(control, bright)[on].mean()) for _ in range(40)]
    assert before - levels[0] < 0.2 * (before - levels[-1]) + 2
    assert levels[-1] < before


@settings(max_examples=20)
@given(st.lists(st.tuples(*[st.integers(1, 90)] * 4), min_size=2, max_size=4))
def test_any_size_may_follow_any_other(sizes: list[tuple[int, int, int, int]]) -> None:
    control = SoftEdge()
    for number, (w, h, width, height) in enumerate(sizes):
        picture = np.random.default_rng(number).integers(0, 256, (h, w, 3), np.uint8)
        guide = control.guide(picture, width, height, float(number), DEFAULTS)
        assert guide.shape == (height, width, 3)
        assert guide.dtype == np.uint8
