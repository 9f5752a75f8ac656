"""What every measurement works with: clips, players and prepared frames, each made once and kept for the next one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.frame import GuidedFrame
from benchmarks.starter.clips import CLIPS, pictures, to_and_fro
from benchmarks.starter.player import Player, prepared
from training.prompts import LOOKS

Pixels = NDArray[np.uint8]
Size = tuple[int, int]
T = TypeVar("T")


@dataclass(frozen=True)
class Effort:
    """How much is measured. chunks: of each stream, the first two included. clips: those that figures are means over.

    size: of the pictures. drift_pictures, drift_size: of the long stream. live_s, rounds: of the live path, and how
    often it is run.
    """

    chunks: int = 8
    looks: tuple[str, ...] = LOOKS
    clips: tuple[str, ...] = ("balance", "walk", "head", "street")
    people: tuple[str, ...] = ("balance", "walk", "head", "pair")
    size: Size = (320, 192)
    drift_pictures: int = 20_000
    drift_size: Size = (256, 144)
    live_s: float = 30.0
    rounds: int = 3


FULL = Effort()
QUICK = Effort(
    chunks=4,
    looks=LOOKS[:3],
    clips=("balance", "street"),
    people=("balance",),
    drift_pictures=400,
    live_s=8.0,
    rounds=1,
)


class Bench:
    """folder: where the clips are. say: takes a line about what is going on. seed: of every stream."""

    def __init__(self, folder: Path, effort: Effort, say: Callable[[str], None], seed: int = 1) -> None:
        self.folder, self.effort, self.say, self.seed = folder, effort, say, seed
        self._players: dict[Size, Player] = {}
        self._shots: dict[str, list[Pixels]] = {}
        self._frames: dict[tuple[str, tuple[str, ...], int, Size], list[GuidedFrame]] = {}
        self._made: dict[Hashable, Any] = {}

    def close(self) -> None:
        for player in self._players.values():
            player.close()
        self._players.clear()

    def player(self, size: Size | None = None) -> Player:
        """Of the effort's size, or another."""
        size = size or self.effort.size
        if size not in self._players:
            self._players[size] = Player(*size, seed=self.seed)
        return self._players[size]

    def pictures(self, name: str) -> list[Pixels]:
        """All pictures of a clip."""
        if name not in self._shots:
            self._shots[name] = pictures(CLIPS[name], self.folder)
        return self._shots[name]

    def running(self, name: str, chunks: int = 0) -> Iterator[Pixels]:
        """A clip's pictures to and fro, as many as so many chunks take; of all the chunks of the effort for 0."""
        shot = self.pictures(name)
        count = self.player().count(chunks or self.effort.chunks)
        return (shot[index] for index in islice(to_and_fro(len(shot)), count))

    def frames(self, name: str, *controls: str, chunks: int = 0, size: Size | None = None) -> list[GuidedFrame]:
        """A clip as the engine is handed it, with these controls at their default settings."""
        size = size or self.effort.size
        key = (name, controls, chunks, size)
        if key not in self._frames:
            self._frames[key] = list(prepared(self.running(name, chunks), controls, size))
        return self._frames[key]

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gave the first time that it was asked for by this name: more than one measure works with it."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made
