"""LoRA files of four layouts: read, merged, and beside the weights (section 13)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from engine.linear import Linear
from engine.lora import Adapters, LoraFile, merge, read_lora
from engine.params import Lora
from tests.parity.case import Case
from tests.parity.rows import CaseRow, Rows

TOLERANCE = 1e-5


def loras(case: Case, rows: Rows) -> None:
    """Each layout gives the same change; merged weights; the live branch and what it settles to."""
    layers: list[str] = [layer["name"] for layer in case.facts["layers"]]
    for layout in case.facts["key_prefixes"]:
        with rows.row(layout, TOLERANCE) as row, _file(case, layout) as path:
            lora = read_lora(path)
            row.compare_numbers("layers", [len(lora.layers)], [len(layers)])
            for layer in layers:
                _compare_change(case, row, lora, layer, case.facts["scale_in_front_of_BA"][layout])
    with rows.row("merged", TOLERANCE) as row:
        for match in case.matches(r"merged_(\w+)\.strength(\d+)\.(.+)\.weight"):
            with _file(case, match[1]) as path:
                network = _network(case, layers)
                _settle(network, Lora(str(path), int(match[2]) / 100))
                row.compare(match[0], _linear(network, match[3]).weight)
    layout = next(name for name, scale in case.facts["scale_in_front_of_BA"].items() if scale == 1)
    with rows.row("runtime", TOLERANCE) as row, _file(case, layout) as path:
        network = _network(case, layers)
        adapters = Adapters(network)
        adapters.apply((Lora(str(path), case.facts["runtime_strength"]),))
        for layer in layers:
            x = case.given(f"runtime.x.{layer}")
            row.compare(f"runtime.y_no_bias.{layer}", _linear(network, layer)(x))


def _compare_change(case: Case, row: CaseRow, lora: LoraFile, layer: str, scale: float) -> None:
    """up @ down, before strength and alpha / rank."""
    factors = lora.layers[layer]
    row.compare_numbers(f"alpha / rank of {layer}", [factors.scale], [scale])
    nothing = torch.zeros_like(case.given(f"base.{layer}.weight"))
    row.compare(f"unit_delta.{layer}.weight", merge(nothing, [(factors, 1 / factors.scale)]))


@contextmanager
def _file(case: Case, layout: str) -> Iterator[Path]:
    """The case's tensors of one layout as the file that they came from."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "lora.safetensors")
        save_file({match[1]: case.given(match[0]) for match in case.matches(rf"{layout}/(.+)")}, path)
        yield path


def _network(case: Case, layers: list[str]) -> nn.Module:
    """The case's layers alone, under their names, without bias."""
    network = nn.Module()
    for layer in layers:
        parent = network
        *modules, last = layer.split(".")
        for name in modules:
            if name not in parent._modules:
                parent.add_module(name, nn.Module())
            parent = parent.get_submodule(name)
        weight = case.given(f"base.{layer}.weight")
        linear = Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            linear.weight.copy_(weight)
            linear.bias.zero_()
        parent.add_module(last, linear)
    return network.requires_grad_(False)


def _settle(network: nn.Module, wish: Lora) -> None:
    adapters = Adapters(network)
    adapters.apply((wish,))
    for _ in range(Adapters.STILL):
        adapters.settle()


def _linear(network: nn.Module, layer: str) -> Linear:
    linear = network.get_submodule(layer)
    assert isinstance(linear, Linear)
    return linear
