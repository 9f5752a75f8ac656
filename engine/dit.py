"""The causal Wan 2.1 transformer with VACE. Pure: weights inside, all memory of a stream passed in.

Latents are [B, F, 16, rows, columns], contexts [B, F, 96, rows, columns]; one token is 2x2 latent pixels of one frame.
Parameter names are those of the published checkpoints.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from engine import fused
from engine.attention import attend
from engine.block import (
    Block,
    CallBlock,
    KeysValues,
    Projected,
    SelfAttention,
    Text,
    call_block,
    each_row,
    turned_together,
)
from engine.config import DiTConfig
from engine.kv_cache import KVCache
from engine.linear import Linear
from engine.rope import RotaryTable, kept_table
from engine.transfer import sent
from engine.vace import ContextBlock, make_hints

PADDED_TO = 128
"""What the reference implementation pads lengths to, see ``config.Quirks``."""
_PADDING_WORTH = 64
"""Rows of padding from which one that weighs as much as all is worth the weighing."""


@dataclass(frozen=True, eq=False)
class TextMemory:
    """Cross-attention keys and values of one prompt, for the main blocks and for the Context Blocks."""

    main: list[Text]
    vace: list[Text]

    def take(self, other: TextMemory) -> None:
        """Become that of another prompt, in place; both with their padding as it is."""
        for mine, others in zip((*self.main, *self.vace), (*other.main, *other.vace), strict=True):
            for there, here in zip(mine[:2], others[:2], strict=True):
                there.copy_(here)


@dataclass(frozen=True, eq=False)
class TimeMemory:
    """What one timestep is to every layer, the layer's own parameters added. It changes with weights alone.

    rows: of the main blocks, then of the Context Blocks, each [1, 1, 6, dim], in one. head: [1, 1, 2, dim].
    """

    timestep: float
    rows: Tensor
    head: Tensor


@dataclass(frozen=True, eq=False)
class ContextMemory:
    """The part of the Context Blocks' input that stays the same over a chunk's passes.

    tokens: the context, embedded and projected, [B, F, tokens, dim]. table: the positions of these frames.
    """

    tokens: Tensor
    table: RotaryTable


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

    def read_time(self, embedded: Tensor) -> Tensor:
        """The embedded time [B, F, dim] as two rows, shift and factor (1 + scale), [B, F, 2, dim]."""
        shift, scale = (self.modulation + embedded.unsqueeze(2)).unbind(-2)
        return torch.stack((shift, 1 + scale), -2)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """x: [B, F, tokens, dim]. time: from ``read_time``."""
        shift, factor = each_row(time)
        out: Tensor = self.head(fused.norm(x, factor, shift, self.eps))
        return out


class WanDiT(nn.Module):
    """Predicts the flow (or the clean latent, as trained) of one chunk from its noisy latent and its past."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        self.approximate_attention = False
        """Whether attention to the cache may be rounded further than the type asks (``attention.attend``)."""
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

    def read_text(self, embeds: Tensor, padding_as_one: bool = False) -> TextMemory:
        """What both networks need of a prompt's embeddings [B, rows, text_dim]; changes only with the prompt.

        Rows are extended with zeros to ``text_len`` before the text MLP and attended to unmasked, as trained.
        padding_as_one: these are all alike then, and n of them may be one that weighs n times as much (log n is added
        to its logits). The answer is the same but for roundings; a prompt of 64 rows of 512 asks for an eighth of the
        arithmetic.
        """
        rows, rows_in_all = embeds.shape[1], self.config.text_len
        if rows > rows_in_all:
            raise ValueError(f"the prompt has {rows} rows, expected at most {rows_in_all}")
        bias = padding_weighed(rows, rows_in_all, embeds.device) if padding_as_one else None
        read = rows_in_all if bias is None else len(bias)
        text = self.text_embedding(F.pad(embeds.to(self.dtype), (0, 0, 0, read - rows)))
        return TextMemory(
            [block.read_text(text, bias) for block in self._main_blocks()],
            [block.read_text(text, bias) for block in self._context_blocks()],
        )

    def read_time(self, timestep: float) -> TimeMemory:
        """What all layers need of a timestep, 0 (clean) to 1000 (noise), of all frames."""
        device = self.patch_embedding.weight.device
        sinusoid = sent(time_sinusoid(timestep, self.config.freq_dim).to(self.dtype), device)
        embedded = self.time_embedding(sinusoid).view(1, 1, -1)
        time = self.time_projection(embedded).unflatten(-1, (6, -1))
        rows = [block.read_time(time) for block in (*self._main_blocks(), *self._context_blocks())]
        return TimeMemory(timestep, torch.stack(rows), self.head.read_time(embedded))

    def read_context(self, context: Tensor, frames: int) -> ContextMemory:
        """What the Context Blocks need of a context [B, F, 96, rows, columns], once for all passes over a chunk.

        One of more than ``frames`` frames is cut, one of fewer extended by zero tokens.
        """
        tokens = self.vace_patch_embedding(context[:, :frames].to(self.dtype))
        tokens = F.pad(tokens, (0, 0, 0, 0, 0, frames - tokens.shape[1]))
        rows, columns = context.shape[-2] // 2, context.shape[-1] // 2
        return ContextMemory(self._context_blocks()[0].before_proj(tokens), self._positions(frames, rows, columns))

    def forward(
        self,
        x: Tensor,
        timestep: float | TimeMemory,
        text: TextMemory,
        cache: KVCache | None = None,
        context: ContextMemory | None = None,
        control_strength: float | Tensor = 1.0,
        references: Tensor | None = None,
        zero_key_padding: bool = False,
        call: CallBlock = call_block,
    ) -> Tensor:
        """One pass over a chunk, [B, F, 16, rows, columns] in and out, the result in float32.

        timestep: 0 (clean) to 1000 (noise), of all frames, or what ``read_time`` made of it. cache: opened at the
        frames that the pass writes; None: the frames see each other alone, as in the bidirectional model. context: from
        ``read_context``; None, or strength 0, runs without VACE. control_strength: a tensor of one number, not 0, where
        it shall be free to change under a recorded pass. references: latents [B, k, 16, rows, columns] at the same
        noise, which only the Context Blocks see, as k frames before the chunk; ``context`` then begins with theirs.
        zero_key_padding: a quirk, see ``config.Quirks``. call: how blocks are called.
        """
        rows, columns = x.shape[-2] // 2, x.shape[-1] // 2
        tokens = self.patch_embedding(x.to(self.dtype))
        time = self.read_time(timestep) if isinstance(timestep, float | int) else timestep
        main, vace = time.rows[: self.config.layers], time.rows[self.config.layers :]

        strength, hints = control_strength, None
        if context is not None and (isinstance(strength, Tensor) or strength != 0):
            if not isinstance(strength, Tensor):
                strength = torch.full((), strength, dtype=self.dtype, device=tokens.device)
            hints = self._hints(tokens, vace.unbind(), text, context, references, zero_key_padding, call)

        looks: list[SelfAttention]
        if cache is None:
            looks = [partial(_attend_all, self._positions(x.shape[1], rows, columns))] * self.config.layers
        else:
            looks = [self._attention_through(cache, index, zero_key_padding) for index in range(self.config.layers)]
        for index, (block, look) in enumerate(zip(self._main_blocks(), looks, strict=True)):
            tokens = call(block, tokens, main[index], text.main[index], look)
            if hints is not None and index in self.config.vace_layers:
                assert isinstance(strength, Tensor)
                tokens = torch.addcmul(tokens, next(hints), strength)

        out: Tensor = self.head(tokens, time.head)
        out = rearrange(out, "b f (h w) (p q c) -> b f c (h p) (w q)", h=rows, w=columns, p=2, q=2)
        return out.float()

    def remember(
        self,
        x: Tensor,
        timestep: float | TimeMemory,
        text: TextMemory,
        cache: KVCache,
        zero_key_padding: bool = False,
        call: CallBlock = call_block,
    ) -> None:
        """Write into the cache what ``forward`` without VACE would, and no more: nobody waits for its answer."""
        tokens = self.patch_embedding(x.to(self.dtype))
        time = self.read_time(timestep) if isinstance(timestep, float | int) else timestep
        *blocks, last = self._main_blocks()
        for index, block in enumerate(blocks):
            look = self._attention_through(cache, index, zero_key_padding)
            tokens = call(block, tokens, time.rows[index], text.main[index], look)
        _taken_in(cache, len(blocks), *last.keys_values(tokens, time.rows[len(blocks)]))

    @property
    def is_offloaded(self) -> bool:
        """Whether weights of blocks are brought to the device when they are due."""
        return self._main_blocks()[0].self_attn.q.drop_staged is not None

    @property
    def time_layers(self) -> tuple[Linear, ...]:
        """The layers that ``read_time`` goes through: with their weights it changes."""
        return tuple(
            layer for part in (self.time_embedding, self.time_projection) for layer in part if isinstance(layer, Linear)
        )

    def _hints(
        self,
        tokens: Tensor,
        time: Sequence[Tensor],
        text: TextMemory,
        context: ContextMemory,
        references: Tensor | None,
        zero_key_padding: bool,
        call: CallBlock,
    ) -> Iterator[Tensor]:
        ahead = 0
        if references is not None:
            ahead = references.shape[1]
            tokens = torch.cat([self.patch_embedding(references.to(self.dtype)), tokens], dim=1)
        zero_keys = -tokens[0].shape[:-1].numel() % PADDED_TO if zero_key_padding else 0
        look = partial(_attend_all, context.table, zero_keys=zero_keys)
        hints = make_hints(self._context_blocks(), tokens, context.tokens, time, text.vace, look, ahead, call)
        # Offloaded blocks come one stack after the other: from pass to pass most then have the same successor.
        return iter(list(hints)) if self.is_offloaded else hints

    def _attention_through(self, cache: KVCache, layer: int, zero_key_padding: bool) -> SelfAttention:
        return partial(_attend_through, cache, layer, zero_key_padding, self.approximate_attention)

    def _positions(self, frames: int, rows: int, columns: int) -> RotaryTable:
        """Of so many frames that see themselves alone, where only differences count."""
        return kept_table(range(frames), rows, columns, self.config.head_dim, self.patch_embedding.weight.device)

    def _main_blocks(self) -> list[Block]:
        return cast("list[Block]", list(self.blocks))

    def _context_blocks(self) -> list[ContextBlock]:
        return cast("list[ContextBlock]", list(self.vace_blocks) if self.config.vace_layers else [])


