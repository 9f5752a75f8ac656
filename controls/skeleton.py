"""People as OpenPose draws them: bodies of 18 joints and 17 coloured limbs, hands of 21 points, faces of white dots.
What VACE's pose guides look like.

Colours, order of the limbs and their shape are those of OpenPose's renderer in the form that DWPose gave it
(github.com/IDEA-Research/DWPose, Apache 2.0): limbs are ellipses at 0.6 of their colour, joints are discs at full
colour above them; the bones of a hand are lines, a quarter as wide as limbs, under discs. Limbs end between pixels
here, so that a slowly moving arm does not hop. Knows no landmark model.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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

_NEIGHBOURS = tuple(
    tuple(other for limb in LIMBS if joint in limb for other in limb if other != joint) for joint in range(len(JOINTS))
)

COLORS = (
    (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0), (0, 255, 85),
    (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255), (170, 0, 255), (255, 0, 255),
    (255, 0, 170), (255, 0, 85),
)  # fmt: skip
"""RGB. Joint i has colour i."""

BONES = tuple((0 if number % 4 == 0 else number, number + 1) for number in range(20))
"""Pairs of a hand's 21 points: from the wrist along the thumb, then along each finger. Bone i has bone colour i."""

BONE_COLORS = tuple(
    tuple(round(value * 255) for value in colorsys.hsv_to_rgb(number / len(BONES), 1.0, 1.0))
    for number in range(len(BONES))
)
"""RGB, once around the wheel."""

HAND_COLOR, FACE_COLOR = (0, 0, 255), (255, 255, 255)
"""RGB of a hand's and a face's points."""

_LIMB_BRIGHTNESS = 0.6
_LIMB_COLORS = tuple(tuple(int(value * _LIMB_BRIGHTNESS) for value in color) for color in COLORS)
_RADIUS = 4.0 / 1024.0
"""Half a limb's width and the radius of a joint and of a hand's point, as a share of the shorter side: VACE's guides
are drawn at 1,024."""
_SMALLEST_RADIUS = 1.5
"""Pixels; an autoencoder that makes one number of 8x8 pixels loses limbs that are thinner than 3 of them."""
_BONE_RADIUS, _FACE_RADIUS = 1.0 / 4.0, 3.0 / 4.0
"""Half a bone's width and the radius of a face's point, in radii of a joint."""
_SMALLEST_DOT, _SMALLEST_BONE = 1.0, 0.5
"""Pixels, of those: a hand is small, and what is drawn larger runs into one."""
_FRACTION_BITS = 4
_MARGIN = 2
"""Pixels that antialiasing may reach beyond an outline."""
_TURN = np.linspace(0.0, 2.0 * math.pi, 48, endpoint=False)

Points = NDArray[np.float64]
Color = Sequence[int]


@dataclass(frozen=True, eq=False)
class Marks:
    """The points of one body, hand or face. points: (N, 2), x and y as fractions of width and height; NaN where one is
    not seen. opacity: (N,) from 0 to 1."""

    points: Points
    opacity: NDArray[np.float64]


def draw(people: Sequence[Points], width: int, height: int, thickness: float = 1.0) -> Pixels:
    """The skeletons of ``people`` on black, (height, width, 3) uint8.

    people: (18, 2) each, x and y as fractions of width and height; NaN where a joint is not seen.
    thickness: 1 draws limbs 8 pixels wide and joints of radius 4 at a shorter side of 1,024, as VACE's own guides have
        them, and in proportion at other sizes; below 384 limbs stay 3 pixels wide.
    """
    canvas = np.zeros((height, width, 3), np.uint8)
    draw_bodies(canvas, [Marks(points, np.ones(len(points))) for points in people], thickness)
    return canvas


def draw_bodies(canvas: Pixels, bodies: Sequence[Marks], thickness: float) -> None:
    """Into ``canvas`` (H, W, 3), whatever is on it. bodies: of 18 points. A limb is as opaque as its fainter end."""
    radius = _radius(canvas, thickness, _SMALLEST_RADIUS)
    in_pixels = [_in_pixels(canvas, body) for body in bodies]
    for (start, end), color in zip(LIMBS, _LIMB_COLORS, strict=False):
        for points, opacity in in_pixels:
            if faint := min(opacity[start], opacity[end]):
                _fill(canvas, _ellipse(points[start], points[end], radius), color, faint)
    for joint, color in enumerate(COLORS):
        for points, opacity in in_pixels:
            # One without a limb would be a dot that nobody can read.
            if opacity[joint] and any(opacity[other] for other in _NEIGHBOURS[joint]):
                _dot(canvas, points[joint], radius, color, opacity[joint])


