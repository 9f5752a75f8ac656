"""``color``: the picture as large flat blocks, each of one colour: where which colour is, and nothing of the shapes.

The colour palette of T2I-Adapter (Mou et al., "T2I-Adapter: Learning Adapters to Dig out More Controllable Ability for
Text-to-Image Diffusion Models", arXiv 2302.08453): shrunk to a few pixels and grown without smoothing. Blocks follow
small changes slowly, so that they neither shimmer nor swim, and large ones at once.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from controls import words
from controls.control import Pixels, Setting, Values
from controls.picture import resized

SETTINGS = (
    Setting("blocks", words.BLOCKS, 1, 64, 16, whole=True, help=words.COLOR_BLOCKS),
    Setting("smoothing", words.SMOOTHING, 0.0, 1.0, 0.5, help=words.COLOR_SMOOTHING),
)

_SLOWEST = 0.1
"""The share of a small change that a block follows at full smoothing."""
_LARGE = 48.0
"""A change of any channel by so many levels is followed at once."""


class Color:
    """See the module. Owns the colours shown last, one for each block."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._colors: NDArray[np.float32] | None = None

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        block = max(width, height) / values["blocks"]
        columns, rows = (min(side, max(1, round(side / block))) for side in (width, height))
        colors = resized(picture, columns, rows).astype(np.float32)
        if self._colors is not None and self._colors.shape == colors.shape:
            change = colors - self._colors
            slowest = 1.0 - values["smoothing"] * (1.0 - _SLOWEST)
            size = np.minimum(np.abs(change).max(axis=2, keepdims=True) / _LARGE, 1.0)
            colors = self._colors + (slowest + (1.0 - slowest) * size) * change
        self._colors = colors
        flat = np.rint(colors).astype(np.uint8)
        return np.asarray(cv2.resize(flat, (width, height), interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)
