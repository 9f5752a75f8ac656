"""Flat things that move: polygons, discs, text, blobs, pieces of photographs, each with its relief.

A sprite is drawn once, larger than it will be shown, and then only moved, turned, stretched and tilted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from controls.control import Pixels
from training.camera import course, speed, wave
from training.canvas import Canvas, color, fixed_point, gradient, mixed

_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX)
_LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghkmnprstuvwxyz0123456789&?!"))
_BITS = 4


@dataclass(frozen=True, eq=False)
class Sprite:
    """pixels: (h, w, 4) float32, premultiplied, 0 to 255. bulge: (h, w), 0 to 1, how far it stands out."""

    pixels: NDArray[np.float32]
    bulge: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Flight:
    """How a sprite moves. centers: (F, 2) pixels; scales: (F, 2) along its own axes; turns: (F,) radians.

    depth: 0 to 255, of its middle. thickness: what a bulge of 1 adds to it.
    """

    sprite: Sprite
    centers: NDArray[np.float64]
    scales: NDArray[np.float64]
    turns: NDArray[np.float64]
    depth: float
    thickness: float

    def paint(self, canvas: Canvas, picture: int) -> None:
        h, w = self.sprite.bulge.shape
        cos, sin = math.cos(self.turns[picture]), math.sin(self.turns[picture])
        linear = np.array([[cos, -sin], [sin, cos]]) @ np.diag(self.scales[picture])
        matrix = np.column_stack([linear, self.centers[picture] - 0.5 - linear @ np.array([w - 1, h - 1]) / 2.0])
        relief = np.asarray(self.depth + self.thickness * self.sprite.bulge, np.float32)
        canvas.blend(self.sprite.pixels, relief, matrix)


def flight(
    rng: np.random.Generator, sprite: Sprite, size: float, width: int, height: int, pictures: int, depth: float
) -> Flight:
    """``sprite`` crossing the picture, its longer side about ``size`` pixels."""
    pace = speed(rng, width)
    path = course(rng, pictures, pace)
    path += np.array([width, height]) * rng.uniform(0.1, 0.9, 2) - path[rng.integers(pictures)]
    scale = size / max(sprite.bulge.shape)
    scales = np.full((pictures, 2), scale)
    turns = np.full(pictures, rng.normal(0, 0.6) if rng.random() < 0.6 else 0.0)
    if pace > 0:
        scales = (
            scales
            * np.exp(wave(rng, pictures, abs(rng.normal(0, 0.06))) + rng.normal(0, 0.008) * np.arange(pictures))[
                :, None
            ]
        )
        if rng.random() < 0.5:
            turns = turns + rng.normal(0, 0.05) * np.arange(pictures)
        if rng.random() < 0.25:  # a card that turns about its own axis
            scales[:, rng.integers(2)] *= np.cos(rng.uniform(0, 6) + rng.normal(0, 0.08) * np.arange(pictures))
    # Tilted to nothing it would have no inverse.
    scales = np.where(np.abs(scales) < 0.02, 0.02, scales)
    return Flight(sprite, path, scales, turns, depth, rng.uniform(5, 35))


def shape(rng: np.random.Generator, size: float) -> Sprite:
    """A polygon, star, disc, ring, bar, blob or text with a fill of its own."""
    side = max(16, round(1.3 * size))
    mask = np.zeros((side, side), np.uint8)
    kind = rng.choice(
        ["polygon", "star", "disc", "ring", "bar", "blob", "text"], p=(0.22, 0.1, 0.2, 0.08, 0.1, 0.14, 0.16)
    )
    if kind == "text":
        mask = _text(rng, side)
    else:
        for outline, value in _outlines(rng, str(kind)):
            points = fixed_point((outline * 0.48 + 0.5) * side)
            cv2.fillPoly(mask, [points], value, cv2.LINE_AA, _BITS)
    h, w = mask.shape
    bulge = _bulge(mask) if rng.random() < 0.6 else np.zeros((h, w), np.float32)
    fill = _fill(rng, w, h).astype(np.float32)
    if rng.random() < 0.5:
        fill = _lit(rng, fill, bulge if bulge.any() else _bulge(mask))
    if kind != "text" and rng.random() < 0.2:
        border = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8), iterations=max(1, side // 60))
        share = border[:, :, None] / 255.0
        fill = fill * (1 - share) + color(rng) * share
    return _sprite(fill, mask, bulge)


def cutout(rng: np.random.Generator, picture: Pixels | None, photograph: Pixels, size: float) -> Sprite:
    """``picture`` (H, W, 4) at about ``size`` pixels; without one, a blob cut out of ``photograph``."""
    if picture is None or rng.random() < 0.25:
        side = max(16, round(1.3 * size))
        mask = np.zeros((side, side), np.uint8)
        for outline, value in _outlines(rng, "blob"):
            cv2.fillPoly(mask, [fixed_point((outline * 0.48 + 0.5) * side)], value, cv2.LINE_AA, _BITS)
        return _sprite(patch(rng, photograph, side, side).astype(np.float32), mask, 0.5 * _bulge(mask))
    scale = min(1.3, 1.3 * size / max(picture.shape[:2]))
    high, wide = (max(4, round(n * scale)) for n in picture.shape[:2])
    opaque = picture[:, :, 3:].astype(np.float32) / 255.0
    whole = np.concatenate([picture[:, :, :3] * opaque, 255.0 * opaque], axis=2)
    pixels = np.asarray(cv2.resize(whole, (wide, high), interpolation=cv2.INTER_AREA), np.float32)
    if rng.random() < 0.5:
        pixels = pixels[:, ::-1]
    pixels = np.ascontiguousarray(pixels)
    return Sprite(pixels, 0.5 * _bulge(pixels[:, :, 3].astype(np.uint8)))


def patch(rng: np.random.Generator, photograph: Pixels, width: int, height: int) -> Pixels:
    """A random piece of a photograph at (height, width, 3)."""
    high, wide = photograph.shape[:2]
    largest = min(wide / width, high / height)
    scale = largest * rng.uniform(0.45, 1.0)
    w, h = max(1, int(scale * width)), max(1, int(scale * height))
    x, y = rng.integers(0, wide - w + 1), rng.integers(0, high - h + 1)
    method = cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(photograph[y : y + h, x : x + w], (width, height), interpolation=method), np.uint8)


def backdrop(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """A plain, graded, striped or chequered ground."""
    return _fill(rng, width, height)


def _sprite(fill: NDArray[np.float32], mask: Pixels, bulge: NDArray[np.float32]) -> Sprite:
    opaque = mask[:, :, None].astype(np.float32) / 255.0
    pixels = np.concatenate([np.clip(fill, 0, 255) * opaque, 255.0 * opaque], axis=2)
    return Sprite(np.asarray(pixels, np.float32), bulge)


def _outlines(rng: np.random.Generator, kind: str) -> list[tuple[NDArray[np.float64], int]]:
    """Outlines in -1..1 and what they are filled with: 255, or 0 for a hole."""
    turn = np.linspace(0, 2 * math.pi, 72, endpoint=False)
    if kind in ("polygon", "star"):
        corners = int(rng.integers(3, 8))
        angle = np.arange(2 * corners if kind == "star" else corners) * (
            math.pi / corners if kind == "star" else 2 * math.pi / corners
        )
        radius = (
            np.where(np.arange(len(angle)) % 2, rng.uniform(0.35, 0.6), 1.0)
            if kind == "star"
            else rng.uniform(0.65, 1.0, corners)
        )
        return [(np.stack([radius * np.sin(angle), -radius * np.cos(angle)], axis=1), 255)]
    if kind == "bar":
        thin = rng.uniform(0.04, 0.3)
        return [(np.array([[-1, -thin], [1, -thin], [1, thin], [-1, thin]]), 255)]
    if kind == "blob":
        waves = [rng.normal(0, 0.22 / n) * np.cos(n * turn + rng.uniform(0, 6.3)) for n in range(2, 7)]
        radius = np.clip(0.72 + np.sum(waves, axis=0), 0.2, 1.0)
        return [(np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1), 255)]
    disc = np.stack([np.cos(turn), np.sin(turn) * rng.uniform(0.6, 1.0)], axis=1)
    return [(disc, 255), (disc * rng.uniform(0.5, 0.85), 0)] if kind == "ring" else [(disc, 255)]


def _text(rng: np.random.Generator, side: int) -> Pixels:
    """A word, ``side`` pixels long at most."""
    word = "".join(rng.choice(_LETTERS, int(rng.integers(1, 7))))
    font, thick = _FONTS[rng.integers(len(_FONTS))], int(rng.integers(1, 4))
    (w, _), _ = cv2.getTextSize(word, font, 1.0, thick)
    scale = min(0.9 * side / w, side / 40)
    thick = max(1, round(thick * scale * 1.6))
    (w, h), base = cv2.getTextSize(word, font, scale, thick)
    mask = np.zeros((h + base + 2 * thick + 2, w + 2 * thick + 2), np.uint8)
    cv2.putText(mask, word, (thick, h + thick), font, scale, 255, thick, cv2.LINE_AA)
    return mask


def _bulge(mask: Pixels) -> NDArray[np.float32]:
    """Round towards the middle: 0 at the border to 1 where it is farthest from it."""
    inside = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 3)
    share = inside / max(1.0, float(inside.max()))
    return np.asarray(np.sqrt(np.maximum(0.0, 1.0 - (1.0 - share) ** 2)), np.float32)


def _lit(rng: np.random.Generator, fill: NDArray[np.float32], bulge: NDArray[np.float32]) -> NDArray[np.float32]:
    """``fill`` shaded as the relief of ``bulge`` is by light from one side."""
    smooth = cv2.GaussianBlur(bulge, (0, 0), max(1.0, 0.02 * max(bulge.shape)))
    angle, reach = rng.uniform(0, 2 * math.pi), 0.18 * max(bulge.shape)
    dx, dy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(smooth, cv2.CV_32F, 0, 1) / 8
    light = 0.35 * bulge + reach * (dx * math.cos(angle) + dy * math.sin(angle))
    return np.asarray(fill * np.clip(0.7 + 0.5 * light, 0.25, 1.3)[:, :, None], np.float32)


def _fill(rng: np.random.Generator, width: int, height: int) -> Pixels:
    first, second = color(rng), color(rng)
    if rng.random() < 0.5:
        second = mixed(first, second, 0.35)
    kind = rng.choice(["plain", "graded", "striped", "chequered"], p=(0.3, 0.4, 0.18, 0.12))
    if kind == "plain":
        return np.full((height, width, 3), first.round(), np.uint8)
    if kind == "graded":
        return gradient(width, height, first, second, rng.uniform(0, 2 * math.pi))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    period, angle = max(width, height) / rng.uniform(2.5, 12), rng.uniform(0, math.pi)
    across = (x * math.cos(angle) + y * math.sin(angle)) / period
    # Edges one pixel wide, so that stripes do not step.
    share = np.clip(0.5 + (np.abs(across % 1.0 - 0.5) - 0.25) * period, 0, 1)
    if kind == "chequered":
        along = (y * math.cos(angle) - x * math.sin(angle)) / period
        other = np.clip(0.5 + (np.abs(along % 1.0 - 0.5) - 0.25) * period, 0, 1)
        share = share * (1 - other) + other * (1 - share)
    return np.asarray(first + (second - first) * share[:, :, None], np.uint8)
