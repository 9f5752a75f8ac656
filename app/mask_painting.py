"""A mask while it is painted: strokes, shapes and fills, and as many steps back as there were.

Knows no widget and no Show. Points are (x, y) in pixels of the mask, whose left upper corner is (0, 0). 255 = repaint,
0 = keep.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from app.frame import Pixels

Tool = Literal["none", "brush", "eraser", "lasso", "rectangle", "ellipse", "fill", "box", "frame"]
"""What a performer's hand does; "none" only looks, "box" and "frame" paint no mask."""

Point = tuple[float, float]
_Dab = tuple[float, float, float]
"""x, y, radius."""

_FINER = 4
"""Pixels to a side into which each is divided where an outline crosses it."""
_RIM = 64
"""What is left where a soft brush and an eraser just like it went the same way."""
_THINNEST = 0.75
"""Pixels: the radius that the lightest touch of a pen still has."""


@dataclass(frozen=True)
class Brush:
    """size: diameter in pixels, 1 to 2000. hardness: 0 to 1, the share of the radius that is painted in full. opacity:
    0 to 1, of a whole stroke, however often it crosses itself. erases: whether it takes away."""

    size: float = 80.0
    hardness: float = 0.7
    opacity: float = 1.0
    erases: bool = False

    def __post_init__(self) -> None:
        for name, low, high in (("size", 1.0, 2000.0), ("hardness", 0.0, 1.0), ("opacity", 0.0, 1.0)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"the brush's {name} is {value}, expected {low:g} to {high:g}")


