"""Chooses on which pictures each control runs, from what it takes and how much time there is. Holds still.

The time there is: a share of the time between two pictures of the source, whatever of them was skipped because the
controls were late. While all controls together fit into it, each runs on every picture. Where they do not, the dearest
one runs more rarely, until they do. A choice is changed only when it has been wrong for a while, and back only when
there is clearly room: it must not flap. Knows no controls, no threads and no clock; time is that of the pictures.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles

from controls.control import SLOWEST

SHARE = 0.6
"""Of the time between two pictures, what controls may take of one core. The rest is the engine's, and for bad days."""
_EASE = 0.75
"""A quicker choice is made only when it would fit into this share of the room."""
_STRAIN_S, _EASE_S = 1.0, 4.0
"""How long a choice must have been too quick, or slower than need be, before it changes."""
_CARRYING_MS = 5.0
"""What carrying a guide to a picture takes until it has been measured, at 640x360."""
_WORTH_IT = 3.0
"""Only a control that takes so many times what carrying takes is made rarer: else nothing would be won."""
_LEAST_SHARE = 0.5
"""Of the room: no control is made rarer than to take this much of it, in the mean."""
_CLEARLY_LESS = 0.9
"""A change must bring what all controls take down to this share, or it is not worth one."""
_RUNS, _LEAST_RUNS = 9, 3
"""Runs that a control is judged by, at most and at least: by their median, for the first may have loaded a model."""
_INTERVALS, _LEAST_INTERVALS = 30, 6
_LONGEST_INTERVAL_S = 1.0
"""A longer gap is a pause."""

Rates = dict[str, int]
"""Of each control the n, where it runs on each n-th picture."""


@dataclass(frozen=True)
class _Load:
    """What controls take. ms: of one run, by name, where it is known. carrying_ms: of carrying guides to one picture.

    fixed: rates that are no matter of choice.
    """

    ms: Mapping[str, float]
    carrying_ms: float
    fixed: Mapping[str, int]

    def mean_ms(self, chosen: Rates) -> float:
        """What all controls take of each picture's time, in the mean."""
        rates = {**self.fixed, **chosen}
        runs = sum(self.ms.get(name, 0.0) / every for name, every in rates.items())
        return runs + (self.carrying_ms if any(every > 1 for every in rates.values()) else 0.0)

    def fitting(self, names: Iterable[str], room_ms: float) -> Rates:
        """The quickest rates for ``names`` under which all controls fit into ``room_ms``, or come near to it."""
        rates = dict.fromkeys(names, 1)
        shares = {name: self.ms[name] for name in rates if self.ms.get(name, 0.0) >= _WORTH_IT * self.carrying_ms}
        while self.mean_ms(rates) > room_ms:
            shares = {n: ms for n, ms in shares.items() if ms > _LEAST_SHARE * room_ms and rates[n] < SLOWEST}
            if not shares:
                break
            dearest = max(shares, key=lambda name: shares[name])
            rates[dearest] += 1
            shares[dearest] = self.ms[dearest] / rates[dearest]
        return rates


class Pace:
    """Owns the measured times and the choices made from them."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._time: float | None = None
        self._intervals_ms: deque[float] = deque(maxlen=_INTERVALS)
        self._ms: dict[str, deque[float]] = {}
        self._carrying_ms: deque[float] = deque(maxlen=_RUNS)
        self._chosen: Rates = {}
        self._judged: set[str] = set()
        self._wrong, self._wrong_since = "", 0.0

    def took(self, name: str, ms: float) -> None:
        """A run of a control."""
        self._ms.setdefault(name, deque(maxlen=_RUNS)).append(ms)

    def carrying_took(self, ms: float) -> None:
        """All carrying for one picture."""
        self._carrying_ms.append(ms)

    def rates(self, time: float, fixed: Mapping[str, int], free: Mapping[str, int]) -> Rates:
        """The rates of all controls: those of ``fixed`` as given, those of ``free`` as chosen.

        Asked once for each picture. time: the picture's, in seconds. free: what each begins with, while nothing is
        known of it.
        """
        self._arrived(time)
        for name in self._ms.keys() - fixed.keys() - free.keys():
            del self._ms[name]
        self._chosen = {name: self._chosen.get(name, first) for name, first in free.items()}
        known = {name: median(runs) for name, runs in self._ms.items() if len(runs) >= _LEAST_RUNS}
        if len(self._intervals_ms) >= _LEAST_INTERVALS:
            self._choose(time, SHARE * quantiles(self._intervals_ms, n=4)[0], known, fixed)
        return {**fixed, **self._chosen}

    def _arrived(self, time: float) -> None:
        if self._time is not None:
            if 0.0 < time - self._time <= _LONGEST_INTERVAL_S:
                self._intervals_ms.append((time - self._time) * 1000.0)
            else:
                self._wrong = ""
        self._time = time

    def _choose(self, time: float, room_ms: float, known: Mapping[str, float], fixed: Mapping[str, int]) -> None:
        """At once for what is newly known; anew for all where the choice has long been wrong."""
        names = [name for name in self._chosen if name in known]
        waiting = {name: every for name, every in self._chosen.items() if name not in known}
        load = _Load(known, self._mean_carrying_ms(), {**fixed, **waiting})
        fitting = load.fitting(names, room_ms)
        self._chosen |= {name: fitting[name] for name in names if name not in self._judged}
        self._judged = set(names)
        chosen = {name: self._chosen[name] for name in names}
        wrong, better, patience_s = "", chosen, 0.0
        if load.mean_ms(chosen) > room_ms:
            if load.mean_ms(fitting) <= _CLEARLY_LESS * load.mean_ms(chosen):
                wrong, better, patience_s = "too quick", fitting, _STRAIN_S
        else:
            eased = load.fitting(names, _EASE * room_ms)
            if eased != chosen and all(eased[name] <= chosen[name] for name in names):
                wrong, better, patience_s = "too slow", eased, _EASE_S
        if wrong != self._wrong:
            self._wrong, self._wrong_since = wrong, time
        elif wrong and time - self._wrong_since >= patience_s:
            self._chosen |= better
            self._wrong = ""

    def _mean_carrying_ms(self) -> float:
        return median(self._carrying_ms) if len(self._carrying_ms) >= _LEAST_RUNS else _CARRYING_MS
