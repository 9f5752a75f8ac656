"""Random weights from a seed, for a model that has not been trained yet and for tests at tiny size.

Signals keep their size from layer to layer and no parameter is zero, so that no path is silently dead.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.dit import WanDiT
from engine.text import WordEncoder
from engine.tiny_vae import MemoryBlock, TemporalGrowth, TinyVAE


@torch.no_grad()
def randomize(dit: WanDiT, vae: TinyVAE, text: WordEncoder, seed: int) -> None:
    """Fill all three networks in place; on the CPU in float32, so that every machine gets the same ones."""
    generator = torch.Generator().manual_seed(seed)
    for network in (dit, vae, text):
        for name, parameter in network.named_parameters():
            _fill(name, parameter, generator)
    # What comes out must not flash, whatever it shows: fresh noise weighs little in it, and the pictures that one
    # latent frame grows into are alike.
    dit.patch_embedding.weight.mul_(0.2)
    for module in vae.modules():
        if isinstance(module, TemporalGrowth):
            weight = module.conv.weight
            first = weight[: weight.shape[0] // module.stride]
            weight.copy_(first.repeat(module.stride, 1, 1, 1) + 0.05 * weight)
        if isinstance(module, MemoryBlock):  # a ReLU halves the power of what passes it
            for layer in (module.conv[2], module.conv[4]):
                assert isinstance(layer, nn.Conv2d)
                layer.weight.mul_(2**0.5)

    pixels = torch.rand(1, 4, 3, 64, 64, generator=generator) * 2 - 1
    _level(vae.encoder[-1], vae.encode(pixels)[0], std=1.0, mean=0.0)
    # What the transformer makes of one prompt and time is much the same everywhere: a mean for each channel, and some
    # spread about it. Several frames, because the memory blocks settle on it.
    shape = (1, 6, vae.config.latent_channels)
    same = torch.randn(1, 1, shape[2], 1, 1, generator=generator)
    latents = same + 0.5 * torch.randn(*shape, 16, 16, generator=generator)
    painted = F.pixel_unshuffle(vae.decode_unclamped(latents)[0], vae.config.patch)
    _level(vae.decoder[-1], painted, std=0.2, mean=0.5)


def _fill(name: str, parameter: Tensor, generator: torch.Generator) -> None:
    if name.endswith(("norm_q.weight", "norm_k.weight", "norm3.weight")):
        parameter.fill_(1.0)
    elif name == "words.weight":
        parameter.normal_(0, 1, generator=generator)
    elif name == "before.weight":  # the word itself stays what is heard most
        parameter.normal_(0, 0.3 * parameter.shape[1] ** -0.5, generator=generator)
    elif parameter.ndim < 2 or name.endswith("modulation"):
        parameter.normal_(0, 0.1, generator=generator)
    else:
        parameter.normal_(0, parameter[0].numel() ** -0.5, generator=generator)


def _level(last: nn.Module, out: Tensor, std: float, mean: float) -> None:
    """Scale and shift the last layer so that each channel of ``out`` [1, F, C, h, w] has this spread and mean."""
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    channels = out[0].transpose(0, 1).flatten(1)
    scale = std / channels.std(1)
    last.weight.mul_(scale.view(-1, 1, 1, 1))
    last.bias.sub_(channels.mean(1)).mul_(scale).add_(mean)
