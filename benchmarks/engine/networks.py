"""Networks of the real shapes with random weights, made on the device itself: values do not matter for time."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from benchmarks.engine.shapes import Shape
from engine.blueprint import blueprint
from engine.config import TinyVAEConfig
from engine.device import Device
from engine.dit import WanDiT
from engine.errors import OutOfMemory
from engine.memory import memory_of
from engine.tiny_vae import TinyVAE


@dataclass(frozen=True, eq=False)
class Networks:
    """In evaluation mode, on ``device``."""

    dit: WanDiT
    vae: TinyVAE
    device: Device


def random_networks(shape: Shape, device: Device, seed: int = 0) -> Networks:
    """OutOfMemory in words where the weights alone do not fit."""
    config = shape.config
    assert isinstance(config.vae, TinyVAEConfig)
    vae_config = config.vae
    dit, vae = blueprint(lambda: WanDiT(config.dit)), blueprint(lambda: TinyVAE(vae_config))
    _check_room(shape, dit, device)
    generator = torch.Generator(device.torch_device).manual_seed(seed)
    for network in (dit, vae):
        network.to(device.dtype).to_empty(device=device.torch_device)
        _fill(network, generator)
    for parameter in vae.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return Networks(dit, vae, device)


@torch.no_grad()
def _fill(network: nn.Module, generator: torch.Generator) -> None:
    """So that signals keep their size: no overflow, and no denormal numbers, which cost a CPU dearly."""
    for name, parameter in network.named_parameters():
        if "norm" in name and name.endswith("weight"):
            parameter.normal_(1.0, 0.1, generator=generator)
        elif parameter.ndim < 2 or name.endswith("modulation"):
            parameter.normal_(0, 0.1, generator=generator)
        else:
            parameter.normal_(0, parameter[0].numel() ** -0.5, generator=generator)


def _check_room(shape: Shape, dit: WanDiT, device: Device) -> None:
    needed = sum(parameter.numel() for parameter in dit.parameters()) * device.dtype.itemsize
    free = memory_of(device.torch_device).free
    if free is not None and needed > free:
        raise OutOfMemory(
            f"The weights of {shape.model} take {needed / 2**30:.1f} GiB and {free / 2**30:.1f} GiB are free; "
            "measure a share of its width, as with --width-share 1/8."
        )
