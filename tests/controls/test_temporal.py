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


def test_the_first_picture_and_a_new_size_pass_unchanged() -> None:
    frames = TemporalFilter()
    first = still(5, 1)[0]
    for picture in (first, first[:50, :33].copy(), np.zeros((1, 1), np.uint8)):
        result, unmoved = frames.filtered(picture, 1.0)
        assert unmoved is None
        np.testing.assert_array_equal(result, picture)
