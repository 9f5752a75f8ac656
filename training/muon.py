"""Muon for matrices, AdamW for the rest.

K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; the scale of its updates is that of
J. Liu et al., "Muon is Scalable for LLM Training", arXiv 2502.16982.

A matrix's update is its momentum, made orthogonal: all directions are learned at one rate. Convolution kernels are
matrices [out, in * taps]. Knows no network but by its parameters' shapes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic Newton-Schulz iteration; published with the method."""

_SMALLEST_SIDE = 16
"""Matrices with a shorter side have few directions to tell apart, and take AdamW."""


def orthogonal(matrix: Tensor, iterations: int = 5) -> Tensor:
    """The nearest matrix [rows, columns] with singular values of about 1 (0.7 to 1.2), in bfloat16's precision."""
    a, b, c = _COEFFICIENTS
    x = matrix.bfloat16()
    transposed = x.shape[0] > x.shape[1]
    if transposed:
        x = x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(iterations):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    nearest: Tensor = x.T if transposed else x
    return nearest.to(matrix.dtype)


class Muon(torch.optim.Optimizer):
    """Both optimizers behind one interface. ``rate`` scales both: 1 is the full learning rate."""

    def __init__(
        self,
        named: Iterable[tuple[str, nn.Parameter]],
        lr: float = 0.02,
        adam_lr: float = 2e-3,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.98),
        weight_decay: float = 0.0,
    ) -> None:
        """named: parameters by name. Tables of words, modulations and all that is no matrix take AdamW."""
        matrices: list[nn.Parameter] = []
        others: list[nn.Parameter] = []
        for name, parameter in named:
            is_matrix = parameter.ndim >= 2 and min(parameter.flatten(1).shape) >= _SMALLEST_SIDE
            kept_apart = "words" in name or "modulation" in name
            (matrices if is_matrix and not kept_apart else others).append(parameter)
        groups = [
            {"params": matrices, "lr": lr, "muon": True},
            {"params": others, "lr": adam_lr, "muon": False},
        ]
        defaults: dict[str, Any] = {"momentum": momentum, "betas": betas, "weight_decay": weight_decay, "rate": 1.0}
        super().__init__([group for group in groups if group["params"]], defaults)

    def set_rate(self, rate: float) -> None:
        for group in self.param_groups:
            group["rate"] = rate

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                lr = group["lr"] * group["rate"]
                parameter.mul_(1 - lr * group["weight_decay"])
                if group["muon"]:
                    self._step_matrix(parameter, parameter.grad, state, lr, group["momentum"])
                else:
                    self._step_adam(parameter, parameter.grad, state, lr, group["betas"])

    @staticmethod
    def _step_matrix(parameter: Tensor, grad: Tensor, state: dict[str, Any], lr: float, momentum: float) -> None:
        if not state:
            state["momentum"] = torch.zeros_like(grad)
        state["momentum"].lerp_(grad, 1 - momentum)
        ahead = grad.lerp(state["momentum"], momentum)  # Nesterov
        update = orthogonal(ahead.flatten(1))
        rows, columns = update.shape
        # So that every entry moves as much whatever the shape: an orthogonal matrix's entries are small in a long one.
        scale = 0.2 * max(rows, columns) ** 0.5
        parameter.add_(update.view_as(parameter), alpha=-lr * scale)

    @staticmethod
    def _step_adam(
        parameter: Tensor, grad: Tensor, state: dict[str, Any], lr: float, betas: tuple[float, float]
    ) -> None:
        if not state:
            state["step"] = 0
            state["mean"], state["square"] = torch.zeros_like(grad), torch.zeros_like(grad)
        state["step"] += 1
        state["mean"].lerp_(grad, 1 - betas[0])
        state["square"].lerp_(grad.square(), 1 - betas[1])
        mean = state["mean"] / (1 - betas[0] ** state["step"])
        square = state["square"] / (1 - betas[1] ** state["step"])
        parameter.addcdiv_(mean, square.sqrt() + 1e-8, value=-lr)
