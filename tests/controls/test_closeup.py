from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.closeup import CloseUp

HEIGHT, WIDTH = 90, 160
finite = st.floats(-2.0, 2.0)


@given(finite, finite, st.floats(0.0, 3.0), finite, finite)
def test_what_is_placed_is_found_again(x: float, y: float, side: float, up_x: float, up_y: float) -> None:
    closeup = CloseUp(np.array([x, y]), side, np.array([up_x, up_y]))
    points = np.array([(0.5, 0.5), (0.0, 0.0), (1.0, 0.0), (0.3, 0.8)])
    placed = closeup.place(points)
    np.testing.assert_allclose(placed[0], (x, y))
    np.testing.assert_allclose(closeup.unplace(placed), points, atol=1e-9)
    assert closeup.cut(np.zeros((4, 6, 3), np.uint8), 8).shape == (8, 8, 3)


def test_up_is_up_and_right_is_right_of_it() -> None:
    closeup = CloseUp(np.array([1.0, 1.0]), 0.5, np.array([3.0, 0.0]))
    above, right = closeup.place(np.array([(0.5, 0.0), (1.0, 0.5)]))
    np.testing.assert_allclose(above, (1.25, 1.0))
    np.testing.assert_allclose(right, (1.0, 1.25))


@pytest.mark.parametrize("up", [(0.0, -1.0), (1.0, 0.0), (0.6, 0.9)])
def test_each_pixel_shows_the_place_that_it_stands_for(up: tuple[float, float]) -> None:
    """In a picture whose colours say where they are; 0 outside."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    picture = np.stack([x + 60, y + 60, np.full_like(x, 255)], axis=2).astype(np.uint8)
    closeup, pixels = CloseUp(np.array([0.4, 0.5]), 1.1, np.array(up)), 40
    cut = closeup.cut(picture, pixels).astype(float)
    row, column = np.mgrid[:pixels, :pixels]
    places = closeup.place((np.stack([column, row], axis=-1).reshape(-1, 2) + 0.5) / pixels) * HEIGHT - 0.5
    shown = cut.reshape(-1, 3)
    inside = ((places > 0) & (places < (WIDTH - 1, HEIGHT - 1))).all(axis=1)
    outside = ((places < -1) | (places > (WIDTH, HEIGHT))).any(axis=1)
    assert 400 < inside.sum() < 1600 - outside.sum()
    assert outside.any()
    np.testing.assert_allclose(shown[inside, :2] - 60, places[inside], atol=0.6)
    assert not shown[outside].any()
