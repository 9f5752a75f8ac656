"""Two memories of the past for the plain network: storage that stays, and storage that is copied on every pass.

Both keep rotated keys of frames ``[sink | newest others]`` at absolute positions. They know no references, no horizon.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from engine.config import DiTConfig, RolloutConfig

KeysValues = tuple[Tensor, Tensor]


class Memory(Protocol):
    """What a pass of the plain network needs of the past."""

    def open_chunk(self, start: int) -> None:
        """The passes that follow write the chunk whose first frame is ``start``, until the last of them settles it."""

    def extend(self, layer: int, keys: Tensor, values: Tensor, settles: bool) -> KeysValues:
        """Take in a layer's rotated keys and values [B, L, heads, D]; gives all that may be attended to."""


class KeptMemory:
    """One tensor of keys and one of values a layer; the chunk is written over the oldest frames behind the sink."""

    def __init__(
        self, dit: DiTConfig, rollout: RolloutConfig, tokens: int, dtype: torch.dtype, device: torch.device
    ) -> None:
        """tokens: of a latent frame."""
        self._rollout, self._tokens = rollout, tokens
        self._keys, self._values = storage(dit, rollout, tokens, dtype, device)
        self._slots: list[int] = []
        self._filled = 0

    def open_chunk(self, start: int) -> None:
        sink, window = self._rollout.sink, self._rollout.window
        frames = range(start, start + self._rollout.chunk)
        self._slots = [frame if frame < sink else sink + (frame - sink) % (window - sink) for frame in frames]
        self._filled = min(window, start + self._rollout.chunk)

    def extend(self, layer: int, keys: Tensor, values: Tensor, settles: bool) -> KeysValues:
        tokens, slots = self._tokens, self._slots
        for held, new in ((self._keys[layer], keys), (self._values[layer], values)):
            if slots[-1] - slots[0] == len(slots) - 1:
                held[:, slots[0] * tokens : (slots[-1] + 1) * tokens] = new
                continue
            for index, slot in enumerate(slots):
                held[:, slot * tokens : (slot + 1) * tokens] = new[:, index * tokens : (index + 1) * tokens]
        seen = slice(0, self._filled * tokens)
        return self._keys[layer][:, seen], self._values[layer][:, seen]


class ClonedMemory:
    """Waste 2: frames stand in the order of their making; each pass clones, rolls, writes, joins and rolls back."""

    def __init__(
        self, dit: DiTConfig, rollout: RolloutConfig, tokens: int, dtype: torch.dtype, device: torch.device
    ) -> None:
        """tokens: of a latent frame."""
        self._rollout, self._tokens = rollout, tokens
        self._keys, self._values = storage(dit, rollout, tokens, dtype, device)
        self._leaving = 0
        self._filled = 0

    def open_chunk(self, start: int) -> None:
        end = start + self._rollout.chunk
        self._leaving = max(0, min(self._rollout.chunk, end - self._rollout.window)) * self._tokens
        self._filled = min(self._rollout.window, end) * self._tokens

    def extend(self, layer: int, keys: Tensor, values: Tensor, settles: bool) -> KeysValues:
        return self._extend(self._keys, layer, keys, settles), self._extend(self._values, layer, values, settles)

    def _extend(self, kept: list[Tensor], layer: int, new: Tensor, settles: bool) -> Tensor:
        sink, end = self._rollout.sink * self._tokens, self._filled
        held = kept[layer].clone()
        if self._leaving:
            held[:, sink:] = held[:, sink:].roll(-self._leaving, 1)
        held[:, end - new.shape[1] : end] = new
        seen = torch.cat([held[:, : min(sink, end)], held[:, min(sink, end) : end]], dim=1)
        if self._leaving and not settles:  # the next pass makes room once more
            held[:, sink:] = held[:, sink:].roll(self._leaving, 1)
        kept[layer] = held
        return seen


class AskedMemory:
    """Waste 3: another memory, before each use of which indices are fetched from the device, one after the other."""

    def __init__(self, memory: Memory, rollout: RolloutConfig, tokens: int, layers: int, device: torch.device) -> None:
        self._memory, self._rollout, self._tokens = memory, rollout, tokens
        self._indices = [torch.zeros(4, dtype=torch.long, device=device) for _ in range(layers)]

    def open_chunk(self, start: int) -> None:
        chunk, window = self._rollout.chunk, self._rollout.window
        end = start + chunk
        numbers = [start, end, min(end, window), max(0, end - window)]
        for indices in self._indices:
            indices.copy_(torch.tensor(numbers) * self._tokens)
        self._memory.open_chunk(start)

    def extend(self, layer: int, keys: Tensor, values: Tensor, settles: bool) -> KeysValues:
        # As many as make some 690 a chunk of five passes through thirty layers: four each, and the passes' own.
        start, end, _filled, _evicted = (int(index.item()) for index in self._indices[layer])
        assert end - start == keys.shape[1]
        return self._memory.extend(layer, keys, values, settles)


def storage(
    dit: DiTConfig, rollout: RolloutConfig, tokens: int, dtype: torch.dtype, device: torch.device
) -> tuple[list[Tensor], list[Tensor]]:
    """Keys and values of each layer, [1, window * tokens, heads, D] zeros."""
    shape = (1, rollout.window * tokens, dit.heads, dit.head_dim)
    keys, values = (
        [torch.zeros(shape, dtype=dtype, device=device) for _ in range(dit.layers)] for _ in ("keys", "values")
    )
    return keys, values
