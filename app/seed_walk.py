"""The seed's walk: whether the look goes to the next seed by itself, and how often. Knows no clock and no Show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from app.words import values as words

LARGEST_SEED = 2**63 - 1
EVERY_S = (0.1, 600.0)
EVERY_BEATS = (1, 256)

Unit = Literal["seconds", "beats"]


@dataclass(frozen=True)
class SeedWalk:
    """on: whether the seed goes to the next one by itself. unit: which of the two paces counts.

    every_s: 0.1 to 600, seconds from one to the next. every_beats: 1 to 256, of the show's tempo, counted from the
    first beat of a bar.
    """

    on: bool = False
    every_s: float = 4.0
    every_beats: int = 4
    unit: Unit = "seconds"

    def __post_init__(self) -> None:
        if self.unit not in get_args(Unit):
            raise ValueError(words.walk_unit(self.unit, get_args(Unit)))
        for pace, (low, high), unit in ((self.every_s, EVERY_S, "seconds"), (self.every_beats, EVERY_BEATS, "beats")):
            if not low <= pace <= high:
                raise ValueError(words.walk_pace(pace, unit, low, high))


def seed_after(seed: int) -> int:
    """The seed that follows; 0 after the largest."""
    return 0 if seed >= LARGEST_SEED else seed + 1
