"""The output clock: what every output shows at this moment.

Pictures come in chunks and go out one by one, spread evenly over the time until the next chunk is expected. Without a
new picture the last one stays; black comes only when it is asked for. Knows no Qt, no device, no thread of its own.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.frame import Frame, Kind, Pixels, Program
from app.look import Look
from app.plate import Plate

_STALL = 4.0  # a longer gap counts as this many usual chunk periods
_SMOOTHING = 0.3  # weight of the newest chunk period in the estimate

Finish = Callable[[Pixels, Plate | None], Pixels]


@dataclass(frozen=True, slots=True, eq=False)
class _Due:
    at: float
    rgb: Pixels
    captured: float
    epoch: int
    plate: Plate | None


class Playout:
    """``put`` on the engine's thread, ``program`` on the playout thread. Times are ``time.perf_counter()`` seconds."""

    def __init__(self, slate: Pixels, finish: Finish = lambda painted, plate: painted) -> None:
        """slate: shown until there is an engine picture or a source picture. finish: makes what is shown of an engine's
        picture and what lies behind it. It is asked each time, on the playout thread, so it gives the same array again
        while there is nothing new."""
        self._finish = finish
        self._changed = threading.Condition()
        self._queue: deque[_Due] = deque()
        self._engine: _Due | None = None
        self._last_put: float | None = None
        self._period: float | None = None
        self._skipped = 0
        self._program = Program(slate, None, "slate", 0)
        self._slate = slate

    @property
    def skipped(self) -> int:
        """Pictures of the engine that were due before anyone asked, and were never shown."""
        return self._skipped

    def put(
        self,
        pictures: Sequence[Pixels],
        captured: Sequence[float],
        epoch: int,
        now: float,
        plates: Sequence[Plate | None] | None = None,
    ) -> None:
        """Take one chunk. captured: time of the source picture behind each. epoch: the cut count it was made under.
        plates: what lies behind each; None = nothing behind any."""
        behind = [None] * len(pictures) if plates is None else plates
        with self._changed:
            self._measure(len(pictures), captured, now)
            waiting = [*self._queue]
            chunk = zip(pictures, captured, behind, strict=True)
            waiting += [_Due(now, rgb, time, epoch, plate) for rgb, time, plate in chunk]
            # What is left of the last chunk and all of this one share the time until the next: whatever the jitter,
            # nothing is dropped and the queue is empty again in one period.
            spacing = (self._period or 0.0) / len(waiting)
            start = now if not self._queue else max(now, self._queue[0].at)
            self._queue = deque(
                _Due(start + index * spacing, due.rgb, due.captured, due.epoch, due.plate)
                for index, due in enumerate(waiting)
            )
            self._changed.notify_all()

    def _measure(self, count: int, captured: Sequence[float], now: float) -> None:
        """Keep the estimate of the time between chunks."""
        if self._last_put is None:
            # No pace is known yet: the sources' own is the best guess.
            self._period = (captured[-1] - captured[0]) * count / max(1, count - 1)
        else:
            period = now - self._last_put
            # One stall says little about the pace, but a pace that stays slower must be learned: hence the bound.
            bounded = min(period, _STALL * self._period) if self._period else period
            self._period = bounded if not self._period else self._period + _SMOOTHING * (bounded - self._period)
        self._last_put = now

    def wait(self, now: float, longest: float) -> None:
        """Sleep until the next picture is due, or a chunk comes, or ``longest`` seconds have passed."""
        with self._changed:
            until_due = self._queue[0].at - now if self._queue else longest
            if until_due > 0:
                self._changed.wait(min(until_due, longest))

    def program(self, look: Look, bypass: Callable[[], Frame | None], now: float) -> Program:
        """What is shown now; the same object as before when nothing changed. bypass: the newest source picture.

        A freeze holds what is shown; where that is black or the slate, the picture that comes next without it."""
        with self._changed:
            self._advance(look.params.cut, now)
        if look.treatment == "freeze" and self._program.kind not in ("slate", "black"):
            return self._program
        if look.treatment == "blackout":
            if self._program.kind != "black":
                self._show(np.zeros_like(self._program.rgb), None, "black")
            return self._program
        if look.treatment == "bypass" or self._engine is None:
            frame = bypass()
            if frame is not None:
                self._show(frame.rgb, frame.time, "bypass")
            elif self._engine is None:
                self._show(self._slate, None, "slate")
            return self._program
        self._show(self._finish(self._engine.rgb, self._engine.plate), self._engine.captured, "engine")
        return self._program

    def _advance(self, epoch: int, now: float) -> None:
        """Make the newest due picture of this epoch the engine's current one; a cut flushes all older ones."""
        self._queue = deque(due for due in self._queue if due.epoch == epoch)
        reached = 0
        while self._queue and self._queue[0].at <= now:
            self._engine = self._queue.popleft()
            reached += 1
        self._skipped += max(0, reached - 1)

    def _show(self, rgb: Pixels, captured: float | None, kind: Kind) -> None:
        if rgb is not self._program.rgb or kind != self._program.kind:
            self._program = Program(rgb, captured, kind, self._program.number + 1)
