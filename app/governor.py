"""The governor: which level of quality holds the wanted rate. Pure decisions on measured times; knows no clock,
no threads, no engine and no Qt.

A level is a number of steps and a choice of the engine. Below what is wished for there are, in this order, fewer steps,
the faster autoencoders that are installed, and smaller sizes. It goes down a level where the median of the recent
chunks is too slow, and up a level only after what that one will cost has been affordable, with room to spare, for a
while; for twice as long after each time that proved wrong. Between the two lies a band in which it stays where it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Literal

from engine.params import Autoencoder, EngineChoice

HELD = 0.97
"""Of the wanted rate: what counts as held."""
SHORT = 0.9
"""Of the wanted rate: below it with nothing left to reduce, and for ``LATER_S``, it is told that it cannot be held. It
counts as held again after as long above ``HELD``, so that no good or bad moment tells anything."""
ROOM = 1.1
"""Of the wanted rate: what the level above must promise."""
FEWEST = 5
"""Chunks without which nothing is decided: a dip of one or two of them decides nothing."""
SOON_S, SWITCH_SOON_S = 2.0, 4.0
"""How long a level must have been too slow: before fewer steps, and before another autoencoder or size is loaded."""
LATER_S, SWITCH_LATER_S = 8.0, 20.0
"""How long there must have been room before the same comes back."""
PROVEN_S = 60.0
"""A level that was left again sooner than this after it came back has failed. A look that has held its rate for as long
with all that it asks for has proved that what was taken from others may come back at once."""
MOST_PATIENCE = 64
"""Times ``LATER_S``, for a level that has failed again and again."""
LEAST_SIDE = 96
"""Pixels: the shorter side of the smallest size."""
LEAST_SHARE = 0.5
"""Of the wished width: that of the smallest size."""

_REMEMBERED = 64  # chunks
_SHARES = (0.85, 0.7, 0.6, 0.5)  # of the wished width; each has about 30 % fewer pixels than the one before
_ASPECT = 0.03  # how far the aspect may be off
_GRID = 16
_BESIDE_STEPS = 1.5  # a chunk's other work in steps: the clean pass and the autoencoder's share, until it is measured
_AUTOENCODER = 2.0  # what a chunk costs with the slower autoencoder, as a multiple, until it is measured
_AUTOENCODER_MOST = 6.0

Change = Literal["less", "more", "least", "held"]
"""A level down, a level up; far too slow, and there is none below; no longer so, at the same level."""


@dataclass(frozen=True)
class Offer:
    """What a model has to give up. least_steps: below which nobody wants its pictures. autoencoders: those that are
    installed and faster than the chosen one, the fastest last."""

    least_steps: int = 1
    autoencoders: tuple[Autoencoder, ...] = ()


@dataclass(frozen=True)
class Level:
    """steps: denoising passes a chunk. choice: what paints them."""

    steps: int
    choice: EngineChoice


def smaller_sizes(width: int, height: int) -> tuple[tuple[int, int], ...]:
    """Sizes below this one, falling: multiples of 16 of the same aspect, down to half the sides, none under 96."""
    found: list[tuple[int, int]] = []
    last = (width, height)
    for share in _SHARES:
        fitting = [
            size
            for size in _grid(width, height)
            if size[0] < last[0] and size[1] <= last[1] and size[0] >= LEAST_SHARE * width and min(size) >= LEAST_SIDE
        ]
        if fitting:
            best = min(fitting, key=lambda size: abs(size[0] * size[1] / (width * height) - share**2))
            found.append(best)
            last = best
    return tuple(found)


def _grid(width: int, height: int) -> list[tuple[int, int]]:
    """Multiples of 16 below, each width with the height that is nearest in aspect, where that is near enough."""
    sizes = []
    for across in range(_GRID, width, _GRID):
        down = max(1, round(across * height / width / _GRID)) * _GRID
        if abs(across * height / (down * width) - 1) <= _ASPECT:
            sizes.append((across, down))
    return sizes


def rungs_of(choice: EngineChoice, offer: Offer) -> tuple[EngineChoice, ...]:
    """``choice`` and what is faster, in order: its autoencoders, then smaller sizes with the fastest of them."""
    with_autoencoders = [choice, *(replace(choice, autoencoder=name) for name in offer.autoencoders)]
    sizes = smaller_sizes(choice.width, choice.height)
    return (*with_autoencoders, *(replace(with_autoencoders[-1], width=w, height=h) for w, h in sizes))


def ladder(steps: int, least_steps: int, rungs: Sequence[EngineChoice]) -> tuple[Level, ...]:
    """From ``steps`` with the first of ``rungs`` down to the fewest steps with the last. Fewer than the least stay."""
    least = min(steps, least_steps)
    fewer = [Level(count, rungs[0]) for count in range(steps, least - 1, -1)]
    return (*fewer, *(Level(least, rung) for rung in rungs[1:]))


class Governor:
    """One of a model's choice; another choice has another governor. Times are seconds on one clock."""

    def __init__(self, choice: EngineChoice, offer: Offer) -> None:
        self._rungs = rungs_of(choice, offer)
        self._least_steps = offer.least_steps
        self._most_steps: int | None = None
        self._rung = 0
        self._ladders: dict[int, tuple[Level, ...]] = {}
        self._measured: Level | None = None
        self._since = 0.0
        self._chunks: deque[tuple[float, float, int]] = deque(maxlen=_REMEMBERED)
        self._room_since: float | None = None
        self._short = False
        self._turning_since: float | None = None
        self._left: tuple[Level, float] | None = None
        self._ratios: dict[tuple[Level, Level], float] = {}
        self._climbed: tuple[Level, float] | None = None
        self._patience: dict[Level, int] = {}

    @property
    def choice(self) -> EngineChoice:
        """What shall paint."""
        return self._rungs[self._rung]

    @property
    def short(self) -> bool:
        """Whether the rate cannot be held though nothing is left to reduce."""
        return self._short

    def level(self, steps: int) -> Level:
        """What is in force for a look that asks for ``steps``: never more than that, and never more than it allows."""
        return self._levels(steps)[self._place(steps)]

    def wait(self) -> None:
        """What was measured says nothing of what comes: begin to look anew."""
        self._chunks.clear()
        self._room_since = None

    def refuse(self, playing: EngineChoice) -> None:
        """``choice`` could not be brought up, and ``playing`` goes on: keep to it on that side from now on.

        ValueError where ``playing`` is none of the rungs.
        """
        there = self._rungs.index(playing)
        if there < self._rung:
            self._rungs = self._rungs[: there + 1]
        else:
            self._rungs = self._rungs[there:]
        self._rung = self._rungs.index(playing)
        self._ladders = {}
        self.wait()

    def measured(self, seconds: float, pictures: int, steps: int, rate: float, now: float) -> Change | None:
        """A chunk of ``pictures`` took the engine ``seconds``, painted as ``level(steps)`` says; ``rate`` pictures a
        second are wanted. Says what changes from the next chunk on."""
        level = self.level(steps)
        if level != self._measured:
            self.wait()
            self._measured = level
            if self._climbed is not None and self._climbed[0] == level:
                self._climbed = (level, now)  # it may have been long in coming up
        if not self._chunks:
            self._since = now - seconds
        self._chunks.append((now, seconds, pictures))
        levels = self._levels(steps)
        place = levels.index(level)
        below = levels[place + 1] if place + 1 < len(levels) else None
        took = self._typical(now, SWITCH_SOON_S if below is not None and below.choice != level.choice else SOON_S)
        if took is None:
            return None
        self._learn(levels, level, took)
        if took * rate * HELD > 1:
            self._room_since = None
            return self._go_down(level, below, took, took * rate * SHORT > 1, now)
        turned = self._turns(False, now)
        above = levels[place - 1] if place else None
        if above is not None and took * self._ratio(above, level) * rate * ROOM > 1:
            self._room_since = None
            return "held" if turned else None
        self._room_since = now if self._room_since is None else self._room_since
        if above is not None:
            up = self._go_up(above, level, place, took, now - self._room_since, now)
            return up or ("held" if turned else None)
        if now - self._room_since >= PROVEN_S:
            self._most_steps = None  # a load of long ago shall not cost the next look its steps
        return "held" if turned else None

    def _turns(self, short: bool, now: float) -> bool:
        """Whether the rate has been as ``short`` says for long enough to be told, and was not before."""
        if short == self._short:
            self._turning_since = None
            return False
        self._turning_since = now if self._turning_since is None else self._turning_since
        if now - self._turning_since < LATER_S:
            return False
        self._short, self._turning_since = short, None
        return True

    # -- the ladder

    def _levels(self, steps: int) -> tuple[Level, ...]:
        if steps not in self._ladders:
            self._ladders[steps] = ladder(steps, self._least_steps, self._rungs)
        return self._ladders[steps]

    def _place(self, steps: int) -> int:
        """On the ladder of a look that asks for ``steps``."""
        fewest = len(self._levels(steps)) - len(self._rungs)  # at the wished size
        if self._rung or self._most_steps is None:
            return fewest + self._rung if self._rung else 0
        return min(max(0, steps - self._most_steps), fewest)

    def _go_down(self, level: Level, below: Level | None, took: float, far: bool, now: float) -> Change | None:
        """far: from what is wanted, by more than a little."""
        if below is None:
            if not far or self._short:
                self._turning_since = None  # neither held nor far from it: all stays as it was told
                return None
            return "least" if self._turns(True, now) else None
        if self._climbed is not None and self._climbed[0] == level and now - self._climbed[1] < PROVEN_S:
            self._patience[level] = min(MOST_PATIENCE, 2 * self._patience.get(level, 1))
        else:
            self._patience.pop(level, None)
        self._climbed = None
        self._move(below, took)
        self._most_steps = below.steps
        return "less"

    def _go_up(self, above: Level, level: Level, place: int, took: float, room_s: float, now: float) -> Change | None:
        later_s = SWITCH_LATER_S if above.choice != level.choice else LATER_S
        if room_s < later_s * self._patience.get(above, 1):
            return None
        self._move(above, took)
        self._most_steps = above.steps if place > 1 else None
        self._climbed = (above, now)
        return "more"

    def _move(self, to: Level, took: float) -> None:
        if self._measured is not None:
            self._left = (self._measured, took)
        self._rung = self._rungs.index(to.choice)
        self._short, self._turning_since = False, None
        self.wait()

    # -- what a level costs

    def _typical(self, now: float, soon_s: float) -> float | None:
        """Seconds a picture, of the last ``soon_s`` and ``FEWEST`` chunks; None before there have been as many.

        The first chunk of a stream has fewer pictures for as much work, and is no measure.
        """
        usual = max(pictures for _, _, pictures in self._chunks)
        whole = [(at, seconds / pictures) for at, seconds, pictures in self._chunks if pictures == usual]
        if len(whole) < FEWEST or now - self._since < soon_s:
            return None
        recent = [each for at, each in whole if at > now - soon_s]
        return median(recent if len(recent) >= FEWEST else [each for _, each in whole[-FEWEST:]])

    def _learn(self, levels: tuple[Level, ...], level: Level, took: float) -> None:
        """What one level costs beside its neighbour, from the change between them."""
        if self._left is None:
            return
        (other, took_there), self._left = self._left, None
        for above, below in pairwise(levels):
            if (above, below) == (other, level):
                self._ratios[above, below] = took_there / took
            elif (above, below) == (level, other):
                self._ratios[above, below] = took / took_there

    def _ratio(self, above: Level, below: Level) -> float:
        """Measured, within what can be: a load that came or went at that moment is in the figure as well."""
        expected, most = _ratios(above, below)
        return min(max(1.0, self._ratios.get((above, below), expected)), most)


def _ratios(above: Level, below: Level) -> tuple[float, float]:
    """What a chunk of ``above`` takes, as a multiple of one of ``below``: what is likely, and what is the most."""
    if above.choice == below.choice:
        likely = (above.steps + _BESIDE_STEPS) / (below.steps + _BESIDE_STEPS)
        return likely, above.steps / below.steps
    if above.choice.autoencoder != below.choice.autoencoder:
        return _AUTOENCODER, _AUTOENCODER_MOST
    area = above.choice.width * above.choice.height / (below.choice.width * below.choice.height)
    return area, area**2  # attention looks from each place at every other
