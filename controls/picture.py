"""Bringing a picture to the form and size a control works on. Pure functions; knows no control."""

from __future__ import annotations

import cv2
import numpy as np

from controls.control import Pixels


def as_rgb(picture: Pixels) -> Pixels:
    """``picture`` as contiguous (H, W, 3) uint8: gray is repeated, alpha dropped, other number types clipped to 0..255.

    An empty picture becomes one black pixel. Raises ValueError for what is no picture at all.
    """
    if picture.dtype != np.uint8:
        picture = np.nan_to_num(picture).clip(0, 255).astype(np.uint8)
    if picture.ndim == 2:
        picture = picture[:, :, None]
    if picture.ndim != 3 or picture.shape[2] not in (1, 3, 4):
        raise ValueError(f"picture is {picture.shape}, expected (height, width, 3)")
    if picture.size == 0:
        return np.zeros((1, 1, 3), np.uint8)
    if picture.shape[2] == 1:
        picture = np.repeat(picture, 3, axis=2)
    return np.ascontiguousarray(picture[:, :, :3])


def resized(picture: Pixels, width: int, height: int) -> Pixels:
    """``picture`` (H, W, 3) at (height, width, 3): shrinks by area averaging, grows bilinearly. May be ``picture``."""
    h, w = picture.shape[:2]
    if (w, h) == (width, height):
        return picture
    if width >= w and height >= h:
        return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    # OpenCV averages whole blocks many times faster than fractions of pixels: go as far as whole blocks reach first.
    for block in range(min(w // width, h // height), 1, -1):
        if w % block == 0 and h % block == 0:
            picture = np.asarray(cv2.resize(picture, (w // block, h // block), interpolation=cv2.INTER_AREA), np.uint8)
            break
    if picture.shape[:2] == (height, width):
        return picture
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def within(picture: Pixels, longest: int) -> tuple[int, int]:
    """Width and height of ``picture`` shrunk, where it must be, so that its longer side is ``longest``; 1 at least."""
    h, w = picture.shape[:2]
    scale = min(1.0, longest / max(w, h))
    return max(1, round(w * scale)), max(1, round(h * scale))
