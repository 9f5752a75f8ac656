"""The real network at a tiny size, in float32 so that comparisons are sharp."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from engine.catalog import Model, untrained_model
from engine.config import DiTConfig, ModelConfig, RolloutConfig, TinyVAEConfig, WanVAEConfig
from engine.device import Device
from engine.params import ControlChunk, EngineChoice, Pixels
from engine.wan_vae import WanVAE

CHOICE = EngineChoice("tiny", width=48, height=32)

TINY = ModelConfig(
    name="tiny",
    dit=DiTConfig(dim=48, heads=2, ffn_dim=64, layers=3, vace_layers=(0, 2), freq_dim=16, text_dim=12, text_len=4),
    vae=TinyVAEConfig(encoder_width=8, decoder_widths=(16, 12, 8, 8)),
    rollout=RolloutConfig(chunk=1, window=4, sink=1, prediction="clean"),
    vocabulary=64,
)


def tiny_model(chunk: int = 1, window: int = 4, sink: int = 1) -> Model:
    rollout = replace(TINY.rollout, chunk=chunk, window=window, sink=sink)
    return untrained_model(replace(TINY, rollout=rollout), Device(torch.device("cpu"), torch.float32))


def small_wan_vae() -> WanVAE:
    """Wan's autoencoder at a small width, its random weights far from zero."""
    vae = WanVAE(WanVAEConfig(width=8)).requires_grad_(False).eval()
    generator = torch.Generator().manual_seed(0)
    for parameter in vae.parameters():
        spread = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.1
        parameter.normal_(1.0 if parameter.shape[1:].numel() == 1 else 0.0, spread, generator=generator)
    return vae


def pictures(count: int, seed: int = 0) -> Pixels:
    """``count`` random pictures at ``CHOICE``'s size."""
    shape = (count, CHOICE.height, CHOICE.width, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def chunk_of(guide: Pixels) -> ControlChunk:
    return ControlChunk(guide, guide)
