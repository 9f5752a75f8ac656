"""Brings a published model up from its files: all of them checked, then streamed tensor by tensor. Knows no stream.

It is written as a generator, so that the thread that owns the engine can play another model in between. What it yields
comes every few milliseconds of reading; what fails or is abandoned half way leaves nothing behind.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import torch
from torch import Tensor

from engine.blueprint import blueprint
from engine.checkpoints import AdapterSource, Part, Source, expected_shapes, fill, growth_layers, match, match_adapter
from engine.config import ModelConfig, TinyVAEConfig, WanVAEConfig
from engine.device import Device
from engine.dit import WanDiT
from engine.errors import EngineError
from engine.fp8_gate import ALIKE, CHUNKS, likeness, painted
from engine.key_names import bare_names, transformer_names, wan_vae_names
from engine.linear import Linear
from engine.memory import memory_of
from engine.offload import Offload
from engine.params import EngineChoice, Progress
from engine.published import Backbone, Role, WantedFile, find, wanted_by
from engine.quantize import fp8_layers
from engine.tiny_vae import TinyVAE
from engine.umt5 import PromptReader
from engine.umt5_weights import UMT5_XXL, UMT5Config
from engine.wan_vae import WanVAE
from engine.weight_file import WeightFile, open_weights
from engine.words import files as words
from engine.words import running

log = logging.getLogger(__name__)

_STREAM_TOO = 1.5  # of the weights' bytes: what a stream of the published models takes beside them is less than half
_CHECKED = 0.02  # of the progress bar, when the files are known to be right
_ADAPTER_ENTRIES = ("generator_lora",)

Files = Mapping[Role, WantedFile]
"""By role; each with its place, but for a tokenizer that the text encoder's file may carry."""


@dataclass(frozen=True, eq=False)
class Networks:
    """What a model is made of, in evaluation mode, on its device. note: what a performer should know, or ""."""

    dit: WanDiT
    vae: TinyVAE | WanVAE
    text: PromptReader
    note: str = ""


@dataclass(frozen=True, eq=False)
class _Checked:
    """Networks on the meta device, and where in the open files each of their parameters lies."""

    dit: WanDiT
    dit_sources: dict[str, Source]
    adapter: dict[str, AdapterSource]
    vae: TinyVAE | WanVAE
    vae_sources: dict[str, Source]

    @property
    def bytes(self) -> int:
        tables = (self.dit_sources, self.adapter, self.vae_sources)
        return sum(source.bytes for table in tables for source in table.values())


def bring_up_networks(
    backbone: Backbone, config: ModelConfig, choice: EngineChoice, device: Device, umt5: UMT5Config = UMT5_XXL
) -> Generator[Progress, None, Networks]:
    """The networks of ``config`` with the weights that ``choice.folder`` holds for the backbone.

    EngineError in one sentence, before any weight is read, for a file that is missing, damaged, or not what it should
    be. umt5: the shape of the text encoder; it is checked now and read when a prompt needs it.
    """
    files = require_all(backbone, choice)
    encoder, tokenizer = files["text encoder"].found, files["tokenizer"].found
    text = PromptReader(encoder, tokenizer, device, text_len=config.dit.text_len, config=umt5)
    with ExitStack() as opened:
        checked = yield from _check(backbone, config, files, opened)
        yield Progress(0.0, running.CHECKING_TEXT_ENCODER)
        text.check()
        done, total = 0, checked.bytes
        filling = _fill(checked, config, choice, device)
        while True:
            try:
                done += next(filling)
            except StopIteration as end:
                return Networks(checked.dit, checked.vae, text, end.value)
            yield Progress(_CHECKED + (1 - _CHECKED) * min(1.0, done / total), running.reading(backbone.title))


def require_all(backbone: Backbone, choice: EngineChoice) -> Files:
    """The model's files, each with its place. EngineError naming those that the folder does not hold."""
    if not choice.folder:
        raise EngineError(words.no_folder(backbone.title, backbone.config.name))
    folder = Path(choice.folder).resolve()
    if not folder.is_dir():
        raise EngineError(words.folder_gone(folder, backbone.title))
    files = {file.role: file for file in find(wanted_by(backbone, choice.autoencoder), folder)}
    missing = [role for role, file in files.items() if file.found is None]
    if missing and missing != ["tokenizer"]:
        raise EngineError(words.files_missing(backbone.title, backbone.config.name, folder, missing))
    return files


def _check(
    backbone: Backbone, config: ModelConfig, files: Files, opened: ExitStack
) -> Generator[Progress, None, _Checked]:
    """All files of transformer and autoencoder against the networks; reads headers only."""

    def part(role: Role) -> Part:
        return Part(words.part_of(role, backbone.title), words.get_from(files[role].source))

    def weights(role: Role, entries: tuple[str, ...]) -> Generator[Progress, None, WeightFile]:
        path = _found(files[role])
        yield Progress(0.0, running.checking(path.name))
        return opened.enter_context(open_weights(path, entries))

    yield Progress(0.0, running.checking_files(backbone.title))
    dit = blueprint(lambda: WanDiT(config.dit))
    yield Progress(0.0, running.checking_files(backbone.title))
    vae = blueprint(lambda: _new_vae(config.vae))
    shapes = expected_shapes(dit)
    main = {name: shape for name, shape in shapes.items() if not name.startswith("vace_")}
    vace = {name: shape for name, shape in shapes.items() if name not in main}

    file = yield from weights("generator", backbone.entries)
    dit_sources = match(file, part("generator"), main, transformer_names)
    adapter: dict[str, AdapterSource] = {}
    if "adapter" in files:
        file = yield from weights("adapter", _ADAPTER_ENTRIES)
        adapter = match_adapter(file, part("adapter"), dit)
    file = yield from weights("VACE module", backbone.entries)
    # A full VACE checkpoint holds a transformer of its own, which is not the one that streams.
    dit_sources |= match(file, part("VACE module"), vace, transformer_names, spare=main.__contains__)
    file = yield from weights("autoencoder", backbone.entries)
    rename = bare_names if isinstance(vae, TinyVAE) else wan_vae_names
    vae_sources = match(file, part("autoencoder"), expected_shapes(vae), rename, more_rows=growth_layers(vae))
    return _Checked(dit, dit_sources, adapter, vae, vae_sources)


