"""TapeRecorder: CUDA graphs as far as a CPU can have them.

It records operators with their very arguments, tensors by place and all else by value, and plays them again without a
line of the code that called them: what the host decided while recording is baked in, as it is in a graph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_leaves, tree_unflatten

_Call = tuple[Any, tuple[Any, ...], dict[str, Any], Any]


class TapeRecorder:
    """recorded, played, given_back: how often."""

    def __init__(self) -> None:
        self.recorded = 0
        self.given_back = 0
        self.played = 0

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        with _Tape() as tape:
            work()
        for tensor in tape.made:  # a graph being recorded computes nothing
            tensor.fill_(float("nan") if tensor.is_floating_point() else 0)
        self.recorded += 1

        def play() -> None:
            self.played += 1
            for function, args, kwargs, result in tape.calls:
                again = function(*args, **kwargs)
                for there, here in zip(_tensors(result), _tensors(again), strict=True):
                    if there.untyped_storage().data_ptr() != here.untyped_storage().data_ptr():
                        there.copy_(here)

        return play

    def give_back(self) -> None:
        self.given_back += 1


class _Tape(TorchDispatchMode):
    """calls: in their order, with what they gave. made: tensors in memory of their own that came of them."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[_Call] = []
        self.made: list[Tensor] = []
        self._known: set[int] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        for tensor in _tensors((args, kwargs)):
            self._known.add(tensor.untyped_storage().data_ptr())
        result = func(*args, **kwargs)
        # Lists are the caller's own, who may change them later.
        leaves, shape = tree_flatten((args, kwargs))
        args, kwargs = tree_unflatten(leaves, shape)
        self.calls.append((func, args, kwargs, result))
        for tensor in _tensors(result):
            if tensor.untyped_storage().data_ptr() not in self._known:
                self.made.append(tensor)
                self._known.add(tensor.untyped_storage().data_ptr())
        return result


def _tensors(value: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor)]
