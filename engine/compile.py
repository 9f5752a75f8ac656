"""The transformer's blocks compiled (``torch.compile``), each kind once for all blocks: regional compilation.

Compiling takes from seconds to a minute or more, so whoever has another thread has it done there, begins without and
swaps the compiled form in between two chunks. Attention is left out: it goes through the cache and its own kernels. The
mode is torch's default, for passes are recorded by ``graph``; "reduce-overhead" asserts off the main thread (pytorch
issue 123177). On CPUs it gains 0 to 5 percent and is not used. On a GPU it has not been run: none was at hand.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
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


@dataclass(frozen=True, eq=False)
class _Kind:
    """Blocks that are compiled as one. block: of the weights of one of them. likes: the ids of them all. joint: whether
    one product makes queries, keys and values in them."""

    block: Block
    likes: frozenset[int]
    joint: bool


class Compilation:
    """What of a network is to be compiled: a block of each kind, and no more of it, for it may be closed meanwhile.

    Called once, on whatever thread; the rest may be asked and told on others. kinds: how many. done: so many of them.
    """

    def __init__(
        self, dit: WanDiT, frames: int, tokens: int, threads: int, backend: str | Callable[..., Any] = "inductor"
    ) -> None:
        """For ``frames`` latent frames of ``tokens`` tokens each. threads: torch's, where blocks will be called; the
        compiler takes another number for another world. backend: of ``torch.compile``."""
        self._shape = torch.Size((1, frames, tokens, dit.config.dim))
        self._text_rows = dit.config.text_len
        self._dtype, self._device = dit.dtype, dit.patch_embedding.weight.device
        self._threads = threads
        self._backend = backend
        self._left = deque(_kinds_of(dit))
        self.kinds = len(self._left)
        self.done = 0

    def give_up(self) -> None:
        """Let go of the network. What is being compiled is finished, and then nothing more is."""
        self._left.clear()

    @torch.inference_mode()
    def __call__(self) -> CallBlock:
        """Calls the network's blocks compiled, and others as they are.

        Raises whatever the compiler raises, on a machine without one too; CancelledError where it was given up.
        Meanwhile no pass is recorded: compilers wait for the whole device, which ends a recording on any thread.
        """
        torch.set_num_threads(self._threads)  # a thread that began before the show chose it has another one
        _leave_room()
        with UNDISTURBED.disturbing():
            return self._compiled()

    def _compiled(self) -> CallBlock:
        class Look:
            """Attention behind a door that the compiler does not open: what it looks at is another thing in each
            block."""

            def __init__(self, look: SelfAttention) -> None:
                self._look = look

            # Here, and not where this module is imported: that would import the compiler, which takes seconds.
            @torch.compiler.disable  # type: ignore[untyped-decorator]
            def __call__(self, q: Any, k: Any, v: Tensor) -> Tensor:
                return self._look(q, k, v)

        region = torch.compile(_anew(Block.forward), backend=self._backend, dynamic=False)
        shape = self._shape
        known: dict[int, bool] = {}
        """By id, the blocks of a kind that was traced, and its ``joint``."""

        def call(block: Block, x: Tensor, time: Tensor, text: Text, attend_self: SelfAttention) -> Tensor:
            joint = block.self_attn.shows_joint
            # Another shape, as with references, or weights in another place would be compiled while the show waits.
            if x.shape != shape or joint is None or known.get(id(block)) is not joint:
                return call_block(block, x, time, text, attend_self)
            called: Tensor = region(block, x, time, text, Look(attend_self))
            return called

        def zeros(*size: int) -> Tensor:
            return torch.zeros(size, dtype=self._dtype, device=self._device)

        while self.done < self.kinds:
            try:
                kind = self._left.popleft()
            except IndexError:
                raise CancelledError from None
            x, time = zeros(*shape), kind.block.read_time(zeros(1, 1, 6, shape[-1]))
            text = kind.block.read_text(zeros(1, self._text_rows, shape[-1]))
            # As it is first: what is chosen on first use, such as a kernel of attention, is chosen before it is traced.
            for run in (call_block, region):
                run(kind.block, x, time, text, Look(lambda q, k, v: v.clone()))
            known.update(dict.fromkeys(kind.likes, kind.joint))
            self.done += 1
        return call


def compiled_blocks(dit: WanDiT, frames: int, tokens: int, backend: str | Callable[..., Any] = "inductor") -> CallBlock:
    """A ``Compilation`` here and now."""
    return Compilation(dit, frames, tokens, torch.get_num_threads(), backend)()


def _kinds_of(dit: WanDiT) -> list[_Kind]:
    """Of main and of Context Blocks, apart where other layers hold fp8."""
    found: dict[tuple[object, ...], list[Block]] = {}
    for block in (*dit.blocks, *(dit.vace_blocks if dit.config.vace_layers else ())):
        assert isinstance(block, Block)
        joint = block.self_attn.show_joint()
        parts = nn.ModuleList((block.self_attn, block.cross_attn, block.ffn))  # which ``Block.forward`` goes through
        scales = (part.weight_scale is None for part in parts.modules() if isinstance(part, Linear))
        found.setdefault((joint, type(block), *scales), []).append(block)
    return [
        _Kind(_without_branches(likes[0]), frozenset(map(id, likes)), bool(kind[0])) for kind, likes in found.items()
    ]


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
