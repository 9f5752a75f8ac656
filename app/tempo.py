"""The show's tempo: how fast the beat goes and where in the bar it is; and the tempo that a hand taps.

Pure values and sums: whoever asks brings the time, in seconds of ``time.perf_counter()``. Knows no Qt, no clock and no
device; what else may lead the beat one day replaces the Setup's ``Tempo`` as a hand does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean, linear_regression

from app.words import values as words

SLOWEST, FASTEST = 20.0, 300.0
"""Beats a minute."""
BEATS_IN_BAR = 4
NUDGE = 1 / 16
"""Beats: heard as a correction, not as a jump."""

_KEPT = 8
_BOUNCE_S = 0.1
"""Two taps so close are one finger on a worn key."""
_STRAY = 0.4
"""A tap that is off by more than this share of a beat begins another tempo."""


@dataclass(frozen=True)
class Tempo:
    """beats_per_minute: 20 to 300. origin: a moment, past or to come, at which a bar begins."""

    beats_per_minute: float = 120.0
    origin: float = 0.0

    def __post_init__(self) -> None:
        if not SLOWEST <= self.beats_per_minute <= FASTEST:
            raise ValueError(words.tempo(self.beats_per_minute, SLOWEST, FASTEST))
        if not math.isfinite(self.origin):
            raise ValueError(words.tempo_origin(self.origin))

    @property
    def beat_s(self) -> float:
        return 60.0 / self.beats_per_minute

    def beat(self, now: float) -> tuple[int, float]:
        """Which beat of the bar it is, 1 to 4, and how much of it has gone, 0 to 1."""
        beats = (now - self.origin) / self.beat_s
        whole = math.floor(beats)
        return whole % BEATS_IN_BAR + 1, beats - whole

    def stretch(self, now: float, beats: float) -> tuple[int, float]:
        """Which stretch of so many beats it is since the origin, and the seconds until the next one begins."""
        length = beats * self.beat_s
        number = math.floor((now - self.origin) / length)
        return number, self.origin + (number + 1) * length - now

    def at_pace(self, beats_per_minute: float, now: float) -> Tempo:
        """Faster or slower from here on: the beat that goes on now is not torn. ValueError out of range."""
        paced = replace(self, beats_per_minute=beats_per_minute)
        return replace(paced, origin=now - (now - self.origin) / self.beat_s * paced.beat_s)

    def from_now(self, now: float) -> Tempo:
        """The bar begins now."""
        return replace(self, origin=now)

    def nudged(self, beats: float) -> Tempo:
        """Every beat comes earlier by so many beats, below 0 later."""
        return replace(self, origin=self.origin - beats * self.beat_s)


class Taps:
    """A hand's taps on the beat. The first one of a row is the first beat of the bar."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._numbers: list[int] = []

    def tap(self, now: float) -> Tempo | None:
        """The tempo that the last eight taps make, once there are two that belong together.

        A pause of more than a beat of the slowest tempo begins a new row; so does a tap that is far off the beat,
        with the one before it as its first.
        """
        since = now - self._times[-1] if self._times else math.inf
        if since < _BOUNCE_S:
            return None
        if since > 60.0 / SLOWEST:
            self._times, self._numbers = [], []
        elif len(self._times) > 1 and abs(since - self._beat_s()) > _STRAY * self._beat_s():
            self._times, self._numbers = self._times[-1:], [0]
        self._numbers = [*self._numbers, self._numbers[-1] + 1 if self._numbers else 0][-_KEPT:]
        self._times = [*self._times, now][-_KEPT:]
        if len(self._times) < 2:
            return None
        # The line through all taps: one that is late moves it less than the mean of two ends would.
        beat_s, first = linear_regression(self._numbers, self._times)
        pace = round(min(FASTEST, max(SLOWEST, 60.0 / beat_s)), 2)
        last = first + beat_s * self._numbers[-1]
        return Tempo(pace, origin=last - self._numbers[-1] * 60.0 / pace)

    def _beat_s(self) -> float:
        return fmean(after - before for before, after in pairwise(self._times))
