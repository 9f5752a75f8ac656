"""The grid of guides: every picture is in it, whole and in its place, and it has the sides an MP4 wants."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.outputs.contact_sheet import BACKGROUND
from app.outputs.grid import Grid, columns_of


@given(st.integers(1, 14), st.integers(16, 90), st.integers(16, 90))
def test_every_picture_is_whole_and_in_reading_order(count: int, width: int, height: int) -> None:
    names = [f"control {number}" for number in range(count)]
    grid = Grid(names, [""] * count, width, height)
    # Red: no letter is.
    pictures = [np.full((height, width, 3), (100 + 11 * number, 0, 0), np.uint8) for number in range(count)]
    drawn = grid.drawn(pictures)
    assert drawn.shape == (grid.size[1], grid.size[0], 3)
    assert drawn.shape[0] % 2 == drawn.shape[1] % 2 == 0
    corners = []
    for picture in pictures:
        y, x = np.argwhere((drawn == picture[0, 0]).all(axis=2)).min(axis=0)
        assert np.array_equal(drawn[y : y + height, x : x + width], picture)
        corners.append((int(y), int(x)))
    assert corners == sorted(set(corners))


@pytest.mark.parametrize(
    ("count", "aspect", "columns"), [(1, 1.6, 1), (2, 1.6, 2), (4, 1.6, 2), (6, 1.6, 3), (9, 1.6, 3), (4, 0.5, 4)]
)
def test_it_is_about_as_wide_as_a_screen(count: int, aspect: float, columns: int) -> None:
    assert columns_of(count, aspect) == columns


@given(st.integers(1, 30), st.floats(0.1, 10))
def test_no_row_is_empty(count: int, aspect: float) -> None:
    columns = columns_of(count, aspect)
    assert 1 <= columns <= count
    assert columns * (math.ceil(count / columns) - 1) < count


def test_names_and_details_stand_above_their_pictures() -> None:
    def letters(name: str, detail: str) -> tuple[int, int]:
        """Pixels with something on them in the left and the right half of the band above the only picture."""
        grid = Grid([name], [detail], 320, 180)
        band = grid.drawn([np.zeros((180, 320, 3), np.uint8)])[: -180 - 10]
        marked = (band != BACKGROUND).any(axis=2)
        return int(marked[:, : marked.shape[1] // 3].sum()), int(marked[:, marked.shape[1] // 3 :].sum())

    assert letters("", "") == (0, 0)
    assert letters("edge", "")[0] > 0
    assert letters("edge", "")[1] == 0
    assert letters("edge", "thickness 2, detail 0.3")[1] > 0
    Grid(["edge"], ["detail 0.25, " * 40], 64, 48)
