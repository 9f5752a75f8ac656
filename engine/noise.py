"""The noise of one stream, made on the CPU: the same for a seed on every device, whatever ran before.

Knows no network and no schedule.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from engine.transfer import sent


class StreamNoise:
    """Standard normal noise, in which each latent frame may keep a part of what the frame before it started from.

    What a stream starts its latent frame k from is n_k = kept * n_(k-1) + sqrt(1 - kept^2) * fresh_k: the progressive
    noise model of PYoCo (arXiv 2305.10474; its alpha is kept / sqrt(1 - kept^2)), here across the chunks too.
    """

    def __init__(self, chunk: int, channels: int, rows: int, columns: int, kept: float, device: torch.device) -> None:
        """kept: 0 = fresh in every frame, 1 = the same in all of them, mixed in or started from."""
        self._shape = (1, chunk, channels, rows, columns)
        self._kept = kept
        self._device = device
        self.reset()

    def reset(self) -> None:
        """The next chunk starts from fresh noise."""
        self._seed: int | None = None
        self._last: Tensor | None = None

    def of(self, seed: int, frame: int, step: int) -> Tensor:
        """Noise for the chunk that begins with latent frame number ``frame``, float32 [1, chunk, channels, h, w].

        step: 0 for what the chunk starts from, asked for once a chunk and in order; above 0 the denoising pass before
        which fresh noise is mixed in. A seed that is not the last one's starts the stream's noise afresh.
        """
        if self._kept == 1.0:
            return sent(self._fresh(seed, 0, step)[:, :1], self._device).expand(self._shape)
        fresh = self._fresh(seed, frame, step)
        if self._kept > 0.0 and step == 0:
            fresh = self._carried_on(seed, fresh)
        return sent(fresh, self._device)

    def _carried_on(self, seed: int, fresh: Tensor) -> Tensor:
        if seed != self._seed:
            self._seed, self._last = seed, None
        frames: list[Tensor] = []
        for new in fresh.unbind(1):
            old, self._last = self._last, new
            if old is not None:
                self._last = self._kept * old + (1 - self._kept**2) ** 0.5 * new
            frames.append(self._last)
        return torch.stack(frames, dim=1)

    def _fresh(self, seed: int, frame: int, step: int) -> Tensor:
        state = np.random.SeedSequence([seed, frame, step]).generate_state(1, np.uint64)[0]
        return torch.randn(self._shape, generator=torch.Generator().manual_seed(int(state >> np.uint64(1))))
