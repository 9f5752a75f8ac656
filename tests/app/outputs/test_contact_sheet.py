"""The contact sheet: which moments it keeps, what it draws, and the file it becomes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.errors import OutputError
from app.frame import Pixels
from app.outputs.contact_sheet import BACKGROUND, EMPTY, GAP, MARGIN, ContactSheet, save_picture


def flat(value: int, width: int = 64, height: int = 32) -> Pixels:
    return np.full((height, width, 3), value, np.uint8)


def cells(sheet: Pixels, rows: int, columns: int, width: int, height: int) -> list[list[Pixels]]:
    """The cells, found from the sheet's lower right corner."""
    bottom, right = sheet.shape[0] - MARGIN, sheet.shape[1] - MARGIN
    tops = [bottom - (rows - row) * (height + GAP) + GAP for row in range(rows)]
    lefts = [right - (columns - column) * (width + GAP) + GAP for column in range(columns)]
    return [[sheet[y : y + height, x : x + width] for x in lefts] for y in tops]


@pytest.mark.parametrize("count", [1, 2, 5, 6, 7, 100, 256])
def test_moments_are_spread_from_the_first_to_near_the_last(count: int) -> None:
    sheet = ContactSheet(columns=6, cell_width=64)
    for number in range(count):
        sheet.add(number / 30, {"source": flat(number), "output": flat(255 - number)})
    columns = min(6, count)
    source, output = cells(sheet.drawn("A clip"), 2, columns, 64, 32)
    shown = [int(cell[0, 0, 0]) for cell in source]
    assert all((cell == cell[0, 0]).all() for cell in source + output)
    assert [255 - int(cell[0, 0, 0]) for cell in output] == shown, "one column is one moment"
    assert shown[0] == 0
    assert shown[-1] >= 0.85 * (count - 1)
    steps = np.diff(shown)
    if len(steps):
        assert steps.min() >= 1
        assert steps.max() <= 2 * steps.min() + 1


def test_a_row_that_begins_later_has_empty_cells_before() -> None:
    sheet = ContactSheet(columns=4, cell_width=64)
    for number in range(4):
        sheet.add(number, {"source": flat(200)} | ({"pose": flat(90)} if number >= 2 else {}))
    pose = cells(sheet.drawn(""), 2, 4, 64, 32)[1]
    assert [tuple(cell[3, 3]) for cell in pose] == [EMPTY, EMPTY, (90, 90, 90), (90, 90, 90)]


def test_labels_times_and_title_are_drawn_and_stay_inside() -> None:
    sheet = ContactSheet(columns=2, cell_width=200)
    sheet.add(0.0, {"source": flat(128)})
    sheet.add(1.0, {"source": flat(128)})
    blank = sheet.drawn("")
    drawn = sheet.drawn("Ein sehr langer Titel über Tänzerinnen aus Glas " * 5, "note " * 80)
    assert drawn.shape == blank.shape
    for picture, where in (
        (drawn, (slice(MARGIN, MARGIN + 24), slice(MARGIN, -MARGIN))),
        (blank, (slice(None), slice(0, 90))),
    ):
        assert (picture[where] != BACKGROUND).any(), "there is writing"
    border = np.ones(drawn.shape[:2], bool)
    border[4:-4, 4 : -MARGIN // 2] = False
    assert (drawn[border] == BACKGROUND).all()


def test_every_note_has_a_line_of_its_own_and_none_overflows() -> None:
    sheet = ContactSheet(columns=2, cell_width=200)
    sheet.add(0.0, {"source": flat(128)})
    one, two, long = sheet.drawn("", "one"), sheet.drawn("", "one", "two"), sheet.drawn("", "one", "mask, " * 80)
    (cell,), (lower,) = cells(one, 1, 1, 200, 100)[0], cells(two, 1, 1, 200, 100)[0]
    np.testing.assert_array_equal(cell, lower)
    more = two.shape[0] - one.shape[0]
    np.testing.assert_array_equal(two[: MARGIN + 50], one[: MARGIN + 50])
    line = np.s_[MARGIN + 52 : MARGIN + 52 + more]
    assert (two[line] != BACKGROUND).any()
    assert two.shape == long.shape
    assert (long[:, -MARGIN + 4 :] == BACKGROUND).all()


def test_it_keeps_few_pictures_however_many_come() -> None:
    sheet = ContactSheet(columns=3, cell_width=16)
    for number in range(5000):
        sheet.add(number, {"source": flat(0)})
        assert len(sheet._moments) <= 12


def test_it_becomes_a_png(tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    picture = flat(0)
    picture[:, :32] = (250, 100, 10)
    save_picture(path, picture)
    read = cv2.imread(str(path))
    assert read is not None
    assert np.array_equal(read[:, :, ::-1], picture)


def test_places_and_numbers_that_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"sheet\.png cannot be written: the folder is not there"):
        save_picture(tmp_path / "file" / "sheet.png", flat(0))
    with pytest.raises(ValueError, match="columns is 0"):
        ContactSheet(columns=0)
    with pytest.raises(ValueError, match="at least one moment"):
        ContactSheet().drawn("")
