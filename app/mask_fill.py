"""What a fill takes of a mask: the area around a place, and the soft edges around it, up to where they are at their
height.

Pure functions of (H, W) uint8 arrays. Knows no brush.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.frame import Pixels

_ALIKE = 64
"""How far two places may differ that a fill takes for one area."""
_ROUNDS = 3
"""By which what the flood took is compared with the rule, all over the mask."""
_FARTHEST = 64
"""Pixels that an edge is gone along beyond what the flood took: there are such where it goes around the end of what it
stands at."""
_NEAR, _AROUND = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)


def filled(mask: Pixels, x: int, y: int, *, falls: bool = False) -> Pixels:
    """255 in the area around (x, y), which is as much painted as this place, and up the edges around it; else 0.

    falls: whether edges are gone down in place of up, as an eraser does.
    """
    height, width = mask.shape
    area = np.zeros((height + 2, width + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8)
    cv2.floodFill(mask.copy(), area, (x, y), 0, _ALIKE, _ALIKE, flags)
    heights = _pixels(cv2.bitwise_not(mask)) if falls else mask
    return _up_its_edges(np.ascontiguousarray(area[1:-1, 1:-1]), heights, (x, y))


def climbed(inside: Pixels, area: Pixels, heights: Pixels) -> Pixels:
    """The rule by which ``inside`` grows from ``area``: by a pixel beside it that is higher than something of it within
    two pixels, for a wide edge has neighbours that are alike. What does not keep to it is left out."""
    lowest = cv2.erode(cv2.max(heights, cv2.bitwise_not(inside)), _AROUND)
    rises = cv2.compare(heights, lowest, cv2.CMP_GT)
    return _pixels(cv2.bitwise_or(area, cv2.bitwise_and(cv2.dilate(inside, _NEAR), rises)))


def _up_its_edges(area: Pixels, heights: Pixels, at: tuple[int, int]) -> Pixels:
    """``area`` and all that the rule adds to it, time and again; ``at`` lies in it.

    Pixel by pixel that takes as many rounds as an edge is wide. So nearly all of it is found by one flood, and the rule
    mends what that took too much, then adds what it left.
    """
    beside = climbed(area, area, heights)
    if np.array_equal(beside, area):
        return area
    inside = _flooded(area, beside, heights, at)
    for _ in range(_ROUNDS):
        before, inside = inside, climbed(inside, area, heights)
        if np.array_equal(before, inside):
            return inside
    grown = climbed(inside, inside, heights)
    return inside if np.array_equal(grown, inside) else _grown(inside, grown, heights)


def _flooded(area: Pixels, beside: Pixels, heights: Pixels, at: tuple[int, int]) -> Pixels:
    """``area`` and what lies up the slopes from it, by a flood that never goes down. beside: what the rule takes first.

    What must not go down is twice the height, less the distance from the area: up a slope that rises within two pixels
    it does not, along it, to where it may rise from another area, it does.
    """
    outside = cv2.bitwise_not(area)
    slopes = cv2.compare(heights, cv2.erode(heights, _AROUND), cv2.CMP_GT)
    slopes = cv2.bitwise_and(slopes, cv2.bitwise_not(cv2.dilate(area, _NEAR)))
    closed = cv2.bitwise_and(cv2.bitwise_not(cv2.bitwise_or(slopes, beside)), 1)  # type: ignore[call-overload]  # a number is an array to OpenCV
    reached = cv2.copyMakeBorder(closed, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    # The second of two that are alike on the way up counts as half a step higher.
    second = cv2.bitwise_and(cv2.compare(heights, cv2.erode(heights, _NEAR), cv2.CMP_EQ), outside)
    twice = cv2.addWeighted(cv2.bitwise_and(heights, outside), 2, second, 1 / 255, 0, dtype=cv2.CV_32F)
    steps = cv2.subtract(twice, cv2.distanceTransform(outside, cv2.DIST_C, 3))
    cv2.floodFill(steps, reached, at, 0, 0, 1024, 8 | cv2.FLOODFILL_MASK_ONLY | (255 << 8))
    return _pixels(cv2.compare(np.ascontiguousarray(reached[1:-1, 1:-1]), 255, cv2.CMP_EQ))  # type: ignore[call-overload]


def _grown(inside: Pixels, grown: Pixels, heights: Pixels) -> Pixels:
    """``inside`` with all that the rule adds to it, of which the first is in ``grown``: only what is near the last
    pixels that were added is looked at."""
    rim = 2
    row = inside.shape[1] + 2 * rim

    def framed(pixels: Pixels, value: int) -> NDArray[np.uint8]:
        return _pixels(cv2.copyMakeBorder(pixels, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=value)).ravel()

    taken, height = framed(inside, 1), framed(heights, 0)  # the frame is taken by nobody
    low = framed(_pixels(cv2.max(heights, cv2.bitwise_not(inside))), 255)
    near, around = (_places(reach, row) for reach in (1, rim))
    last = np.empty(taken.size, np.intp)
    joined = np.flatnonzero(framed(grown, 0) > framed(inside, 0))
    for _ in range(_FARTHEST):
        if not joined.size:
            break
        taken[joined], low[joined] = 255, height[joined]
        places = (joined[:, None] + around).ravel()
        places = places[taken[places] == 0]
        order = np.arange(places.size)
        last[places] = order
        places = places[last[places] == order]  # each once
        places = places[(taken[places[:, None] + near] == 255).any(axis=1)]
        joined = places[height[places] > low[places[:, None] + around].min(axis=1)]
    return taken.reshape(-1, row)[rim:-rim, rim:-rim].copy()


def _places(reach: int, row: int) -> NDArray[np.intp]:
    """Of all around a pixel, from it, in an array whose rows are that long."""
    steps = range(-reach, reach + 1)
    return np.array([down * row + across for down in steps for across in steps if down or across], np.intp)


def _pixels(found: Any) -> Pixels:
    return np.asarray(found, np.uint8)
