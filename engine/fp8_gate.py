"""Whether a network paints in fp8 what it paints as it is: a few chunks of it with either, from the same noise.

Each matrix may pass by itself (``quantize``) and all of them together still go astray. Knows no files.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.config import ModelConfig
from engine.device import Device
from engine.dit import WanDiT
from engine.rollout import Rollout
from engine.transfer import sent

ALIKE = 0.97
"""The least cosine between the latents of the two, over all chunks. With random weights fp8 comes to .999; twice too
large a scale in the feed-forward layers to .84 and .91, at two shapes. With real weights it has not been run."""
CHUNKS = 3
_ROWS, _COLUMNS = 16, 24  # of the latents: 192x128 pixels


def painted(dit: WanDiT, config: ModelConfig, device: Device) -> Generator[None, None, Tensor]:
    """The latents of the first ``CHUNKS`` chunks of a stream with VACE, in as many slices; random words and context."""
    rollout = Rollout(dit, config, _ROWS, _COLUMNS, device.dtype, device.torch_device)
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return sent(torch.randn(shape, generator=generator), device.torch_device)

    def chunk() -> Tensor:
        steps = config.rollout.steps
        noise = random(steps, 1, config.rollout.chunk, config.dit.latent_channels, _ROWS, _COLUMNS)
        context = random(1, config.rollout.chunk, config.dit.vace_channels, _ROWS, _COLUMNS)
        clean = rollout.denoise(noise.__getitem__, rollout.sampler.steps(steps), context)
        rollout.settle()
        return clean

    with torch.inference_mode():
        rollout.read_text(random(1, config.dit.text_len, config.dit.text_dim))
    chunks = list[Tensor]()
    for _ in range(CHUNKS):
        with torch.inference_mode():
            chunks.append(chunk())
        yield
    return torch.cat(chunks, dim=1)


def likeness(latents: Tensor, others: Tensor) -> float:
    """The cosine between them: 1 where they are the same, 0 where they have nothing in common, NaN where either is."""
    return float(F.cosine_similarity(latents.flatten().double(), others.flatten().double(), dim=0))
