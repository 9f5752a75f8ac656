"""Outpainting's geometry: the source takes a part of the canvas, the rest is left to the engine.

Pure functions of sizes and numpy arrays. Knows no controls and no masks.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from app.frame import Pixels
from app.words import values as words


@dataclass(frozen=True)
class Expand:
    """How much is painted on around the source: fractions, 0 to 1, of the source's width and height at each side."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0

    def __post_init__(self) -> None:
        if not all(0.0 <= side <= 1.0 for side in astuple(self)):
            raise ValueError(words.expand(astuple(self)))

    def __bool__(self) -> bool:
        """Whether anything is painted on."""
        return any(astuple(self))


@dataclass(frozen=True)
class Area:
    """A rectangle of whole pixels on the canvas. x, y: of its left upper corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)


def source_area(expand: Expand, width: int, height: int, aspect: float | None = None) -> Area:
    """Where the source stands on a canvas of this size that ``expand`` has added to; at least one pixel.

    aspect: width to height that the area must keep, with the border wider where it must be; None = as it comes.
    """
    across, down = 1.0 + expand.left + expand.right, 1.0 + expand.top + expand.bottom
    inner_width, inner_height = width / across, height / down
    x, y = expand.left * inner_width, expand.top * inner_height
    if aspect is not None:
        kept_width, kept_height = min(inner_width, inner_height * aspect), min(inner_height, inner_width / aspect)
        x, y = x + (inner_width - kept_width) / 2, y + (inner_height - kept_height) / 2
        inner_width, inner_height = kept_width, kept_height
    left, top = min(round(x), width - 1), min(round(y), height - 1)
    return Area(left, top, max(1, round(x + inner_width) - left), max(1, round(y + inner_height) - top))


def placed(pixels: Pixels, area: Area, width: int, height: int, border: int) -> Pixels:
    """``pixels``, of the area's size, on a canvas of grey level ``border``; itself where it is as large as that."""
    if pixels.shape[:2] == (height, width):
        return pixels
    canvas = np.full((height, width, *pixels.shape[2:]), border, np.uint8)
    canvas[area.slices] = pixels
    return canvas
