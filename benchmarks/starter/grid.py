"""Pictures in rows and columns with their names, for people to look at. Knows no engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from app.framing import resized

Pixels = NDArray[np.uint8]

BACKGROUND = (11, 13, 18)
TEXT = (238, 242, 248)
DIM = (165, 176, 194)
MARGIN, GAP, LETTER = 16, 4, 8
HEAD, LINE = 52, 18


@dataclass
class Grid:
    """A sheet that is filled row by row. columns: names above. credits: lines below. Cells have the aspect of their
    row's last picture."""

    title: str
    note: str = ""
    columns: Sequence[str] = ()
    cell_width: int = 208
    credits: Sequence[str] = ()
    _rows: list[tuple[str, list[Pixels]]] = field(default_factory=list)

    def add(self, name: str, pictures: Sequence[Pixels]) -> None:
        """A row: its name and its pictures, (H, W, 3) uint8 of any size."""
        height = round(self.cell_width * pictures[-1].shape[0] / pictures[-1].shape[1])
        self._rows.append((name, [resized(rgb, self.cell_width, height, "fit").copy() for rgb in pictures]))

    def add_all(self, rows: Mapping[str, Sequence[Pixels]]) -> None:
        for name, pictures in rows.items():
            self.add(name, pictures)

    def drawn(self) -> Pixels:
        """The sheet, (H, W, 3) uint8. ValueError while it has no row."""
        if not self._rows:
            raise ValueError("a sheet needs at least one row")
        left = MARGIN + LETTER * max(len(name) for name, _ in self._rows) + MARGIN
        top = MARGIN + HEAD + (LINE if self.columns else 0)
        across = max(len(pictures) for _, pictures in self._rows)
        heights = [pictures[0].shape[0] for _, pictures in self._rows]
        width = left + across * (self.cell_width + GAP) - GAP + MARGIN
        height = top + sum(heights) + GAP * len(heights) + LINE * len(self.credits) + MARGIN
        sheet = np.full((height, width, 3), BACKGROUND, np.uint8)
        _write(sheet, self.title, MARGIN, MARGIN + 18, 0.7, TEXT)
        _write(sheet, self.note, MARGIN, MARGIN + 40, 0.42, DIM)
        for column, name in enumerate(self.columns):
            _write(sheet, name, left + column * (self.cell_width + GAP), top - 6, 0.42, DIM)
        y = top
        for (name, pictures), tall in zip(self._rows, heights, strict=True):
            _write(sheet, name, MARGIN, y + tall // 2 + 5, 0.42, TEXT)
            for column, rgb in enumerate(pictures):
                x = left + column * (self.cell_width + GAP)
                sheet[y : y + tall, x : x + self.cell_width] = rgb
            y += tall + GAP
        for number, line in enumerate(self.credits, 1):
            _write(sheet, line, MARGIN, y + LINE * number, 0.42, DIM)
        return sheet


def _write(sheet: Pixels, text: str, x: int, baseline: int, size: float, color: tuple[int, int, int]) -> None:
    cv2.putText(sheet, text, (x, baseline), cv2.FONT_HERSHEY_SIMPLEX, size, color, 1, cv2.LINE_AA)
