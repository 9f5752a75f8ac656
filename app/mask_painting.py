"""A mask while it is painted: strokes, shapes and fills.

Knows no widget, no Show and no step back but that of a stroke under way. Points are (x, y) in pixels of the mask, whose
left upper corner is (0, 0). 255 = repaint, 0 = keep.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from app.frame import LEAST_SEEN, Pixels
from app.mask_fill import filled
from app.words import values as words

Tool = Literal["none", "brush", "eraser", "lasso", "rectangle", "ellipse", "fill", "box", "frame"]
"""What a performer's hand does; "none" only looks, "box" and "frame" paint no mask."""

Point = tuple[float, float]
_Dab = tuple[float, float, float]
"""x, y, radius."""

_FINER = 4
"""Pixels to a side into which each is divided where an outline crosses it."""
_RIM = 64
"""The most that is left where a soft brush and an eraser just like it went the same way."""
_THINNEST = 0.75
"""Pixels: the radius that the lightest touch of a pen still has."""


@dataclass(frozen=True)
class Brush:
    """size: diameter in pixels, 1 to 2000. hardness: 0 to 1, the share of the radius that is painted in full. opacity:
    0 to 1, of a whole stroke, however often it crosses itself: how much of what is painted anew shows over what was
    there. erases: whether it takes away."""

    size: float = 80.0
    hardness: float = 0.7
    opacity: float = 1.0
    erases: bool = False

    def __post_init__(self) -> None:
        for name, low, high in (("size", 1.0, 2000.0), ("hardness", 0.0, 1.0), ("opacity", 0.0, 1.0)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(words.out_of_range(words.of_brush(name), value, low, high))


class Rect(NamedTuple):
    """Whole pixels that have changed; right and bottom are the first ones that have not."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)


def united(*rects: Rect | None) -> Rect | None:
    """What holds all of them."""
    known = [rect for rect in rects if rect is not None]
    if not known:
        return None
    lefts, tops, rights, bottoms = zip(*known, strict=True)
    return Rect(min(lefts), min(tops), max(rights), max(bottoms))


class MaskPainting:
    """Owns the mask's pixels and the stroke under way. Methods that change pixels return where, None for nowhere."""

    def __init__(self, width: int, height: int) -> None:
        """Nothing is painted."""
        self._pixels: Pixels = np.zeros((height, width), np.uint8)
        self._stroke: _Stroke | None = None

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
        """Whether nothing is painted that would show: what is fainter is the edge of something that was taken away."""
        return int(self._pixels.max()) < LEAST_SEEN

    @property
    def is_stroking(self) -> bool:
        return self._stroke is not None

    # strokes

    def press(self, brush: Brush, at: Point, pressure: float = 1.0) -> Rect | None:
        """Begin a stroke. pressure: of a pen, 0 to 1, makes the brush smaller; 1 for a mouse."""
        ended = self.release()
        self._stroke = _Stroke(brush, self._pixels)
        return united(ended, self.move(at, pressure))

    def move(self, at: Point, pressure: float = 1.0) -> Rect | None:
        """Go on to ``at``; nothing without a stroke."""
        if self._stroke is None:
            return None
        return self._stroke.go(at, pressure, self._pixels)

    def release(self) -> Rect | None:
        """End the stroke; what a soft eraser leaves at the sides of its way goes with it. Nothing without one."""
        stroke, self._stroke = self._stroke, None
        if stroke is None or not stroke.brush.erases:
            return None
        return self._put(_without_rims(stroke.before, self._pixels, stroke.brush))

    def cancel(self) -> Rect | None:
        """Take the stroke under way back, as if it had not begun."""
        stroke, self._stroke = self._stroke, None
        return None if stroke is None else self._put(stroke.before)

    # shapes

    def rectangle(self, first: Point, second: Point, brush: Brush) -> Rect | None:
        """Between two corners. Shapes take opacity and erasing from the brush."""
        (x0, y0), (x1, y1), (width, height) = first, second, self.size
        across, down = _covered(x0, x1, width), _covered(y0, y1, height)
        return self._shape(across * down[:, None], brush)

    def ellipse(self, first: Point, second: Point, brush: Brush) -> Rect | None:
        """The one that fits between two corners."""
        (x0, y0), (x1, y1) = first, second
        wide, high = max(abs(x1 - x0) / 2, 0.5), max(abs(y1 - y0) / 2, 0.5)
        width, height = self.size
        x = (np.arange(width, dtype=np.float32) + 0.5 - (x0 + x1) / 2) / wide
        y = ((np.arange(height, dtype=np.float32) + 0.5 - (y0 + y1) / 2) / high)[:, None]
        # The distance from the outline to first order: how far the equation is from 1, over how fast it grows there.
        away = (np.hypot(x, y) - 1) * np.hypot(x, y) / np.maximum(np.hypot(x / wide, y / high), 1e-6)
        return self._shape(np.clip(0.5 - away, 0, 1).astype(np.float32), brush)

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
        return self._shape(np.asarray(inside, np.float32), brush)

    # all of it

    def fill(self, at: Point, brush: Brush) -> Rect | None:
        """The area around ``at`` that is as much painted as this place, and the soft edges around it, up to where they
        are at their height: nothing is left thin between the two. Nothing where the place is as the brush leaves it: of
        a soft edge around it there would be a change that nobody sees."""
        x, y = math.floor(at[0]), math.floor(at[1])
        width, height = self.size
        if not (0 <= x < width and 0 <= y < height):
            return None
        painted = _blended(np.arange(256, dtype=np.uint8), np.float32(1), brush)
        here = self._pixels[y, x]
        if painted[here] == here:
            return None
        reached = filled(self._pixels, x, y, falls=brush.erases)
        pixels = np.where(reached > 0, np.asarray(cv2.LUT(self._pixels, painted), np.uint8), self._pixels)
        return self._change(_without_rims(self._pixels, pixels, brush) if brush.erases else pixels)

    def invert(self) -> Rect | None:
        return self._change(255 - self._pixels)

    def clear(self) -> Rect | None:
        return self._change(np.zeros_like(self._pixels))

    def take(self, pixels: Pixels) -> Rect | None:
        """Another mask in its place, of any size: from a file, or of a cue."""
        return self._change(np.array(pixels, np.uint8))

    def _shape(self, coverage: NDArray[np.float32], brush: Brush) -> Rect | None:
        pixels = _blended(self._pixels, coverage, brush)
        return self._change(_without_rims(self._pixels, pixels, brush) if brush.erases else pixels)

    def _change(self, pixels: Pixels) -> Rect | None:
        self._stroke = None
        return self._put(pixels)

    def _put(self, pixels: Pixels) -> Rect | None:
        """All of the mask where its size changes, too."""
        before, self._pixels = self._pixels, pixels
        if before.shape != pixels.shape:
            return Rect(0, 0, pixels.shape[1], pixels.shape[0])
        x, y, width, height = cv2.boundingRect(cv2.absdiff(before, pixels))
        return Rect(x, y, x + width, y + height) if width else None


class _Stroke:
    """Owns how much of each pixel the stroke covers, and the mask from before it: where a stroke crosses itself it is
    no denser."""

    def __init__(self, brush: Brush, before: Pixels) -> None:
        self.brush, self.before = brush, before.copy()
        self._coverage = np.zeros_like(before)
        self._last: tuple[Point, float] | None = None

    def go(self, at: Point, pressure: float, pixels: Pixels) -> Rect | None:
        """Draws into ``pixels``."""
        radius = max(_THINNEST, self.brush.size / 2 * min(1.0, max(0.0, pressure)))
        (x, y), last_radius = self._last or (at, radius)
        self._last = (at, radius)
        # In pieces: the box around a long way across the picture is mostly empty.
        count = max(1, math.ceil(math.dist((x, y), at) / max(8.0, 2 * max(radius, last_radius))))
        places = [tuple(dab) for dab in np.linspace((x, y, last_radius), (*at, radius), count + 1).tolist()]
        changed = [self._piece(start, end, pixels) for start, end in pairwise(places)]
        return united(*changed)

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
        inside = _capsule(box, start, end, self.brush.hardness)
        coverage = self._coverage[box.slices]
        np.maximum(coverage, inside, out=coverage)
        pixels[box.slices] = _blended(
            self.before[box.slices], np.asarray(coverage / np.float32(255), np.float32), self.brush
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


def _blended(before: Pixels, coverage: NDArray[np.float32] | np.float32, brush: Brush) -> Pixels:
    """``before`` with the brush's colour as far as ``coverage``, 0 to 1, says so."""
    share = coverage * np.float32(brush.opacity)
    wanted = np.float32(0 if brush.erases else 255)
    return np.asarray(before + share * (wanted - before) + np.float32(0.5), np.float32).astype(np.uint8)


def _without_rims(before: Pixels, after: Pixels, brush: Brush) -> Pixels:
    """``after`` an eraser went over ``before``, without the rims that a soft one leaves.

    A rim is faint, lies within the eraser's soft border, and belongs to an area of which nothing strong is left though
    there was. So what was painted faintly stays, and so does the soft border of what is left. An eraser that takes only
    a part of what is there leaves no rims, but that other part.
    """
    kept = cv2.compare(after, before, cv2.CMP_GE)
    faint = (after > 0) & (after <= _RIM)
    if brush.opacity < 1.0 or cv2.countNonZero(kept) == kept.size or not faint.any():
        return after
    faint &= ~_of_strong_areas(after)
    if not faint.any():
        return after
    reach = math.ceil(brush.size / 2 * (1 - brush.hardness) + 1)
    near = np.asarray(cv2.distanceTransform(kept, cv2.DIST_C, 3) <= reach)
    return np.where(near & faint & _of_strong_areas(before), np.uint8(0), after)


def _of_strong_areas(mask: Pixels) -> NDArray[np.bool_]:
    """Which pixels belong to an area of painted ones with something in it that is no rim."""
    count, areas = cv2.connectedComponents((mask > 0).astype(np.uint8), connectivity=8)
    strong = np.zeros(count, np.bool_)
    strong[areas[mask > _RIM]] = True
    return np.asarray(strong[areas], np.bool_)
