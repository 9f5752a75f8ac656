"""Who is who from picture to picture, so that each person's joints can be smoothed. Knows no model and no drawing.

Lengths are picture heights, so that a filter treats both directions alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controls.one_euro import OneEuro

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Body:
    """One person in one picture. points: (N, 2). confidence: (N,) from 0 to 1, how surely each joint is in sight."""

    points: Points
    confidence: NDArray[np.float64]

    @property
    def size(self) -> float:
        """The diagonal of the box around all joints."""
        return max(1e-6, float(np.linalg.norm(np.ptp(self.points, axis=0))))

    def distance(self, points: Points) -> float:
        """Mean distance to another person's joints, in body sizes."""
        return float(np.linalg.norm(self.points - points, axis=1).mean()) / self.size

    def overlap(self, other: Body) -> float:
        """How far the boxes around both cover each other, 0 to 1: intersection over union."""
        low = np.array([self.points.min(axis=0), other.points.min(axis=0)]) - 1e-6  # no box is empty
        high = np.array([self.points.max(axis=0), other.points.max(axis=0)]) + 1e-6
        common = np.prod(np.maximum(high.min(axis=0) - low.max(axis=0), 0.0))
        return float(common / (np.prod(high - low, axis=1).sum() - common))


_SAME_DETECTION = 0.5
"""Overlap above which two people found in one picture are one, found twice."""
_JUMP = 0.5
"""Body sizes that a joint may move between two pictures; more is a mistake put right, or somebody else."""
_HOLD_S = 0.25
"""A person who is missed for a moment stays where they were for so long."""
_TRIAL = 3
"""Pictures in which somebody must be found who comes when others are there already: false finds are brief."""
_FEWEST_JOINTS = 4
"""A person with fewer joints in sight is a mistake of the model's, or of no use as a guide."""
_HYSTERESIS = 0.7
"""A joint in sight stays so down to this share of the threshold."""
_BETA = 10.0
"""Hz for a speed of one body size a second: a wrist in a quick gesture follows within a fiftieth of the body's size."""


class _Person:
    def __init__(self, body: Body, time: float, trial: int) -> None:
        self.filter = OneEuro(body.points)
        self.shown = np.zeros(len(body.confidence), np.bool_)
        self.seen = time
        self.trial = trial


class People:
    """Owns one filter for each person in sight; ``reset`` forgets them all."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._people: list[_Person] = []

    def update(self, bodies: Sequence[Body], time: float, threshold: float, smoothing: float) -> list[Points]:
        """The joints to draw, (N, 2) for each person, NaN where a joint is out of sight.

        bodies: nobody twice. time: seconds, rising; when it stands still or goes back, everybody is forgotten.
        threshold: the confidence from which a joint is in sight. smoothing: 0 (off) to 1 (slow when at rest).
        """
        if any(time <= person.seen for person in self._people):
            self.reset()
        self._people = [person for person in self._people if time - person.seen <= _HOLD_S]
        cutoff_hz = (1.0 - smoothing) / smoothing + 0.05 if smoothing > 0 else math.inf
        trial = _TRIAL if self._people else 1
        for body, person in _matched(bodies, self._people):
            if person is None:
                person = _Person(body, time, trial)
                self._people.append(person)
            else:
                jumped = np.linalg.norm(body.points - person.filter.points, axis=1) > _JUMP * body.size
                restart = jumped | ~person.shown
                person.filter.update(body.points, time - person.seen, cutoff_hz, _BETA / body.size, restart)
            person.shown = body.confidence >= np.where(person.shown, _HYSTERESIS * threshold, threshold)
            person.seen = time
            person.trial -= 1
        drawn = [person for person in self._people if person.trial <= 0 and person.shown.sum() >= _FEWEST_JOINTS]
        return [np.where(person.shown[:, None], person.filter.points, np.nan) for person in drawn]


def _matched(bodies: Sequence[Body], people: Sequence[_Person]) -> list[tuple[Body, _Person | None]]:
    """Each body with the person it belongs to, the nearest pairs first; None for those who are left over."""
    pairs = [(body.distance(person.filter.points), body, person) for body in bodies for person in people]
    taken: dict[Body, _Person] = {}
    for _, body, person in sorted(pairs, key=lambda pair: pair[0]):
        if body not in taken and person not in taken.values():
            taken[body] = person
    return [(body, taken.get(body)) for body in bodies]


def distinct(bodies: Sequence[Body]) -> list[Body]:
    """``bodies``, surest first, without those that are another one found twice."""
    kept: list[Body] = []
    for body in sorted(bodies, key=lambda body: -float(body.confidence.mean())):
        if all(body.overlap(other) <= _SAME_DETECTION for other in kept):
            kept.append(body)
    return kept
