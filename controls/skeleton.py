"""People as OpenPose draws them: 18 body joints, 17 coloured limbs on black. What VACE's pose guides look like.

Colours, order of the limbs and their shape are those of OpenPose's body-18 renderer in the form that DWPose gave it
(github.com/IDEA-Research/DWPose, Apache 2.0): limbs are ellipses at 0.6 of their colour, joints are discs at full
colour above them. Limbs end between pixels here, so that a slowly moving arm does not hop. Knows no landmark model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from controls.control import Pixels

JOINTS = (
    "nose", "neck", "right shoulder", "right elbow", "right wrist", "left shoulder", "left elbow", "left wrist",
    "right hip", "right knee", "right ankle", "left hip", "left knee", "left ankle",
    "right eye", "left eye", "right ear", "left ear",
)  # fmt: skip
"""The 18 joints of OpenPose's COCO body; left and right are the person's own."""

LIMBS = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13),
    (1, 0), (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
"""Pairs of joints, in drawing order. Limb i has colour i."""

COLORS = (
    (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0), (0, 255, 85),
    (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255), (170, 0, 255), (255, 0, 255),
    (255, 0, 170), (255, 0, 85),
)  # fmt: skip
"""RGB. Joint i has colour i."""

_LIMB_BRIGHTNESS = 0.6
_RADIUS = 4.0 / 1024.0
"""Half a limb's width and a joint's radius, as a share of the shorter side: VACE's guides are drawn at 1,024."""
_SMALLEST_RADIUS = 1.5
"""Pixels; an autoencoder that makes one number of 8x8 pixels loses limbs that are thinner than 3 of them."""
_FRACTION_BITS = 4
_TURN = np.linspace(0.0, 2.0 * math.pi, 48, endpoint=False)

Points = NDArray[np.float64]


def draw(people: Sequence[Points], width: int, height: int, thickness: float = 1.0) -> Pixels:
    """The skeletons of ``people`` on black, (height, width, 3) uint8.

    people: (18, 2) each, x and y as fractions of width and height; NaN where a joint is not seen.
    thickness: 1 draws limbs 8 pixels wide and joints of radius 4 at a shorter side of 1,024, as VACE's own guides have
        them, and in proportion at other sizes; below 384 limbs stay 3 pixels wide.
    """
    canvas = np.zeros((height, width, 3), np.uint8)
    radius = max(_SMALLEST_RADIUS, thickness * _RADIUS * min(width, height))
    # Pixel i covers i to i + 1, OpenCV's coordinates name its middle. Far outside is as good as a little nearer.
    pixels = [np.clip(points, -16.0, 16.0) * (width, height) - 0.5 for points in people]
    for (start, end), color in zip(LIMBS, COLORS, strict=False):
        dimmed = [int(value * _LIMB_BRIGHTNESS) for value in color]
        for points in pixels:
            if np.isfinite(points[[start, end]]).all():
                outline = _fixed_point(_ellipse(points[start], points[end], radius))
                cv2.fillConvexPoly(canvas, outline, dimmed, cv2.LINE_AA, _FRACTION_BITS)
    for joint, color in enumerate(COLORS):
        for points in pixels:
            if np.isfinite(points[joint]).all():
                center = _fixed_point(points[joint])
                size = round(radius * (1 << _FRACTION_BITS))
                cv2.circle(canvas, (int(center[0]), int(center[1])), size, color, -1, cv2.LINE_AA, _FRACTION_BITS)
    return canvas


def _ellipse(start: Points, end: Points, radius: float) -> Points:
    """The outline of the ellipse whose long axis runs from ``start`` to ``end`` and whose short one is 2 ``radius``."""
    along = (end - start) / 2.0
    length = math.hypot(along[0], along[1])
    across = np.array([-along[1], along[0]]) * (radius / length) if length > 0 else np.zeros(2)
    return (start + end) / 2.0 + np.cos(_TURN)[:, None] * along + np.sin(_TURN)[:, None] * across


def _fixed_point(points: Points) -> NDArray[np.int32]:
    """For OpenCV's ``shift``."""
    return np.rint(points * (1 << _FRACTION_BITS)).astype(np.int32)
