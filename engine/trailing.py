"""How long a device goes on with a chunk after the host was told that it is done. Knows no chunks and no networks.

Where the host is the device, or is not told when a device is done, that is no time at all. CUDA events have not been
run: no GPU was at hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import torch


class Event(Protocol):
    """``torch.cuda.Event``, of those that know the time."""

    def record(self) -> None: ...
    def query(self) -> bool: ...
    def elapsed_time(self, end_event: Any, /) -> float: ...


class Trailing:
    """Told of each chunk, in order: ``handing_out``, ``handed_out``, ``over``. Nothing here waits for the device."""

    def __init__(self, event: Callable[[], Event] | None, clock: Callable[[], float] = time.perf_counter) -> None:
        """event: makes one that ``record`` puts behind all that the device was told so far; None = there are none.
        clock: of the host, in seconds."""
        self._event = event
        self._clock = clock
        self._painted: Event | None = None
        self._chunk: tuple[Event, Event, float] | None = None
        self._since = 0.0
        self.seconds = 0.0
        """What the device still did for the chunk before the last one when the host had gone on to other things."""

    def handing_out(self) -> None:
        """The device was told of all that the pictures need, and of nothing that comes behind it."""
        self._painted = self._mark()

    def handed_out(self) -> None:
        """The pictures are there, and with them all that the device was told before them."""
        if self._chunk is not None:
            painted, over, told_s = self._chunk
            if over.query():
                self.seconds = max(0.0, painted.elapsed_time(over) / 1000 - told_s)
        self._chunk = None
        self._since = self._clock()

    def over(self) -> None:
        """The device was told of all that there is to do for the chunk."""
        over = self._mark()
        if self._painted is not None and over is not None:
            self._chunk = self._painted, over, self._clock() - self._since
        self._painted = None

    def _mark(self) -> Event | None:
        if self._event is None:
            return None
        event = self._event()
        event.record()
        return event


def trailing_on(device: torch.device) -> Trailing:
    """By the device's own events, where it has some."""
    return Trailing(_cuda_event if device.type == "cuda" else None)


def _cuda_event() -> Event:
    event: Event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
    return event
