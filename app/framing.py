"""Bringing a picture to a wanted size: mirror, rotate, crop; fill, fit or stretch. Pure functions of numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np

from app.frame import Pixels
from app.words import values as words

Fit = Literal["fill", "fit", "stretch"]
CONTROL_WIDTH = 640
"""Pose finds little in the few pixels that a small engine paints."""

FITS: tuple[Fit, ...] = get_args(Fit)


@dataclass(frozen=True)
class Framing:
    """How a source's picture is turned and cut before anything else sees it.

    rotate: clockwise, one of 0, 90, 180, 270 degrees.
    crop: what is cut off at left, top, right, bottom, as fractions of the picture after mirror and rotation.
    fit: "fill" cuts what is too much, "fit" shows all with black bars, "stretch" distorts. Where a look expands the
        source, "fill" acts like "fit": see ``app.preprocessor``.
    """

    mirror: bool = False
    rotate: int = 0
    crop: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    fit: Fit = "fill"

    def __post_init__(self) -> None:
        if self.rotate not in (0, 90, 180, 270):
            raise ValueError(words.rotate(self.rotate))
        if self.fit not in FITS:
            raise ValueError(words.none_of(words.FIT, self.fit, FITS))
        left, top, right, bottom = self.crop
        if min(self.crop) < 0 or left + right >= 1 or top + bottom >= 1:
            raise ValueError(words.crop(self.crop))


def framed(rgb: Pixels, framing: Framing, width: int, height: int, out: Pixels | None = None) -> Pixels:
    """``rgb`` (H, W, 3) mirrored, rotated, cropped and brought to (height, width, 3). Crops before it scales.

    A mask (H, W) is framed in the same way. out: see ``resized``.
    """
    return resized(turned(rgb, framing), width, height, framing.fit, out)


def turned(rgb: Pixels, framing: Framing) -> Pixels:
    """``rgb`` mirrored, rotated and cropped, at its own size; a view."""
    if framing.mirror:
        rgb = rgb[:, ::-1]
    if framing.rotate:
        rgb = np.rot90(rgb, -framing.rotate // 90)
    left, top, right, bottom = framing.crop
    if any(framing.crop):
        h, w = rgb.shape[:2]
        x0, y0 = int(left * w), int(top * h)
        rgb = rgb[y0 : max(y0 + 1, round((1 - bottom) * h)), x0 : max(x0 + 1, round((1 - right) * w))]
    return rgb


def seen_by_controls(rgb: Pixels, framing: Framing, width: int, height: int) -> tuple[Pixels, Pixels]:
    """``rgb`` as the controls see it, and at the engine's own (height, width, 3); both in the engine's aspect.

    Controls see at least ``CONTROL_WIDTH`` pixels across where the source has them.
    """
    wide = max(width, min(CONTROL_WIDTH, rgb.shape[1]))
    picture = framed(rgb, framing, wide, round(height * wide / width))
    return picture, resized(picture, width, height, "stretch")


def resized(rgb: Pixels, width: int, height: int, fit: Fit = "fill", out: Pixels | None = None) -> Pixels:
    """``rgb`` (H, W, 3) at (height, width, 3), or (H, W) at (height, width).

    Shrinks by averaging, grows bilinearly. May return ``rgb`` itself. out: an array of that shape that may be written
    to and returned: memory that is new costs as much as scaling does.
    """
    h, w = rgb.shape[:2]
    if (w, h) == (width, height):
        return _contiguous(rgb, out)
    if fit == "stretch" or w * height == h * width:
        return _scaled(rgb, width, height, out)
    if fit == "fill":
        scale = max(width / w, height / h)
        cut_w, cut_h = max(1, min(w, round(width / scale))), max(1, min(h, round(height / scale)))
        x, y = (w - cut_w) // 2, (h - cut_h) // 2
        return _scaled(rgb[y : y + cut_h, x : x + cut_w], width, height, out)
    scale = min(width / w, height / h)
    new_w, new_h = max(1, min(width, round(w * scale))), max(1, min(height, round(h * scale)))
    canvas = np.zeros((height, width, *rgb.shape[2:]), np.uint8)
    x, y = (width - new_w) // 2, (height - new_h) // 2
    canvas[y : y + new_h, x : x + new_w] = _scaled(rgb, new_w, new_h)
    return canvas


def _contiguous(rgb: Pixels, out: Pixels | None = None) -> Pixels:
    if rgb.strides[1] < 0 < rgb.strides[0]:  # mirrored, as most webcams are: numpy turns pixel by pixel
        return np.asarray(cv2.flip(rgb[:, ::-1], 1, dst=out), np.uint8)
    if out is None or rgb.flags.c_contiguous:
        return np.ascontiguousarray(rgb)
    np.copyto(out, rgb)
    return out


def _scaled(rgb: Pixels, width: int, height: int, out: Pixels | None = None) -> Pixels:
    if rgb.shape[:2] == (height, width):
        return _contiguous(rgb, out)
    # cv2 reads cut views, but not negative strides (mirror, rotation).
    row, column = rgb.strides[:2]
    if column < 0 < row and rgb.shape[0] * rgb.shape[1] > width * height:
        small = _scaled(rgb[:, ::-1], width, height)  # a mirrored picture is turned when it is small
        return np.asarray(cv2.flip(small, 1, dst=out), np.uint8)
    source = rgb if row >= column > 0 else _contiguous(rgb)
    h, w = source.shape[:2]
    # Halving by area and the rest bilinearly looks like one area average and costs a sixth of it: OpenCV is fast at
    # exact halves and slow at all other areas.
    while w >= 2 * width and h >= 2 * height:
        w, h = w // 2, h // 2
        source = np.asarray(cv2.resize(source[: 2 * h, : 2 * w], (w, h), interpolation=cv2.INTER_AREA), np.uint8)
    if (w, h) == (width, height):
        return source
    return np.asarray(cv2.resize(source, (width, height), dst=out, interpolation=cv2.INTER_LINEAR), np.uint8)
