"""A mask that lies on the source, brought to a canvas of any size: turned, cropped and fitted with the source, then
grown and feathered. Where the source is expanded, all around it is repainted.

Pure functions of numpy arrays. Knows neither people nor where the mask comes from.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from app.expand import Area, placed
from app.frame import Pixels
from app.framing import Framing, framed, resized
from app.mask_shape import MaskShape
from app.placement import Placement
from engine.params import Picture

_SHAPED_SIDE = 640
"""Pixels of the longer side of a mask while it is grown or feathered: both take much longer on larger ones, and leave
nothing there that more pixels would show."""


@lru_cache(maxsize=8)  # a mask is made once for a setting and a size, not for every picture
def look_mask(
    mask: Picture | None, invert: bool, shape: MaskShape, framing: Framing, area: Area, width: int, height: int
) -> Pixels | None:
    """``canvas_mask`` of a mask that stays; the same array for the same settings, which cannot be written to."""
    on_canvas = canvas_mask(None if mask is None else mask.pixels, invert, shape, framing, area, width, height)
    if on_canvas is not None:
        on_canvas.flags.writeable = False
    return on_canvas


def canvas_mask(
    mask: Pixels | None, invert: bool, shape: MaskShape, framing: Framing, area: Area, width: int, height: int
) -> Pixels | None:
    """The mask of the whole canvas, (height, width): 255 around ``area``; inside ``mask``, or 0. None where there is
    nothing to keep."""
    if mask is None:
        if (area.width, area.height) == (width, height):
            return None
        inside = np.zeros((area.height, area.width), np.uint8)
    else:
        inside = _shaped(255 - mask if invert else mask, shape, framing, area.width, area.height)
    return placed(inside, area, width, height, 255)


def on_source(mask: Pixels, place: Placement, width: int, height: int) -> Pixels:
    """``mask``, of any aspect, as one of this size that lies on all of ``place``'s source and acts where ``mask`` does.
    What acts beyond the source is lost."""
    h, w = mask.shape
    onto = np.linalg.inv(place.matrix) @ place.of_mask(w, h)
    pixels = np.diag((width, height, 1.0)) @ onto @ np.diag((1 / w, 1 / h, 1.0))
    # OpenCV's places are those of the pixels' middles.
    middle = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    matrix = np.linalg.inv(middle) @ pixels @ middle
    return np.asarray(cv2.warpAffine(mask, matrix[:2], (width, height), flags=cv2.INTER_LINEAR), np.uint8)


def _shaped(mask: Pixels, shape: MaskShape, framing: Framing, width: int, height: int) -> Pixels:
    longest = max(width, height)
    if shape == MaskShape() or longest <= _SHAPED_SIDE:
        return shape.of(framed(mask, framing, width, height))
    small_width, small_height = (max(1, round(side * _SHAPED_SIDE / longest)) for side in (width, height))
    return resized(shape.of(framed(mask, framing, small_width, small_height)), width, height, "stretch")
