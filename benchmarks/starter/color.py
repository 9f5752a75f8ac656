"""Which colours pictures have: their hue by name, and how far two palettes are apart. Pure functions of uint8 RGB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

LEAST_CHROMA = 0.15
DIRECTIONS = 64
QUANTILES = 256
MOST_PIXELS = 2**15


def hue_seen(pictures: Pixels, where: Bools | None = None) -> float | None:
    """The hue of the coloured pixels in degrees, 0 to 360: their circular mean, each weighted by its chroma.

    Hue is HSV's; chroma is (largest - smallest channel) / 255, and pixels below 0.15 count as grey. where: looks at
    these pixels alone. None where nothing is coloured, or where opposite hues cancel out.
    """
    pixels = (pictures if where is None else pictures[where]).reshape(-1, 1, 3).astype(np.float32) / 255
    if len(pixels) == 0:
        return None
    chroma = (pixels.max(axis=-1) - pixels.min(axis=-1))[:, 0]
    hue = np.deg2rad(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV), np.float64)[:, 0, 0])
    weight = np.where(chroma >= LEAST_CHROMA, chroma, 0.0)
    total = complex(np.sum(weight * np.exp(1j * hue)))
    if abs(total) < 1e-3 * max(float(weight.sum()), 1.0):
        return None
    return float(np.rad2deg(np.angle(total)) % 360)


def nearest_hue(hue: float, hues: Mapping[str, float]) -> str:
    """The name of the hue that is nearest round the circle."""
    return min(hues, key=lambda name: abs((hue - hues[name] + 180) % 360 - 180))


def nearest_color(pictures: Pixels, colors: Mapping[str, Sequence[float]], where: Bools | None = None) -> str | None:
    """The name of the colour, RGB in 0..1, that is nearest in CIE Lab to the mean of the pictures' pixels.

    where: of these pixels alone. None where there is no pixel.
    """
    pixels = (pictures if where is None else pictures[where]).reshape(-1, 3)
    if len(pixels) == 0:
        return None
    mean = pixels.mean(axis=0) / 255
    table = np.array([mean, *colors.values()], np.float32)[:, None]
    lab = np.asarray(cv2.cvtColor(table, cv2.COLOR_RGB2LAB), np.float64)[:, 0]
    return list(colors)[int(np.linalg.norm(lab[1:] - lab[0], axis=-1).argmin())]


def palette_distance(a: Pixels, b: Pixels) -> float:
    """How far apart the colours of two sets of pictures are, wherever they lie in them, in units of CIE Lab.

    Sliced Wasserstein-1 distance: both sets of colours are projected on 64 fixed directions spread evenly over the half
    sphere; in each, the mean absolute difference of 256 evenly spaced quantiles; and of that the mean. The numbers of
    pixels may differ; of more than 32,768, so many are drawn at random, the same ones in every run.
    """
    directions = _half_sphere(DIRECTIONS)
    ranks = (np.arange(QUANTILES) + 0.5) / QUANTILES
    of_a, of_b = (np.quantile(_lab(pictures) @ directions.T, ranks, axis=0) for pictures in (a, b))
    return float(np.abs(of_a - of_b).mean())


def chroma_and_contrast(pictures: Pixels) -> tuple[float, float]:
    """How strong colours and brightness are: mean of largest minus smallest channel, and the standard deviation of
    Rec. 601 luma within a picture, mean over the pictures; both in grey levels."""
    values = pictures.astype(np.float32)
    chroma = values.max(axis=-1) - values.min(axis=-1)
    luma = values @ np.array([0.299, 0.587, 0.114], np.float32)
    return float(chroma.mean()), float(luma.std(axis=(1, 2)).mean())


def _lab(pictures: Pixels) -> Floats:
    """All colours, or as many as are enough, (pixels, 3)."""
    pixels = pictures.reshape(-1, 1, 3)
    if len(pixels) > MOST_PIXELS:
        pixels = pixels[np.random.default_rng(0).choice(len(pixels), MOST_PIXELS, replace=False)]
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32).reshape(-1, 3)


def _half_sphere(count: int) -> Floats:
    """Unit vectors by the Fibonacci spiral, (count, 3)."""
    index = np.arange(count) + 0.5
    height = 1 - index / count
    angle = np.pi * (1 + 5**0.5) * index
    radius = np.sqrt(1 - height**2)
    return np.stack([height, radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32)
