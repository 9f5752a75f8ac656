"""What people do: for every action, how the angles of a body swing. Knows no lengths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

ANGLES = (
    "lean aside", "lean forward", "twist", "head turn", "head nod", "head tilt",
    "right arm forward", "right arm out", "right elbow", "right elbow turn",
    "left arm forward", "left arm out", "left elbow", "left elbow turn",
    "right leg forward", "right leg out", "right knee",
    "left leg forward", "left leg out", "left knee",
)  # fmt: skip
"""All 0: upright, arms and legs hanging straight down."""
ANGLE_INDEX = {name: i for i, name in enumerate(ANGLES)}

SIDES = ("right", "left")


class Motion:
    """Every angle is middle + swing sin(2 pi (rate t + phase)): degrees, degrees, cycles a second, cycles."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._middle, self._swing = np.zeros(len(ANGLES)), np.zeros(len(ANGLES))
        self._rate = rng.uniform(0.15, 0.6, len(ANGLES))
        self._phase = rng.uniform(0, 1, len(ANGLES))

    def set(
        self, name: str, middle: float, swing: float, rate: float | None = None, phase: float | None = None
    ) -> None:
        """rate, phase: None leaves them at what chance gave them, slow."""
        i = ANGLE_INDEX[name]
        self._middle[i], self._swing[i] = middle, swing
        if rate is not None:
            self._rate[i] = rate
        if phase is not None:
            self._phase[i] = phase

    def angles(self, time: float) -> NDArray[np.float64]:
        """All angles at ``time`` seconds, in radians, in the order of ANGLES."""
        return np.radians(self._middle + self._swing * np.sin(2 * np.pi * (self._rate * time + self._phase)))


def motion(rng: np.random.Generator, action: str) -> Motion:
    """One way to do ``action``: the small movements that everyone makes, and what the action adds."""
    result = Motion(rng)
    result.set("lean aside", rng.normal(0, 3), 2)
    result.set("lean forward", rng.normal(3, 3), 2)
    result.set("head turn", rng.normal(0, 15), rng.uniform(2, 15))
    result.set("head nod", rng.normal(2, 6), rng.uniform(1, 7))
    result.set("head tilt", rng.normal(0, 5), rng.uniform(1, 5))
    for side in SIDES:
        result.set(f"{side} arm forward", rng.normal(4, 6), 4)
        result.set(f"{side} arm out", rng.uniform(4, 16), 3)
        result.set(f"{side} elbow", rng.uniform(8, 30), 5)
        result.set(f"{side} elbow turn", rng.uniform(-30, 30), 5)
        result.set(f"{side} leg out", rng.uniform(1, 9), 0)
        result.set(f"{side} knee", rng.uniform(0, 8), 2)
    _ACTIONS[action](rng, result)
    return result


def _walk(rng: np.random.Generator, m: Motion) -> None:
    pace, start, wide = rng.uniform(0.7, 1.2), rng.uniform(), rng.uniform(18, 32)
    for side, at in (("right", start), ("left", start + 0.5)):
        m.set(f"{side} leg forward", 5, wide, pace, at)
        m.set(f"{side} knee", 24, 22, pace, at + 0.22)
        m.set(f"{side} arm forward", 0, wide * rng.uniform(0.7, 1.1), pace, at + 0.5)
        m.set(f"{side} elbow", rng.uniform(15, 45), 10, pace, at + 0.5)
    m.set("twist", 0, 6, pace, start)


def _wave(rng: np.random.Generator, m: Motion) -> None:
    for side in SIDES if rng.random() < 0.25 else (SIDES[rng.integers(2)],):
        m.set(f"{side} arm out", rng.uniform(70, 160), rng.uniform(3, 14), rng.uniform(0.8, 1.6))
        m.set(f"{side} elbow", rng.uniform(45, 80), rng.uniform(20, 40), rng.uniform(0.9, 2.2))
        m.set(f"{side} elbow turn", 90, rng.uniform(0, 20))


def _dance(rng: np.random.Generator, m: Motion) -> None:
    beat = rng.uniform(0.7, 1.2)
    m.set("lean aside", 0, rng.uniform(4, 14), beat)
    m.set("lean forward", 4, rng.uniform(2, 10), beat)
    m.set("twist", 0, rng.uniform(5, 25), beat)
    m.set("head tilt", 0, rng.uniform(4, 12), beat)
    together = rng.random() < 0.5
    for side in SIDES:
        m.set(f"{side} arm out", rng.uniform(30, 130), rng.uniform(15, 50), beat, 0.0 if together else None)
        m.set(f"{side} arm forward", rng.uniform(-10, 60), rng.uniform(10, 40), beat)
        m.set(f"{side} elbow", rng.uniform(40, 90), rng.uniform(15, 45), beat)
        m.set(f"{side} elbow turn", rng.uniform(-40, 130), rng.uniform(10, 50), beat)
        bend = rng.uniform(5, 28)
        m.set(f"{side} leg forward", bend, bend, beat)
        m.set(f"{side} knee", 2 * bend, 2 * bend, beat)
        m.set(f"{side} leg out", rng.uniform(4, 20), rng.uniform(0, 8), beat)


def _reach(rng: np.random.Generator, m: Motion) -> None:
    m.set("lean aside", rng.normal(0, 10), rng.uniform(2, 8))
    m.set("twist", rng.normal(0, 12), rng.uniform(2, 12))
    for side in SIDES:
        m.set(f"{side} arm out", rng.uniform(0, 170), rng.uniform(5, 30))
        m.set(f"{side} arm forward", rng.uniform(-20, 80), rng.uniform(5, 30))
        m.set(f"{side} elbow", rng.uniform(0, 110), rng.uniform(5, 25))
        m.set(f"{side} elbow turn", rng.uniform(-60, 120), rng.uniform(0, 30))
        bend = rng.uniform(0, 45)
        m.set(f"{side} leg forward", bend, rng.uniform(0, 12))
        m.set(f"{side} knee", rng.uniform(0.6, 2.0) * bend, rng.uniform(0, 12))
        m.set(f"{side} leg out", rng.uniform(2, 28), rng.uniform(0, 6))


def _talk(rng: np.random.Generator, m: Motion) -> None:
    m.set("head turn", rng.normal(0, 18), rng.uniform(3, 22), rng.uniform(0.2, 0.9))
    m.set("head nod", rng.normal(0, 6), rng.uniform(2, 9), rng.uniform(0.4, 1.4))
    m.set("head tilt", rng.normal(0, 6), rng.uniform(1, 8))
    for side in SIDES:
        if rng.random() < 0.5:
            m.set(f"{side} arm forward", rng.uniform(5, 40), rng.uniform(2, 12), rng.uniform(0.4, 1.2))
            m.set(f"{side} elbow", rng.uniform(50, 120), rng.uniform(5, 25), rng.uniform(0.4, 1.2))
            m.set(f"{side} elbow turn", rng.uniform(-30, 60), rng.uniform(5, 20))


def _stand(rng: np.random.Generator, m: Motion) -> None:
    m.set("twist", 0, rng.uniform(0, 6))


_ACTIONS: dict[str, Callable[[np.random.Generator, Motion], None]] = {
    "walk": _walk, "wave": _wave, "dance": _dance, "turn": _stand, "stand": _stand, "talk": _talk, "reach": _reach,
}  # fmt: skip
ACTIONS = tuple(_ACTIONS)
SHARES = (0.22, 0.14, 0.22, 0.08, 0.08, 0.14, 0.12)
"""How often each action is done."""
