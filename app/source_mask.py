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
from app.framing import Framing, framed
from app.mask_shape import MaskShape
from app.placement import Placement
from engine.params import Picture


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
        inside = shape.of(framed(255 - mask if invert else mask, framing, area.width, area.height))
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
