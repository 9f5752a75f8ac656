"""Pictures of one size side by side, each with its name above it: one large picture, to be looked at or filmed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from app.frame import Pixels
from app.lettering import text_width, write
from app.outputs.contact_sheet import BACKGROUND, DIM, TEXT
from app.words import outputs as words

_ASPECT = 16 / 9
"""What most screens have: the grid comes near it."""
_EMPTY_CELL = 0.4
"""How bad a cell without a picture is, where an aspect wrong by a factor of e is 1."""


class Grid:
    """Made once for a film; ``drawn`` places the pictures of one moment in it."""

    def __init__(self, names: Sequence[str], details: Sequence[str], width: int, height: int) -> None:
        """names: what stands above each picture; details: what follows it, more quietly. width, height: of a picture,
        in pixels."""
        self._cell = (width, height)
        self._gap = max(4, round(width / 64) * 2)
        self._letters = min(0.8, max(0.35, width / 900))
        self._band = round(34 * self._letters) + self._gap
        self._columns = columns_of(len(names), width / (height + self._band))
        rows = math.ceil(len(names) / self._columns)
        total_width = self._gap + self._columns * (width + self._gap)
        total_height = rows * (height + self._band) + self._gap
        # An MP4 has even sides.
        self._empty = np.full((total_height + total_height % 2, total_width + total_width % 2, 3), BACKGROUND, np.uint8)
        for place, (name, detail) in enumerate(zip(names, details, strict=True)):
            self._name(place, words.ROWS.get(name, name), detail)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, both even."""
        height, width = self._empty.shape[:2]
        return width, height

    def drawn(self, pictures: Sequence[Pixels]) -> Pixels:
        """The whole grid, (H, W, 3), with ``pictures``, each (height, width, 3), in the order of their names."""
        width, height = self._cell
        grid = self._empty.copy()
        for place, picture in enumerate(pictures):
            x, y = self._corner(place)
            grid[y : y + height, x : x + width] = picture
        return grid

    def _corner(self, place: int) -> tuple[int, int]:
        """Left and top of a picture."""
        row, column = divmod(place, self._columns)
        width, height = self._cell
        return self._gap + column * (width + self._gap), self._band + row * (height + self._band)

    def _name(self, place: int, name: str, detail: str) -> None:
        x, y = self._corner(place)
        baseline, room = y - round(0.35 * self._gap) - 4, self._cell[0]
        write(self._empty, name, x, baseline, self._letters, TEXT, room=room)
        x_detail = x + text_width(name, self._letters) + 2 * self._gap
        write(self._empty, detail, x_detail, baseline, 0.8 * self._letters, DIM, room=x + room - x_detail)


def columns_of(count: int, aspect: float) -> int:
    """In how many columns ``count`` cells of that width to height come near 16:9 with few cells empty; of two equals
    the wider grid."""

    def fault(columns: int) -> float:
        rows = math.ceil(count / columns)
        return abs(math.log(columns * aspect / rows / _ASPECT)) + _EMPTY_CELL * (columns * rows - count)

    return min(range(count, 0, -1), key=fault)