def padding_weighed(rows: int, rows_in_all: int, device: torch.device) -> Tensor | None:
    """What is added to the logits of a prompt's ``rows`` and of one more in place of all padding; None where that
    padding is too short to be worth it."""
    if rows_in_all - rows < _PADDING_WORTH:
        return None
    bias = torch.zeros(rows + 1, device=device)
    bias[-1] = math.log(rows_in_all - rows)
    return bias


def _attend_all(table: RotaryTable, q: Projected, k: Projected, v: Tensor, zero_keys: int = 0) -> Tensor:
    """Attention of frames among themselves."""
    both = turned_together(q, k, table)
    if both is None:
        return attend(q.turned(table), k.turned(table), v, zero_keys=zero_keys)
    queries, keys = both.to(v.dtype).unbind(2)
    return attend(queries, keys, v, zero_keys=zero_keys)


def _attend_through(
    cache: KVCache, layer: int, zero_key_padding: bool, approximate: bool, q: Projected, k: Projected, v: Tensor
) -> Tensor:
    """Attention through the cache, which takes the keys and values in."""
    assert cache.table is not None
    both = None if cache.keeps_unturned else turned_together(q, k, cache.table)
    if both is None:
        keys, values = _taken_in(cache, layer, k, v)
        queries = q.turned(cache.table)
    else:
        keys, values = cache.extend_turned(layer, both[:, :, 1], v)
        queries = both[:, :, 0].to(v.dtype)
    zero_keys = 0
    if zero_key_padding and cache.weighs_past:
        longest = max(q.x.shape[1], keys.shape[1])
        zero_keys = longest + -longest % PADDED_TO - keys.shape[1]
    return attend(queries, keys, values, cache.bias, zero_keys, approximate)


def _taken_in(cache: KVCache, layer: int, k: Projected, v: Tensor) -> KeysValues:
    """All that may be attended to, with these keys and values."""
    assert cache.table is not None
    if cache.keeps_unturned:
        return cache.extend(layer, k.normed(), v)
    return cache.extend_turned(layer, k.turned(cache.table), v)


def time_sinusoid(timestep: float, dim: int) -> Tensor:
    """All cosines, then all sines, of timestep * 10000^(-i / (dim/2)); float64 angles, float32 [dim]."""
    half = dim // 2
    angles = timestep * torch.exp(-math.log(10000.0) * torch.arange(half, dtype=torch.float64) / half)
    return torch.cat([angles.cos(), angles.sin()]).float()
