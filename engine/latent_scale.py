"""The scale of Wan 2.1's latents: the mean and spread of each of their 16 channels. Knows no network.

Transformers are trained on latents of mean 0 and spread 1; an autoencoder that makes raw ones passes them through here.
The figures are those published with Wan 2.1's autoencoder (arXiv 2503.20314).
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

MEAN = (
    *(-0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508),
    *(0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921),
)
STD = (
    *(2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743),
    *(3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160),
)


def normalise(raw: Tensor) -> Tensor:
    """Raw latents [B, n, 16, h, w] as a transformer takes them, float32."""
    mean, std = _constants(raw.device)
    return (raw.float() - mean) / std


def denormalise(latents: Tensor) -> Tensor:
    """A transformer's latents [B, n, 16, h, w] as raw ones, float32."""
    mean, std = _constants(latents.device)
    return latents.float() * std + mean


@cache
def _constants(device: torch.device) -> tuple[Tensor, Tensor]:
    """[16, 1, 1] each. Kept: to copy them to a GPU with every chunk would make the host wait for it."""
    with torch.inference_mode(False):  # so that they may also take part in training
        mean, std = (torch.tensor(values, device=device).view(-1, 1, 1) for values in (MEAN, STD))
    return mean, std
