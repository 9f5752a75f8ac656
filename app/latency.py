"""Where the time goes between lens and outputs, measured on every picture by the moments at which it passes.

A picture is known by its capture time, which travels with it through the whole path. Whoever has it says when; nobody
waits for anybody, and a picture that never arrives is forgotten. Knows no Qt, no pictures and no threads of its own.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from app.status import LatencyParts

_RECENT_S = 2.0
_UNDER_WAY = 1024
"""Pictures that are remembered on their way: many seconds of them."""


@dataclass(slots=True)
class _Way:
    """When the controls began with a picture, when its guide was made, when it was painted; None = not yet."""

    begun: float
    guided: float
    painted: float | None = None


class LatencyMeter:
    """Told and read on any thread. All times are ``time.perf_counter()`` seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ways: OrderedDict[float, _Way] = OrderedDict()
        self._painted: deque[tuple[float, LatencyParts]] = deque(maxlen=2000)
        self._arrived: deque[tuple[float, LatencyParts]] = deque(maxlen=2000)

    def guided(self, captured: float, begun: float, now: float) -> None:
        """The controls, which had begun with it at ``begun``, have made the picture's guide."""
        with self._lock:
            self._ways[captured] = _Way(begun, now)
            while len(self._ways) > _UNDER_WAY:
                self._ways.popitem(last=False)

    def painted(self, captured: Iterable[float], now: float) -> None:
        """The engine has painted these pictures."""
        with self._lock:
            for time in captured:
                way = self._ways.get(time)
                if way is not None:
                    way.painted = now
                    capture, control, engine = _steps_ms(time, way.begun, way.guided, now)
                    self._painted.append((now, LatencyParts(capture, control, engine, None)))

    def handed_over(self, captured: float, now: float) -> None:
        """An output has the picture. Each output counts: they get it at times of their own."""
        with self._lock:
            way = self._ways.get(captured)
            if way is None or way.painted is None:
                return
            capture, control, engine, playout = _steps_ms(captured, way.begun, way.guided, way.painted, now)
            self._arrived.append((now, LatencyParts(capture, control, engine, playout)))

    def parts(self, now: float) -> LatencyParts | None:
        """The means over what was handed over within the last two seconds; where nothing was, over what was painted,
        without its playout; None where nothing was painted either."""
        with self._lock:
            arrived = _recent(self._arrived, now)
            recent = arrived or _recent(self._painted, now)
        if not recent:
            return None
        count = len(recent)
        return LatencyParts(
            capture_ms=sum(parts.capture_ms for parts in recent) / count,
            control_ms=sum(parts.control_ms for parts in recent) / count,
            engine_ms=sum(parts.engine_ms for parts in recent) / count,
            playout_ms=sum(parts.playout_ms or 0.0 for parts in arrived) / count if arrived else None,
        )


def _steps_ms(*moments: float) -> Iterator[float]:
    return (1000 * (after - before) for before, after in pairwise(moments))


def _recent(told: Iterable[tuple[float, LatencyParts]], now: float) -> list[LatencyParts]:
    return [parts for at, parts in told if at > now - _RECENT_S]
