"""LoRA files (low-rank adapters, arXiv 2106.09685): from any of the layouts they come in to factors by layer name.

Four layouts are in use, and prefixes and endings mix: native (``diffusion_model.``), diffusers (``transformer.`` with
other module names), kohya (``lora_unet_`` with underscores for dots, and ``alpha``), PEFT (``base_model.model.``, with
or without an adapter's name). Names are matched against the transformer's own; nothing is guessed. Knows no strengths,
no devices and no network but for its layers' names and shapes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.config import DiTConfig
from engine.dit import WanDiT
from engine.errors import EngineError
from engine.key_names import bare
from engine.linear import Linear
from engine.weight_file import WeightFile, open_weights
from engine.words import loras as words


@dataclass(frozen=True, eq=False)
class Factors:
    """One layer's change, scale * up @ down. down: [rank, in], up: [out, rank], as read, on the host.

    scale: the file's alpha / rank, 1 where it has no alpha. key: what the file calls the layer.
    """

    down: Tensor
    up: Tensor
    scale: float
    key: str


@dataclass(frozen=True, eq=False)
class LoraFile:
    """A LoRA's factors by the layers' names in the transformer. name: of the file, for messages."""

    name: str
    layers: dict[str, Factors]


_PREFIXES = ("base_model.model.", "transformer.", "lora_unet_")
_ENTRIES = ("generator_lora", "lora", "state_dict")
"""Entries of an outer dictionary; what stands beside them (a critic's LoRA, an optimiser) is of no concern."""

_KEY = re.compile(r"(?P<module>.+)\.(?:(?P<part>lora_A|lora_B|lora_down|lora_up)(?:\.[^.]+)?\.weight|(?P<alpha>alpha))")
_DOWN = ("lora_A", "lora_down")
_BLOCK = re.compile(r"((?:vace_)?blocks[._])(\d+)([._].+)")

_DIFFUSERS = (
    ("time_embedding.0", "condition_embedder.time_embedder.linear_1"),
    ("time_embedding.2", "condition_embedder.time_embedder.linear_2"),
    ("text_embedding.0", "condition_embedder.text_embedder.linear_1"),
    ("text_embedding.2", "condition_embedder.text_embedder.linear_2"),
    ("time_projection.1", "condition_embedder.time_proj"),
    ("head.head", "proj_out"),
    ("ffn.0", "ffn.net.0.proj"),
    ("ffn.2", "ffn.net.2"),
    ("self_attn.o", "attn1.to_out.0"),
    ("self_attn.", "attn1.to_"),
    ("cross_attn.o", "attn2.to_out.0"),
    ("cross_attn.", "attn2.to_"),
    ("before_proj", "proj_in"),
    ("after_proj", "proj_out"),
)
"""From the published names of linear layers to those of diffusers, in this order."""

_OTHER_KINDS = (
    ("dora_scale", "DoRA"),
    ("lora_magnitude_vector", "DoRA"),
    (".lokr_", "LoKr"),
    (".hada_", "LoHa"),
    (".oft_", "OFT"),
    (".lora_mid.", words.LOCON),
    (".diff", words.WHOLE_DIFFERENCES),
)


def read_lora(path: str | Path) -> LoraFile:
    """The LoRA in a .safetensors file, or in a .pt or .pth one, of which nothing but tensors is loaded.

    EngineError in one sentence where it cannot be read or is not for this kind of network.
    """
    path = Path(path)
    with open_weights(path, _ENTRIES) as file:
        tensors = {name: _read(file, name) for name in file.stored}
    return parse_lora(tensors, path.name)


def parse_lora(tensors: Mapping[str, Tensor], name: str) -> LoraFile:
    """The LoRA whose tensors are these, by the keys of its file. name: of the file, for messages.

    EngineError that names the keys that belong to no linear layer of the transformer, are one half of a pair, have
    shapes that do not fit each other, hold numbers that are not finite, or are of another kind than LoRA.
    """
    halves, keys = _halves(tensors, name)
    alphas = {
        _place(key).layer: float(value.flatten()[0]) for key, value in tensors.items() if _place(key).part == "alpha"
    }
    layers = {layer: _pair(pair, alphas.get(layer), keys[layer], name) for layer, pair in halves.items()}
    return LoraFile(name, layers)


def check_lora(path: str | Path, shape: DiTConfig) -> None:
    """Read the header alone, and raise EngineError in one sentence unless the file is a LoRA for such a network.

    What numbers alone tell, as that one is not finite, is found when the LoRA is loaded.
    """
    path = Path(path)
    with open_weights(path, _ENTRIES) as file, torch.device("meta"):
        tensors = {name: torch.empty(stored.shape, dtype=stored.dtype) for name, stored in file.stored.items()}
        network = WanDiT(shape)
    halves, keys = _halves(tensors, path.name)
    pairs = {layer: _fitting(pair, keys[layer], path.name) for layer, pair in halves.items()}
    layers = {layer: Factors(down, up, 1.0, keys[layer]) for layer, (down, up) in pairs.items()}
    require_fit(LoraFile(path.name, layers), network)


def require_fit(file: LoraFile, network: nn.Module) -> None:
    """EngineError naming file, key, expected and found unless every layer of the LoRA is in ``network``, as large."""
    linears = {name: module for name, module in network.named_modules() if isinstance(module, Linear)}
    absent = [factors.key for name, factors in file.layers.items() if name not in linears]
    if absent:
        raise _refusal(words.lora_elsewhere(file.name, absent), words.ANOTHER_FOR_THIS_MODEL)
    for name, factors in file.layers.items():
        expected = (linears[name].out_features, linears[name].in_features)
        found = (factors.up.shape[0], factors.down.shape[1])
        if found != expected:
            what = words.lora_of_other_size(file.name, factors.key, expected, found)
            raise _refusal(what, words.ANOTHER_FOR_THIS_MODEL)


def _read(file: WeightFile, name: str) -> Tensor:
    """A tensor as it is stored, in memory of its own: the file may be overwritten, or its disk go, while it plays."""
    reading = file.read(name, file.stored[name].dtype, torch.device("cpu"))
    while True:
        try:
            next(reading)
        except StopIteration as end:
            tensor: Tensor = end.value
            return tensor


def _halves(tensors: Mapping[str, Tensor], name: str) -> tuple[dict[str, dict[str, Tensor]], dict[str, str]]:
    """By layer: its factors, "down" and "up", and what the file calls the layer. EngineError as ``parse_lora``."""
    halves: dict[str, dict[str, Tensor]] = {}
    keys: dict[str, str] = {}
    unknown = [key for key in tensors if not _place(key).layer]
    if unknown:
        raise _unknown(unknown, name)
    for key, value in tensors.items():
        place = _place(key)
        keys[place.layer] = place.module
        if place.part == "alpha":
            continue
        if place.part in halves.setdefault(place.layer, {}):
            raise _refusal(words.lora_twice(name, key), words.ANOTHER_ONE)
        halves[place.layer][place.part] = value
    if not halves:
        raise _refusal(words.lora_empty(name), words.ANOTHER_ONE)
    return halves, keys


@dataclass(frozen=True)
class _Place:
    """Where a key belongs. module: what the file calls the layer. layer: what the network does, "" for none."""

    module: str = ""
    layer: str = ""
    part: str = ""


def _place(key: str) -> _Place:
    match = _KEY.fullmatch(key)
    layer = _layer_name(match["module"]) if match else None
    if match is None or layer is None:
        return _Place()
    part = "alpha" if match["alpha"] else "down" if match["part"] in _DOWN else "up"
    return _Place(match["module"], layer, part)


def _fitting(halves: dict[str, Tensor], key: str, name: str) -> tuple[Tensor, Tensor]:
    """Down and up of one layer, whose shapes fit each other; else EngineError."""
    if len(halves) != 2:
        found, missing = ("down", "up") if "down" in halves else ("up", "down")
        raise _refusal(words.lora_half(name, key, found, missing), words.COPY_AGAIN)
    down, up = halves["down"], halves["up"]
    if down.ndim != 2 or up.ndim != 2 or up.shape[1] != down.shape[0] or not down.shape[0]:
        raise _refusal(words.lora_unfitting(name, key, list(down.shape), list(up.shape)), words.ANOTHER_ONE)
    return down, up


def _pair(halves: dict[str, Tensor], alpha: float | None, key: str, name: str) -> Factors:
    down, up = _fitting(halves, key, name)
    scale = 1.0 if alpha is None else alpha / down.shape[0]
    if not math.isfinite(scale) or not all(math.isfinite(x) for t in (down, up) for x in t.float().aminmax()):
        raise _refusal(words.lora_not_finite(name, key), words.COPY_AGAIN)
    return Factors(down, up, scale, key)


@cache
def _spellings() -> dict[str, str]:
    """Every way to write the name of a linear layer, a block's number as #, to the name the network has for it."""
    shape = DiTConfig(dim=2, heads=1, ffn_dim=2, layers=1, vace_layers=(0,), freq_dim=2, text_dim=2)
    with torch.device("meta"):
        modules = WanDiT(shape).named_modules()
    spellings = {}
    for native in [name.replace("blocks.0.", "blocks.#.") for name, module in modules if isinstance(module, Linear)]:
        diffusers = native
        for published, renamed in _DIFFUSERS:
            diffusers = diffusers.replace(published, renamed)
        for name in (native, diffusers):
            spellings[name] = spellings[name.replace(".", "_")] = native
    return spellings


def _layer_name(module: str) -> str | None:
    """What the network calls the layer that a file calls ``module``; None where it has none of that name."""
    for prefix in _PREFIXES:
        module = module.removeprefix(prefix)
    module = bare(module)
    block = _BLOCK.fullmatch(module)
    if block is None:
        return _spellings().get(module)
    native = _spellings().get(f"{block[1]}#{block[3]}")
    return native and native.replace("#", str(int(block[2])))


def _unknown(keys: list[str], name: str) -> EngineError:
    for mark, kind in _OTHER_KINDS:
        marked = [key for key in keys if mark in key]
        if marked:
            return _refusal(words.lora_of_other_kind(name, kind, marked), words.A_PLAIN_ONE)
    return _refusal(words.lora_unknown(name, keys), words.ANOTHER_FOR_WAN)


def _refusal(what: str, todo: str) -> EngineError:
    return EngineError(words.lora_refused(what, todo))
