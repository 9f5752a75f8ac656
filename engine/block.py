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
from engine.linear import Joint, Linear, adjoin, joint_of, products
from engine.rope import RotaryTable

KeysValues = tuple[Tensor, Tensor]
Text = tuple[Tensor, Tensor, Tensor | None]
"""Cross-attention's keys and values of a prompt, and what weighs its rows, if anything does (``attend``'s bias)."""


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
    beside: tuple[Tensor, Tensor] | None = None
    """Of queries, where one product made the keys too: both [B, L, 2, dim], and the weights of their norms [2, dim]."""

    def normed(self) -> Tensor:
        """[B, L, heads, head width]."""
        normed: Tensor = self.norm(self.x)
        return normed.view(*self.x.shape[:-1], self.heads, -1)

    def turned(self, table: RotaryTable) -> Tensor:
        """Normed and rotated, [B, L, heads, head width]."""
        return fused.rms_norm_turned(self.x, self.norm.weight, self.norm.eps, self.heads, table)


def turned_together(q: Projected, k: Projected, table: RotaryTable) -> Tensor | None:
    """Queries and keys as by ``turned``, [B, L, 2, heads, head width] in float32; None where each goes for itself."""
    if q.beside is not None:
        return fused.rms_norm_turned_pair(*q.beside, q.norm.eps, q.heads, table)
    weights = q.norm.weight, k.norm.weight
    return fused.rms_norms_turned(q.x, k.x, weights, q.norm.eps, q.heads, table)


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
        self.joint: Joint | None = None
        """Of queries, keys and values, for compilers."""

    def adjoin(self) -> None:
        """Let one product make queries, keys and values, where their weights may lie behind each other."""
        adjoin((self.q, self.k, self.v))

    def show_joint(self) -> bool:
        """Let compilers see from now on what is adjoined; whether anything is."""
        self.joint = joint_of((self.q, self.k, self.v))
        return self.joint is not None

    @property
    def shows_joint(self) -> bool | None:
        """Whether compilers see what is adjoined; None where they were shown what is no longer so."""
        if self.joint is None:
            return False
        return True if self.joint.holds((self.q, self.k, self.v)) else None

    def project(self, x: Tensor) -> tuple[Projected, Projected, Tensor]:
        """Queries, keys, and values [B, L, heads, head width] of x [B, L, dim]."""
        q, k, v = products((self.q, self.k, self.v), x, self.joint)
        return Projected(q, self.norm_q, self.heads), Projected(k, self.norm_k, self.heads), self._split(v)

    def queries(self, x: Tensor) -> Tensor:
        """[B, L, dim] -> [B, L, heads, head width]."""
        return Projected(self.q(x), self.norm_q, self.heads).normed()

    def project_past(self, x: Tensor) -> tuple[Projected, Tensor]:
        """As ``project``, without the queries."""
        k, v = products((self.k, self.v), x)
        return Projected(k, self.norm_k, self.heads), self._split(v)

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:-1], self.heads, -1)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Attention:
        """``to`` moves each layer for itself, so they are laid together anew."""
        self.joint = None
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

    def read_text(self, text: Tensor, bias: Tensor | None = None) -> Text:
        """Cross-attention keys and values of the embedded prompt [B, rows, dim]; they depend on nothing else."""
        keys, values = self.cross_attn.project_past(text)
        return keys.normed(), values.contiguous(), bias  # a view would keep the keys' half of a merged product as well

    def read_time(self, time: Tensor) -> Tensor:
        """What ``forward`` modulates by, of six rows for each latent frame [B, F, 6, dim]; as many rows.

        Shift, factor (1 + scale) and gate of self-attention, then of the feed-forward part.
        """
        shift1, scale1, gate1, shift2, scale2, gate2 = (self.modulation + time).unbind(-2)
        return torch.stack((shift1, 1 + scale1, gate1, shift2, 1 + scale2, gate2), -2)

    def keys_values(self, x: Tensor, time: Tensor) -> tuple[Projected, Tensor]:
        """Self-attention's keys, and values [B, L, heads, head width] alone; arguments as in ``forward``."""
        shift, factor, *_ = each_row(time)
        return self.self_attn.project_past(fused.norm(x, factor, shift, self.eps).flatten(1, 2))

    def forward(self, x: Tensor, time: Tensor, text: Text, attend_self: SelfAttention) -> Tensor:
        """x: [B, F, tokens, dim]. time: from ``read_time``, [B, F, 6, dim]. Returns x's shape."""
        shift1, factor1, gate1, shift2, factor2, gate2 = each_row(time)

        y = fused.norm(x, factor1, shift1, self.eps)
        attention = self.self_attn
        y = attention.o(attend_self(*attention.project(y.flatten(1, 2))).flatten(2))
        x, y = fused.add_and_norm(x, y.view_as(x), gate1, self.norm3.weight, self.norm3.bias, self.norm3.eps)

        attention = self.cross_attn
        y = attention.o(attend(attention.queries(y.flatten(1, 2)), *text).flatten(2))
        x, y = fused.add_and_norm(x, y.view_as(x), None, factor2, shift2, self.eps)

        grow, _, shrink = cast("tuple[Linear, nn.GELU, Linear]", tuple(self.ffn))
        return fused.add(x, shrink(grow(y, gelu=True)), gate2)


def each_row(time: Tensor) -> tuple[Tensor, ...]:
    """The rows of [B, F, rows, dim] one by one: each [dim] where all frames share it, else [B, F, 1, dim]."""
    if time.shape[0] == time.shape[1] == 1:
        return time.flatten(0, 2).unbind()
    return time.unsqueeze(3).unbind(2)


CallBlock = Callable[[Block, Tensor, Tensor, Text, SelfAttention], Tensor]
"""How a block is called: as ``call_block`` does, or in a compiled form."""


def call_block(block: Block, x: Tensor, time: Tensor, text: Text, attend_self: SelfAttention) -> Tensor:
    """``Block.forward`` as it is."""
    called: Tensor = block(x, time, text, attend_self)
    return called
