"""Noise and grids with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.starter.fidelity import blockiness, psnr


def test_psnr_of_a_constant_error_is_that_of_the_formula() -> None:
    source = np.full((2, 16, 16, 3), 100, np.uint8)
    assert psnr(source + 10, source) == pytest.approx(20 * np.log10(25.5), abs=1e-4)
    assert psnr(source, source) == float("inf")


def test_psnr_looks_only_where_it_is_told_to() -> None:
    source = np.full((1, 16, 16, 3), 100, np.uint8)
    output = source.copy()
    output[:, :, 8:] = 255
    left = np.zeros((1, 16, 16), np.bool_)
    left[:, :, :8] = True
    assert psnr(output, source, left) == float("inf")
    assert psnr(output, source, ~left) == pytest.approx(20 * np.log10(255 / 155), abs=1e-4)
    assert np.isnan(psnr(output, source, np.zeros_like(left)))


def test_a_picture_without_grid_has_a_blockiness_of_one() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (4, 128, 128, 3)).astype(np.uint8)
    assert blockiness(noise) == pytest.approx(1.0, abs=0.03)


def test_blocks_of_eight_show_and_others_do_not() -> None:
    rng = np.random.default_rng(0)
    soft = rng.integers(100, 104, (2, 128, 128, 3)).astype(np.uint8)
    eights = rng.integers(0, 100, (2, 16, 16, 3)).astype(np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    assert blockiness(soft + eights) > 5
    assert blockiness(soft + np.roll(eights, (4, 4), axis=(1, 2))) < 1
