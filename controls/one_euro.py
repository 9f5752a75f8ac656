"""The One-Euro filter: a low-pass whose cutoff rises with speed, so that stillness is calm and motion is not late.

G. Casiez, N. Roussel, D. Vogel: 1 Euro Filter, CHI 2012. Here for many points at once, with one speed for each point
(not for each coordinate), so that a point is not pulled towards the axes. Beyond the paper, a point may have slack:
what wanders slowly by less than that is no noise that a low-pass takes out, and no motion either.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

_SPEED_CUTOFF_HZ = 1.0
"""The paper's cutoff for the derivative."""


def cutoff_at_rest_hz(smoothing: float) -> float:
    """For a setting from 0 (off) to 1 (slow)."""
    return (1.0 - smoothing) / smoothing + 0.05 if smoothing > 0 else math.inf


class OneEuro:
    """Owns the last filtered points and their velocities. Points that were NaN begin anew at their input."""

    def __init__(self, points: Points) -> None:
        self.points = points
        self._velocity = np.zeros_like(points)

    def update(
        self,
        points: Points,
        seconds: float,
        cutoff_hz: float,
        beta: float,
        restart: NDArray[np.bool_],
        slack: float = 0.0,
    ) -> Points:
        """``points`` (N, 2) filtered.

        seconds: since the last call, above 0. cutoff_hz: at rest; infinite switches the filter off.
        beta: how much the cutoff rises, in Hz, with a speed of one unit of length a second.
        restart: (N,) which points begin anew here.
        slack: a point nearer than this follows more slowly, by the square of how near it is; 0 is the paper's filter.
        """
        away = points - self.points
        velocity = away / seconds
        velocity = self._velocity + _rate(_SPEED_CUTOFF_HZ, seconds) * (velocity - self._velocity)
        speed = np.hypot(velocity[:, 0], velocity[:, 1])
        rate = _rate(cutoff_hz + beta * speed, seconds)[:, None]
        if slack > 0:
            rate = rate * np.minimum(1.0, (away**2).sum(axis=1, keepdims=True) / slack**2)
        anew = (restart | ~np.isfinite(speed))[:, None]
        self.points = np.where(anew, points, self.points + rate * away)
        self._velocity = np.where(anew, 0.0, velocity)
        return self.points


def _rate(cutoff_hz: float | NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """The share of a new value that a first-order low-pass takes over in one step: 1 / (1 + tau / T)."""
    return np.asarray(1.0 - 1.0 / (1.0 + 2.0 * math.pi * np.asarray(cutoff_hz) * seconds))
