"""The one linear layer of the transformer: behind it weights may be fp8, LoRA branches may hang, and copies be staged.

Knows neither files nor networks: ``quantize`` fills it, ``lora`` hangs branches on it, ``offload`` stages it.

Layers that read the same input may lie behind each other in memory (``adjoin``); then one product serves them all
(``products``). Whether they do is seen by where their numbers lie, at each call, so nothing can go stale: what is
written in place reaches it, and a layer that was moved or given other weights is multiplied for itself. Compilers see
no addresses: they are shown the whole (``joint_of``), and whoever calls what they made looks first (``Joint.holds``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine import fp8, fused


@dataclass(frozen=True, eq=False)
class Branch:
    """A low-rank addition, y += factor * up(down(x)) (LoRA, arXiv 2106.09685). down: [rank, in], up: [out, rank]."""

    down: Tensor
    up: Tensor
    factor: float


class Linear(nn.Linear):
    """A linear layer under its published key names, ``weight`` [out, in] and ``bias`` [out].

    weight_scale: [out, 1] float32 where ``weight`` is fp8 (e4m3), one number a row; else None.
    branches: added to the product, in their order.
    staged: weight and scale to compute with where the layer's own are kept on the host (``offload``).
    drop_staged: set where they are; called before the weight changes. ``to`` leaves such a weight where it is.
    revision: goes up with every change of the weight.
    adjoined: where this layer and those that ``products`` was last called with lay, if in one piece, and its rows.
    """

    weight_scale: Tensor | None

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features)
        self.register_buffer("weight_scale", None)
        self.branches: tuple[Branch, ...] = ()
        self.staged: tuple[Tensor, Tensor | None] | None = None
        self.drop_staged: Callable[[], None] | None = None
        self.revision = 0
        self.adjoined: tuple[tuple[object, ...], int] | None = None

    def forward(self, x: Tensor, gelu: bool = False) -> Tensor:
        """[..., in] -> [..., out], in x's type. gelu: and the GELU of it, by tanh."""
        weight, scale = self.staged or (self.weight, self.weight_scale)
        if gelu and scale is None and not self.branches:
            return fused.linear_gelu(x, weight, self.bias)
        y = _product(x, weight, scale, self.bias)
        for branch in self.branches:
            y = torch.add(y, F.linear(F.linear(x, branch.down), branch.up), alpha=branch.factor)
        return F.gelu(y, approximate="tanh") if gelu else y

    @torch.inference_mode()
    def write(self, weight: Tensor, scale: Tensor | None) -> None:
        """Overwrite the weight, and its scale where it is fp8, in place: addresses stay, captured graphs stay valid."""
        if self.drop_staged is not None:
            self.drop_staged()
        self.revision += 1
        self.weight.copy_(weight)
        if self.weight_scale is not None:
            assert scale is not None
            self.weight_scale.copy_(scale)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Linear:
        """``to`` moves an fp8 weight and its scale, yet never changes their types: apart they would mean nothing."""

        def move(tensor: Tensor) -> Tensor:
            own = tensor is self.weight or tensor is self.weight_scale
            if own and self.drop_staged is not None:
                return tensor
            moved = fn(tensor)
            if own and self.weight_scale is not None and moved.dtype != tensor.dtype:
                return tensor.to(moved.device)
            return moved

        super()._apply(move, recurse)  # type: ignore[no-untyped-call]
        return self


class Joint(NamedTuple):
    """Weight [rows of all, in] and bias [rows of all] of layers that are adjoined: views of the layers' own memory."""

    weight: Tensor
    bias: Tensor

    def holds(self, layers: Sequence[Linear]) -> bool:
        """Whether these layers still lie where they lay."""
        at, bias_at = self.weight.data_ptr(), self.bias.data_ptr()
        for layer in layers:
            weight, bias = layer.weight, layer.bias
            if (weight.data_ptr(), bias.data_ptr(), weight.dtype) != (at, bias_at, self.weight.dtype):
                return False
            at, bias_at = at + weight.nbytes, bias_at + bias.nbytes
        return True


def joint_of(layers: Sequence[Linear]) -> Joint | None:
    """The layers as one; None where they are not adjoined, or fp8, trained, or kept on the host."""
    whole = whole_of(layers)
    if whole is None or whole[1] is not None:
        return None
    if any(layer.drop_staged is not None or layer.weight.requires_grad for layer in layers):
        return None
    return Joint(whole[0], whole[2])


