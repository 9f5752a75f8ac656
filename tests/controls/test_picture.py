from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from controls.picture import as_rgb, resized, within

RGB = np.random.default_rng(0).integers(0, 256, (12, 20, 3), np.uint8)
GRAY = RGB[:, :, 0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (RGB, RGB),
        (RGB[:, ::-1], RGB[:, ::-1]),
        (GRAY, np.dstack([GRAY] * 3)),
        (GRAY[:, :, None], np.dstack([GRAY] * 3)),
        (np.dstack([RGB, GRAY]), RGB),
        (RGB.astype(np.float32) + 0.25, RGB),
        (RGB.astype(np.int32) * 1000, np.where(RGB > 0, 255, 0)),
        (np.full((4, 4, 3), np.nan), np.zeros((4, 4, 3))),
        (GRAY > 127, np.dstack([GRAY > 127] * 3)),
        (np.zeros((0, 7, 3), np.uint8), np.zeros((1, 1, 3))),
        (np.zeros((0, 0), np.uint8), np.zeros((1, 1, 3))),
    ],
    ids=["rgb", "mirrored", "gray", "one channel", "rgba", "float", "overflow", "nan", "bool", "no rows", "nothing"],
)
def test_whatever_is_a_picture_becomes_rgb(given: NDArray[Any], expected: NDArray[Any]) -> None:
    result = as_rgb(given)
    assert result.dtype == np.uint8
    assert result.flags.c_contiguous
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("shape", [(), (5,), (4, 4, 2), (4, 4, 5), (2, 4, 4, 3)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        as_rgb(np.zeros(shape, np.uint8))


@given(st.integers(1, 80), st.integers(1, 80), st.integers(1, 80), st.integers(1, 80))
def test_resized_has_the_size_asked_for_and_keeps_one_colour(w: int, h: int, width: int, height: int) -> None:
    picture = np.full((h, w, 3), (200, 30, 90), np.uint8)
    np.testing.assert_array_equal(resized(picture, width, height), np.full((height, width, 3), (200, 30, 90)))


@pytest.mark.parametrize("size", [(320, 180), (213, 120), (300, 180), (170, 96), (640, 100)])
def test_shrinking_in_two_steps_is_area_averaging(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (360, 640, 3), np.uint8)
    picture = np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.uint8)
    expected = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    assert np.abs(resized(picture, *size).astype(int) - expected).max() <= 3


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 2000))
def test_within_keeps_the_aspect_and_never_enlarges(w: int, h: int, longest: int) -> None:
    picture = np.broadcast_to(np.uint8(0), (h, w, 3))
    width, height = within(picture, longest)
    assert 1 <= width <= w
    assert 1 <= height <= h
    assert max(width, height) == min(longest, max(w, h))
    scale = max(width, height) / max(w, h)
    assert abs(width - max(1, w * scale)) <= 0.5
    assert abs(height - max(1, h * scale)) <= 0.5
