"""Watching a transformer from outside: what goes in and out of each of its passes. Knows no cases."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from engine.block import CallBlock
from engine.dit import TextMemory, TimeMemory, WanDiT
from engine.kv_cache import KVCache

_SIGNATURE = inspect.signature(WanDiT.forward)


@dataclass(frozen=True, eq=False)
class Pass:
    """One call of the network. hints: of each Context Block [1, tokens, dim], unscaled; none where VACE had no part."""

    x: Tensor
    timestep: float
    has_context: bool
    flow: Tensor
    hints: tuple[Tensor, ...]


class Passes(list[Pass]):
    """The passes of one network, the first first, from now on."""

    def __init__(self, network: WanDiT) -> None:
        super().__init__()
        self._hints: list[Tensor] = []
        for index in range(len(network.config.vace_layers)):
            projection = network.get_submodule(f"vace_blocks.{index}.after_proj")
            projection.register_forward_hook(self._take_hint)
        network.register_forward_hook(self._take_pass, with_kwargs=True)
        remember = network.remember

        def answer_and_remember(
            x: Tensor, timestep: float | TimeMemory, text: TextMemory, cache: KVCache, padding: bool, call: CallBlock
        ) -> None:
            # The reference computes its answer too.
            network(x, timestep, text, cache, zero_key_padding=padding, call=call)
            remember(x, timestep, text, cache, padding, call)

        network.remember = answer_and_remember  # type: ignore[assignment]

    def take(self) -> list[Pass]:
        """All since the last call."""
        taken = list(self)
        self.clear()
        return taken

    def _take_hint(self, _module: nn.Module, _inputs: object, hint: Tensor) -> None:
        self._hints.append(hint.flatten(1, 2))

    def _take_pass(self, module: nn.Module, inputs: tuple[Any, ...], more: dict[str, Any], flow: Tensor) -> None:
        given = _SIGNATURE.bind(module, *inputs, **more).arguments
        has_context = given.get("context") is not None
        self.append(Pass(given["x"], number_of(given["timestep"]), has_context, flow, tuple(self._hints)))
        self._hints.clear()


def number_of(timestep: float | TimeMemory) -> float:
    """A timestep itself, whether the network was given it or what it read of it."""
    return timestep.timestep if isinstance(timestep, TimeMemory) else timestep
