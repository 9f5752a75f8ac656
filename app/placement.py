"""Where the source stands on the engine's canvas, and which place of one is which of the other. Pure geometry.

Places are (x, y) as fractions of width and height, 0 to 1 inside; also those that lie outside have their counterpart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.expand import Area, Expand, source_area
from app.framing import Framing, turned

Place = tuple[float, float]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Placement:
    """framing: how the source is brought to ``area`` of the canvas. canvas: its width and height. matrix: (3, 3), from
    source to canvas, for columns (x, y, 1)."""

    framing: Framing
    area: Area
    canvas: tuple[int, int]
    matrix: Matrix

    def of_mask(self, width: int, height: int) -> Matrix:
        """(3, 3), from a mask of this size to the canvas. One of another aspect than the source's is framed by its own,
        as ``app.source_mask`` does, and lies elsewhere than on all of the source."""
        w, h = _turned_size((width, height), self.framing)
        return _on_area(w, h, self.framing, self.area, self.canvas)

    @property
    def share(self) -> tuple[float, float, float, float]:
        """Width, height, left and top of the area as fractions of the canvas."""
        width, height = self.canvas
        return self.area.width / width, self.area.height / height, self.area.x / width, self.area.y / height

    def on_canvas(self, place: Place) -> Place:
        return _moved(self.matrix, place)

    def on_source(self, place: Place) -> Place:
        return _moved(np.asarray(np.linalg.inv(self.matrix), np.float64), place)


@lru_cache(maxsize=8)  # a canvas asks for it at every move of a hand
def placement(source: tuple[int, int], canvas: tuple[int, int], framing: Framing, expand: Expand) -> Placement:
    """For a source and a canvas of these widths and heights.

    While the source is expanded, all of it is shown: "fill" acts like "fit", for it would cut off what is then painted
    anew. The bars that "fit" would leave become part of the border.
    """
    width, height = canvas
    w, h = _turned_size(source, framing)
    area = source_area(expand, width, height)
    if expand and framing.fit != "stretch":
        framing, area = replace(framing, fit="stretch"), source_area(expand, width, height, aspect=w / h)
    return Placement(framing, area, canvas, _on_area(w, h, framing, area, canvas))


def _on_area(width: int, height: int, framing: Framing, area: Area, canvas: tuple[int, int]) -> Matrix:
    """Of a picture of this size once it is turned, from its own places to those of the canvas."""
    return _within(area, *canvas) @ _fitted(width, height, framing, area) @ _turning(framing)


def _moved(matrix: Matrix, place: Place) -> Place:
    x, y, _ = (matrix @ (*place, 1.0)).tolist()
    return x, y


def _turned_size(source: tuple[int, int], framing: Framing) -> tuple[int, int]:
    width, height = source
    h, w = turned(np.broadcast_to(np.uint8(0), (height, width)), framing).shape
    return w, h


def _scaled(across: float, down: float, x: float = 0.0, y: float = 0.0) -> Matrix:
    return np.array([[across, 0.0, x], [0.0, down, y], [0.0, 0.0, 1.0]])


def _turning(framing: Framing) -> Matrix:
    """Mirror, rotation and crop."""
    matrix = _scaled(-1, 1, 1) if framing.mirror else np.eye(3)
    clockwise = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    for _ in range(framing.rotate // 90):
        matrix = clockwise @ matrix
    left, top, right, bottom = framing.crop
    across, down = 1 / (1 - left - right), 1 / (1 - top - bottom)
    return _scaled(across, down, -left * across, -top * down) @ matrix


def _fitted(width: int, height: int, framing: Framing, area: Area) -> Matrix:
    """A picture of this size in ``area``: what is cut off lies outside 0 to 1, bars lie inside beside it."""
    across = down = 1.0
    if framing.fit != "stretch":
        scales = area.width / width, area.height / height
        scale = max(scales) if framing.fit == "fill" else min(scales)
        across, down = scale / scales[0], scale / scales[1]
    return _scaled(across, down, (1 - across) / 2, (1 - down) / 2)


def _within(area: Area, width: int, height: int) -> Matrix:
    return _scaled(area.width / width, area.height / height, area.x / width, area.y / height)
