"""Keeps the weights of the transformer's blocks in the computer's memory and brings each to the device when it is due.

Two staging buffers on the device, each as large as the largest block, take turns: while one block computes, the next is
copied into the other, on a stream of its own where the device has streams. Which block comes next is what came last
time, for passes with and without Context Blocks alternate. Only the weights of linear layers travel; norms, biases and
modulation are small and stay on the device.

Knows nothing of what the blocks compute. Not for captured graphs: what is copied is decided as layers are called.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from engine.linear import Linear

_ALIGNMENT = 256  # bytes; what torch's own allocator gives, so every kernel is content with it


class Offload:
    """Owns the host's memory of the blocks that it took, and the two staging buffers on the device.

    ``take`` each block of a WanDiT once its weights are what they shall be (fp8) and before any LoRA. All else of the
    network is expected on the device, where these weights come from now on when they are due.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._blocks: list[_Block] = []
        self._staging: list[_Staging] = []
        self._current: int | None = None
        self._follows: dict[int, int] = {}
        self._side: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self._side = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    @property
    def staging_bytes(self) -> int:
        """What the two buffers take of the device's memory."""
        return 2 * max((block.host.nbytes for block in self._blocks), default=0)

    def take(self, block: nn.Module) -> None:
        """Move the weights of the block's linear layers into one piece of host memory, pinned where that helps.

        Torch rounds pinned memory up to a power of two; where the system refuses it, plain memory does, more slowly.
        """
        index = len(self._blocks)
        layers = [module for module in block.modules() if isinstance(module, Linear)]
        taken = _Block(layers, _host_memory(_size(layers), pinned=self._side is not None))
        for layer, (weight, scale) in zip(layers, taken.views(taken.host), strict=True):
            weight.copy_(layer.weight.detach())
            layer.weight = nn.Parameter(weight, requires_grad=False)
            if scale is not None and layer.weight_scale is not None:
                layer.weight_scale = scale.copy_(layer.weight_scale)
            layer.drop_staged = self.drop
            layer.register_forward_pre_hook(partial(self._before_layer, index))
        self._blocks.append(taken)
        self.drop()
        self._staging = []  # the block may be larger than those before

    def drop(self) -> None:
        """Forget what is staged: the weights on the host are about to change."""
        if self._side is not None:
            self._side.synchronize()
        for staging in self._staging:
            staging.holds = None
        self._current = None

    def _before_layer(self, index: int, layer: nn.Module, args: tuple[Any, ...]) -> None:
        if index != self._current:
            self._bring(index)

    @torch.inference_mode()
    def _bring(self, index: int) -> None:
        """Make the block's weights usable, and start copying those that will likely follow."""
        if not self._staging:
            size = self.staging_bytes // 2
            self._staging = [_Staging(torch.empty(size, dtype=torch.uint8, device=self._device)) for _ in range(2)]
        first, second = self._staging
        here, other = (second, first) if first.holds == self._current or second.holds == index else (first, second)
        if here.holds != index:
            self._copy(index, here)
        if here.ready is not None:
            torch.cuda.current_stream(self._device).wait_event(here.ready)
        block = self._blocks[index]
        for layer, views in zip(block.layers, block.views(here.buffer), strict=True):
            layer.staged = views

        if self._current is not None:
            self._follows[self._current] = index
        self._current = index
        next_one = self._follows.get(index, (index + 1) % len(self._blocks))
        if next_one not in (index, other.holds):
            self._copy(next_one, other)

    def _copy(self, index: int, staging: _Staging) -> None:
        staging.holds = index
        host = self._blocks[index].host
        target = staging.buffer[: host.numel()]
        if self._side is None:
            target.copy_(host)
            return
        # What was staged here before may still be at work.
        self._side.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._side):
            target.copy_(host, non_blocking=True)
            staging.ready = self._side.record_event()


@dataclass(eq=False)
class _Staging:
    """A buffer on the device. holds: the block that is in it, or on its way. ready: when its copy is done."""

    buffer: Tensor
    holds: int | None = None
    ready: torch.cuda.Event | None = None


@dataclass(eq=False)
class _Block:
    layers: list[Linear]
    host: Tensor

    def views(self, flat: Tensor) -> list[tuple[Tensor, Tensor | None]]:
        """Each layer's weight and scale as they lie in ``flat``, bytes laid out like ``host``."""
        views: list[tuple[Tensor, Tensor | None]] = []
        at = 0
        for layer in self.layers:
            weight = _view(flat, at, layer.weight)
            at += _aligned(layer.weight)
            scale = None
            if layer.weight_scale is not None:
                scale = _view(flat, at, layer.weight_scale)
                at += _aligned(layer.weight_scale)
            views.append((weight, scale))
        return views


def _view(flat: Tensor, at: int, like: Tensor) -> Tensor:
    return flat[at : at + like.nbytes].view(like.dtype).view(like.shape)


def _size(layers: list[Linear]) -> int:
    return sum(
        _aligned(tensor) for layer in layers for tensor in (layer.weight, layer.weight_scale) if tensor is not None
    )


def _aligned(tensor: Tensor) -> int:
    return -(-tensor.nbytes // _ALIGNMENT) * _ALIGNMENT


def _host_memory(size: int, pinned: bool) -> Tensor:
    if pinned:
        try:
            return torch.empty(size, dtype=torch.uint8, pin_memory=True)
        except RuntimeError:
            pass
    return torch.empty(size, dtype=torch.uint8)
