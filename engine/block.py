"""The transformer block that the main network and the Context Blocks share (Wan 2.1). Pure: all state is passed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from engine import fused
from engine.attention import attend
from engine.config import DiTConfig
from engine.linear import Linear, adjoin, products
from engine.rope import RotaryTable

KeysValues = tuple[Tensor, Tensor]


class RMSNorm(nn.Module):
    """Root mean square norm over the full model width, computed in float32, cast back, then weighted."""

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return fused.rms_norm(x, self.weight, self.eps)


@dataclass(frozen=True, eq=False)
class Projected:
    """Queries or keys as their projection leaves them, [B, L, dim]: neither normed nor turned, so that one pass can."""

    x: Tensor
    norm: RMSNorm
    heads: int

    def normed(self) -> Tensor:
        """[B, L, heads, head width]."""
        normed: Tensor = self.norm(self.x)
        return normed.view(*self.x.shape[:-1], self.heads, -1)

    def turned(self, table: RotaryTable) -> Tensor:
        """Normed and rotated, [B, L, heads, head width]."""
        return fused.rms_norm_turned(self.x, self.norm.weight, self.norm.eps, self.heads, table)


SelfAttention = Callable[[Projected, Projected, Tensor], Tensor]
"""Takes the pass's queries, keys, and values [B, L, heads, head width]; gives what the queries saw, likewise."""


class Attention(nn.Module):
    """The projections of self- and cross-attention. Queries and keys are normed before they are split into heads."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.q, self.k, self.v, self.o = (Linear(config.dim, config.dim) for _ in range(4))
        self.norm_q = RMSNorm(config.dim, config.eps)
        self.norm_k = RMSNorm(config.dim, config.eps)

    def adjoin(self) -> None:
        """Let one product make queries, keys and values, where their weights may lie behind each other."""
        adjoin((self.q, self.k, self.v))

    def project(self, x: Tensor) -> tuple[Projected, Projected, Tensor]:
        """Queries, keys, and values [B, L, heads, head width] of x [B, L, dim]."""
        q, k, v = products((self.q, self.k, self.v), x)
        return Projected(q, self.norm_q, self.heads), Projected(k, self.norm_k, self.heads), self._split(v)

    def queries(self, x: Tensor) -> Tensor:
        """[B, L, dim] -> [B, L, heads, head width]."""
        return Projected(self.q(x), self.norm_q, self.heads).normed()

    def keys_values(self, x: Tensor) -> KeysValues:
        """Keys and values of x [B, L, dim], each [B, L, heads, head width], normed and not rotated."""
        k, v = products((self.k, self.v), x)
        return Projected(k, self.norm_k, self.heads).normed(), self._split(v)

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:-1], self.heads, -1)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Attention:
        """``to`` moves each layer for itself, so they are laid together anew."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self.adjoin()
        return self


class Block(nn.Module):
    """Self-attention, text cross-attention, feed-forward; modulated and gated per latent frame."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.eps = config.eps
        self.modulation = nn.Parameter(torch.empty(1, 6, config.dim))
        self.self_attn = Attention(config)
        self.norm3 = nn.LayerNorm(config.dim, eps=config.eps)
        self.cross_attn = Attention(config)
        self.ffn = nn.Sequential(
            Linear(config.dim, config.ffn_dim), nn.GELU(approximate="tanh"), Linear(config.ffn_dim, config.dim)
        )

    def read_text(self, text: Tensor) -> KeysValues:
        """Cross-attention keys and values of the embedded prompt [B, rows, dim]; they depend on nothing else."""
        keys, values = self.cross_attn.keys_values(text)
        return keys, values.contiguous()  # a view would keep the keys' half of a merged product as well

    def read_time(self, time: Tensor) -> Tensor:
        """What ``forward`` modulates by, of six rows for each latent frame [B, F, 6, dim]; as many rows."""
        return self.modulation + time

    def keys_values(self, x: Tensor, time: Tensor) -> KeysValues:
        """Self-attention's keys and values [B, L, heads, head width] alone, unrotated; arguments as in ``forward``."""
        shift, scale, *_ = _modulation(time)
        return self.self_attn.keys_values(modulate(x, shift, scale, self.eps).flatten(1, 2))

    def forward(self, x: Tensor, time: Tensor, text: KeysValues, attend_self: SelfAttention) -> Tensor:
        """x: [B, F, tokens, dim]. time: from ``read_time``, [B, F, 6, dim]. Returns x's shape."""
        shift1, scale1, gate1, shift2, scale2, gate2 = _modulation(time)

        y = modulate(x, shift1, scale1, self.eps)
        attention = self.self_attn
        y = attention.o(attend_self(*attention.project(y.flatten(1, 2))).flatten(2))
        x, y = fused.add_and_norm(x, y.view_as(x), gate1, self.norm3.weight, self.norm3.bias, self.norm3.eps)

        attention = self.cross_attn
        y = attention.o(attend(attention.queries(y.flatten(1, 2)), *text).flatten(2))
        x, y = fused.add_and_norm(x, y.view_as(x), None, 1 + scale2, shift2, self.eps)

        grow, _, shrink = cast("tuple[Linear, nn.GELU, Linear]", tuple(self.ffn))
        return fused.add(x, shrink(grow(y, gelu=True)), gate2)


def _modulation(time: Tensor) -> tuple[Tensor, ...]:
    """Shift, scale and gate of self-attention, then of the feed-forward part, each [B, F, 1, dim]."""
    return time.unsqueeze(3).unbind(2)


def modulate(x: Tensor, shift: Tensor, scale: Tensor, eps: float) -> Tensor:
    """Layer norm without weights of its own, then x * (1 + scale) + shift."""
    return fused.norm(x, 1 + scale, shift, eps)


CallBlock = Callable[[Block, Tensor, Tensor, KeysValues, SelfAttention], Tensor]
"""How a block is called: as ``call_block`` does, or in a compiled form."""


def call_block(block: Block, x: Tensor, time: Tensor, text: KeysValues, attend_self: SelfAttention) -> Tensor:
    """``Block.forward`` as it is."""
    called: Tensor = block(x, time, text, attend_self)
    return called
