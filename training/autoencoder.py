"""Stage "autoencoder": the streaming autoencoder learns source pictures, guides and painted pictures alike.

Knows no transformer. Sequences are of 1+4k pictures, encoded and decoded as a stream's first chunk.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.config import TinyVAEConfig
from engine.tiny_vae import MemoryBlock, TinyVAE, padded
from training import linear_start
from training.course import Course, Plan, Say
from training.muon import Muon
from training.pictures import Pictures

LATENT_NOISE = 0.06
"""Of the latents that the decoder learns from, whose own spread is about 1: the transformer's are not exact either."""


def train(
    folder: Path,
    config: TinyVAEConfig,
    plan: Plan,
    device: torch.device,
    batch: int,
    crop: int,
    pictures: int,
    say: Say,
) -> None:
    """Train from nothing, or go on. Writes ``folder/autoencoder.pt``. crop: pixels; pictures: of a sequence, 1+4k."""
    torch.manual_seed(plan.seed)
    vae = untrained(config).to(device)
    course = Course("autoencoder", vae, folder, plan, Muon(vae.named_parameters(), lr=6e-4, adam_lr=6e-4), say)
    data = Pictures(folder / "bank", device)
    if not course.resume():
        course.start(_linear_start(vae, data, crop, pictures, plan.seed, device))

    def loss_of(step: int) -> tuple[float, dict[str, float]]:
        rng = np.random.default_rng([plan.seed, 101, step])
        pixels = torch.stack([data.sequence(rng, crop, crop, pictures) for _ in range(batch)])
        generator = torch.Generator(device).manual_seed(int(rng.integers(1 << 40)))
        with torch.autocast(device.type, torch.bfloat16):
            total, figures = loss(vae, pixels, generator)
        total.backward()  # type: ignore[no-untyped-call]
        return total.item(), figures

    course.run(loss_of)


def _linear_start(
    vae: TinyVAE, data: Pictures, crop: int, pictures: int, seed: int, device: torch.device
) -> dict[str, Tensor]:
    """The weights that training begins with."""
    draws = [data.sequence(np.random.default_rng([seed, 100, index]), crop, crop, pictures) for index in range(64)]
    start = untrained(vae.config)
    linear_start.begin(start, torch.stack(draws).cpu())
    return {key: value.to(device) for key, value in start.state_dict().items()}


def untrained(config: object) -> TinyVAE:
    """Random weights from torch's generator; residual blocks begin as nothing, so that signals pass."""
    assert isinstance(config, TinyVAEConfig)
    vae = TinyVAE(config)
    for module in vae.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.orthogonal_(module.weight.data.view(module.weight.shape[0], -1), gain=1.0)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in vae.modules():
        if isinstance(module, MemoryBlock):
            last = module.conv[4]
            assert isinstance(last, nn.Conv2d)
            nn.init.zeros_(last.weight)
    last = vae.decoder[-1]
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    nn.init.constant_(last.bias, 0.5)
    return vae


def loss(vae: TinyVAE, pixels: Tensor, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
    """Of pixels [B, F, 3, H, W] in [-1, 1]: how far what is decoded is from them, and how untidy the latents are."""
    latents, _ = vae.encode(padded(pixels, "lead"))
    noise = torch.randn(latents.shape, generator=generator, device=latents.device)
    made, _ = vae.decode_unclamped(latents + LATENT_NOISE * noise)
    apart, psnr = distance(made[:, 3:].float(), pixels * 0.5 + 0.5)
    spread = latents.float().transpose(1, 2).flatten(2).transpose(0, 1).flatten(1)
    tidy = spread.mean(1).square().mean() + spread.std(1).clamp_min(1e-3).log().square().mean()
    return apart + 0.01 * tidy, {"psnr": psnr, "tidy": tidy.item()}


def distance(made: Tensor, wanted: Tensor) -> tuple[Tensor, float]:
    """How far pictures [B, F, 3, H, W] in 0..1 are from those wanted, to learn by; and their PSNR in dB.

    Squared and absolute differences, those of edges, and those from picture to picture.
    """
    difference = made - wanted
    square = F.smooth_l1_loss(made, wanted, beta=0.25)  # squared where it is small: one lost pixel must not rule
    edges = sum((difference.diff(dim=axis)).abs().mean() for axis in (-1, -2))
    shimmer = difference.diff(dim=1).abs().mean() if made.shape[1] > 1 else square.new_zeros(())
    total = 2 * square + 0.3 * difference.abs().mean() + 0.5 * edges + 0.25 * shimmer
    return total, -10 * torch.log10(difference.detach().clamp(-1, 1).square().mean()).item()


def trained(folder: Path, config: TinyVAEConfig, name: str = "autoencoder") -> TinyVAE:
    """What the stage ``name`` left in ``folder``. FileNotFoundError where it has not been run."""
    vae = TinyVAE(config)
    state = torch.load(folder / f"{name}.pt", map_location="cpu", weights_only=True)
    vae.load_state_dict(state["averaged"])
    return vae.eval()
