"""Context Blocks: from the embedded VACE context to one hint for every main block that takes one (arXiv 2503.07598).

They see the noisy tokens and the context of this chunk alone, never the cache, and run once for each denoising pass.
Each hint is made when it is asked for and added at once, so that no two of them are ever stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor

from engine.block import Block, CallBlock, SelfAttention, Text, call_block
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
    time: Sequence[Tensor],
    text: Sequence[Text],
    attend_self: SelfAttention,
    ahead: int = 0,
    call: CallBlock = call_block,
) -> Iterator[Tensor]:
    """One hint a block, each shaped like ``tokens`` [B, F, tokens, dim], less the first ``ahead`` frames.

    tokens: patch embedding of the noisy latent. context: ``before_proj`` of the embedded context, same shape.
    time, text: what each block read of them. attend_self: attention of these tokens among themselves.
    call: how each block is called.
    """
    c = context + tokens
    for block, block_time, block_text in zip(blocks, time, text, strict=True):
        c = call(block, c, block_time, block_text, attend_self)
        yield block.after_proj(c[:, ahead:])
