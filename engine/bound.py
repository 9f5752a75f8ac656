"""The transformer's blocks as a CPU runs them: weights at hand, and no module called on the way to them.

In narrow networks Python's own calls take a third of a block's time. ``BoundBlocks`` computes what ``Block.forward``
does, to the bit, and keeps no number of its own: what is written into weights in place reaches it, and a block whose
weights lie elsewhere than they did is bound anew. Others than plain ones (fp8, offloaded, on another device, trained)
are called as they are.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from engine import fused
from engine.attention import attend
from engine.block import Attention, Block, Projected, SelfAttention, Text, call_block
from engine.linear import Linear, whole_of


class BoundBlocks:
    """A ``CallBlock``. Branches of LoRAs are not looked at: whoever hangs them on calls ``call_block`` meanwhile."""

    def __init__(self) -> None:
        self._bound: dict[int, _Bound] = {}

    def __call__(self, block: Block, x: Tensor, time: Tensor, text: Text, attend_self: SelfAttention) -> Tensor:
        """As ``call_block``."""
        frames_differ = time.shape[0] != 1 or time.shape[1] != 1
        if frames_differ or not x.is_cpu or torch.is_grad_enabled() or torch.compiler.is_compiling():
            return call_block(block, x, time, text, attend_self)
        bound = self._bound.get(id(block))
        if bound is None or not bound.is_current(block):
            made = _bind(block)
            if made is None:
                return call_block(block, x, time, text, attend_self)
            bound = self._bound[id(block)] = made
        return bound.run(x, time, text, attend_self)


class _Bound:
    """One block's weights. ``is_current`` tells whether they still are."""

    __slots__ = (
        "_block", "_cross_norm", "_cross_out", "_cross_queries", "_eps", "_grow", "_heads", "_linear", "_norm3",
        "_norms", "_out", "_places", "_product", "_shape", "_shrink",
    )  # fmt: skip

    def __init__(self, block: Block, product: tuple[Tensor, Tensor]) -> None:
        """product: weight and bias of self-attention's queries, keys and values as one."""
        grow, _, shrink = cast("tuple[Linear, nn.GELU, Linear]", tuple(block.ffn))
        own, cross = block.self_attn, block.cross_attn
        self._block = block  # held, so that its id stays its own
        self._eps, self._shape, self._heads = block.eps, (product[0].shape[1],), own.heads
        self._product = product
        self._linear = fused.cpu_linear(product[0].dtype)
        self._norms = own.norm_q, own.norm_k
        self._out, self._cross_queries, self._cross_out = (_both(layer) for layer in (own.o, cross.q, cross.o))
        self._cross_norm = cross.norm_q.weight, cross.norm_q.eps
        self._grow, self._shrink = _both(grow), _both(shrink)
        self._norm3 = block.norm3.weight, block.norm3.bias, block.norm3.eps
        self._places = [
            (module._parameters, name, parameter, parameter.data_ptr())
            for module in block.modules()
            for name, parameter in module.named_parameters(recurse=False)
        ]

    def is_current(self, block: Block) -> bool:
        if block is not self._block:
            return False
        for parameters, name, parameter, place in self._places:
            if parameters[name] is not parameter or parameter.data_ptr() != place:
                return False
        return True

    def run(self, x: Tensor, time: Tensor, text: Text, attend_self: SelfAttention) -> Tensor:
        """``Block.forward`` of one timestep."""
        shape, width, eps = x.shape, self._shape, self._eps
        dim = width[0]
        x = x.view(shape[0], -1, dim)
        shift1, factor1, gate1, shift2, factor2, gate2 = time.view(6, dim).unbind()
        linear, layer_norm = self._linear, torch.layer_norm

        y = linear(layer_norm(x, width, factor1, shift1, eps), *self._product)
        y = linear(attend_self(*self._projected(y)).flatten(2), *self._out)
        x = torch.addcmul(x, gate1, y, out=y)

        weight, bias, eps3 = self._norm3
        y = linear(layer_norm(x, width, weight, bias, eps3), *self._cross_queries)
        y = fused.rms_norm(y, *self._cross_norm).view(*y.shape[:2], self._heads, -1)
        y = linear(attend(y, *text).flatten(2), *self._cross_out)
        x = torch.add(x, y, out=y)

        y = fused.linear_gelu(layer_norm(x, width, factor2, shift2, eps), *self._grow)
        y = linear(y, *self._shrink)
        return torch.addcmul(x, gate2, y, out=y).view(shape)

    def _projected(self, y: Tensor) -> tuple[Projected, Projected, Tensor]:
        """What ``Attention.project`` gives, of queries, keys and values [B, L, 3 * dim]."""
        parts = y.view(*y.shape[:2], 3, -1)
        q, k, v = parts.unbind(2)
        norm_q, norm_k = self._norms
        beside = parts[:, :, :2], torch.stack((norm_q.weight, norm_k.weight))
        heads = self._heads
        return Projected(q, norm_q, heads, beside), Projected(k, norm_k, heads), v.view(*v.shape[:2], heads, -1)


def _bind(block: Block) -> _Bound | None:
    """None for a block of another kind: on another device, in fp8, offloaded, its weights not behind each other."""
    layers = [module for module in block.modules() if isinstance(module, Linear)]
    if any(layer.weight_scale is not None or layer.drop_staged is not None for layer in layers):
        return None
    own: Attention = block.self_attn
    whole = whole_of((own.q, own.k, own.v))
    return None if whole is None else _Bound(block, (whole[0], whole[2]))


def _both(layer: Linear) -> tuple[Tensor, Tensor]:
    return layer.weight, layer.bias
