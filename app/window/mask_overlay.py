"""The painted mask as a picture to lay over the canvas: a tint where it repaints, and an outline that no picture hides.

The tint alone is lost on a picture of its own colour; the outline alternates between light and dark.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from app.frame import LEAST_SEEN, Pixels
from app.mask_painting import Rect
from app.window import theme

Tints = NDArray[np.uint32]
"""(H, W), premultiplied ARGB."""

_TINT = 0.55
"""How much of the mask's colour lies over the picture where it is full."""
_DASHES = 64
"""Along the longer side of the mask."""
_RIMS = 512
"""How many times the outline's half width goes into the longer side: it is as wide on every mask."""


class MaskOverlay:
    """Owns the overlay of one mask of one size, which follows it by the parts of it that change."""

    def __init__(self, mask: Pixels, *, tinted: bool) -> None:
        """mask: (H, W), 255 = repaint. tinted: whether there is more than the outline, which hides nothing."""
        self.tints: Tints = np.empty(mask.shape, np.uint32)
        self.tinted = tinted
        height, width = mask.shape
        self.follow(mask, Rect(0, 0, width, height))

    def follow(self, mask: Pixels, changed: Rect) -> Rect:
        """Take over that ``mask`` has changed within ``changed``; where the overlay has."""
        reach = outline_reach(mask)
        drawn, seen = _grown(changed, reach, mask), _grown(changed, 2 * reach, mask)
        part, left, top = mask[seen.slices], drawn.left - seen.left, drawn.top - seen.top
        inside = slice(top, top + drawn.bottom - drawn.top), slice(left, left + drawn.right - drawn.left)
        tints = _TINTS[part[inside]] if self.tinted else np.zeros(part[inside].shape, np.uint32)
        # What lies beyond the picture's edge counts as inside, as OpenCV does: the edge itself is no outline.
        repainted = (part >= LEAST_SEEN).astype(np.uint8)
        rim = cv2.morphologyEx(repainted, cv2.MORPH_GRADIENT, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
        np.copyto(tints, _dashes(*mask.shape)[drawn.slices], where=rim[inside] > 0)
        self.tints[drawn.slices] = tints
        return drawn


def outline_reach(mask: Pixels) -> int:
    """How many pixels of ``mask`` its outline reaches to each side of where it goes."""
    height, width = mask.shape
    return max(1, round(int(max(height, width)) / _RIMS))


def _grown(rect: Rect, by: int, mask: Pixels) -> Rect:
    height, width = mask.shape
    return Rect(
        max(0, rect.left - by), max(0, rect.top - by), min(width, rect.right + by), min(height, rect.bottom + by)
    )


@lru_cache(maxsize=2)
def _dashes(height: int, width: int) -> Tints:
    """Squares that are light and dark in turn."""
    cell = max(1, max(height, width) // _DASHES)
    y, x = np.ogrid[:height, :width]
    light, dark = (np.uint32(0xFF000000 | QColor(colour).rgb()) for colour in (theme.TEXT, theme.BACKGROUND))
    return np.where((x // cell + y // cell) % 2 == 0, light, dark).astype(np.uint32)


def _tints() -> Tints:
    """The mask's colour by its value; none where nothing of it would show."""
    colour = QColor(theme.MASK)
    alpha = np.arange(256) / 255 * _TINT
    channels = [255.0, colour.red(), colour.green(), colour.blue()]
    result = np.zeros(256, np.uint32)
    for shift, channel in zip((24, 16, 8, 0), channels, strict=True):
        result |= np.round(alpha * channel).astype(np.uint32) << shift
    result[:LEAST_SEEN] = 0
    return result


_TINTS = _tints()
