from __future__ import annotations

import numpy as np
import pytest

from controls.control import Pixels
from controls.temporal import TemporalFilter


def still(sigma: float, count: int, level: float = 120.0) -> list[Pixels]:
    random = np.random.default_rng(0)
    return [np.clip(level + random.normal(0, sigma, (96, 128)), 0, 255).astype(np.uint8) for _ in range(count)]


@pytest.mark.parametrize("smoothing", [0.3, 0.7, 1.0])
def test_a_still_picture_loses_the_noise_a_recursive_filter_takes(smoothing: float) -> None:
    """A first-order low-pass with rate a leaves sqrt(a / (2 - a)) of white noise."""
    frames = TemporalFilter()
    results = [frames.filtered(picture, smoothing)[0] for picture in still(4, 60)]
    rate = 1 - 0.9 * smoothing
    expected = 4 * np.sqrt(rate / (2 - rate))
    assert float(results[-1].std()) == pytest.approx(expected, rel=0.15)
    assert float(results[-1].mean()) == pytest.approx(np.mean(still(4, 1)), abs=0.5)


def test_it_knows_how_noisy_a_camera_is() -> None:
    noise = []
    for sigma in (0, 2, 5):
        frames = TemporalFilter()
        for picture in still(sigma, 20):
            frames.filtered(picture, 0.7)
        noise.append(frames.noise)
    assert noise[0] == 0
    assert noise == sorted(noise)
    assert noise[-1] == pytest.approx(0.8 * 5, rel=0.3)  # mean absolute deviation of a normal distribution


def test_what_moves_passes_unchanged_and_what_stands_still_is_told_apart() -> None:
    frames = TemporalFilter()
    for picture in still(3, 10):
        frames.filtered(picture, 1.0)
    moved = still(3, 1)[0].copy()
    moved[30:60, 40:80] = still(3, 1, level=200)[0][30:60, 40:80]
    result, unmoved = frames.filtered(moved, 1.0)
    assert unmoved is not None
    np.testing.assert_array_equal(result[32:58, 42:78], moved[32:58, 42:78])
    assert not unmoved[32:58, 42:78].any()
    outside = np.ones(moved.shape, bool)
    outside[20:70, 30:90] = False
    assert unmoved[outside].mean() > 0.99


@pytest.mark.parametrize(("height", "speed", "noise"), [(40.0, 1.0, 0.0), (60.0, 1.3, 0.0), (60.0, 1.3, 3.0)])
def test_a_soft_picture_that_pans_slowly_is_not_late(height: float, speed: float, noise: float) -> None:
    """It changes by a few levels all over, as noise does, but not from pixel to pixel."""
    random, frames, length = np.random.default_rng(0), TemporalFilter(), 64.0
    y, x = np.mgrid[:96, :192]
    behind = []
    for number in range(40):
        soft = 128 + height * np.sin(2 * np.pi * (x - speed * number) / length + y / 40)
        picture = np.clip(soft + random.normal(0, noise, soft.shape), 0, 255).astype(np.uint8)
        result, _ = frames.filtered(picture, 1.0)
        wave = np.exp(-2j * np.pi * x / length)
        ours, theirs = ((image * wave).mean(axis=1) for image in (result, picture))
        behind.append(float(np.angle((ours * theirs.conj()).sum())) * length / (2 * np.pi) / speed)
    assert np.mean(behind[20:]) < 0.5, "pictures"


def test_light_that_flickers_is_no_motion() -> None:
    """As that of lamps before a camera: all of the picture, a few levels brighter and darker again."""
    frames = TemporalFilter()
    for number, picture in enumerate(still(1, 40)):
        result, unmoved = frames.filtered(picture + np.uint8(8 * (number % 2)), 1.0)
    assert unmoved is not None
    assert unmoved.mean() > 0.99
    assert float(result.mean()) == pytest.approx(np.mean(still(1, 1)) + 4, abs=1.0), "held between the two"


def test_more_slack_holds_what_changes_coarsely() -> None:
    """Blocks that compression renews, one here and one there."""
    random = np.random.default_rng(1)
    held = []
    for slack in (1.5, 3.0):
        frames, shares = TemporalFilter(slack), []
        for picture in still(0, 30):
            changed = picture.copy()
            for row, column in random.integers(0, 10, (6, 2)):
                changed[8 * row : 8 * row + 8, 8 * column : 8 * column + 8] += 3
            _, unmoved = frames.filtered(changed, 1.0)
            shares.append(1.0 if unmoved is None else float(unmoved.mean()))
        held.append(np.mean(shares))
    assert held[0] < 0.95 < 0.98 < held[1]


def test_the_first_picture_and_a_new_size_pass_unchanged() -> None:
    frames = TemporalFilter()
    first = still(5, 1)[0]
    for picture in (first, first[:50, :33].copy(), np.zeros((1, 1), np.uint8)):
        result, unmoved = frames.filtered(picture, 1.0)
        assert unmoved is None
        np.testing.assert_array_equal(result, picture)
