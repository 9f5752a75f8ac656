"""Footprint: how many bytes of tensors a piece of work keeps alive, and how many at its worst.

On the meta device nothing is computed and nothing is stored, so that a network's need of memory can be seen at its real
size on any machine. What a kernel takes for itself while it runs does not show.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

META = torch.device("meta")


class Footprint:
    """While inside, counts every tensor that is made on ``device``, from its making until nobody holds it any more.

    now, peak: bytes; ``peak`` may be set back to ``now`` to look at a part of the work alone.
    """

    def __init__(self, device: torch.device = META) -> None:
        self._device = device
        self._known: set[int] = set()
        self._modes = ExitStack()
        self.now = 0
        self.peak = 0

    def __enter__(self) -> Footprint:
        self._modes.enter_context(_Watch(self._see))
        if self._device == META:
            self._modes.enter_context(_FusedAttention())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._modes.close()

    def _see(self, tensor: Tensor, made: bool) -> None:
        """made: it comes out of an operation; else it went into one, and was there before."""
        if tensor.device != self._device:
            return
        storage = tensor.untyped_storage()
        key, size = id(storage), storage.nbytes() if made else 0
        if key in self._known:
            return
        self._known.add(key)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._forget, key, size).atexit = False

    def _forget(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size


class _Watch(TorchDispatchMode):
    """Calls ``see`` with every tensor that goes into an operation, then with every one that comes out."""

    def __init__(self, see: Callable[[Tensor, bool], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._see = see

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        for leaf in tree_leaves((args, kwargs)):
            if isinstance(leaf, Tensor):
                self._see(leaf, False)
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            if isinstance(leaf, Tensor):
                self._see(leaf, True)
        return out


class _FusedAttention(TorchFunctionMode):
    """Attention as fused kernels do it: nothing but the result is stored. The plain form would store all logits."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is torch.nn.functional.scaled_dot_product_attention:
            query, _, value = args[:3]
            return query.new_empty((*query.shape[:-1], value.shape[-1]))
        return func(*args, **(kwargs or {}))
