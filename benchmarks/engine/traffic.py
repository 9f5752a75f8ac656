"""Counts what a piece of eager code asks of memory: operators, bytes, waits of the host, copies of given tensors.

Composite operators are taken apart first, so that what is counted is what runs. Compiled code and captured graphs
cannot be seen from here.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from typing import Any, Literal

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

Kind = Literal["product", "copy", "elementwise"]

_PRODUCTS = ("mm", "bmm", "addmm", "baddbmm", "convolution", "linear", "scaled_mm", "attention")
_COPIES = frozenset(
    (
        *("clone", "copy", "copy_", "_to_copy", "cat", "stack", "roll", "constant_pad_nd", "repeat"),
        *("index", "index_select", "gather", "pixel_shuffle", "pixel_unshuffle"),
        *("empty", "empty_like", "new_empty", "full", "fill_", "zero_", "zeros", "zeros_like", "new_zeros"),
    )
)
_WAITS = frozenset(("_local_scalar_dense", "equal", "nonzero", "masked_select", "unique_dim", "_unique2"))
"""What a host cannot go past before the device has come so far."""

_WHOLE: set[Any] = set()
"""Operators that were found not to be made of others."""


class Traffic(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is on. Views cost nothing and are not counted.

    operators: by name. bytes: read and written, by kind; "product" holds matrix products, attention and convolutions.
    waits: operators that make the host wait for the device, by name. watched_copies: names of operators that copy one
    of the watched storages, or a part of it, elsewhere. peak_bytes: of all tensors made under it that were alive at
    once; alive_bytes: of those still alive.
    """

    def __init__(self, watched: Iterable[Tensor] = (), host: Iterable[Tensor] = ()) -> None:
        """host: tensors that lie in the host's memory on every device; reading a number from them is no wait."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._watched = {_storage(tensor) for tensor in watched}
        self._host = {_storage(tensor) for tensor in host}
        self._alive: dict[int, list[int]] = {}  # storage: how many tensors of it are alive, its bytes
        self._seen: dict[int, weakref.ref[Tensor]] = {}
        self._numbers = count()
        self.operators: Counter[str] = Counter()
        self.bytes: Counter[Kind] = Counter()
        self.waits: Counter[str] = Counter()
        self.watched_copies: Counter[str] = Counter()
        self.alive_bytes = 0
        self.peak_bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func not in _WHOLE:
            with self:
                parts = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
            _WHOLE.add(func)
        out = func(*args, **kwargs)
        self._note(func.overloadpacket.__name__, func.is_view, args, kwargs, out)
        return out

    def _note(self, name: str, is_view: bool, args: Any, kwargs: Any, out: Any) -> None:
        given = _tensors((args, kwargs))
        made = _tensors(out)
        if name in _WAITS:
            on_host = bool(given) and all(_storage(tensor) in self._host for tensor in given)
            if not on_host:
                self.waits[name] += 1
        elif is_view or name in ("_unsafe_view", "detach", "alias"):
            if any(_storage(tensor) in self._host for tensor in given):
                self._host |= {_storage(tensor) for tensor in made}
        else:
            self._count(name, given, made)
        for tensor in made:
            self._follow(tensor)

    def _count(self, name: str, given: list[Tensor], made: list[Tensor]) -> None:
        self.operators[name] += 1
        kind = _kind(name)
        read = given[1:] if name in ("copy_", "fill_", "zero_") else given
        self.bytes[kind] += sum(map(_size, read)) + sum(map(_size, made))
        if given and all(_storage(tensor) in self._host for tensor in given):  # what the host makes of its own tables
            self._host |= {_storage(tensor) for tensor in made}
        fresh = {_storage(tensor) for tensor in made} - {_storage(tensor) for tensor in given}
        copied = [tensor for tensor in read if _storage(tensor) in self._watched]
        if kind == "copy" and copied and (fresh or name == "copy_"):
            self.watched_copies[name] += 1

    def _follow(self, tensor: Tensor) -> None:
        key = _storage(tensor)
        held = self._alive.get(key)
        if held is None:
            held = self._alive[key] = [0, tensor.untyped_storage().nbytes()]
            self.alive_bytes += held[1]
            self.peak_bytes = max(self.peak_bytes, self.alive_bytes)
        held[0] += 1
        number = next(self._numbers)
        self._seen[number] = weakref.ref(tensor, partial(self._let_go, number, key))

    def _let_go(self, number: int, key: int, _: weakref.ref[Tensor]) -> None:
        del self._seen[number]
        held = self._alive[key]
        held[0] -= 1
        if not held[0]:
            self.alive_bytes -= held[1]
            del self._alive[key]


def _kind(name: str) -> Kind:
    if any(part in name for part in _PRODUCTS):
        return "product"
    return "copy" if name in _COPIES else "elementwise"


def _tensors(tree: Any) -> list[Tensor]:
    if isinstance(tree, Tensor):
        return [tree]
    if isinstance(tree, dict):
        tree = tree.values()
    elif not isinstance(tree, (tuple, list)):
        return []
    return [tensor for part in tree for tensor in _tensors(part)]


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _size(tensor: Tensor) -> int:
    """Bytes that really lie in memory: what is expanded is read once."""
    places = 1
    for length, stride in zip(tensor.shape, tensor.stride(), strict=True):
        places *= length if stride else min(length, 1)
    return places * tensor.element_size()


def traffic_of(run: Callable[[], object], watched: Iterable[Tensor] = (), host: Iterable[Tensor] = ()) -> Traffic:
    """What ``run()`` asks of memory, in inference mode. What it returns is let go only after the count."""
    traffic = Traffic(watched, host)
    with torch.inference_mode(), traffic:
        run()
    return traffic
