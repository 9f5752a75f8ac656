"""How near pictures come to those they should repeat. Pure functions of (F, H, W, 3) uint8 pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Bools = NDArray[np.bool_]


def psnr(outputs: Pixels, sources: Pixels, where: Bools | None = None) -> float:
    """Peak signal to noise ratio in dB: 10 log10(255^2 / mean squared error), over all pictures and channels together.

    where: (F, H, W), counts these pixels alone. Infinite where nothing differs, NaN where nothing is counted.
    """
    error = (outputs.astype(np.float32) - sources) ** 2
    counted = error if where is None else error[where]
    if counted.size == 0:
        return float("nan")
    mean = float(counted.mean(dtype=np.float64))
    return float("inf") if mean == 0 else float(10 * np.log10(255.0**2 / mean))


def blockiness(pictures: Pixels, period: int = 8) -> float:
    """How much larger steps between neighbours are across the lines of a grid than elsewhere.

    The mean absolute difference of neighbouring pixels that lie on both sides of a multiple of ``period``, over the
    same of all other neighbours, rows and columns together. 1 = no grid; NaN where nothing but the grid has steps.
    """
    on_grid, elsewhere = [], []
    for axis in (1, 2):
        step = np.abs(np.diff(pictures.astype(np.int16), axis=axis)).mean(axis=tuple({0, 1, 2, 3} - {axis}))
        across = np.arange(1, len(step) + 1) % period == 0
        on_grid.append(step[across])
        elsewhere.append(step[~across])
    usual = float(np.concatenate(elsewhere).mean())
    return float(np.concatenate(on_grid).mean()) / usual if usual else float("nan")
