"""The models by name, and how each comes to its weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from engine.config import STARTER, ModelConfig
from engine.device import Device
from engine.dit import WanDiT
from engine.errors import EngineError
from engine.text import WordEncoder
from engine.tiny_vae import TinyVAE
from engine.untrained import randomize

CONFIGS = {STARTER.name: STARTER}


@dataclass(frozen=True, eq=False)
class Model:
    """The networks of one model on one device, in evaluation mode. note: what a performer should know, or ""."""

    config: ModelConfig
    dit: WanDiT
    vae: TinyVAE
    text: WordEncoder
    device: Device
    note: str = ""


def load_model(name: str, device: Device) -> Model:
    """The model called ``name`` on ``device``. EngineError in one sentence when there is none."""
    if name not in CONFIGS:
        raise EngineError(f"There is no model called {name!r}; choose one of: {', '.join(CONFIGS)}.")
    return untrained_model(CONFIGS[name], device)


def untrained_model(config: ModelConfig, device: Device, seed: int = 1) -> Model:
    """The model with random weights from a fixed seed: the same ones on every machine, and honest about it."""
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
    return Model(config, dit, vae, text, device, note="untrained weights")
