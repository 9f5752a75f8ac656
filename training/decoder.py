"""Stage "decoder": the autoencoder's decoder goes on learning, now from what the transformer paints as well.

Neither encoder nor transformer changes, so that the latents mean what they meant. What the transformer paints is
smoother than what the encoder gives, and has errors of its own, which the decoder learns to draw well. In a quarter of
the steps nothing moves, as on a stage much of the time.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.config import ModelConfig, TinyVAEConfig
from engine.tiny_vae import TinyVAE, padded
from training import autoencoder, transformer
from training.course import Course, Plan, Say, fingerprint
from training.muon import Muon
from training.pictures import Pictures
from training.samples import Batch, Samples, Shape

_PICTURES = 9
"""Of a sequence that is encoded."""
_STILL = 0.25
"""The share of the steps in which every picture is the first one of its sequence."""
_HALF_A_LEVEL = 1 / 255
"""Of 256, in [-1, 1]."""
_REPEATED = 20.0
"""The weight of squared errors that repeat from latent to latent, averaged over 16 of them: a grid on even grounds."""
_CALM = 1.0
"""The weight of what changes from picture to picture where nothing should."""


def train(folder: Path, config: ModelConfig, plan: Plan, device: torch.device, shape: Shape, say: Say) -> None:
    """Train on from the stage "autoencoder", or go on. Writes ``folder/decoder.pt``, a whole autoencoder.

    What was trained on another transformer than ``folder``'s present one is begun anew.
    shape: of what is painted for a step; as many sequences of its size are encoded.
    """
    torch.manual_seed(plan.seed)
    assert isinstance(config.vae, TinyVAEConfig)
    vae = autoencoder.trained(folder, config.vae).to(device)
    vae.encoder.requires_grad_(False)
    learned = [(name, parameter) for name, parameter in vae.named_parameters() if parameter.requires_grad]
    painter = transformer.trained(folder, config).to(device).requires_grad_(False)
    basis = fingerprint(painter.state_dict())
    course = Course("decoder", vae, folder, plan, Muon(learned, lr=3e-4, adam_lr=3e-4), say, basis)
    course.resume()
    as_taught = autoencoder.trained(folder, config.vae).to(device, torch.bfloat16).requires_grad_(False)
    pictures = Pictures(folder / "bank", device)
    samples = Samples(pictures, config.rollout, config.dit.latent_channels)

    def loss_of(step: int) -> tuple[float, dict[str, float]]:
        rng = np.random.default_rng([plan.seed, 303, step])
        pixels = torch.stack([pictures.sequence(rng, shape.height, shape.width, _PICTURES) for _ in range(shape.clips)])
        batch = samples.batch(rng, shape)
        if rng.random() < _STILL:
            pixels, batch = _stopped(pixels), _at_rest(batch)
        generator = torch.Generator(device).manual_seed(int(rng.integers(1 << 40)))
        with torch.autocast(device.type, torch.bfloat16):
            with torch.no_grad():
                encoded = as_taught.encode(padded(pixels, "lead"))[0].float()
                latents = transformer.encoded(as_taught, batch)
                painted = torch.cat(list(transformer.rollout(painter, batch, latents, generator)), dim=1).float()
            noise = torch.randn(encoded.shape, generator=generator, device=device)
            seen, psnr = _distance(vae, encoded + autoencoder.LATENT_NOISE * noise, pixels)
            made, psnr_painted = _distance(vae, painted, batch.target)
        (seen + made).backward()  # type: ignore[no-untyped-call]
        return (seen + made).item(), {"psnr": psnr, "painted": psnr_painted}

    course.run(loss_of)


def _distance(vae: TinyVAE, latents: Tensor, pixels: Tensor) -> tuple[Tensor, float]:
    """Of what is decoded from the pictures [B, F, 3, H, W] in [-1, 1], and where these stand still, of its rest."""
    decoded, _ = vae.decode_unclamped(latents)
    made = decoded[:, 3:].float()
    distance, psnr = autoencoder.distance(made, pixels * 0.5 + 0.5)
    repeated = transformer.repeating(made - (pixels * 0.5 + 0.5), 8)
    distance = distance + _REPEATED * repeated.square().mean()
    at_rest = pixels.diff(dim=1).abs() < _HALF_A_LEVEL
    return distance + _CALM * (made.diff(dim=1).abs() * at_rest).mean(), psnr


def _at_rest(batch: Batch) -> Batch:
    """All of it at its first picture, and each latent frame beginning from the same noise."""
    return replace(
        batch,
        guide=_stopped(batch.guide),
        source=_stopped(batch.source),
        mask=_stopped(batch.mask),
        target=_stopped(batch.target),
        noise=_stopped(batch.noise),
    )


def _stopped(pictures: Tensor) -> Tensor:
    """[B, F, ...] with the first of F in the place of all."""
    return pictures[:, :1].expand_as(pictures)
