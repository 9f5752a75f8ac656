"""The transformer block that the main network and the Context Blocks share (Wan 2.1). Pure: all state is passed in."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.attention import attend
from engine.config import DiTConfig
from engine.linear import Linear

KeysValues = tuple[Tensor, Tensor]
SelfAttention = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Takes the pass's queries, keys and values [B, L, heads, head width], unrotated; gives what the queries saw."""


class RMSNorm(nn.Module):
    """Root mean square norm over the full model width, computed in float32, cast back, then weighted."""

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)).to(x.dtype) * self.weight


class Attention(nn.Module):
    """The projections of self- and cross-attention. Queries and keys are normed before they are split into heads."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.q, self.k, self.v, self.o = (Linear(config.dim, config.dim) for _ in range(4))
        self.norm_q = RMSNorm(config.dim, config.eps)
        self.norm_k = RMSNorm(config.dim, config.eps)

    def queries(self, x: Tensor) -> Tensor:
        """[B, L, dim] -> [B, L, heads, head width]; so ``keys`` and ``values``."""
        return self._split(self.norm_q(self.q(x)))

    def keys(self, x: Tensor) -> Tensor:
        return self._split(self.norm_k(self.k(x)))

    def values(self, x: Tensor) -> Tensor:
        return self._split(self.v(x))

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:-1], self.heads, -1)


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
        return self.cross_attn.keys(text), self.cross_attn.values(text)

    def keys_values(self, x: Tensor, time: Tensor) -> KeysValues:
        """Self-attention's keys and values [B, L, heads, head width] alone, unrotated; arguments as in ``forward``."""
        shift, scale, *_ = self._modulation(time)
        y = modulate(x, shift, scale, self.eps).flatten(1, 2)
        return self.self_attn.keys(y), self.self_attn.values(y)

    def forward(self, x: Tensor, time: Tensor, text: KeysValues, attend_self: SelfAttention) -> Tensor:
        """x: [B, F, tokens, dim]. time: six rows for each latent frame, [B, F, 6, dim]. Returns x's shape."""
        shift1, scale1, gate1, shift2, scale2, gate2 = self._modulation(time)

        y = modulate(x, shift1, scale1, self.eps).flatten(1, 2)
        attention = self.self_attn
        seen = attend_self(attention.queries(y), attention.keys(y), attention.values(y))
        y = attention.o(seen.flatten(2))
        x = torch.addcmul(x, gate1, y.view_as(x))

        attention = self.cross_attn
        y = attention.o(attend(attention.queries(self.norm3(x).flatten(1, 2)), *text).flatten(2))
        x = x + y.view_as(x)

        y = self.ffn(modulate(x, shift2, scale2, self.eps))
        return torch.addcmul(x, gate2, y)

    def _modulation(self, time: Tensor) -> tuple[Tensor, ...]:
        """Shift, scale and gate of self-attention, then of the feed-forward part, each [B, F, 1, dim]."""
        return (self.modulation + time).unsqueeze(3).unbind(2)


def modulate(x: Tensor, shift: Tensor, scale: Tensor, eps: float) -> Tensor:
    """Layer norm without weights of its own, then x * (1 + scale) + shift."""
    return torch.addcmul(shift, F.layer_norm(x, x.shape[-1:], eps=eps), 1 + scale)
