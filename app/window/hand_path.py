"""The way a hand went, with its pace, in the fewest straight and even parts. Knows no widget and no box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.mask_painting import Point

_TOLERANCE = 0.01
"""Of the picture's sides: so far a part may lie from where the hand was at the same time."""
_SHORTEST_S = 0.05


@dataclass(frozen=True)
class Moment:
    """Where the hand was, in fractions of a picture, and when, in seconds."""

    place: Point
    time: float


def bends(moments: list[Moment]) -> list[Moment]:
    """Those of ``moments`` between which the hand moved straight and evenly; the first and the last among them.

    moments: at least one, times rising. None follows the one before within a twentieth of a second, so a hand that
    jumps takes that long. Ramer, 1972, and Douglas and Peucker, 1973, with the distance at the same time in place of
    that to the line, so that pauses stay.
    """
    spaced = [moments[0]]
    for moment in moments[1:-1]:
        if moment.time - spaced[-1].time >= _SHORTEST_S and moments[-1].time - moment.time >= _SHORTEST_S:
            spaced.append(moment)
    if len(moments) > 1:
        last = moments[-1]
        spaced.append(Moment(last.place, max(last.time, spaced[-1].time + _SHORTEST_S)))
    rows = np.array([(*moment.place, moment.time) for moment in spaced])
    kept, spans = {0, len(spaced) - 1}, [(0, len(spaced) - 1)]
    while spans:
        first, final = spans.pop()
        if final - first < 2:
            continue
        away = _away(rows[first : final + 1])
        farthest = int(away.argmax())
        if away[farthest] > _TOLERANCE:
            kept.add(first + farthest)
            spans += [(first, first + farthest), (first + farthest, final)]
    return [spaced[index] for index in sorted(kept)]


def _away(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each place of ``rows`` (x, y, time) lies from an even way between the ends."""
    part = (rows[:, 2:] - rows[0, 2]) / (rows[-1, 2] - rows[0, 2])
    even = (1.0 - part) * rows[0, :2] + part * rows[-1, :2]
    return np.asarray(np.abs(rows[:, :2] - even).max(axis=1))
