"""The composite: a painted picture at output size, over the very source picture that it was made from.

Where the mask is 0 the source shows to the bit, where it is 255 the painted picture; in between they blend. Knows no
engine, no threads and no outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from app.frame import Pixels
from app.framing import resized
from app.plate import Plate
from engine.params import Params

_TILE = 32
"""Pixels of a side: blending costs ten times what choosing does, so it is done in such tiles as have a soft border."""


class Compositor:
    """Pictures of one stream at output size. What is asked for again is the same array as before."""

    def __init__(self) -> None:
        self._asked: tuple[Pixels, Plate | None, int, int] | None = None
        self._picture: Pixels | None = None
        self._scratch = np.empty((0, 0, 3), np.uint8)
        self._weights: tuple[Pixels, Weights] | None = None

    def picture(self, painted: Pixels, plate: Plate | None, width: int, height: int) -> Pixels:
        """``painted``, (h, w, 3), at (height, width, 3), and over ``plate`` where it has one."""
        asked, last = (painted, plate, width, height), self._asked
        same = last is not None and last[0] is painted and last[1] is plate and last[2:] == asked[2:]
        if self._picture is None or not same:
            if self._scratch.shape[:2] != (height, width):
                self._scratch = np.empty((height, width, 3), np.uint8)
            self._picture = composited(painted, plate, width, height, self._scratch, self._weigh)
            self._asked = asked
        return self._picture

    def _weigh(self, mask: Pixels) -> Weights:
        """A mask that stays is the same array for every picture."""
        if self._weights is None or self._weights[0] is not mask:
            self._weights = (mask, Weights(mask))
        return self._weights[1]


class Weights:
    """What blending by one mask takes."""

    def __init__(self, mask: Pixels) -> None:
        """mask: (H, W) uint8."""
        self.kept = cv2.inRange(mask, 0, 0)
        painted = [(tiles, mask[tiles] * np.float32(1 / 255)) for tiles in _soft(mask)]
        self.soft = [(tiles, weight, 1 - weight) for tiles, weight in painted]


def composited(
    painted: Pixels,
    plate: Plate | None,
    width: int,
    height: int,
    scratch: Pixels | None = None,
    weigh: Callable[[Pixels], Weights] = Weights,
) -> Pixels:
    """``painted`` at output size, where ``plate``'s mask lets it be seen. Without a plate it may be ``painted`` itself.

    scratch: (height, width, 3), for what is used on the way. weigh: in place of ``Weights``, by one who remembers them.
    """
    picture = enlarged(painted, width, height)
    if plate is None:
        return picture
    if picture is painted:
        picture = painted.copy()
    _blend(picture, plate.source_at(width, height, scratch), weigh(plate.mask_at(width, height)))
    return picture


def enlarged(rgb: Pixels, width: int, height: int) -> Pixels:
    """``rgb`` at (height, width, 3), by cubic interpolation; shrunk where that is smaller. May be ``rgb`` itself.

    Cubic costs as much as linear and leaves no blocks of the engine's pixels to be seen; Lanczos would cost fifteen
    times as much for what hardly shows.
    """
    h, w = rgb.shape[:2]
    if width <= w or height <= h:
        return resized(rgb, width, height, "stretch")
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def blended(painted: Pixels, source: Pixels, mask: Pixels) -> Pixels:
    """``painted`` where ``mask`` is 255, ``source`` where it is 0, both to the bit; mixed in between.

    painted, source: (H, W, 3). mask: (H, W). A new array, within a level of what exact arithmetic gives.
    """
    out = painted.copy()
    _blend(out, source, Weights(mask))
    return out


def _blend(painted: Pixels, source: Pixels, weights: Weights) -> None:
    """``blended``, written into ``painted``."""
    cv2.copyTo(source, weights.kept, painted)
    for tiles, weight, other in weights.soft:
        painted[tiles] = cv2.blendLinear(painted[tiles], source[tiles], weight, other)


def _soft(mask: Pixels) -> Iterator[tuple[slice, slice]]:
    """Rows of tiles in which ``mask`` is neither 0 nor 255 somewhere."""
    height, width = mask.shape
    soft = cv2.inRange(mask, 1, 254)
    starts = np.arange(0, width, _TILE)
    for top in range(0, height, _TILE):
        found = np.maximum.reduceat(soft[top : top + _TILE].max(axis=0), starts) > 0
        edges = np.flatnonzero(np.diff(found, prepend=False, append=False))
        for left, right in zip(edges[::2], edges[1::2], strict=True):
            yield slice(top, min(top + _TILE, height)), slice(left * _TILE, min(right * _TILE, width))


def asked_of_engine(params: Params, plates: Iterable[Plate | None]) -> Params:
    """``params`` without the engine's own composite where this one takes its place: twice, and a soft border would be
    half as wide."""
    return replace(params, composite=False) if any(plate is not None for plate in plates) else params
