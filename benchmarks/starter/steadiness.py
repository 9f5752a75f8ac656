"""How still pictures stand, how evenly they change, how little they drift. Pure functions of (F, H, W, 3) uint8."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Bools = NDArray[np.bool_]

LEAST_CHANGE = 0.25
STILL_LEVELS = 12
STILL_MARGIN_PX = 12


def change(pictures: Pixels, where: Bools | None = None) -> float:
    """Mean absolute difference of pictures that follow one another, in grey levels. where: (H, W), of these pixels."""
    differences = [cv2.absdiff(a, b) for a, b in itertools.pairwise(pictures)]
    return float(np.mean([(d if where is None else d[where]).mean() for d in differences]))


def flicker(outputs: Pixels, guides: Pixels, where: Bools | None = None) -> float:
    """How much more the outputs change from picture to picture than the control video that the engine was shown.

    The outputs' ``change`` over the guides'. A guide that changes by less than a quarter of a grey level counts as a
    quarter: nobody sees either.
    """
    return change(outputs, where) / max(change(guides, where), LEAST_CHANGE)


def still_pixels(sources: Pixels) -> Bools:
    """(H, W): pixels that stand still in all pictures, 12 px (at 192 rows) or more away from any that do not.

    A pixel stands still where its luma, blurred by a 5x5 Gaussian against camera noise, stays within 12 levels.
    """
    luma = np.stack([cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (5, 5), 0) for rgb in sources])
    moving = (luma.max(axis=0).astype(np.int16) - luma.min(axis=0) > STILL_LEVELS).astype(np.uint8)
    side = 2 * round(STILL_MARGIN_PX * sources.shape[1] / 192) + 1
    near = cv2.dilate(moving, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    return np.asarray(np.asarray(near) == 0, np.bool_)


def largest_deviation(windows: Sequence[float]) -> float:
    """The largest difference of any window from the first one, as a share of the first."""
    first = windows[0]
    return max(abs(window - first) for window in windows) / first if first else float("inf")


def largest_step(stages: Sequence[Pixels]) -> float:
    """How evenly a blend moves: the largest mean absolute difference of two neighbouring stages over that of the two
    ends. Even steps give 1/(stages - 1), a sudden jump 1 or more. Infinite where the ends do not differ."""

    def apart(a: Pixels, b: Pixels) -> float:
        return float(np.abs(a.astype(np.int16) - b).mean())

    whole = apart(stages[0], stages[-1])
    steps = [apart(a, b) for a, b in itertools.pairwise(stages)]
    return max(steps) / whole if whole else float("inf")
