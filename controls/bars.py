"""Black bars around a picture, as a film or "fit" has them, told from the dark of a stage.

Bars come in pairs of one width, and the picture begins at once along them; light on a dark stage is round, ragged and
more on one side. Whatever was lit once is no bar, and what is newly black is one only after a while: the picture inside
does not change with every movement of a spotlight. Knows no control.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from controls.control import Pixels

_BLACK = 6
"""The brightest that compression makes of black."""
_SAME = 0.02
"""The share of a side by which the two bars of a pair may differ, and that is too little to be a bar."""
_NARROWEST = 0.25
"""Of a side: what is lit of less lies on a dark stage."""
_STRAIGHT = 0.5
"""The share of an edge along which the picture begins, of one bar of a pair at least: the other side may be dark."""
_PATIENCE_S = 1.0
"""Only what was black for so long becomes a bar."""

_Span = tuple[int, int]


class _Inside(NamedTuple):
    """Rows and columns that are no bars, each from the first to behind the last."""

    rows: _Span
    columns: _Span


class Bars:
    """Owns where the picture lies between its bars; ``reset`` forgets it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._size = (0, 0)
        self._inside = self._narrower = _Inside((0, 0), (0, 0))
        self._since = math.nan

    def inside(self, picture: Pixels, time: float) -> tuple[slice, slice]:
        """The rows and columns of ``picture`` (H, W, 3) between its bars. time: seconds, rising."""
        red, green, blue = cv2.split(picture)
        level = np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)
        lit = _Inside(_lit(level.max(axis=1)), _lit(level.max(axis=0)))
        found = _between_bars(level, lit)
        if self._size != level.shape:
            self._size = level.shape
            self._inside = self._narrower = found
            self._since = math.nan
        elif level.max() > _BLACK:  # in the dark nothing is learned
            self._follow(lit, found, time)
        return slice(*self._inside.rows), slice(*self._inside.columns)

    def _follow(self, lit: _Inside, found: _Inside, time: float) -> None:
        """Grow by what is lit at once, shrink to what was ``found`` for long."""
        inside = _Inside(_around(self._inside.rows, lit.rows), _around(self._inside.columns, lit.columns))
        if _alike(found, inside, self._size):
            self._since = math.nan
        elif not (time >= self._since and _alike(found, self._narrower, self._size)):
            self._narrower, self._since = found, time
        elif time - self._since >= _PATIENCE_S:
            inside = _Inside(_common(inside.rows, found.rows), _common(inside.columns, found.columns))
        self._inside = inside


def _lit(brightest: NDArray[np.uint8]) -> _Span:
    """From the first that is not black to behind the last; all where all are black."""
    (places,) = np.nonzero(brightest > _BLACK)
    return (int(places[0]), int(places[-1]) + 1) if len(places) else (0, len(brightest))


def _between_bars(level: Pixels, lit: _Inside) -> _Inside:
    """``lit``, the whole of a side where what lies beside it are no bars. level: (H, W), the brightest channel."""
    bright = level[slice(*lit.rows), slice(*lit.columns)] > _BLACK
    height, width = level.shape
    return _Inside(
        lit.rows if _are_bars(lit.rows, height, bright) else (0, height),
        lit.columns if _are_bars(lit.columns, width, bright.T) else (0, width),
    )


def _are_bars(lit: _Span, side: int, bright: NDArray[np.bool_]) -> bool:
    """Whether what lies beside ``lit`` is a pair of bars.

    bright: which places between them are lit, (from one bar to the other, along them).
    """
    before, after = lit[0], side - lit[1]
    if min(before, after) <= _SAME * side or abs(before - after) > max(2, _SAME * side):
        return False
    straight = max(float(edge.any(axis=0).mean()) for edge in (bright[:2], bright[-2:]))
    return lit[1] - lit[0] >= _NARROWEST * side and straight >= _STRAIGHT


def _around(first: _Span, second: _Span) -> _Span:
    return min(first[0], second[0]), max(first[1], second[1])


def _common(first: _Span, second: _Span) -> _Span:
    return max(first[0], second[0]), min(first[1], second[1])


def _alike(first: _Inside, second: _Inside, size: tuple[int, ...]) -> bool:
    return all(
        abs(a - b) <= _SAME * side
        for one, other, side in zip(first, second, size, strict=True)
        for a, b in zip(one, other, strict=True)
    )
