"""How long a device goes on with a chunk after the host was told that it is done. Knows no chunks and no networks.

Where the host is the device, or is not told when a device is done, that is no time at all. The events of CUDA, of
Intel's and of Apple's GPUs have not been run: none was at hand. Should they fail, a line in the log says so, and that
is no time at all either.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import torch

log = logging.getLogger(__name__)


class Event(Protocol):
    """``torch.cuda.Event``, of those that know the time."""

    def record(self) -> None: ...
    def query(self) -> bool: ...
    def elapsed_time(self, end_event: Any, /) -> float: ...


class Trailing:
    """Told of each chunk, in order: ``handing_out``, ``handed_out``, ``over``. Nothing here waits for the device.

    Apple's events do when they are compared, for all that it was told: no more than the chunk that has been handed out,
    for clean passes are told early only where they are recorded.
    """

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
            try:
                self._measure(*self._chunk)
            except Exception as error:  # noqa: BLE001 - events of three devices fail in as many ways
                self._give_up(error)
        self._chunk = None
        self._since = self._clock()

    def over(self) -> None:
        """The device was told of all that there is to do for the chunk."""
        over = self._mark()
        if self._painted is not None and over is not None:
            self._chunk = self._painted, over, self._clock() - self._since
        self._painted = None

    def _measure(self, painted: Event, over: Event, told_s: float) -> None:
        if over.query():
            self.seconds = max(0.0, painted.elapsed_time(over) / 1000 - told_s)

    def _mark(self) -> Event | None:
        if self._event is None:
            return None
        try:
            event = self._event()
            event.record()
        except Exception as error:  # noqa: BLE001
            self._give_up(error)
            return None
        return event

    def _give_up(self, error: Exception) -> None:
        log.info("What the device does behind a chunk is not measured: %s", error)
        self._event, self._chunk, self.seconds = None, None, 0.0


def trailing_on(device: torch.device) -> Trailing:
    """By the device's own events, where it has some."""
    kind: Callable[..., Event] | None = None
    if device.type in ("cuda", "xpu", "mps"):
        kind = getattr(getattr(torch, device.type), "Event", None)
    return Trailing(None if kind is None else partial(kind, enable_timing=True))
