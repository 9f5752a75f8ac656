"""The keys and values of past frames: a sink that stays and a ring behind it, in storage that never moves.

Latent frame f lives in slot f while f is in the sink, else in slot sink + (f - sink) mod (window - sink). A new chunk
thus overwrites the oldest frames behind the sink, nothing is copied, and the filled slots are always the first
min(window, frames) ones. Attention does not mind their order: keys are stored rotated to their absolute position.
"""

from __future__ import annotations

import torch
from torch import Tensor


class KVCache:
    """Keys and values of every main block, each [B, window * tokens, heads, D]. Positions are host integers."""

    def __init__(
        self,
        layers: int,
        window: int,
        sink: int,
        tokens: int,
        heads: int,
        head_dim: int,
        *,
        batch: int = 1,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        """window, sink: in latent frames; tokens: of one latent frame."""
        self._window, self._sink, self._tokens = window, sink, tokens
        shape = (batch, window * tokens, heads, head_dim)
        self.keys = [torch.zeros(shape, dtype=dtype, device=device) for _ in range(layers)]
        self.values = [torch.zeros(shape, dtype=dtype, device=device) for _ in range(layers)]
        self._runs: list[tuple[int, int, int]] = []
        self._filled = 0

    def open_chunk(self, start_frame: int, frames: int) -> None:
        """Make the slots of latent frames start_frame ... start_frame+frames-1 the ones that ``extend`` writes.

        Every pass over one chunk writes the same slots again. Chunks must follow each other without gaps.
        """
        slots = [self.slot(frame) for frame in range(start_frame, start_frame + frames)]
        self._runs = []  # (first slot, first frame of the chunk, length): as few slices as the ring allows
        for index, slot in enumerate(slots):
            if self._runs and slot == self._runs[-1][0] + self._runs[-1][2]:
                first_slot, first_index, length = self._runs[-1]
                self._runs[-1] = (first_slot, first_index, length + 1)
            else:
                self._runs.append((slot, index, 1))
        self._filled = min(self._window, start_frame + frames)

    def slot(self, frame: int) -> int:
        """The slot in which latent frame ``frame`` is, or was, kept."""
        if frame < self._sink:
            return frame
        return self._sink + (frame - self._sink) % (self._window - self._sink)

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Write the chunk's k, v [B, chunk tokens, heads, D] and return views of all that may be attended to."""
        keys, values, tokens = self.keys[layer], self.values[layer], self._tokens
        for slot, index, length in self._runs:
            here, there = (
                slice(slot * tokens, (slot + length) * tokens),
                slice(index * tokens, (index + length) * tokens),
            )
            keys[:, here] = k[:, there]
            values[:, here] = v[:, there]
        return keys[:, : self._filled * tokens], values[:, : self._filled * tokens]
