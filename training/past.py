"""The transformer's memory of past frames for training: the engine's own window, with gradients and in batches.

Same frames, same positions as ``engine.kv_cache.KVCache`` with rolling positions (a test holds the two together), but
nothing is overwritten in place.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.config import DiTConfig, RolloutConfig
from engine.rope import RotaryTable, rotary_table, rotate

_KeysValues = dict[int, tuple[Tensor, Tensor]]


class Past:
    """In place of a cache. ``open`` comes before each pass, ``keep`` after one that is remembered."""

    def __init__(self, dit: DiTConfig, rollout: RolloutConfig, rows: int, columns: int, device: torch.device) -> None:
        """rows, columns: tokens of a latent frame."""
        if rollout.chunk != 1 or rollout.positions != "rolling":
            raise ValueError(f"{rollout.chunk} frames a chunk, {rollout.positions} positions, expected 1 and rolling")
        self._rollout = rollout
        self._grid = (rows, columns, dit.head_dim, device)
        self._frames: list[_KeysValues] = []
        self._references: _KeysValues = {}
        self._reference_count = 0
        self._written: _KeysValues = {}
        self._seen: list[_KeysValues] = []
        self._past_table: RotaryTable | None = None
        self.table: RotaryTable | None = None
        self.bias: Tensor | None = None
        self.weighs_past = False
        self.keeps_unturned = True

    def open(self) -> None:
        """The next pass is over the frame behind all that were kept."""
        sink, window = self._rollout.sink, self._rollout.window
        ring = window - sink - 1
        behind = self._frames[sink:]
        frames = self._frames[:sink] + (behind[-ring:] if ring else [])
        self._seen = [*([self._references] if self._reference_count else []), *frames]
        positions = [*range(-self._reference_count, 0), *range(len(frames))]
        self._past_table = self._table(positions) if positions else None
        self.table = self._table([len(frames)])
        self._written = {}

    def open_references(self, count: int) -> None:
        """The next pass is over ``count`` references, which see each other alone."""
        self._seen, self._past_table, self._written = [], None, {}
        self._reference_count = count
        self.table = self._table(list(range(-count, 0)))

    def keep(self) -> None:
        """Remember the frame of the last pass."""
        self._frames.append(self._written)

    def keep_references(self) -> None:
        self._references = self._written

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """As the engine's cache: the pass's k (unrotated) and v in, all that may be attended to out."""
        assert self.table is not None
        self._written[layer] = (k, v)
        keys, values = rotate(k, self.table), v
        if self._past_table is not None:
            past_keys = torch.cat([frame[layer][0] for frame in self._seen], dim=1)
            keys = torch.cat([rotate(past_keys, self._past_table), keys], dim=1)
            values = torch.cat([*(frame[layer][1] for frame in self._seen), values], dim=1)
        return keys, values

    def _table(self, positions: list[int]) -> RotaryTable:
        rows, columns, head_dim, device = self._grid
        return rotary_table(positions, rows, columns, head_dim, device)
