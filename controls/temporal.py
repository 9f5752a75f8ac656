"""A motion-adaptive recursive filter: takes the noise out of a still picture and leaves a moving one alone.

Recursive temporal noise reduction as video cameras do it: every pixel follows its input at a rate that depends on how
much the picture moves there. Knows nothing of edges; any control that flickers with camera noise may own one.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from controls.control import Pixels

_CELL = 4
"""Motion is measured on cells of this many pixels a side: averaging separates it from noise."""
_LARGEST_NOISE = 6.0
"""Grey levels. What seems to be more comes from things that move."""
_MEAN_OF_RMS = 0.8
"""Mean absolute value of normal noise over its rms."""
SLACK = 1.5
"""Grey levels that a cell may change by where the camera has no noise at all, from rounding and compression."""
_SLOWEST = 0.1
"""The share of a new picture that a still pixel takes over at full smoothing."""
_SPREAD = np.ones((3, 3), np.uint8)


class TemporalFilter:
    """Owns the running average of a gray picture; ``reset`` forgets it.

    slack: where compression is coarse, more than ``SLACK`` is calmer, and what moves faintly follows later.
    noise: mean absolute change of still parts from picture to picture, in grey levels; 0 until known.
    """

    def __init__(self, slack: float = SLACK) -> None:
        self._slack = slack
        self.reset()

    def reset(self) -> None:
        self._shown: Pixels | None = None
        self._average = self._change = np.zeros((0, 0), np.float32)
        self.noise = 0.0

    def filtered(self, gray: Pixels, smoothing: float) -> tuple[Pixels, NDArray[np.bool_] | None]:
        """The filtered picture, and which of its pixels stand still, both (H, W).

        gray: (H, W) uint8. smoothing: above 0 (barely) to 1 (still parts take over a tenth of each new picture).
        Where all moves the result is ``gray`` itself. The second answer is None for a first picture and after a change
        of size, when there is nothing to compare with.
        """
        if self._shown is None or self._shown.shape != gray.shape:
            self.reset()
            self._average = gray.astype(np.float32)
            self._change = np.empty_like(self._average)
            self._shown = gray
            return gray, None
        slowest = 1.0 - smoothing * (1.0 - _SLOWEST)
        np.copyto(self._change, gray)
        cv2.subtract(self._change, self._average, dst=self._change)
        motion = self._motion(np.asarray(cv2.absdiff(gray, self._shown), np.uint8))
        height, width = gray.shape
        rate = cv2.resize(slowest + (1 - slowest) * motion, (width, height), interpolation=cv2.INTER_LINEAR)
        cv2.multiply(self._change, rate, dst=self._change)
        cv2.add(self._average, self._change, dst=self._average)
        self._shown = np.asarray(cv2.convertScaleAbs(self._average), np.uint8)
        return self._shown, rate < (1 + slowest) / 2

    def _motion(self, change: Pixels) -> NDArray[np.float32]:
        """How far each cell moves, 0 still to 1 moving, from the absolute change since the picture shown last.

        A cell counts as still up to about one and a half times the noise.
        """
        height, width = change.shape
        cells = (max(1, width // _CELL), max(1, height // _CELL))
        means = cv2.resize(change, cells, interpolation=cv2.INTER_AREA).astype(np.float32)
        noise = min(self._noise(cells), _LARGEST_NOISE)
        self.noise = noise if self.noise == 0.0 else self.noise + 0.2 * (noise - self.noise)
        still, moving = 1.35 * self.noise + self._slack, 2.2 * self.noise + 2 * self._slack
        motion = np.clip((means - still) / (moving - still), 0.0, 1.0)
        return np.asarray(cv2.dilate(motion, _SPREAD), np.float32)

    def _noise(self, cells: tuple[int, int]) -> float:
        """Mean absolute change of what stands still, from the change since the average.

        Noise differs from pixel to pixel, while a soft picture that moves changes alike all over a cell: what counts is
        how much changes differ within a cell, in the median of all. Light that flickers changes all cells alike, and is
        noise as well.
        """
        mean = cv2.resize(self._change, cells, interpolation=cv2.INTER_AREA)[::2, ::2]
        squares = cv2.multiply(self._change, self._change)
        variance = cv2.resize(squares, cells, interpolation=cv2.INTER_AREA)[::2, ::2] - mean * mean
        rms = max(0.0, float(np.median(variance))) ** 0.5
        return float(_MEAN_OF_RMS * rms + abs(np.median(mean)))