def _fill(checked: _Checked, config: ModelConfig, choice: EngineChoice, device: Device) -> Generator[int, None, str]:
    """Stream all weights to the device; yields bytes read. Returns what a performer should know."""
    staging = Offload(device.torch_device) if offloads(choice, device) else None
    note = ""
    if choice.precision != "fp8":
        yield from _fill_dit(checked, device, {}, staging)
    elif staging is None and _has_room_for_both(checked.dit, device):
        note = yield from _fill_gated(checked, config, device)
    else:
        quantised = fp8_layers(checked.dit)
        left = yield from _fill_dit(checked, device, quantised, staging)
        why = running.FP8_NOT_OFFLOADED if staging is not None else running.FP8_NO_ROOM
        unseen = running.fp8_by_matrices(device.dtype_title, why)
        note = "; ".join(filter(None, (_left(left, quantised, device), unseen)))
    yield from fill(checked.vae, checked.vae_sources, device.dtype, device.torch_device)
    if device.torch_device.type == "cuda":
        # Matrices that were merged or quantised passed through in float32; torch would keep that memory to itself.
        torch.cuda.empty_cache()
    return note


def _fill_gated(checked: _Checked, config: ModelConfig, device: Device) -> Generator[int, None, str]:
    """In fp8, unless the whole network then paints something else than it does as it is. Reads the files twice."""
    dit, quantised = checked.dit, fp8_layers(checked.dit)
    yield from _halved(_fill_dit(checked, device, {}))
    whole = yield from _painted(dit, config, device)
    left = yield from _halved(_fill_dit(checked, device, quantised))
    alike = likeness(whole, (yield from _painted(dit, config, device)))
    log.info("In fp8 the latents of %d chunks have a cosine of %.4f to those in %s", CHUNKS, alike, device.dtype_title)
    # Not the other way round: a NaN must not pass.
    if alike >= ALIKE:
        return _left(left, quantised, device)
    for layer in quantised.values():
        layer.weight_scale = None
    for _ in _fill_dit(checked, device, {}):
        yield 0
    return running.stays_whole(device.dtype_title, alike)


def _painted(dit: WanDiT, config: ModelConfig, device: Device) -> Generator[int, None, Tensor]:
    slices = painted(dit, config, device)
    while True:
        try:
            next(slices)
        except StopIteration as end:
            latents: Tensor = end.value
            return latents
        yield 0


def _halved(reading: Generator[int, None, int]) -> Generator[int, None, int]:
    """The same, of which two make a whole."""
    while True:
        try:
            count = next(reading)
        except StopIteration as end:
            left: int = end.value
            return left
        yield count // 2


def _has_room_for_both(dit: WanDiT, device: Device) -> bool:
    """Whether the network fits as it is, with all that a stream needs: it is compared so, and may have to stay so."""
    free = memory_of(device.torch_device).free
    return free is None or free > _STREAM_TOO * device.dtype.itemsize * sum(each.numel() for each in dit.parameters())


def _left(left: int, quantised: Mapping[str, Linear], device: Device) -> str:
    return running.left_in(left, len(quantised), device.dtype_title) if left else ""


def _fill_dit(
    checked: _Checked, device: Device, quantised: Mapping[str, Linear], staging: Offload | None = None
) -> Generator[int, None, int]:
    """The transformer, block by block; returns how many of ``quantised`` were left as they are."""
    dit, where, dtype = checked.dit, device.torch_device, device.dtype
    left = 0
    for block, names in groupby(checked.dit_sources, _block_of):
        sources = {name: checked.dit_sources[name] for name in names}
        left += yield from fill(dit, sources, dtype, where, checked.adapter, quantised)
        if staging is not None and block:
            # At once, so that the device never holds more than one block that is to leave it.
            staging.take(dit.get_submodule(block))
            yield 0
    return left


def offloads(choice: EngineChoice, device: Device) -> bool:
    """Whether blocks live in the computer's memory and are brought to the device: not where both are one."""
    return choice.offload and device.torch_device.type != "cpu"


def _block_of(name: str) -> str:
    """The transformer block that a parameter belongs to, "" for those outside."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] in ("blocks", "vace_blocks") else ""


def _new_vae(config: TinyVAEConfig | WanVAEConfig) -> TinyVAE | WanVAE:
    return TinyVAE(config) if isinstance(config, TinyVAEConfig) else WanVAE(config)


def _found(file: WantedFile) -> Path:
    assert file.found is not None  # ``require_all`` saw to it
    return file.found
