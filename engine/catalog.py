"""The models by name, and how each comes to its weights."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch

from engine import starter
from engine.autoencoder import Autoencoder
from engine.config import REFERENCE, STARTER, ModelConfig, TinyVAEConfig, WanVAEConfig
from engine.device import Device
from engine.dit import WanDiT
from engine.errors import EngineError
from engine.loading import bring_up_networks
from engine.params import Autoencoder as AutoencoderName
from engine.params import EngineChoice, Progress
from engine.published import AUTOENCODERS, BACKBONES, Backbone, WantedFile, find, wanted_by
from engine.text import TextEncoder, WordEncoder
from engine.tiny_vae import TinyVAE
from engine.untrained import randomize
from engine.words import running as words

T = TypeVar("T")
MODELS: tuple[str, ...] = (STARTER.name, *BACKBONES)
_BY_SPEED: tuple[AutoencoderName, ...] = ("wan", "light", "tiny")


@dataclass(frozen=True, eq=False)
class Model:
    """The networks of one model on one device, in evaluation mode. note: what a performer should know, or ""."""

    config: ModelConfig
    dit: WanDiT
    vae: Autoencoder
    text: TextEncoder
    device: Device
    note: str = ""


def config_of(choice: EngineChoice) -> ModelConfig:
    """Shapes and rollout of the chosen model, without touching a file. EngineError for an unknown name."""
    if choice.model == STARTER.name:
        config = STARTER
    else:
        config = replace(_backbone(choice.model).config, vae=AUTOENCODERS[choice.autoencoder][0])
    if choice.compatibility == "sound":
        return config
    # The reference shares one encoder memory between the streams with Wan's autoencoder alone.
    return replace(config, quirks=replace(REFERENCE, shared_encoder=isinstance(config.vae, WanVAEConfig)))


def title_of(choice: EngineChoice) -> str:
    """The chosen model's name for people. EngineError for an unknown one."""
    return "Starter" if choice.model == STARTER.name else _backbone(choice.model).title


def files_of(choice: EngineChoice) -> tuple[WantedFile, ...]:
    """What the chosen model needs, under which names, and where ``choice.folder`` holds it; none for the starter."""
    if choice.model == STARTER.name:
        return ()
    wanted = wanted_by(_backbone(choice.model), choice.autoencoder)
    return find(wanted, Path(choice.folder)) if choice.folder else wanted


def effective(choice: EngineChoice) -> EngineChoice:
    """What of ``choice`` its model takes: the starter has one precision, its own autoencoder, nothing to offload."""
    if choice.model != STARTER.name:
        return choice
    plain = EngineChoice()
    return replace(
        choice,
        autoencoder=plain.autoencoder,
        precision=plain.precision,
        attention=plain.attention,
        offload=plain.offload,
    )


def faster_autoencoders(choice: EngineChoice) -> tuple[AutoencoderName, ...]:
    """Those whose files are in ``choice.folder`` and that are faster than the chosen one, the fastest last."""
    if choice.model == STARTER.name or not choice.folder:
        return ()
    faster = _BY_SPEED[_BY_SPEED.index(choice.autoencoder) + 1 :]
    if not faster:
        return ()
    files = find(tuple(AUTOENCODERS[name][1] for name in faster), Path(choice.folder))
    return tuple(name for name, file in zip(faster, files, strict=True) if file.found is not None)


def left_out(choice: EngineChoice) -> str:
    """Names what is asked for and not taken by the model, for people; "" where all is."""
    taken = effective(choice)
    asked = {
        choice.precision: choice.precision != taken.precision,
        words.attention_of(choice.attention): choice.attention != taken.attention,
        words.OFFLOADING: choice.offload != taken.offload,
        words.autoencoder_of(choice.autoencoder): choice.autoencoder != taken.autoencoder,
    }
    names = [name for name, ignored in asked.items() if ignored]
    return words.left_out(names) if names else ""


def bring_up(choice: EngineChoice, device: Device) -> Generator[Progress, None, Model]:
    """The chosen model on ``device``, in slices of a few milliseconds of reading, for a thread that has more to do.

    EngineError in one sentence for an unknown name, and for files that are missing or wrong, which all are checked
    before any weight is read. Abandoned or failed, it leaves nothing behind.
    """
    config = config_of(choice)
    if choice.model == STARTER.name:
        bundled = yield from starter.bring_up_starter(config, device, starter.FOLDER)
        return Model(config, bundled.dit, bundled.vae, bundled.text, device, left_out(choice))
    backbone = _backbone(choice.model)
    networks = yield from bring_up_networks(backbone, config, choice, device)
    networks.dit.approximate_attention = choice.attention == "sage"
    note = "; ".join(filter(None, (backbone.note, networks.note)))
    return Model(config, networks.dit, networks.vae, networks.text, device, note)


def load_model(choice: EngineChoice, device: Device) -> Model:
    """``bring_up`` to its end."""
    return finished(bring_up(choice, device))


def finished(slices: Generator[object, None, T]) -> T:
    """What ``slices`` come to, for those who have nothing else to do meanwhile."""
    while True:
        try:
            next(slices)
        except StopIteration as end:
            result: T = end.value
            return result


def untrained_model(config: ModelConfig, device: Device, seed: int = 1) -> Model:
    """The model with random weights from a fixed seed: the same ones on every machine, and honest about it.

    ValueError for one with Wan's autoencoder or without a table of words: those come from published files only.
    """
    if not isinstance(config.vae, TinyVAEConfig) or not config.vocabulary:
        raise ValueError(f"{config.name} has no tiny autoencoder and table of words, expected a model like the starter")
    dit = WanDiT(config.dit)
    vae = TinyVAE(config.vae)
    text = WordEncoder(config.vocabulary, config.dit.text_dim, config.dit.text_len)
    randomize(dit, vae, text, seed)
    for network in (dit, vae, text):
        network.requires_grad_(False).eval().to(device.torch_device, device.dtype)
    # Convolutions are several times faster on a CPU, and no slower on a GPU, with channels last.
    for parameter in vae.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return Model(config, dit, vae, text, device, note=words.UNTRAINED)


def _backbone(name: str) -> Backbone:
    if name not in BACKBONES:
        raise EngineError(words.no_model(name, MODELS))
    return BACKBONES[name]
