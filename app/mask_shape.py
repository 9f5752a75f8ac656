"""Growing and feathering a mask where it is used, so that both stay free to change after it was painted. Pure
functions of (H, W) uint8: 255 = repaint, 0 = keep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from app.frame import Pixels
from app.words import values as words

_UNIT = 320
"""The longer side of a picture, in the pixels that lengths are told in: a mask looks alike at every size."""
_SQUARES = 0.414
"""The share of squares among the steps by which a mask grows; with crosses for the others it grows by an octagon."""

_LEAST_DEVIATION = 0.01
"""Pixels, of a blur that can be seen; OpenCV refuses those that are next to nothing."""
_SMALL_DEVIATION = 4.0
"""Pixels, of a blur whose cost, which grows with it, does not matter; a wider one is made of a smaller copy, to no less
than this: what scaling softens is lost in it."""


@dataclass(frozen=True)
class MaskShape:
    """grow: how far the border moves outwards, -40 to 40, below 0 inwards. feather: over how much it fades, 0 to 80.
    Both in pixels of a picture whose longer side is 320."""

    grow: float = 0.0
    feather: float = 0.0

    def __post_init__(self) -> None:
        for name, low, high in (("grow", -40.0, 40.0), ("feather", 0.0, 80.0)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(words.out_of_range(words.of_mask(name), value, low, high))

    def of(self, mask: Pixels) -> Pixels:
        """``mask`` grown and feathered; itself where there is nothing to do. Soft borders stay soft."""
        scale = max(mask.shape) / _UNIT
        steps = round(abs(self.grow) * scale)
        squares = round(_SQUARES * steps)
        move = cv2.dilate if self.grow > 0 else cv2.erode
        for form, count in ((cv2.MORPH_RECT, squares), (cv2.MORPH_CROSS, steps - squares)):
            if count:
                mask = np.asarray(move(mask, cv2.getStructuringElement(form, (3, 3)), iterations=count), np.uint8)
        # A Gaussian's step from 2 to 98 % is four deviations wide.
        deviation = self.feather * scale / 4
        return _blurred(mask, deviation) if deviation > _LEAST_DEVIATION else mask


def _blurred(mask: Pixels, deviation: float) -> Pixels:
    """deviation: of the Gaussian, in pixels."""
    by = max(1, int(deviation / _SMALL_DEVIATION))
    if by == 1:
        return np.asarray(cv2.GaussianBlur(mask, (0, 0), deviation, borderType=cv2.BORDER_REPLICATE), np.uint8)
    height, width = mask.shape
    small = max(1, round(width / by)), max(1, round(height / by))
    across, down = (
        # Averaging and enlarging blur by themselves: as squares of deviations, a twelfth and a sixth of the step's.
        math.sqrt(max(0.0, (deviation * new / old) ** 2 - 1 / 12 - 1 / 6))
        for old, new in zip((width, height), small, strict=True)
    )
    shrunk = cv2.resize(mask, small, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(shrunk, (0, 0), across, sigmaY=down, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
