"""Shaded solids in space: boxes, prisms, cones, balls; convex, turning, with exact relief."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.camera import course, speed
from training.canvas import Canvas, Color, color, fixed_point, mixed

Vector = NDArray[np.float64]
_BITS = 4
_PERSPECTIVE = 4.0
"""How many radii away the camera is."""


@dataclass(frozen=True, eq=False)
class Solid:
    """A convex body that moves. corners: (N, 3) within a radius of 1. faces: indices, counter-clockwise from outside.

    centers: (F, 2) pixels. radius: pixels. turns: (F, 3, 3). light: (3,) unit. depth: 0 to 255, of its middle;
    thickness: what one radius towards the camera adds.
    """

    corners: Vector
    faces: tuple[tuple[int, ...], ...]
    colors: tuple[Color, ...]
    centers: Vector
    radius: float
    turns: Vector
    light: Vector
    depth: float
    thickness: float

    def paint(self, canvas: Canvas, picture: int) -> None:
        points = self.corners @ self.turns[picture].T
        near = _PERSPECTIVE / (_PERSPECTIVE - points[:, 2])
        flat = self.centers[picture] + self.radius * near[:, None] * points[:, :2] * (1, -1)
        for face, paint in zip(self.faces, self.colors, strict=True):
            corners = points[list(face)]
            normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
            normal /= max(1e-9, float(np.linalg.norm(normal)))
            if float(normal @ (np.array([0, 0, _PERSPECTIVE]) - corners[0])) <= 0:
                continue
            shade = 0.35 + 0.65 * max(0.0, float(normal @ self.light))
            canvas.fill(flat[list(face)], np.clip(paint * shade, 0, 255))
            self._relief(canvas, flat[list(face)], self.depth + self.thickness * corners[:, 2])

    def _relief(self, canvas: Canvas, outline: Vector, levels: Vector) -> None:
        """Fills an outline in the relief with the plane through its corners' levels."""
        height, width = canvas.depth.shape
        left, top = np.maximum(np.floor(outline.min(axis=0)).astype(int) - 1, 0)
        right, bottom = np.minimum(np.ceil(outline.max(axis=0)).astype(int) + 2, (width, height))
        if right <= left or bottom <= top:
            return
        mask = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillConvexPoly(mask, fixed_point(outline - (left, top)), 1, cv2.LINE_8, _BITS)
        plane, *_ = np.linalg.lstsq(np.column_stack([outline, np.ones(len(outline))]), levels, rcond=None)
        y, x = np.mgrid[top:bottom, left:right]
        values = np.clip(plane[0] * (x + 0.5) + plane[1] * (y + 0.5) + plane[2], levels.min(), levels.max())
        area = canvas.depth[top:bottom, left:right]
        area[mask > 0] = np.clip(values, 0, 255).astype(np.uint8)[mask > 0]


def solid(rng: np.random.Generator, size: float, width: int, height: int, pictures: int, depth: float) -> Solid:
    """Any solid of about ``size`` pixels, crossing the picture and turning."""
    corners, faces = _body(rng)
    base = color(rng)
    many = rng.random() < 0.35
    colors = tuple(
        color(rng) if many and len(face) > 3 else mixed(base, (255, 255, 255), rng.uniform(0, 0.06)) for face in faces
    )
    pace = speed(rng, width)
    path = course(rng, pictures, pace)
    path += np.array([width, height]) * rng.uniform(0.12, 0.88, 2) - path[rng.integers(pictures)]
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    rate = rng.normal(0, 0.07) if pace > 0 else 0.0
    start = _rotation(rng.normal(size=3), rng.uniform(0, 2 * math.pi))
    turns = np.stack([_rotation(axis, rate * i) @ start for i in range(pictures)])
    light = np.array([rng.uniform(-1, 1), rng.uniform(0.1, 1), rng.uniform(0.4, 1)])
    return Solid(
        corners, faces, colors, path, 0.5 * size, turns, light / np.linalg.norm(light), depth, rng.uniform(12, 45)
    )


def _body(rng: np.random.Generator) -> tuple[Vector, tuple[tuple[int, ...], ...]]:
    kind = rng.choice(["box", "prism", "cone", "ball"], p=(0.4, 0.25, 0.15, 0.2))
    if kind == "ball":
        return _ball()
    sides = {"box": 4, "prism": int(rng.choice([3, 5, 6, 16])), "cone": int(rng.choice([4, 16]))}[str(kind)]
    angle = (np.arange(sides) + 0.5) * 2 * math.pi / sides
    radius, half = rng.uniform(0.45, 0.8), rng.uniform(0.35, 0.8)
    ring = np.stack([radius * np.cos(angle), np.zeros(sides), -radius * np.sin(angle)], axis=1)
    around = [(i, (i + 1) % sides) for i in range(sides)]
    up = np.array([0.0, half, 0.0])
    if kind == "cone":
        corners = np.vstack([ring - up, up])
        return corners, (*((a, b, sides) for a, b in around), tuple(reversed(range(sides))))
    corners = np.vstack([ring - up, ring + up])
    walls = tuple((a, b, sides + b, sides + a) for a, b in around)
    return corners, (*walls, tuple(reversed(range(sides))), tuple(range(sides, 2 * sides)))


def _ball(rings: int = 9, sides: int = 16) -> tuple[Vector, tuple[tuple[int, ...], ...]]:
    tilt = np.linspace(0, math.pi, rings + 1)
    angle = np.arange(sides) * 2 * math.pi / sides
    corners = np.array(
        [[math.sin(t) * math.cos(a), math.cos(t), -math.sin(t) * math.sin(a)] for t in tilt for a in angle]
    )
    faces = []
    for i in range(rings):
        for j in range(sides):
            a, b = i * sides + j, i * sides + (j + 1) % sides
            c, d = b + sides, a + sides
            faces.append((b, a, d) if i == rings - 1 else (a, d, c) if i == 0 else (a, d, c, b))
    return 0.75 * corners, tuple(faces)


def _rotation(axis: Vector, angle: float) -> Vector:
    """Rodrigues' formula."""
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * (cross @ cross))
