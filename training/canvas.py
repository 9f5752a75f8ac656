"""A picture that is painted part by part, from far to near, with its relief beside it. Knows no scenes.

Points are in pixels; pixel i covers i to i + 1. Colours are RGB, 0 to 255.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from controls.control import Pixels

Points = NDArray[np.float64]
"""(N, 2) x and y."""
Color = NDArray[np.float64]
"""(3,)."""

_BITS = 4
_TURN = np.linspace(0.0, 2.0 * math.pi, 24, endpoint=False)
CIRCLE: Points = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)
"""The outline of a circle of radius 1."""


class Canvas:
    """picture: (H, W, 3) uint8. depth: (H, W) uint8, near = white. Both are painted in place."""

    def __init__(self, picture: Pixels, depth: Pixels) -> None:
        self.picture = np.ascontiguousarray(picture)
        self.depth = np.ascontiguousarray(depth)

    def fill(self, outline: Points, color: Color, depth: float | None = None) -> None:
        """A convex outline in one colour. depth: 0 to 255; None leaves the relief as it is."""
        corners = fixed_point(outline)
        cv2.fillConvexPoly(self.picture, corners, color.tolist(), cv2.LINE_AA, _BITS)
        if depth is not None:
            cv2.fillConvexPoly(self.depth, corners, depth, cv2.LINE_8, _BITS)

    def stroke(self, points: Points, color: Color, thickness: float) -> None:
        """An open line."""
        width = max(1, round(thickness))
        cv2.polylines(self.picture, [fixed_point(points)], False, color.tolist(), width, cv2.LINE_AA, _BITS)

    def blend(self, sprite: NDArray[np.float32], relief: NDArray[np.float32], matrix: NDArray[np.float64]) -> None:
        """A picture with premultiplied alpha (h, w, 4), 0 to 255, and its relief (h, w), 0 to 255.

        matrix: (2, 3), from the sprite's pixel centres to the canvas's.
        """
        height, width = self.depth.shape
        h, w = relief.shape
        corners = np.array([[-1, -1, 1], [w, -1, 1], [-1, h, 1], [w, h, 1]]) @ matrix.T
        left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
        right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, (width, height))
        if right <= left or bottom <= top:
            return
        shifted = matrix - np.array([[0, 0, left], [0, 0, top]])
        size = (int(right - left), int(bottom - top))
        over = np.asarray(cv2.warpAffine(sprite, shifted, size), np.float32)
        near = np.asarray(cv2.warpAffine(relief, shifted, size, borderMode=cv2.BORDER_REPLICATE), np.float32)
        area = np.s_[top:bottom, left:right]
        cover = over[:, :, 3:] / 255.0
        self.picture[area] = np.clip(self.picture[area] * (1.0 - cover) + over[:, :, :3], 0, 255).astype(np.uint8)
        self.depth[area] = np.where(over[:, :, 3] > 127, np.clip(near, 0, 255), self.depth[area]).astype(np.uint8)


def capsule(start: Points, end: Points, r0: float, r1: float) -> Points:
    """The outline of a round limb that is ``r0`` thick at ``start`` and ``r1`` at ``end``; half widths in pixels."""
    return hull(np.concatenate([start + r0 * CIRCLE, end + r1 * CIRCLE]))


def hull(points: Points) -> Points:
    """The convex outline around ``points``."""
    return np.asarray(cv2.convexHull(points.astype(np.float32))[:, 0], np.float64)


def fixed_point(points: Points) -> NDArray[np.int32]:
    """For OpenCV's ``shift`` of 4 bits. Far outside is as good as a little nearer."""
    return np.rint((np.clip(points, -4000.0, 8000.0) - 0.5) * (1 << _BITS)).astype(np.int32)


def gradient(width: int, height: int, first: Color, second: Color, angle: float) -> Pixels:
    """From one colour to another along ``angle`` (radians): (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    along = (x / width - 0.5) * math.cos(angle) + (y / height - 0.5) * math.sin(angle)
    share = np.clip(along + 0.5, 0, 1)[:, :, None]
    return np.asarray(first * (1 - share) + second * share, np.uint8)


def color(rng: np.random.Generator) -> Color:
    """Any colour, gray ones among them."""
    hue, saturation, value = rng.uniform(0, 6), rng.uniform(0, 1) ** 0.7, rng.uniform(0.08, 1.0)
    if rng.random() < 0.15:
        saturation = 0.0
    wheel = np.clip(np.abs((hue + np.array([0.0, 4.0, 2.0])) % 6.0 - 3.0) - 1.0, 0, 1)
    return np.asarray(255.0 * value * (1 - saturation * (1 - wheel)), np.float64)


def mixed(first: Color, second: Sequence[float] | Color, share: float) -> Color:
    """``first`` with ``share`` of ``second``, 0 to 1."""
    return np.asarray((1 - share) * first + share * np.asarray(second, np.float64), np.float64)
