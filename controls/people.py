"""Who is who from picture to picture, so that each person's joints can be smoothed. Knows no model and no drawing.

Lengths are picture heights, so that a filter treats both directions alike.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

from controls.one_euro import OneEuro, cutoff_at_rest_hz

Points = NDArray[np.float64]
Opacity = NDArray[np.float64]


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
        own, others, common = self._areas(other)
        return common / (own + others - common)

    def covered(self, other: Body) -> float:
        """The share of the box around this one that lies in the other one's."""
        own, _, common = self._areas(other)
        return common / own

    def _areas(self, other: Body) -> tuple[float, float, float]:
        """Of the boxes around both, and of what they have in common."""
        low = np.array([self.points.min(axis=0), other.points.min(axis=0)]) - 1e-6  # no box is empty
        high = np.array([self.points.max(axis=0), other.points.max(axis=0)]) + 1e-6
        own, others = np.prod(high - low, axis=1)
        return float(own), float(others), float(np.prod(np.maximum(high.min(axis=0) - low.max(axis=0), 0.0)))


_SAME_DETECTION = 0.5
"""Overlap above which two people found in one picture are one, found twice."""
_JUMP = 0.5
"""Body sizes that a joint may move between two pictures; more is a mistake put right, or somebody else."""
_HOLD_S, _HOLD_UPDATES = 0.25, 2.5
"""A person who is missed for a moment stays where they were for so long; where people are looked for more rarely than
that, for so many times the usual time between two updates."""
_UPDATES = 5
"""Times between updates that the usual one is taken from: a single pause is not usual."""
_LONGEST_S = 2.0
"""No longer time between two updates is usual."""
_TRIAL = 3
"""Pictures in which somebody must be found who comes when others are there already: false finds are brief."""
_FEWEST_JOINTS = 4
"""A person with fewer joints in sight is a mistake of the model's, or of no use as a guide."""
_HYSTERESIS = 0.7
"""A joint in sight stays so down to this share of the threshold."""
_BETA = 20.0
"""Hz for a speed of one body size a second: a wrist in a quick gesture follows within a fiftieth of the body's size."""
_SLACK = 0.02
"""Body sizes at full smoothing: so far the network's own idea of a still figure wanders, too slowly for a low-pass."""


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody who is followed, in one picture.

    number: the same from picture to picture, nobody else's before or after. points: (N, 2), every joint, also those
    that are only guessed. opacity: (N,) from 0, out of sight, to 1. found: whether in this picture, or held where they
    were.
    """

    number: int
    points: Points
    opacity: Opacity
    found: bool


class _Followed:
    def __init__(self, number: int, body: Body, time: float, trial: int) -> None:
        self.number = number
        self.filter = OneEuro(body.points)
        self.shown = np.zeros(len(body.confidence), np.bool_)
        self.opacity = np.zeros(len(body.confidence))
        self.wanted = self.opacity
        self.seen = time
        self.trial = trial


class People:
    """Owns one filter for each person in sight; ``reset`` forgets them all.

    most: people who are followed at once, however many are found.
    """

    def __init__(self, most: int = 4) -> None:
        self._most = most
        self._numbers = itertools.count()
        self.reset()

    def reset(self) -> None:
        self._people: list[_Followed] = []
        self._time = math.nan
        self._intervals_s: deque[float] = deque(maxlen=_UPDATES)

    def update(
        self, bodies: Sequence[Body], time: float, threshold: float, smoothing: float, fade_s: float = 0.0
    ) -> list[Person]:
        """Those to draw.

        bodies: nobody twice, surest first: where there are too many, those who come last are left out, unless they are
        followed already. time: seconds, rising; when it stands still or goes back, everybody is forgotten.
        threshold: the confidence from which a joint is in sight. smoothing: 0 (off) to 1 (slow when at rest).
        fade_s: how long a joint takes to come and to go; then those that are a little below the threshold show faintly.
        """
        if time <= self._time:
            self.reset()
        hold_s = self._hold_s(time)
        self._people = [person for person in self._people if time - person.seen <= hold_s + fade_s]
        trial = _TRIAL if self._people else 1
        for body, person in _matched(bodies, self._people):
            if person is None:
                if len(self._people) >= self._most:
                    continue
                person = _Followed(next(self._numbers), body, time, trial)
                self._people.append(person)
            self._follow(person, body, time, threshold, smoothing)
            person.wanted = _in_sight(person, body, threshold if fade_s > 0 else 0.0)
        step = fade_step(time - self._time, fade_s)
        self._time = time
        for person in self._people:
            wanted = person.wanted if time - person.seen <= hold_s else np.zeros_like(person.wanted)
            person.opacity = person.opacity + np.clip(wanted - person.opacity, -step, step)
        return [
            Person(person.number, person.filter.points, person.opacity, person.seen == time)
            for person in self._people
            if person.opacity.any()
        ]

    def _hold_s(self, time: float) -> float:
        """How long a person who is missed stays."""
        if not math.isnan(self._time):
            self._intervals_s.append(min(time - self._time, _LONGEST_S))
        usual_s = median_low(self._intervals_s) if self._intervals_s else 0.0
        return max(_HOLD_S, _HOLD_UPDATES * usual_s)

    @staticmethod
    def _follow(person: _Followed, body: Body, time: float, threshold: float, smoothing: float) -> None:
        if time > person.seen:
            jumped = np.linalg.norm(body.points - person.filter.points, axis=1) > _JUMP * body.size
            restart = jumped | ~(person.shown | (person.opacity > 0))
            cutoff_hz = cutoff_at_rest_hz(smoothing)
            slack = _SLACK * smoothing * body.size
            person.filter.update(body.points, time - person.seen, cutoff_hz, _BETA / body.size, restart, slack)
        person.shown = body.confidence >= np.where(person.shown, _HYSTERESIS * threshold, threshold)
        person.seen = time
        person.trial -= 1


def fade_step(seconds: float, fade_s: float) -> float:
    """How far an opacity may move in ``seconds``: all the way where they are no time, NaN, as in the first picture."""
    return min(1.0, seconds / fade_s) if fade_s > 0 and seconds > 0 else 1.0


def _in_sight(person: _Followed, body: Body, soft_threshold: float) -> Opacity:
    """1 for each joint to be seen, 0 for the others; joints a little below a ``soft_threshold`` above 0 lie between."""
    if person.trial > 0 or person.shown.sum() < _FEWEST_JOINTS:
        return np.zeros(len(person.shown))
    if soft_threshold <= 0:
        return person.shown.astype(np.float64)
    return np.clip((body.confidence / soft_threshold - _HYSTERESIS) / (1.0 - _HYSTERESIS), 0.0, 1.0)


def _matched(bodies: Sequence[Body], people: Sequence[_Followed]) -> list[tuple[Body, _Followed | None]]:
    """Each body with the person it belongs to, the nearest pairs first; None for those who are left over."""
    pairs = [(body.distance(person.filter.points), body, person) for body in bodies for person in people]
    taken: dict[Body, _Followed] = {}
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
