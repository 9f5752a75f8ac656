"""The one linear layer of the transformer: behind it weights may be fp8, LoRA branches may hang, and copies be staged.

Knows neither files nor networks: ``quantize`` fills it, ``lora`` hangs branches on it, ``offload`` stages it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine import fp8


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
    """

    weight_scale: Tensor | None

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features)
        self.register_buffer("weight_scale", None)
        self.branches: tuple[Branch, ...] = ()
        self.staged: tuple[Tensor, Tensor | None] | None = None
        self.drop_staged: Callable[[], None] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """[..., in] -> [..., out], in x's type."""
        weight, scale = self.staged or (self.weight, self.weight_scale)
        if scale is None:
            y = F.linear(x, weight, self.bias)
        else:
            y = fp8.linear(x, weight, scale, self.bias)
        for branch in self.branches:
            y = torch.add(y, F.linear(F.linear(x, branch.down), branch.up), alpha=branch.factor)
        return y

    @torch.inference_mode()
    def write(self, weight: Tensor, scale: Tensor | None) -> None:
        """Overwrite the weight, and its scale where it is fp8, in place: addresses stay, captured graphs stay valid."""
        if self.drop_staged is not None:
            self.drop_staged()
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
