"""One picture that tells a whole rendering: a row each for source, guides and output, a column for each moment.

Takes pictures while they are made, without knowing how many will come, and keeps a few of them, small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from app.errors import OutputError
from app.frame import Pixels
from app.framing import resized
from app.lettering import Colour, text_width, write
from app.outputs.mp4 import reason
from app.words import outputs as words

BACKGROUND = (11, 13, 18)
EMPTY = (20, 24, 32)
TEXT = (238, 242, 248)
DIM = (165, 176, 194)
MARGIN = 28
GAP = 8
LINE = 20


@dataclass(frozen=True, eq=False)
class _Moment:
    time: float
    cells: dict[str, Pixels]


class ContactSheet:
    """Collects moments with ``add``; ``drawn`` makes the picture of at most ``columns`` of them, evenly spread."""

    def __init__(self, columns: int = 6, cell_width: int = 320) -> None:
        """cell_width: pixels; a cell has the aspect of the first picture."""
        if columns < 1:
            raise ValueError(f"columns is {columns}, expected 1 or more")
        self._columns = columns
        self._cell_width = cell_width
        self._cell_height = 0
        self._rows: list[str] = []
        self._moments: list[_Moment] = []
        self._stride = 1
        self._count = 0

    def add(self, time: float, pictures: Mapping[str, Pixels]) -> None:
        """A moment: seconds, and the (H, W, 3) uint8 pictures by their row's name, in the order of the rows."""
        self._rows += [name for name in pictures if name not in self._rows]
        if self._count % self._stride == 0:
            self._moments.append(_Moment(time, {name: self._cell(rgb) for name, rgb in pictures.items()}))
        self._count += 1
        if len(self._moments) > 4 * self._columns:
            del self._moments[1::2]
            self._stride *= 2

    def drawn(self, title: str, *notes: str) -> Pixels:
        """The sheet, (H, W, 3) uint8. notes: a line each below the title. ValueError before the first ``add``."""
        if not self._moments:
            raise ValueError("a contact sheet needs at least one moment")
        last = len(self._moments) - 1
        columns = min(self._columns, last + 1)
        chosen = [self._moments[round(i * last / max(1, columns - 1))] for i in range(columns)]
        width, height = self._cell_width, self._cell_height
        labels = max(text_width(words.ROWS.get(name, name), 0.6) for name in self._rows) + 2 * GAP
        left, top = MARGIN + labels, MARGIN + 84 + LINE * max(0, len(notes) - 1)
        sheet_width = left + columns * (width + GAP) - GAP + MARGIN
        sheet_height = top + len(self._rows) * (height + GAP) - GAP + MARGIN
        sheet = np.full((sheet_height, sheet_width, 3), BACKGROUND, np.uint8)
        _write(sheet, title, MARGIN, MARGIN + 22, 0.95, TEXT, 2)
        for line, note in enumerate(notes):
            _write(sheet, note, MARGIN, MARGIN + 46 + line * LINE, 0.5, DIM)
        for column, moment in enumerate(chosen):
            x = left + column * (width + GAP)
            _write(sheet, f"{moment.time:.2f} s", x, top - GAP, 0.5, DIM)
            for row, name in enumerate(self._rows):
                y = top + row * (height + GAP)
                sheet[y : y + height, x : x + width] = moment.cells.get(name, EMPTY)
        for row, name in enumerate(self._rows):
            _write(sheet, words.ROWS.get(name, name), MARGIN, top + row * (height + GAP) + height // 2 + 7, 0.6, TEXT)
        return sheet

    def _cell(self, rgb: Pixels) -> Pixels:
        if self._cell_height == 0:
            self._cell_height = max(1, round(self._cell_width * rgb.shape[0] / rgb.shape[1]))
        # A copy, because a view into a chunk would keep the whole chunk in memory.
        return resized(rgb, self._cell_width, self._cell_height, "fit").copy()


def save_picture(path: Path, rgb: Pixels) -> None:
    """``rgb`` (H, W, 3) as a PNG, replacing what is there. Raises OutputError in one sentence."""
    made, png = cv2.imencode(".png", np.ascontiguousarray(rgb[:, :, ::-1]))
    if not made:
        raise OutputError(words.no_png(path))
    try:
        path.write_bytes(png.tobytes())
    except OSError as error:
        raise OutputError(words.picture_not_written(path, reason(error))) from error


def _write(sheet: Pixels, text: str, x: int, baseline: int, size: float, colour: Colour, thickness: int = 1) -> None:
    """Draw ``text`` as far as the sheet's right margin."""
    write(sheet, text, x, baseline, size, colour, thickness, room=sheet.shape[1] - MARGIN - x)
