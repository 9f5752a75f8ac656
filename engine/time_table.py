"""TimeTable: what a network makes of the timesteps of a stream, each read once for as long as the weights stand.

The few steps that a chunk takes are the same in every chunk. Knows no chunks and no LoRAs.
"""

from __future__ import annotations

from engine.dit import TimeMemory, WanDiT
from engine.linear import Branch

KEPT = 24
"""Timesteps at most: three numbers of steps, eight steps each. One takes 0.8 MiB of the 1.3B model, 2.8 of the 14B."""


class TimeTable:
    """Asked by number. Dropped as a whole when the weights change that timesteps are read with."""

    def __init__(self, dit: WanDiT) -> None:
        self._dit = dit
        self._layers = dit.time_layers
        self._kept: dict[float, TimeMemory] = {}  # the last used last
        self._weights: tuple[tuple[int, tuple[Branch, ...]], ...] = ()

    def __getitem__(self, timestep: float) -> TimeMemory:
        """0 (clean) to 1000 (noise)."""
        weights = tuple((layer.revision, layer.branches) for layer in self._layers)
        if weights != self._weights:
            self._weights = weights
            self._kept.clear()
        read = self._kept.pop(timestep, None) or self._dit.read_time(timestep)
        self._kept[timestep] = read
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return read