class Rect(NamedTuple):
    """Whole pixels that have changed; right and bottom are the first ones that have not."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)


class MaskPainting:
    """Owns the mask's pixels, the stroke under way, and every state that the mask was in.

    A stroke, a shape, a fill and ``take`` are one step each. Methods that change pixels return where, None for nowhere.
    """

    def __init__(self, width: int, height: int) -> None:
        """Nothing is painted."""
        self._pixels: Pixels = np.zeros((height, width), np.uint8)
        self._stroke: _Stroke | None = None
        self._states = [_State.of(self._pixels)]
        self._at = 0

    @property
    def pixels(self) -> Pixels:
        """(H, W), to be read and not kept: it changes with the next call."""
        return self._pixels

    @property
    def size(self) -> tuple[int, int]:
        height, width = self._pixels.shape
        return width, height

    @property
    def is_empty(self) -> bool:
        """Whether nothing is painted but rims that a soft eraser has left."""
        return not bool((self._pixels > _RIM).any())

    # strokes

    def press(self, brush: Brush, at: Point, pressure: float = 1.0) -> Rect | None:
        """Begin a stroke. pressure: of a pen, 0 to 1, makes the brush smaller; 1 for a mouse."""
        self.release()
        self._stroke = _Stroke(brush, self._pixels)
        return self.move(at, pressure)

    def move(self, at: Point, pressure: float = 1.0) -> Rect | None:
        """Go on to ``at``; nothing without a stroke."""
        if self._stroke is None:
            return None
        return self._stroke.go(at, pressure, self._pixels)

    def release(self) -> None:
        """End the stroke: it is a step. Nothing without one."""
        if self._stroke is not None:
            self._stroke = None
            self._keep()

    def cancel(self) -> Rect | None:
        """Take the stroke under way back, as if it had not begun."""
        if self._stroke is None:
            return None
        self._stroke = None
        return self._put(self._states[self._at].pixels())

    # shapes

    def rectangle(self, first: Point, second: Point, brush: Brush) -> Rect | None:
        """Between two corners. Shapes take opacity and erasing from the brush."""
        (x0, y0), (x1, y1), (width, height) = first, second, self.size
        across, down = _covered(x0, x1, width), _covered(y0, y1, height)
        return self._change(_blended(self._pixels, across * down[:, None], brush))

    def ellipse(self, first: Point, second: Point, brush: Brush) -> Rect | None:
        """The one that fits between two corners."""
        (x0, y0), (x1, y1) = first, second
        wide, high = max(abs(x1 - x0) / 2, 0.5), max(abs(y1 - y0) / 2, 0.5)
        width, height = self.size
        x = (np.arange(width, dtype=np.float32) + 0.5 - (x0 + x1) / 2) / wide
        y = ((np.arange(height, dtype=np.float32) + 0.5 - (y0 + y1) / 2) / high)[:, None]
        # The distance from the outline to first order: how far the equation is from 1, over how fast it grows there.
        away = (np.hypot(x, y) - 1) * np.hypot(x, y) / np.maximum(np.hypot(x / wide, y / high), 1e-6)
        return self._change(_blended(self._pixels, np.clip(0.5 - away, 0, 1).astype(np.float32), brush))

    def lasso(self, outline: Sequence[Point], brush: Brush) -> Rect | None:
        """All inside an outline, which closes itself. Fewer than three points are nothing."""
        if len(outline) < 3:
            return None
        width, height = self.size
        # Far outside is as good as a little nearer. OpenCV's own smoothing would draw the outline beside the area, too.
        corners = np.clip(np.asarray(outline), (-width, -height), (2 * width, 2 * height)) * _FINER
        finer = np.zeros((_FINER * height, _FINER * width), np.uint8)
        cv2.fillPoly(finer, [np.rint(corners - 0.5).astype(np.int32)], 1)
        inside = cv2.resize(finer.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
        return self._change(_blended(self._pixels, np.asarray(inside, np.float32), brush))

    # all of it

    def fill(self, at: Point, brush: Brush) -> Rect | None:
        """The area around ``at`` that is as much painted as this place, up to where that changes."""
        x, y = math.floor(at[0]), math.floor(at[1])
        width, height = self.size
        if not (0 <= x < width and 0 <= y < height):
            return None
        area = np.zeros((height + 2, width + 2), np.uint8)
        flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8)
        cv2.floodFill(self._pixels.copy(), area, (x, y), 0, 64, 64, flags)
        return self._change(_blended(self._pixels, np.asarray(area[1:-1, 1:-1] / np.float32(255), np.float32), brush))

    def invert(self) -> Rect | None:
        return self._change(255 - self._pixels)

    def clear(self) -> Rect | None:
        return self._change(np.zeros_like(self._pixels))

    def take(self, pixels: Pixels) -> Rect | None:
        """Another mask in its place, of any size: from a file, or of a cue."""
        return self._change(np.array(pixels, np.uint8))

    # steps

    @property
    def can_undo(self) -> bool:
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        return self._at + 1 < len(self._states)

    def undo(self) -> Rect | None:
        """Back to before the last step; a stroke under way is taken back first, and is no step."""
        if self._stroke is not None:
            return self.cancel()
        return self._go(self._at - 1)

    def redo(self) -> Rect | None:
        return None if self._stroke is not None else self._go(self._at + 1)

    def _go(self, at: int) -> Rect | None:
        if not 0 <= at < len(self._states):
            return None
        self._at = at
        return self._put(self._states[at].pixels())

    def _change(self, pixels: Pixels) -> Rect | None:
        self.release()
        changed = self._put(pixels)
        if changed is not None:
            self._keep()
        return changed

    def _put(self, pixels: Pixels) -> Rect | None:
        """All of the mask where its size changes, too."""
        before, self._pixels = self._pixels, pixels
        if before.shape != pixels.shape:
            return Rect(0, 0, pixels.shape[1], pixels.shape[0])
        x, y, width, height = cv2.boundingRect(cv2.absdiff(before, pixels))
        return Rect(x, y, x + width, y + height) if width else None

    def _keep(self) -> None:
        state = _State.of(self._pixels)
        if state != self._states[self._at]:
            del self._states[self._at + 1 :]
            self._states.append(state)
            self._at += 1


@dataclass(frozen=True)
class _State:
    """A mask, packed: a thousand of them take a few megabytes."""

    shape: tuple[int, int]
    packed: bytes

    @classmethod
    def of(cls, pixels: Pixels) -> _State:
        height, width = pixels.shape
        return cls((height, width), zlib.compress(pixels.tobytes(), 1))

    def pixels(self) -> Pixels:
        return np.frombuffer(bytearray(zlib.decompress(self.packed)), np.uint8).reshape(self.shape)


class _Stroke:
    """Owns how much of each pixel the stroke covers, and the mask from before it: where a stroke crosses itself it is
    no denser."""

    def __init__(self, brush: Brush, before: Pixels) -> None:
        self._brush, self._before = brush, before.copy()
        self._coverage = np.zeros_like(before)
        self._last: tuple[Point, float] | None = None

    def go(self, at: Point, pressure: float, pixels: Pixels) -> Rect | None:
        """Draws into ``pixels``."""
        radius = max(_THINNEST, self._brush.size / 2 * min(1.0, max(0.0, pressure)))
        (x, y), last_radius = self._last or (at, radius)
        self._last = (at, radius)
        # In pieces: the box around a long way across the picture is mostly empty.
        count = max(1, math.ceil(math.dist((x, y), at) / max(8.0, 2 * max(radius, last_radius))))
        places = [tuple(dab) for dab in np.linspace((x, y, last_radius), (*at, radius), count + 1).tolist()]
        changed = [self._piece(start, end, pixels) for start, end in pairwise(places)]
        boxes = [box for box in changed if box is not None]
        if not boxes:
            return None
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return Rect(min(lefts), min(tops), max(rights), max(bottoms))

    def _piece(self, start: _Dab, end: _Dab, pixels: Pixels) -> Rect | None:
        height, width = pixels.shape
        (x0, y0, r0), (x1, y1, r1) = start, end
        reach = max(r0, r1) + 1
        box = Rect(
            max(0, math.floor(min(x0, x1) - reach)),
            max(0, math.floor(min(y0, y1) - reach)),
            min(width, math.ceil(max(x0, x1) + reach)),
            min(height, math.ceil(max(y0, y1) + reach)),
        )
        if box.left >= box.right or box.top >= box.bottom:
            return None
        inside = _capsule(box, start, end, self._brush.hardness)
        coverage = self._coverage[box.slices]
        np.maximum(coverage, inside, out=coverage)
        pixels[box.slices] = _blended(
            self._before[box.slices], np.asarray(coverage / np.float32(255), np.float32), self._brush
        )
        return box


def _capsule(box: Rect, start: _Dab, end: _Dab, hardness: float) -> Pixels:
    """How much of each pixel of ``box`` a round brush covers on its way between two places (x, y, radius), 0 to 255."""
    x = np.arange(box.left, box.right, dtype=np.float32) + np.float32(0.5 - start[0])
    y = np.arange(box.top, box.bottom, dtype=np.float32)[:, None] + np.float32(0.5 - start[1])
    across, down = np.float32(end[0] - start[0]), np.float32(end[1] - start[1])
    squared = float(across * across + down * down)
    along: NDArray[np.float32] | np.float32 = np.float32(0)
    if squared > 0:
        along = np.clip((x * across + y * down) * np.float32(1 / squared), 0, 1)
    distance = np.sqrt((x - along * across) ** 2 + (y - along * down) ** 2)
    radius = np.float32(start[2]) + along * np.float32(end[2] - start[2])
    # A border is a pixel wide at least: without that a hard brush would have steps.
    fade = np.maximum(radius * np.float32(1 - hardness), 1)
    return np.asarray(np.clip((radius + 0.5 - distance) / fade, 0, 1) * 255 + 0.5, np.float32).astype(np.uint8)


def _covered(first: float, second: float, size: int) -> NDArray[np.float32]:
    """How much of each of ``size`` pixels in a row lies between two places, 0 to 1."""
    low, high = sorted((first, second))
    starts = np.arange(size)
    return np.asarray(np.clip(np.minimum(starts + 1, high) - np.maximum(starts, low), 0, 1), np.float32)


def _blended(before: Pixels, coverage: NDArray[np.float32], brush: Brush) -> Pixels:
    """``before`` with the brush's colour as far as ``coverage``, 0 to 1, says so."""
    share = coverage * np.float32(brush.opacity)
    wanted = np.float32(0 if brush.erases else 255)
    return np.asarray(before + share * (wanted - before) + np.float32(0.5), np.float32).astype(np.uint8)
