"""The causal Wan 2.1 transformer with VACE. Pure: weights inside, all memory of a stream passed in.

Latents are [B, F, 16, rows, columns], contexts [B, F, 96, rows, columns]; one token is 2x2 latent pixels of one frame.
Parameter names are those of the published checkpoints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from engine.block import Block, KeysValues, modulate
from engine.config import DiTConfig
from engine.kv_cache import KVCache
from engine.rope import RotaryTable
from engine.vace import ContextBlock, make_hints


@dataclass(frozen=True, eq=False)
class TextMemory:
    """Cross-attention keys and values of one prompt, for the main blocks and for the Context Blocks."""

    main: list[KeysValues]
    vace: list[KeysValues]


class PatchEmbedding(nn.Module):
    """A 3-D convolution with kernel and stride 1x2x2, written as the matrix product that it is."""

    def __init__(self, channels: int, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(dim, channels, 1, 2, 2))
        self.bias = nn.Parameter(torch.empty(dim))

    def forward(self, x: Tensor) -> Tensor:
        """[B, F, C, 2h, 2w] -> [B, F, h*w, dim]."""
        patches = rearrange(x, "b f c (h p) (w q) -> b f (h w) (c p q)", p=2, q=2)
        return F.linear(patches, self.weight.flatten(1), self.bias)


class Head(nn.Module):
    """Modulated norm and the projection back to 2x2 latent pixels a token, channel fastest."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.eps = config.eps
        self.modulation = nn.Parameter(torch.randn(1, 2, config.dim) / config.dim**0.5)
        self.head = nn.Linear(config.dim, 4 * config.latent_channels)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """x: [B, F, tokens, dim], time: [B, F, dim]."""
        shift, scale = (self.modulation + time.unsqueeze(2)).unsqueeze(3).unbind(2)
        out: Tensor = self.head(modulate(x, shift, scale, self.eps))
        return out


class WanDiT(nn.Module):
    """Predicts the flow (or the clean latent, as trained) of one chunk from its noisy latent and its past."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        dim = config.dim
        self.patch_embedding = PatchEmbedding(config.latent_channels, dim)
        self.text_embedding = nn.Sequential(
            nn.Linear(config.text_dim, dim), nn.GELU(approximate="tanh"), nn.Linear(dim, dim)
        )
        self.time_embedding = nn.Sequential(nn.Linear(config.freq_dim, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.time_projection = nn.Sequential(nn.SiLU(), nn.Linear(dim, 6 * dim))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.head = Head(config)
        if config.vace_layers:
            self.vace_patch_embedding = PatchEmbedding(config.vace_channels, dim)
            self.vace_blocks = nn.ModuleList(
                ContextBlock(config, first=index == 0) for index in range(len(config.vace_layers))
            )

    @property
    def dtype(self) -> torch.dtype:
        return self.patch_embedding.weight.dtype

    def read_text(self, embeds: Tensor) -> TextMemory:
        """What both networks need of a prompt's embeddings [B, rows, text_dim]; changes only with the prompt.

        Rows are extended with zeros to ``text_len`` before the text MLP and attended to unmasked, as trained.
        """
        missing = self.config.text_len - embeds.shape[1]
        if missing < 0:
            raise ValueError(f"the prompt has {embeds.shape[1]} rows, expected at most {self.config.text_len}")
        text = self.text_embedding(F.pad(embeds.to(self.dtype), (0, 0, 0, missing)))
        return TextMemory(
            [block.read_text(text) for block in self._main_blocks()],
            [block.read_text(text) for block in self._context_blocks()],
        )

    def read_context(self, context: Tensor) -> Tensor:
        """The part of the Context Blocks' input that stays the same over a chunk's passes: [B, F, tokens, dim]."""
        first = self._context_blocks()[0]
        tokens: Tensor = first.before_proj(self.vace_patch_embedding(context.to(self.dtype)))
        return tokens

    def forward(
        self,
        x: Tensor,
        timestep: float,
        text: TextMemory,
        table: RotaryTable,
        cache: KVCache,
        context: Tensor | None = None,
        control_strength: float = 1.0,
    ) -> Tensor:
        """One pass over a chunk, [B, F, 16, rows, columns] in and out, the result in float32.

        timestep: 0 (clean) to 1000 (noise), of all frames. table, cache: opened at the chunk's frames; the pass writes
        the chunk's keys and values. context: from ``read_context``; None, or strength 0, runs without VACE.
        """
        rows, columns = x.shape[-2] // 2, x.shape[-1] // 2
        tokens = self.patch_embedding(x.to(self.dtype))
        embedded, time = self._read_time(timestep, x.shape[0], x.shape[1])

        hints: dict[int, Tensor] = {}
        if context is not None and control_strength != 0:
            made = make_hints(self._context_blocks(), tokens, context, time, text.vace, table)
            hints = dict(zip(self.config.vace_layers, made, strict=True))

        for index, block in enumerate(self._main_blocks()):
            tokens = block(tokens, time, text.main[index], table, partial(cache.extend, index))
            if index in hints:
                tokens = tokens + control_strength * hints[index]

        out: Tensor = self.head(tokens, embedded)
        out = rearrange(out, "b f (h w) (p q c) -> b f c (h p) (w q)", h=rows, w=columns, p=2, q=2)
        return out.float()

    def _main_blocks(self) -> list[Block]:
        return cast("list[Block]", list(self.blocks))

    def _context_blocks(self) -> list[ContextBlock]:
        return cast("list[ContextBlock]", list(self.vace_blocks) if self.config.vace_layers else [])

    def _read_time(self, timestep: float, batch: int, frames: int) -> tuple[Tensor, Tensor]:
        """The embedded time [B, F, dim] and its projection to six modulation rows [B, F, 6, dim]."""
        device = self.patch_embedding.weight.device
        sinusoid = time_sinusoid(timestep, self.config.freq_dim).to(device, self.dtype)
        embedded = self.time_embedding(sinusoid)
        projected = self.time_projection(embedded).view(6, -1)
        return embedded.expand(batch, frames, -1), projected.expand(batch, frames, -1, -1)


def time_sinusoid(timestep: float, dim: int) -> Tensor:
    """All cosines, then all sines, of timestep * 10000^(-i / (dim/2)); float64 angles, float32 [dim]."""
    half = dim // 2
    angles = timestep * torch.exp(-math.log(10000.0) * torch.arange(half, dtype=torch.float64) / half)
    return torch.cat([angles.cos(), angles.sin()]).float()
