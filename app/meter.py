"""Measuring the live path: rates and percentiles over the recent past. Written in one thread, read in any."""

from __future__ import annotations

import time
from collections import deque

import numpy as np

from app.status import Timing

_RECENT_S = 2.0


class Rate:
    """Events a second over the last two seconds, and how many there have been at all."""

    def __init__(self) -> None:
        self._times: deque[tuple[float, int]] = deque(maxlen=1000)
        self._first: tuple[float, int] | None = None
        self.total = 0

    def count(self, events: int = 1, now: float | None = None) -> None:
        event = (time.perf_counter() if now is None else now, events)
        self._first = self._first or event
        self._times.append(event)
        self.total += events

    def mean(self) -> float:
        """Events a second from the first one to the last; 0 before there are two."""
        if self._first is None or self._times[-1][0] == self._first[0]:
            return 0.0
        # The first ones came at the beginning of that time, not within it.
        return (self.total - self._first[1]) / (self._times[-1][0] - self._first[0])

    def per_second(self, now: float | None = None) -> float:
        """0 when the last event is older than two seconds."""
        now = time.perf_counter() if now is None else now
        recent = [(at, events) for at, events in list(self._times) if at > now - _RECENT_S]
        if len(recent) < 2 or recent[-1][0] == recent[0][0]:
            return 0.0
        # Over the time between first and last event: the first one's own events came before that time.
        return sum(events for _, events in recent[1:]) / (recent[-1][0] - recent[0][0])


class Timings:
    """Durations in milliseconds: the last 1,000 of them."""

    def __init__(self) -> None:
        self._ms: deque[float] = deque(maxlen=1000)

    def add(self, ms: float) -> None:
        self._ms.append(ms)

    def values(self) -> list[float]:
        return list(self._ms)

    def timing(self) -> Timing:
        return timing_of(self.values())


def timing_of(ms: list[float]) -> Timing:
    """Median and 95th percentile; of nothing, nothing."""
    if not ms:
        return Timing()
    p50, p95 = np.percentile(ms, [50, 95])
    return Timing(round(float(p50), 2), round(float(p95), 2))