def draw_hands(canvas: Pixels, hands: Sequence[Marks], thickness: float) -> None:
    """Into ``canvas`` (H, W, 3). hands: of 21 points."""
    radius = _radius(canvas, thickness, _SMALLEST_DOT)
    bone_radius = max(_SMALLEST_BONE, _BONE_RADIUS * radius)
    for points, opacity in (_in_pixels(canvas, hand) for hand in hands):
        for (start, end), color in zip(BONES, BONE_COLORS, strict=True):
            if faint := min(opacity[start], opacity[end]):
                _fill(canvas, _bar(points[start], points[end], bone_radius), color, faint)
        for point, opaque in zip(points, opacity, strict=True):
            if opaque:
                _dot(canvas, point, radius, HAND_COLOR, opaque)


def draw_faces(canvas: Pixels, faces: Sequence[Marks], thickness: float) -> None:
    """Into ``canvas`` (H, W, 3). faces: of any number of points, one dot for each."""
    radius = max(_SMALLEST_DOT, _FACE_RADIUS * _radius(canvas, thickness, _SMALLEST_DOT))
    for points, opacity in (_in_pixels(canvas, face) for face in faces):
        for point, opaque in zip(points, opacity, strict=True):
            if opaque:
                _dot(canvas, point, radius, FACE_COLOR, opaque)


def _radius(canvas: Pixels, thickness: float, smallest: float) -> float:
    height, width = canvas.shape[:2]
    return max(smallest, thickness * _RADIUS * float(min(width, height)))


def _in_pixels(canvas: Pixels, marks: Marks) -> tuple[Points, list[float]]:
    """Points in OpenCV's coordinates, and how opaque each is: 0 where it is not seen.

    Pixel i covers i to i + 1, OpenCV's coordinates name its middle. Far outside is as good as a little nearer.
    """
    height, width = canvas.shape[:2]
    points = np.clip(marks.points, -16.0, 16.0) * (width, height) - 0.5
    return points, np.where(np.isfinite(points).all(axis=1), marks.opacity, 0.0).tolist()


def _fill(canvas: Pixels, outline: Points, color: Color, opacity: float) -> None:
    if opacity < 1.0:
        low, high = outline.min(axis=0), outline.max(axis=0)
        _blend(canvas, low, high, opacity, lambda layer, corner: _fill(layer, outline - corner, color, 1.0))
    else:
        cv2.fillConvexPoly(canvas, _fixed_point(outline), color, cv2.LINE_AA, _FRACTION_BITS)


def _dot(canvas: Pixels, center: Points, radius: float, color: Color, opacity: float) -> None:
    if opacity < 1.0:
        low, high = center - radius, center + radius
        _blend(canvas, low, high, opacity, lambda layer, corner: _dot(layer, center - corner, radius, color, 1.0))
    else:
        x, y = _fixed_point(center)
        size = round(radius * (1 << _FRACTION_BITS))
        cv2.circle(canvas, (int(x), int(y)), size, color, -1, cv2.LINE_AA, _FRACTION_BITS)


def _blend(
    canvas: Pixels, low: Points, high: Points, opacity: float, draw_on: Callable[[Pixels, Points], None]
) -> None:
    """Let what ``draw_on`` draws between ``low`` and ``high`` show by ``opacity``. It gets a copy of that piece of
    ``canvas``, and where the piece begins."""
    height, width = canvas.shape[:2]
    left, top = np.clip(np.floor(low) - _MARGIN, 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(high) + _MARGIN + 1, 0, (width, height)).astype(int)
    if left < right and top < bottom:
        piece = canvas[top:bottom, left:right]
        layer = piece.copy()
        draw_on(layer, np.array([left, top], np.float64))
        piece[:] = cv2.addWeighted(layer, opacity, piece, 1.0 - opacity, 0.0)


def _ellipse(start: Points, end: Points, radius: float) -> Points:
    """The outline of the ellipse whose long axis runs from ``start`` to ``end`` and whose short one is 2 ``radius``."""
    along = (end - start) / 2.0
    length = math.hypot(along[0], along[1])
    across = np.array([-along[1], along[0]]) * (radius / length) if length > 0 else np.zeros(2)
    return (start + end) / 2.0 + np.cos(_TURN)[:, None] * along + np.sin(_TURN)[:, None] * across


def _bar(start: Points, end: Points, radius: float) -> Points:
    """The outline of a line from ``start`` to ``end``, 2 ``radius`` wide."""
    along = end - start
    length = math.hypot(along[0], along[1])
    across = np.array([-along[1], along[0]]) * (radius / length) if length > 0 else np.zeros(2)
    return np.array([start + across, end + across, end - across, start - across])


def _fixed_point(points: Points) -> NDArray[np.int32]:
    """For OpenCV's ``shift``."""
    return np.rint(points * (1 << _FRACTION_BITS)).astype(np.int32)
