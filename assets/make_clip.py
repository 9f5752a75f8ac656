"""Renders the bundled clip: a figure that walks and dances before a soft backdrop with shapes, as a seamless loop.

    python -m assets.make_clip OUT.mp4

Deterministic: no clock, no random numbers. Takes some minutes on one core.
"""

from __future__ import annotations

import argparse
import math
from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from assets.figure import SKIN, Figure, Points, Vector, distances, figure_at, in_head

WIDTH, HEIGHT, RATE, SECONDS = 640, 360, 30, 8
OVERSAMPLING = 2
"""Every picture is rendered this many times larger in both directions and averaged down."""

Pixels = NDArray[np.uint8]
Image = NDArray[np.floating[Any]]
"""(H, W, 3), linear light, 0 to 1."""

Field = NDArray[np.floating[Any]]
"""One number for each pixel or point."""

_EYE = np.array([0.0, 1.0, 4.6], np.float32)
_FOCAL = 2.05
"""Distance of the picture plane from the eye, in picture heights. The eye looks along -z."""
_REACH = 0.95
"""The figure stays this near to the y axis, metres."""
_MARCH_STEPS = 40
_NEAR_ENOUGH = 0.0015

# In the order of the materials in assets/figure.py: shirt, trousers, skin, hair, shoes.
_COLORS = np.array([(0.70, 0.12, 0.07), (0.05, 0.07, 0.17), (0.68, 0.38, 0.26), (0.05, 0.028, 0.02), (0.7, 0.7, 0.68)])
_LIGHTS = (  # direction towards the light, colour
    ((-0.55, 0.75, 0.65), (1.05, 1.0, 0.92)),
    ((0.9, 0.25, 0.45), (0.26, 0.30, 0.38)),
    ((0.5, 0.5, -0.9), (0.55, 0.6, 0.75)),
)


def render(number: int) -> Pixels:
    """Picture ``number`` of the loop, (HEIGHT, WIDTH, 3) uint8 RGB."""
    phase = number / (RATE * SECONDS) % 1.0
    width, height = WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING
    image = _backdrop(phase, width, height)
    figure = figure_at(phase)
    _cast_shadow(image, figure)
    _draw_figure(image, figure)
    small = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(small, 0, 1) ** (1 / 2.2) * 255 + 0.5).astype(np.uint8)