def adjoin(layers: Sequence[Linear]) -> None:
    """Lay the numbers of layers with inputs of the same width behind each other, each in its place of one tensor.

    Nothing happens where they lie so, on the meta device, to layers that are trained or kept on the host, and to those
    that differ in type or device.
    """
    first = layers[0]
    numbers = [[layer.weight, layer.bias, layer.weight_scale] for layer in layers]
    if any(
        layer.drop_staged is not None
        or layer.weight.requires_grad
        or layer.weight.is_meta
        or (layer.weight_scale is None) != (first.weight_scale is None)
        or (layer.weight.dtype, layer.weight.device) != (first.weight.dtype, first.weight.device)
        or (layer.bias.dtype, layer.bias.device) != (first.bias.dtype, first.bias.device)
        for layer in layers
    ):
        return
    for name, parts in zip(("weight", "bias", "weight_scale"), zip(*numbers, strict=True), strict=True):
        tensors = [part.detach() for part in parts if part is not None]
        if not tensors or _joint(tensors) is not None:
            continue
        rows = sum(len(tensor) for tensor in tensors)
        whole = torch.empty(rows, *tensors[0].shape[1:], dtype=tensors[0].dtype, device=tensors[0].device)
        for layer, tensor, place in zip(
            layers, tensors, torch.split(whole, [len(each) for each in tensors]), strict=True
        ):
            place.copy_(tensor)
            buffer = name == "weight_scale"
            setattr(layer, name, place if buffer else nn.Parameter(place, requires_grad=False))


def products(layers: Sequence[Linear], x: Tensor, joint: Joint | None = None) -> tuple[Tensor, ...]:
    """What each layer makes of x [..., in]; by one product, its parts views of it, where the layers are adjoined.

    joint: what a compiler makes one product of, in place of looking where the layers lie.
    """
    whole: tuple[Tensor, Tensor | None, Tensor] | None = None
    if not _apart(layers):
        if not torch.compiler.is_compiling():
            whole = _known_whole(layers)
        elif joint is not None:
            whole = joint.weight, None, joint.bias
    if whole is None:
        return tuple(layer(x) for layer in layers)
    return torch.split(_product(x, *whole), [layer.out_features for layer in layers], dim=-1)


def _product(x: Tensor, weight: Tensor, scale: Tensor | None, bias: Tensor) -> Tensor:
    return F.linear(x, weight, bias) if scale is None else fp8.linear(x, weight, scale, bias)


def _apart(layers: Sequence[Linear]) -> bool:
    """Whether each layer has to be called: brought to the device, branched, or trained."""
    trained = torch.is_grad_enabled() and any(layer.weight.requires_grad for layer in layers)
    return trained or any(layer.drop_staged is not None or layer.branches for layer in layers)


def _known_whole(layers: Sequence[Linear]) -> tuple[Tensor, Tensor | None, Tensor] | None:
    """``whole_of``, without looking closely where all is where it was the last time."""
    first = layers[0]
    if first.weight_scale is not None:
        return whole_of(layers)
    weight, bias = first.weight, first.bias
    places = [number.data_ptr() for layer in layers for number in (layer.weight, layer.bias)]
    # Their storage's size tells one piece from several that came to lie side by side.
    seen = (weight.dtype, weight.untyped_storage().nbytes(), bias.untyped_storage().nbytes(), places)
    if first.adjoined is None or first.adjoined[0] != seen:
        whole = whole_of(layers)
        if whole is not None:
            first.adjoined = seen, len(whole[0])
        return whole
    rows = first.adjoined[1]
    shape = rows, weight.shape[1]
    return (
        weight.as_strided(shape, (shape[1], 1), weight.storage_offset()),
        None,
        bias.as_strided((rows,), (1,), bias.storage_offset()),
    )


def whole_of(layers: Sequence[Linear]) -> tuple[Tensor, Tensor | None, Tensor] | None:
    """Weight, scale and bias of all the layers as one; None where they do not lie behind each other."""
    weight, bias = _joint([layer.weight for layer in layers]), _joint([layer.bias for layer in layers])
    scales = [layer.weight_scale for layer in layers if layer.weight_scale is not None]
    scale = _joint(scales) if len(scales) == len(layers) else None
    if weight is None or bias is None or (scales and scale is None):
        return None
    return weight, scale, bias


def _joint(tensors: Sequence[Tensor]) -> Tensor | None:
    """The one tensor whose rows these are, in their order; None where their memory is not one piece in that order."""
    first = tensors[0]
    start = at = first.data_ptr()
    for tensor in tensors:
        if tensor.data_ptr() != at or tensor.dtype != first.dtype or not tensor.is_contiguous():
            return None
        at += tensor.nbytes
    storage = first.untyped_storage()
    # Pieces of memory of their own may lie side by side by chance.
    if not start or at > storage.data_ptr() + storage.nbytes() or any(t.shape[1:] != first.shape[1:] for t in tensors):
        return None
    rows = sum(len(tensor) for tensor in tensors)
    return first.as_strided((rows, *first.shape[1:]), first.stride(), first.storage_offset())
