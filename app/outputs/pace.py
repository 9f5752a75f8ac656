"""When a fixed-rate output takes its next picture. Clock arithmetic only: knows no clock, no thread, no output."""

from __future__ import annotations

import math


class Pace:
    """Slots 1 / rate seconds apart, counted from the first call, so that the long-run rate is exact.

    A caller that comes late within its slot is due at once and back on the grid afterwards. After a stall the missed
    slots are skipped, never made up for: a burst of stale pictures helps nobody.
    """

    def __init__(self, rate: float) -> None:
        """rate: slots a second, above 0."""
        if not 0 < rate < math.inf:
            raise ValueError(f"rate is {rate}, expected slots a second above 0")
        self._rate = rate
        self._start: float | None = None
        self._slot = 0
        self._skipped = 0

    @property
    def skipped(self) -> int:
        """How many slots passed without a picture."""
        return self._skipped

    def next_due(self, now: float) -> float:
        """The time of the next slot, which this call uses up; seconds on the clock of ``now``.

        In the past by less than one slot when the caller is late. The first call is due at ``now``.
        """
        if self._start is None:
            self._start = now
            return now
        self._slot += 1
        running = math.floor((now - self._start) * self._rate)
        if running > self._slot:
            self._skipped += running - self._slot
            self._slot = running
        return self._start + self._slot / self._rate
