"""Pictures that a look holds, from files: references, first and last frames, masks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from app.frame import Pixels
from app.inputs.size import within
from app.inputs.still import read_picture, read_pixels
from engine.params import Picture

LONGEST_SIDE = 1280
"""A larger picture is reduced to this: no engine paints more, and settings that hold it stay small."""


MASK_SIDE = 4096
"""The same of a mask, which lies on the source and costs little."""


def load_picture(path: Path) -> Picture:
    """The picture in ``path``, RGB. Raises SourceError in one sentence."""
    return reduced(read_picture(path))


def reduced(rgb: Pixels) -> Picture:
    """``rgb`` (H, W, 3) as a look holds it: no larger than an engine paints."""
    return Picture(shrunk(rgb))


def load_mask(path: Path) -> Picture:
    """The mask in ``path``, (H, W): 255 = repaint, 0 = keep. Raises SourceError in one sentence.

    Where parts of the picture are transparent its opacity is the mask, as in a figure that was cut out: what can be
    seen is repainted. Otherwise its brightness is: white is repainted.
    """
    pixels = read_pixels(path)
    if pixels.shape[2] == 4 and pixels[..., 3].min() < 255:
        return Picture(shrunk(np.ascontiguousarray(pixels[..., 3]), MASK_SIDE))
    return Picture(shrunk(brightness(np.ascontiguousarray(pixels[..., :3])), MASK_SIDE))


def brightness(rgb: Pixels) -> Pixels:
    """``rgb`` (H, W, 3) as (H, W)."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def shrunk(pixels: Pixels, longest: int = LONGEST_SIDE) -> Pixels:
    """``pixels``, (H, W) or (H, W, 3), with no side longer than ``longest``; the same array where it is so already."""
    height, width = pixels.shape[:2]
    size = within(width, height, longest)
    if size == (width, height):
        return pixels
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
