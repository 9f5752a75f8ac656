"""Context Blocks: from the embedded VACE context to one hint for every main block that takes one (arXiv 2503.07598).

They see the noisy tokens and the context of this chunk alone, never the cache, and run once for each denoising pass.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from engine.block import Block, KeysValues, SelfAttention
from engine.config import DiTConfig
from engine.linear import Linear


class ContextBlock(Block):
    """A transformer block with a projection out to the main network and, in the first one, one in from the context."""

    def __init__(self, config: DiTConfig, first: bool) -> None:
        super().__init__(config)
        if first:
            self.before_proj = Linear(config.dim, config.dim)
        self.after_proj = Linear(config.dim, config.dim)


def make_hints(
    blocks: Sequence[ContextBlock],
    tokens: Tensor,
    context: Tensor,
    time: Tensor,
    text: Sequence[KeysValues],
    attend_self: SelfAttention,
) -> list[Tensor]:
    """One hint a block, each shaped like ``tokens`` [B, F, tokens, dim].

    tokens: patch embedding of the noisy latent. context: ``before_proj`` of the embedded context, same shape.
    attend_self: attention of these tokens among themselves.
    """
    c = context + tokens
    hints = []
    for block, block_text in zip(blocks, text, strict=True):
        c = block(c, time, block_text, attend_self)
        hints.append(block.after_proj(c))
    return hints
