"""When the next picture of a self-paced source is due. Knows clocks and numbers, nothing of pictures.

Late readers never lag: time that has passed is skipped, not made up for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

LONGEST_WAIT_S = 0.45
"""A source may keep its reader for half a second at most; some of that belongs to making the picture."""


class Pace:
    """Ties a source's own media time (seconds) to the clock. ``clock`` and ``sleep`` are replaced in tests."""

    def __init__(
        self, clock: Callable[[], float] = time.perf_counter, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._zero = clock()

    def start(self, media: float = 0.0) -> None:
        """From now on, media time ``media`` is this moment."""
        self._zero = self._clock() - media

    def now(self) -> float:
        """The clock itself: what frames are stamped with."""
        return self._clock()

    def until(self, media: float) -> float:
        """Seconds until ``media`` is due; negative when it is overdue."""
        return media - (self._clock() - self._zero)

    def wait(self, media: float, limit: float = LONGEST_WAIT_S) -> bool:
        """Sleep until ``media`` is due, but ``limit`` seconds at most. Whether it is due now."""
        left = self.until(media)
        if left > 0:
            self._sleep(min(left, limit))
        return left <= limit

    def rest(self, seconds: float) -> None:
        self._sleep(seconds)


class Ticker:
    """Numbers the pictures of a source with a fixed rate (pictures a second), from 0."""

    def __init__(self, rate: float, pace: Pace | None = None) -> None:
        self._rate = rate
        self._pace = pace or Pace()
        self._next = 0
        self._pace.start()

    def tick(self) -> int | None:
        """The number of the picture that is due, after waiting for it; None when it is too far off to wait for.

        Numbers whose time has passed while nobody read are left out.
        """
        number = max(self._next, math.floor(-self._pace.until(0.0) * self._rate))
        if not self._pace.wait(number / self._rate):
            return None
        self._next = number + 1
        return number

    def now(self) -> float:
        return self._pace.now()
