"""Counts what operators move through memory, on the eager form, under a dispatch mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

_PRODUCTS = ("mm", "addmm", "bmm", "baddbmm", "linear", "convolution", "attention", "scaled")


def elementwise_bytes(run: Callable[[], object]) -> int:
    """Bytes read and written by all operators but products and attention; views move nothing."""
    counted = _Bytes()  # type: ignore[no-untyped-call]
    with counted:
        run()
    return counted.moved


class _Bytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    moved: int = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        read = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        written = [leaf for leaf in tree_leaves(out) if isinstance(leaf, Tensor)]
        view = func.is_view or not written or name in ("detach", "empty", "_reshape_alias", "_unsafe_view")
        if not view and not _is_product(name):
            into = (kwargs or {}).get("out")
            # copy_ does not read what it overwrites.
            sources = read[1:] if name == "copy_" else [leaf for leaf in read if leaf is not into]
            self.moved += sum(_touched(leaf) for leaf in (*sources, *written))
        return out


class Products(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """How many products, convolutions and attentions run while inside; with bias or activation they are one."""

    count: int = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += _is_product(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


def _is_product(name: str) -> bool:
    return any(part in name for part in _PRODUCTS)


def _touched(tensor: Tensor) -> int:
    """Bytes of the numbers that it has, each once where it is broadcast."""
    count = 1
    for size, stride in zip(tensor.shape, tensor.stride(), strict=True):
        count *= size if stride else 1
    return count * tensor.element_size()
