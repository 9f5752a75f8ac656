"""Random weights from a seed, for a model that has not been trained yet and for tests at tiny size.

Signals keep their size from layer to layer and no parameter is zero, so that no path is silently dead.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.dit import WanDiT
from engine.text import WordEncoder
from engine.tiny_vae import MemoryBlock, TinyVAE


@torch.no_grad()
def randomize(dit: WanDiT, vae: TinyVAE, text: WordEncoder, seed: int) -> None:
    """Fill all three networks in place; on the CPU in float32, so that every machine gets the same ones."""
    generator = torch.Generator().manual_seed(seed)
    for network in (dit, vae, text):
        for name, parameter in network.named_parameters():
            _fill(name, parameter, generator)
    for module in vae.modules():
        if isinstance(module, MemoryBlock):  # a ReLU halves the power of what passes it
            for layer in (module.conv[2], module.conv[4]):
                assert isinstance(layer, nn.Conv2d)
                layer.weight.mul_(2**0.5)

    pixels = torch.rand(1, 4, 3, 64, 64, generator=generator) * 2 - 1
    _level(vae.encoder[-1], vae.encode(pixels)[0], std=1.0, mean=0.0)
    latents = torch.randn(1, 1, vae.config.latent_channels, 16, 16, generator=generator)
    _level(vae.decoder[-1], vae.decode_unclamped(latents)[0], std=0.25, mean=0.5)


def _fill(name: str, parameter: Tensor, generator: torch.Generator) -> None:
    if name.endswith(("norm_q.weight", "norm_k.weight", "norm3.weight")):
        parameter.fill_(1.0)
    elif name == "words.weight":
        parameter.normal_(0, 1, generator=generator)
    elif parameter.ndim < 2 or name.endswith("modulation"):
        parameter.normal_(0, 0.1, generator=generator)
    else:
        parameter.normal_(0, parameter[0].numel() ** -0.5, generator=generator)


def _level(last: nn.Module, out: Tensor, std: float, mean: float) -> None:
    """Scale and shift the last layer so that what came out as ``out`` would have this spread and mean."""
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    scale = std / float(out.std())
    last.weight.mul_(scale)
    last.bias.sub_(out.mean()).mul_(scale).add_(mean)
