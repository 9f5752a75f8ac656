"""The transformer's blocks compiled (``torch.compile``), each kind once for all blocks: regional compilation.

Compiling takes from seconds to a minute or more, so whoever has another thread has it done there, begins without and
swaps the compiled form in between two chunks. Attention is left out: it goes through the cache and its own kernels. The
mode is torch's default, for passes are recorded by ``graph``; "reduce-overhead" asserts off the main thread (pytorch
issue 123177). On CPUs it gains 0 to 5 percent and is not used. On a GPU it has not been run: none was at hand.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from engine.block import Block, CallBlock, SelfAttention, Text, call_block
from engine.capture import UNDISTURBED
from engine.device import compiler_processes
from engine.dit import WanDiT
from engine.linear import Linear

M = TypeVar("M", bound=nn.Module)


def compiles_on(device: torch.device) -> bool:
    """Whether it pays there."""
    return device.type == "cuda"


@torch.inference_mode()
def compiled_blocks(dit: WanDiT, frames: int, tokens: int, backend: str | Callable[..., Any] = "inductor") -> CallBlock:
    """Calls blocks of ``dit`` compiled for ``frames`` latent frames of ``tokens`` tokens each, and others as they are.

    backend: of ``torch.compile``. Raises whatever the compiler raises, on a machine without one too. Meanwhile no pass
    is recorded: compilers wait for the whole device, which ends a recording on any thread.
    """
    _leave_room()
    with UNDISTURBED.disturbing():
        return _compiled_blocks(dit, frames, tokens, backend)


def _compiled_blocks(dit: WanDiT, frames: int, tokens: int, backend: str | Callable[..., Any]) -> CallBlock:
    class Look:
        """Attention behind a door that the compiler does not open: what it looks at is another thing in each block."""

        def __init__(self, look: SelfAttention) -> None:
            self._look = look

        # Here, and not where this module is imported: that would import the compiler, which takes seconds.
        @torch.compiler.disable  # type: ignore[untyped-decorator]
        def __call__(self, q: Any, k: Any, v: Tensor) -> Tensor:
            return self._look(q, k, v)

    region = torch.compile(_anew(Block.forward), backend=backend, dynamic=False)
    config, device = dit.config, dit.patch_embedding.weight.device
    shape = torch.Size((1, frames, tokens, config.dim))
    known: dict[int, bool] = {}
    """By id, the blocks of a kind that was traced, and whether one product made queries, keys and values in it."""

    def call(block: Block, x: Tensor, time: Tensor, text: Text, attend_self: SelfAttention) -> Tensor:
        joint = block.self_attn.shows_joint
        # Another shape, as with references, or weights in another place would be compiled while the show waits.
        if x.shape != shape or joint is None or known.get(id(block)) is not joint:
            return call_block(block, x, time, text, attend_self)
        called: Tensor = region(block, x, time, text, Look(attend_self))
        return called

    rows = dit.read_time(0.0).rows
    text = dit.read_text(torch.zeros(1, 1, config.text_dim, device=device))
    x = torch.zeros(shape, dtype=dit.dtype, device=device)
    blocks = (*dit.blocks, *(dit.vace_blocks if config.vace_layers else ()))
    kinds: set[object] = set()
    for block, block_text in zip(blocks, (*text.main, *text.vace), strict=True):
        assert isinstance(block, Block)
        known[id(block)] = joint = block.self_attn.show_joint()
        scales = (part.weight_scale is None for part in block.modules() if isinstance(part, Linear))
        kind = type(block), joint, *scales
        if kind not in kinds:
            bare = _without_branches(block)
            # As it is first: what is chosen on first use, such as a kernel of attention, is chosen before it is traced.
            for run in (call_block, region):
                run(bare, x, rows[0], block_text, Look(lambda q, k, v: v.clone()))
            kinds.add(kind)
    return call


def _leave_room() -> None:
    """To the show that runs meanwhile: torch would compile on all cores. What was set lower stays. For this thread."""
    import torch._inductor.config as inductor  # only here: whoever does not compile need not wait for it

    processes, wished = compiler_processes(), inductor.compile_threads
    inductor.compile_threads = processes if wished is None else min(wished, processes)


def _anew(function: Callable[..., Any]) -> FunctionType:
    """The same function, of which the compiler knows nothing: it counts compilations by code, over all models."""
    assert isinstance(function, FunctionType)
    code = function.__code__.replace()
    return FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)


def _without_branches(module: M) -> M:
    """``module`` with the same weights and without LoRA branches, which the show may hang on it at any moment."""
    twin = copy.copy(module)
    twin._modules = {name: child and _without_branches(child) for name, child in module._modules.items()}
    if isinstance(twin, Linear):
        twin.branches = ()
    return twin
