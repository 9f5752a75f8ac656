"""Brings a published model up from its files: all of them checked, then streamed tensor by tensor. Knows no stream.

It is written as a generator, so that the thread that owns the engine can play another model in between. What it yields
comes every few milliseconds of reading; what fails or is abandoned half way leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import torch

from engine.blueprint import blueprint
from engine.checkpoints import AdapterSource, Part, Source, expected_shapes, fill, growth_layers, match, match_adapter
from engine.config import ModelConfig, TinyVAEConfig, WanVAEConfig
from engine.device import Device
from engine.dit import WanDiT
from engine.errors import EngineError
from engine.key_names import bare_names, transformer_names, wan_vae_names
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
        filling = _fill(checked, choice, device)
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


def _fill(checked: _Checked, choice: EngineChoice, device: Device) -> Generator[int, None, str]:
    """Stream all weights to the device, block by block; yields bytes read. Returns what a performer should know."""
    dit, where, dtype = checked.dit, device.torch_device, device.dtype
    quantised = fp8_layers(dit) if choice.precision == "fp8" else {}
    staging = Offload(where) if offloads(choice, device) else None
    left = 0
    for block, names in groupby(checked.dit_sources, _block_of):
        sources = {name: checked.dit_sources[name] for name in names}
        left += yield from fill(dit, sources, dtype, where, checked.adapter, quantised)
        if staging is not None and block:
            # At once, so that the device never holds more than one block that is to leave it.
            staging.take(dit.get_submodule(block))
            yield 0
    yield from fill(checked.vae, checked.vae_sources, dtype, where)
    if where.type == "cuda":
        # Matrices that were merged or quantised passed through in float32; torch would keep that memory to itself.
        torch.cuda.empty_cache()
    if not left:
        return ""
    return running.left_in(left, len(quantised), device.dtype_title)


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
