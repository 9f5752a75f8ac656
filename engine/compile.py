"""The transformer's blocks compiled (``torch.compile``), each kind once for all blocks: regional compilation.

Compiling takes from seconds to a minute or more, so whoever has another thread has it done there, begins without and
swaps the compiled form in between two chunks. Attention is left out: it goes through the cache and its own kernels. The
mode is torch's default, for passes are recorded by ``graph``; "reduce-overhead" asserts off the main thread (pytorch
issue 123177). On CPUs it gains 0 to 5 percent and is not used. On a GPU it has not been run: none was at hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from engine.block import Block, CallBlock, KeysValues, SelfAttention, call_block
from engine.dit import WanDiT


def compiles_on(device: torch.device) -> bool:
    """Whether it pays there."""
    return device.type == "cuda"


@torch.inference_mode()
def compiled_blocks(dit: WanDiT, frames: int, tokens: int, backend: str | Callable[..., Any] = "inductor") -> CallBlock:
    """Calls blocks of ``dit`` compiled for ``frames`` latent frames of ``tokens`` tokens each, and others as they are.

    backend: of ``torch.compile``. Raises whatever the compiler raises, on a machine without one too.
    """

    class Look:
        """Attention behind a door that the compiler does not open: what it looks at is another thing in each block."""

        def __init__(self, look: SelfAttention) -> None:
            self._look = look

        # Here, and not where this module is imported: that would import the compiler, which takes seconds.
        @torch.compiler.disable  # type: ignore[untyped-decorator]
        def __call__(self, q: Any, k: Any, v: Tensor) -> Tensor:
            return self._look(q, k, v)

    region = torch.compile(Block.forward, backend=backend, dynamic=False)
    config, device = dit.config, dit.patch_embedding.weight.device
    shape = torch.Size((1, frames, tokens, config.dim))
    kinds: set[type[Block]] = set()

    def call(block: Block, x: Tensor, time: Tensor, text: KeysValues, attend_self: SelfAttention) -> Tensor:
        # Another shape, as with references, would be compiled while the show waits.
        if type(block) not in kinds or x.shape != shape:
            return call_block(block, x, time, text, attend_self)
        called: Tensor = region(block, x, time, text, Look(attend_self))
        return called

    rows = dit.read_time(0.0).rows
    text = dit.read_text(torch.zeros(1, 1, config.text_dim, device=device))
    x = torch.zeros(shape, dtype=dit.dtype, device=device)
    blocks = (*dit.blocks, *(dit.vace_blocks if config.vace_layers else ()))
    for block, block_text in zip(blocks, (*text.main, *text.vace), strict=True):
        assert isinstance(block, Block)
        if type(block) not in kinds:
            # As it is first: what is chosen on first use, such as a kernel of attention, is chosen before it is traced.
            for run in (call_block, region):
                run(block, x, rows[0], block_text, Look(lambda q, k, v: v.clone()))
            kinds.add(type(block))
    return call
