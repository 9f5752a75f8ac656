"""Sheets hold every picture where its row and column are."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.starter.grid import Grid
from controls.control import Pixels


def flat(*color: int, width: int = 64) -> Pixels:
    return np.full((width * 3 // 4, width, 3), color, np.uint8)


def test_rows_and_columns_hold_their_pictures() -> None:
    grid = Grid("Title", "a note", ("one", "two"), cell_width=32)
    grid.add("first", [flat(255, 0, 0), flat(0, 255, 0)])
    grid.add("second", [flat(0, 0, 255)])
    sheet = grid.drawn()
    places = [np.argwhere((sheet == color).all(axis=-1)) for color in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    assert [len(place) for place in places] == [32 * 24] * 3
    red, green, blue = (place.min(axis=0) for place in places)
    assert red[0] == green[0] < blue[0]
    assert red[1] == blue[1] < green[1]


def test_rows_may_have_pictures_of_other_sizes() -> None:
    grid = Grid("Sizes", cell_width=40)
    grid.add("small", [flat(1, 2, 3, width=16)])
    grid.add("large", [np.full((50, 200, 3), 9, np.uint8)])
    assert ((grid.drawn() == (9, 9, 9)).all(axis=-1)).sum() == 40 * 10


def test_credits_stand_below_the_pictures() -> None:
    plain, credited = Grid("Title", cell_width=200), Grid("Title", cell_width=200, credits=("walk: BSD", "head: CC"))
    for grid in (plain, credited):
        grid.add("row", [flat(255, 0, 0)])
    without, sheet = plain.drawn(), credited.drawn()
    end = int(np.argwhere((sheet == (255, 0, 0)).all(axis=-1)).max(axis=0)[0])
    assert np.array_equal(sheet[: end + 1], without[: end + 1])
    assert (sheet[end + 1 :].max(axis=(1, 2)) > 100).any()
    assert not (without[end + 1 :].max(axis=(1, 2)) > 100).any()


def test_an_empty_sheet_is_none() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        Grid("Nothing").drawn()
