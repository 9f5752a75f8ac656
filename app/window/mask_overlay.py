"""The painted mask as a picture to lay over the canvas: a tint where it repaints, and an outline that no picture hides.

The tint alone is lost on a picture of its own colour; the outline alternates between light and dark.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from app.frame import Pixels
from app.window import theme

Tints = NDArray[np.uint32]
"""(H, W), premultiplied ARGB."""

_TINT = 0.55
"""How much of the mask's colour lies over the picture where it is full."""
_HALF = 127
"""The outline goes where the mask passes through its half."""
_DASHES = 64
"""Along the longer side of the mask."""
_RIMS = 512
"""How many times the outline's half width goes into the longer side: it is as wide on every mask."""


def overlay_of(mask: Pixels) -> Tints:
    """mask: (H, W), 255 = repaint. An array of its own, as large."""
    tints = _TINTS[mask]
    longest = max(mask.shape)
    reach = 2 * max(1, round(longest / _RIMS)) + 1
    inside = (mask > _HALF).astype(np.uint8)
    # What lies beyond the picture's edge counts as inside, as OpenCV does: the edge itself is no outline.
    rim = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((reach, reach), np.uint8))
    height, width = mask.shape
    np.copyto(tints, _dashes(height, width), where=rim > 0)
    return tints


@lru_cache(maxsize=2)
def _dashes(height: int, width: int) -> Tints:
    """Squares that are light and dark in turn."""
    cell = max(1, max(height, width) // _DASHES)
    y, x = np.ogrid[:height, :width]
    light, dark = (np.uint32(0xFF000000 | QColor(colour).rgb()) for colour in (theme.TEXT, theme.BACKGROUND))
    return np.where((x // cell + y // cell) % 2 == 0, light, dark).astype(np.uint32)


def _tints() -> Tints:
    """The mask's colour by its value."""
    colour = QColor(theme.MASK)
    alpha = np.arange(256) / 255 * _TINT
    channels = [255.0, colour.red(), colour.green(), colour.blue()]
    result = np.zeros(256, np.uint32)
    for shift, channel in zip((24, 16, 8, 0), channels, strict=True):
        result |= np.round(alpha * channel).astype(np.uint32) << shift
    return result


_TINTS = _tints()