def write_clip(path: str) -> None:
    with av.open(path, "w", options={"movflags": "faststart"}) as container:
        # One thread: the encoder's decisions then do not depend on the machine.
        options = {"crf": "16", "preset": "slow", "threads": "1", "g": str(RATE * 2)}
        stream = container.add_stream("libx264", rate=RATE, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(RATE * SECONDS):
            frame = av.VideoFrame.from_ndarray(render(number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _backdrop(phase: float, width: int, height: int) -> Image:
    """A wall that fades into the floor, and three shapes that drift over it."""
    x = ((np.arange(width, dtype=np.float32) + 0.5 - width / 2) / height)[None, :]
    y = ((height / 2 - np.arange(height, dtype=np.float32) - 0.5) / height)[:, None]
    up = np.clip(y + 0.5, 0, 1)[..., None]
    floor = np.array([0.36, 0.33, 0.31], np.float32)
    image = (floor * (1 - up) + np.array([0.10, 0.24, 0.30], np.float32) * up) * np.ones_like(x)[..., None]
    image *= (1.06 - 0.45 * (x**2 + 0.8 * y**2))[..., None]

    turn = 2 * math.pi * phase
    circle = np.hypot(x + 0.52 - 0.05 * math.cos(turn), y - 0.13 - 0.09 * math.sin(2 * turn)) - 0.15
    _paint(image, circle, (0.80, 0.46, 0.10), height)
    square = _turned_square(x - 0.60, y - 0.14 - 0.05 * math.cos(turn), turn, 0.11) - 0.02
    _paint(image, square, (0.06, 0.34, 0.38), height)
    left = -0.62 + 0.06 * math.sin(turn)
    triangle = _triangle(x - left, y + 0.27 - 0.03 * math.cos(3 * turn), -turn, 0.055) - 0.012
    _paint(image, triangle, (0.50, 0.14, 0.30), height)
    ring = np.abs(np.hypot(x - 0.64 - 0.05 * math.sin(turn), y + 0.24 - 0.04 * math.cos(2 * turn)) - 0.07) - 0.016
    _paint(image, ring, (0.72, 0.68, 0.58), height)
    return image


def _paint(image: Image, distance: Field, color: tuple[float, float, float], height: int) -> None:
    """Fill where ``distance`` (picture heights) is negative, with smooth edges and a little shading."""
    cover = np.clip(0.5 - distance * height / OVERSAMPLING, 0, 1)[..., None]
    shade = np.clip(1.0 - 1.2 * np.clip(distance + 0.1, 0, 0.3), 0.6, 1.0)[..., None]
    image += cover * (np.array(color, np.float32) * shade - image)


def _turned_square(x: Field, y: Field, angle: float, half: float) -> Field:
    c, s = math.cos(angle), math.sin(angle)
    along, across = np.abs(c * x + s * y) - half, np.abs(c * y - s * x) - half
    outside = np.hypot(np.maximum(along, 0), np.maximum(across, 0))
    return np.asarray(outside + np.minimum(np.maximum(along, across), 0), np.float32)


def _triangle(x: Field, y: Field, angle: float, inner: float) -> Field:
    """Distance to the sides of an equilateral triangle with an inscribed circle of radius ``inner``."""
    directions = [angle + i * 2 * math.pi / 3 for i in range(3)]
    sides = [math.cos(a) * x + math.sin(a) * y - inner for a in directions]
    return np.asarray(np.maximum(np.maximum(sides[0], sides[1]), sides[2]), np.float32)


def _on_picture(point: Vector, width: int, height: int) -> tuple[float, float, float]:
    """Column and row of a point in space, and how many pixels a metre is there."""
    scale = _FOCAL * height / (float(_EYE[2]) - point[2])
    return width / 2 + (point[0] - _EYE[0]) * scale, height / 2 - (point[1] - _EYE[1]) * scale, scale


def _cast_shadow(image: Image, figure: Figure) -> None:
    height, width = image.shape[:2]
    shadow = np.zeros((height, width), np.float32)
    body = 0.5 * (figure.feet[0] + figure.feet[1])
    spots: list[tuple[Vector, float, float]] = [(body * (1, 0, 1), 0.42, 0.30)]
    spots += [(foot * (1, 0, 1), 0.19, max(0.0, 0.5 - 2.5 * max(0.0, foot[1] - 0.06))) for foot in figure.feet]
    for point, radius, darkness in spots:
        column, row, scale = _on_picture(point, width, height)
        spot = np.zeros_like(shadow)
        axes = (round(radius * scale), round(radius * scale * 0.3))
        cv2.ellipse(spot, (round(column), round(row)), axes, 0, 0, 360, darkness, -1, cv2.LINE_AA)
        shadow = np.maximum(shadow, np.asarray(cv2.GaussianBlur(spot, (0, 0), axes[1] * 0.45)))
    image *= (1 - shadow)[..., None]


def _draw_figure(image: Image, figure: Figure) -> None:
    rows, columns, rays = _rays_near(figure, *image.shape[1::-1])
    depth, hit = _march(figure, rays)
    points = _EYE + rays[hit] * depth[hit, None]
    image[rows[hit], columns[hit]] = _shaded(figure, points, rays[hit])


def _rays_near(figure: Figure, width: int, height: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Points]:
    """Rows, columns and directions (unit length) of the pixels that may show the figure: its limbs with a margin."""
    near = np.zeros((height, width), np.uint8)
    strokes = [(limb.start, limb.end, max(limb.r0, limb.r1)) for limb in figure.limbs]
    for start, end, radius in [*strokes, (figure.head, figure.head, 0.14)]:
        x0, y0, scale = _on_picture(start, width, height)
        x1, y1, _ = _on_picture(end, width, height)
        thickness = round(2 * (radius + 0.025) * scale)
        cv2.line(near, (round(x0), round(y0)), (round(x1), round(y1)), 1, thickness)
    rows, columns = np.nonzero(near)
    rays = np.empty((len(rows), 3), np.float32)
    rays[:, 0] = (columns + 0.5 - width / 2) / height
    rays[:, 1] = (height / 2 - rows - 0.5) / height
    rays[:, 2] = -_FOCAL
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    return rows, columns, rays


def _march(figure: Figure, rays: Points) -> tuple[Field, NDArray[np.bool_]]:
    """Sphere tracing (Hart 1996): depth along each ray, and whether it meets the figure."""
    depth = np.full(len(rays), float(_EYE[2]) - _REACH, np.float32)
    hit = np.zeros(len(rays), np.bool_)
    active = np.arange(len(rays))
    for _ in range(_MARCH_STEPS):
        distance, _ = distances(figure, _EYE + rays[active] * depth[active, None])
        depth[active] += 0.9 * distance
        hit[active[distance < _NEAR_ENOUGH]] = True
        active = active[(distance >= _NEAR_ENOUGH) & (depth[active] < _EYE[2] + _REACH)]
        if not len(active):
            break
    return depth, hit


def _shaded(figure: Figure, points: Points, rays: Points) -> Field:
    _, material = distances(figure, points)
    corners = np.array([(1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)], np.float32)
    step = np.float32(0.002)
    normals = sum(corner * distances(figure, points + step * corner)[0][:, None] for corner in corners)
    normals = np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True), np.float32)
    open_sky = np.clip(distances(figure, points + np.float32(0.07) * normals)[0] / 0.07, 0.25, 1.0)

    color = _COLORS[material].astype(np.float32)
    _paint_face(color, in_head(figure, points), material == SKIN)
    light = 0.22 * (0.7 + 0.3 * normals[:, 1:2]) * np.array([0.9, 1.0, 1.1], np.float32) * open_sky[:, None]
    for direction, brightness in _LIGHTS:
        towards = np.array(direction, np.float32) / np.linalg.norm(direction)
        light = (
            light + np.clip(normals @ towards, 0, None)[:, None] * np.array(brightness, np.float32) * open_sky[:, None]
        )
    grazing = (1 + np.einsum("ij,ij->i", normals, rays)) ** 3
    return np.asarray(color * light + 0.05 * grazing[:, None], np.float32)


def _paint_face(color: Field, own: Points, skin: NDArray[np.bool_]) -> None:
    """Eyes, brows and mouth by their place in the head's own axes, metres."""
    front = skin & (own[:, 2] > 0.03)
    across, up = np.abs(own[:, 0]), own[:, 1]

    def inside(x: float, y: float, width: float, height: float) -> NDArray[np.bool_]:
        return np.asarray(front & (((across - x) / width) ** 2 + ((up - y) / height) ** 2 < 1))

    for place, paint in (
        (inside(0.033, 0.012, 0.017, 0.0095), (0.85, 0.83, 0.80)),
        (inside(0.033, 0.012, 0.0085, 0.0088), (0.04, 0.025, 0.02)),
        (inside(0.034, 0.035, 0.021, 0.0055), (0.07, 0.04, 0.03)),
        (inside(0.0, -0.066, 0.027, 0.0085), (0.45, 0.10, 0.10)),
        (inside(0.0, -0.037, 0.012, 0.004), (0.42, 0.22, 0.15)),
    ):
        color[place] = paint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", help="the MP4 to write")
    write_clip(parser.parse_args().out)


if __name__ == "__main__":
    main()
