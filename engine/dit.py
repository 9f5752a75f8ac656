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

from engine.attention import attend
from engine.block import Block, KeysValues, SelfAttention, modulate
from engine.config import DiTConfig
from engine.kv_cache import KVCache
from engine.linear import Linear
from engine.rope import kept_table, rotate
from engine.vace import ContextBlock, make_hints

PADDED_TO = 128
"""What the reference implementation pads lengths to, see ``config.Quirks``."""


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
        self.modulation = nn.Parameter(torch.empty(1, 2, config.dim))
        self.head = Linear(config.dim, 4 * config.latent_channels)

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
        self.text_embedding = nn.Sequential(Linear(config.text_dim, dim), nn.GELU(approximate="tanh"), Linear(dim, dim))
        self.time_embedding = nn.Sequential(Linear(config.freq_dim, dim), nn.SiLU(), Linear(dim, dim))
        self.time_projection = nn.Sequential(nn.SiLU(), Linear(dim, 6 * dim))
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

    def read_context(self, context: Tensor, frames: int) -> Tensor:
        """The part of the Context Blocks' input that stays the same over a chunk's passes: [B, frames, tokens, dim].

        A context [B, F, 96, rows, columns] of more frames is cut, one of fewer extended by zero tokens.
        """
        tokens = self.vace_patch_embedding(context[:, :frames].to(self.dtype))
        tokens = F.pad(tokens, (0, 0, 0, 0, 0, frames - tokens.shape[1]))
        read: Tensor = self._context_blocks()[0].before_proj(tokens)
        return read

    def forward(
        self,
        x: Tensor,
        timestep: float,
        text: TextMemory,
        cache: KVCache | None = None,
        context: Tensor | None = None,
        control_strength: float = 1.0,
        references: Tensor | None = None,
        zero_key_padding: bool = False,
    ) -> Tensor:
        """One pass over a chunk, [B, F, 16, rows, columns] in and out, the result in float32.

        timestep: 0 (clean) to 1000 (noise), of all frames. cache: opened at the frames that the pass writes; None: the
        frames see each other alone, as in the bidirectional model. context: from ``read_context``; None, or strength
        0, runs without VACE. references: latents [B, k, 16, rows, columns] at the same noise, which only the Context
        Blocks see, as k frames before the chunk; ``context`` then begins with theirs. zero_key_padding: a quirk, see
        ``config.Quirks``.
        """
        rows, columns = x.shape[-2] // 2, x.shape[-1] // 2
        tokens = self.patch_embedding(x.to(self.dtype))
        embedded, time = self._read_time(timestep)

        hints: dict[int, Tensor] = {}
        if context is not None and control_strength != 0:
            made = self._make_hints(tokens, time, text, context, references, (rows, columns), zero_key_padding)
            hints = dict(zip(self.config.vace_layers, made, strict=True))

        looks: list[SelfAttention] = [self._attention_of(x.shape[1], rows, columns, zero_keys=0)] * self.config.layers
        if cache is not None:
            looks = [partial(_attend_through, cache, index, zero_key_padding) for index in range(self.config.layers)]
        for index, (block, look) in enumerate(zip(self._main_blocks(), looks, strict=True)):
            tokens = block(tokens, time, text.main[index], look)
            if index in hints:
                tokens = torch.add(tokens, hints[index], alpha=control_strength)

        out: Tensor = self.head(tokens, embedded)
        out = rearrange(out, "b f (h w) (p q c) -> b f c (h p) (w q)", h=rows, w=columns, p=2, q=2)
        return out.float()

    def remember(
        self, x: Tensor, timestep: float, text: TextMemory, cache: KVCache, zero_key_padding: bool = False
    ) -> None:
        """Write into the cache what ``forward`` without VACE would, and no more: nobody waits for its answer."""
        tokens = self.patch_embedding(x.to(self.dtype))
        _, time = self._read_time(timestep)
        *blocks, last = self._main_blocks()
        for index, block in enumerate(blocks):
            tokens = block(tokens, time, text.main[index], partial(_attend_through, cache, index, zero_key_padding))
        cache.extend(len(blocks), *last.keys_values(tokens, time))

    def _make_hints(
        self,
        tokens: Tensor,
        time: Tensor,
        text: TextMemory,
        context: Tensor,
        references: Tensor | None,
        grid: tuple[int, int],
        zero_key_padding: bool,
    ) -> list[Tensor]:
        ahead = 0
        if references is not None:
            ahead = references.shape[1]
            tokens = torch.cat([self.patch_embedding(references.to(self.dtype)), tokens], dim=1)
        frames = tokens.shape[1]
        zero_keys = -tokens[0].shape[:-1].numel() % PADDED_TO if zero_key_padding else 0
        look = self._attention_of(frames, *grid, zero_keys)
        made = make_hints(self._context_blocks(), tokens, context, time, text.vace, look)
        return [hint[:, ahead:] for hint in made]

    def _attention_of(self, frames: int, rows: int, columns: int, zero_keys: int) -> SelfAttention:
        """Attention of so many frames among themselves; only differences of positions count."""
        device = self.patch_embedding.weight.device
        table = kept_table(range(frames), rows, columns, self.config.head_dim, device)
        return lambda q, k, v: attend(rotate(q, table), rotate(k, table), v, zero_keys=zero_keys)

    def _main_blocks(self) -> list[Block]:
        return cast("list[Block]", list(self.blocks))

    def _context_blocks(self) -> list[ContextBlock]:
        return cast("list[ContextBlock]", list(self.vace_blocks) if self.config.vace_layers else [])

    def _read_time(self, timestep: float) -> tuple[Tensor, Tensor]:
        """The embedded time [1, 1, dim] and its projection to six modulation rows [1, 1, 6, dim], for all frames."""
        device = self.patch_embedding.weight.device
        sinusoid = time_sinusoid(timestep, self.config.freq_dim).to(device, self.dtype)
        embedded = self.time_embedding(sinusoid).view(1, 1, -1)
        return embedded, self.time_projection(embedded).unflatten(-1, (6, -1))


def _attend_through(cache: KVCache, layer: int, zero_key_padding: bool, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention through the cache, which takes the keys and values in."""
    assert cache.table is not None
    keys, values = cache.extend(layer, k, v)
    zero_keys = 0
    if zero_key_padding and cache.weighs_past:
        longest = max(q.shape[1], keys.shape[1])
        zero_keys = longest + -longest % PADDED_TO - keys.shape[1]
    return attend(rotate(q, cache.table), keys, values, cache.bias, zero_keys)


def time_sinusoid(timestep: float, dim: int) -> Tensor:
    """All cosines, then all sines, of timestep * 10000^(-i / (dim/2)); float64 angles, float32 [dim]."""
    half = dim // 2
    angles = timestep * torch.exp(-math.log(10000.0) * torch.arange(half, dtype=torch.float64) / half)
    return torch.cat([angles.cos(), angles.sin()]).float()
