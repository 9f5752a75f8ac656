"""Telling looks apart by simple statistics that know no hue: what a linear classifier can learn, a performer can see.

Pure numpy and OpenCV; knows no engine.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.starter.structure import edges

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

RIDGE = 10.0
_TILES = (2, 3)
_SCALES = (1.0, 2.0, 4.0, 8.0)
_DISTANCES = (0.0, 0.5, 1.5, 2.5, 4.0, 6.0, 9.0, 13.0)
"""Pixels; each ring reaches to the next."""


def features(rgb: Pixels) -> Floats:
    """``statistics`` of the picture's six tiles, two rows of three whose corners lie on multiples of 8, (6, 92).

    Tiles of a picture differ as much as those of different clips do: they teach what belongs to a look and what does
    not.
    """
    h, w = (size // count // 8 * 8 for size, count in zip(rgb.shape[:2], _TILES, strict=True))
    corners = [(row * h, column * w) for row in range(_TILES[0]) for column in range(_TILES[1])]
    return np.stack([statistics(rgb[y : y + h, x : x + w]) for y, x in corners])


def statistics(rgb: Pixels) -> Floats:
    """Statistics of a picture (H, W, 3) that do not change much when all its hues turn, (92,).

    Luma is stretched to its own mean and deviation first. Of it: a histogram (16); how bright it is and how much it
    varies at eight distances from its edges (16), which tells light lines from dark ones, glows from flat grounds; of
    four octaves of detail (differences of Gaussians of 0.5 and 1, 1 and 2, ... px) the logarithm of the mean and the
    deviation over the mean (8); a histogram of the gradients' strength (8) and, weighted by strength, of their
    direction round the circle (16), which tells where light comes from; the steps across each of 8 columns and of 8
    rows over their mean, which show a pattern (16). Of the picture as it is: chroma where luma is low, middle and high
    (6); histogram of chroma (4); mean and deviation of luma (2).
    """
    values = rgb.astype(np.float32)
    luma = np.asarray(values @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)
    chroma = values.max(axis=-1) - values.min(axis=-1)
    spread = (luma - luma.mean()) / max(float(luma.std()), 4.0)
    dx, dy = (np.asarray(cv2.Sobel(spread, cv2.CV_32F, x, 1 - x, ksize=3), np.float64) for x in (1, 0))
    strength, direction = np.hypot(dx, dy), np.arctan2(dy, dx)
    octaves = _octaves(spread)
    parts = (
        _shares(np.clip(spread, -3, 2.99), 16, (-3, 3)),
        _profile(rgb, spread),
        np.log(octaves.mean(axis=1) + 1e-3),
        octaves.std(axis=1) / (octaves.mean(axis=1) + 1e-3),
        _shares(np.minimum(strength, 7.99), 8, (0, 8)),
        _shares(direction, 16, (-np.pi, np.pi), strength),
        *(_pattern(spread, axis) for axis in (0, 1)),
        _chroma_beside(luma, chroma),
        _shares(chroma, 4, (0, 256)),
        np.array([luma.mean() / 255, luma.std() / 255]),
    )
    return np.concatenate([np.asarray(part, np.float64) for part in parts])


class Classifier:
    """Ridge regression of standardised features on one-hot labels. Tiles are learned one by one, and vote together."""

    def __init__(self, pictures: Floats, labels: Sequence[str]) -> None:
        """pictures: the ``features`` of each, (pictures, tiles, statistics). labels: one for each picture."""
        self._names = sorted(set(labels))
        rows = pictures.reshape(-1, pictures.shape[-1])
        self._mean, self._deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-6
        standard = self._standard(rows)
        one_hot = np.array([[float(label == name) for name in self._names] for label in labels])
        wanted = one_hot.repeat(pictures.shape[1], axis=0)
        damping = RIDGE * np.eye(standard.shape[1])
        self._weights = np.linalg.solve(standard.T @ standard + damping, standard.T @ wanted)

    def named(self, pictures: Floats) -> list[str]:
        """The label of each picture: the largest answer, mean of its tiles."""
        answers = (self._standard(pictures) @ self._weights).mean(axis=1)
        return [self._names[best] for best in answers.argmax(axis=1)]

    def named_together(self, pictures: Floats) -> str:
        """The one label of pictures that show the same: the largest answer, mean of all their tiles."""
        return self.named(pictures.reshape(1, -1, pictures.shape[-1]))[0]

    def _standard(self, rows: Floats) -> Floats:
        standard = (rows - self._mean) / self._deviation
        return np.concatenate([standard, np.ones((*rows.shape[:-1], 1))], axis=-1)


def _shares(
    values: NDArray[np.floating], bins: int, span: tuple[float, float], weights: Floats | None = None
) -> Floats:
    """A histogram whose bins add up to 1, or to 0 where nothing weighs anything."""
    counts, _ = np.histogram(values, bins, span, weights=weights)
    return np.asarray(counts / max(float(counts.sum()), 1e-9), np.float64)


def _profile(rgb: Pixels, spread: NDArray[np.float32]) -> Floats:
    """Mean and deviation of ``spread`` at ``_DISTANCES`` from the picture's edges, (16,); 0 where nothing is."""
    found = edges(rgb)
    away = cv2.distanceTransform((~found).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    rings = np.digitize(np.asarray(away), _DISTANCES) - 1
    values = [spread[rings == ring] for ring in range(len(_DISTANCES))]
    return np.array([s for ring in values for s in ((ring.mean(), ring.std()) if ring.size else (0.0, 0.0))])


def _pattern(spread: NDArray[np.float32], axis: int) -> Floats:
    """Mean step from line to line along ``axis`` at each of 8 phases, over the mean of all, (8,)."""
    steps = np.abs(np.diff(spread, axis=axis)).mean(axis=1 - axis)
    phases = np.array([steps[phase::8].mean() for phase in range(8)])
    return np.asarray(phases / max(float(phases.mean()), 1e-6), np.float64)


def _octaves(luma: NDArray[np.float32]) -> Floats:
    """Absolute detail of four octaves, (4, pixels)."""
    blurred = [cv2.GaussianBlur(luma, (0, 0), scale / 2) for scale in (*_SCALES, 2 * _SCALES[-1])]
    return np.abs([(a - b).ravel() for a, b in itertools.pairwise(blurred)]).astype(np.float64)


def _chroma_beside(luma: NDArray[np.float32], chroma: NDArray[np.float32]) -> Floats:
    """Mean and deviation of chroma / 255 where luma is dark, middle and bright, (6,); 0 where no pixel is."""
    thirds = (luma < 85, (luma >= 85) & (luma < 170), luma >= 170)
    return (
        np.array(
            [s for third in thirds for s in ((chroma[third].mean(), chroma[third].std()) if third.any() else (0, 0))]
        )
        / 255
    )
