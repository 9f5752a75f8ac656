"""The starter's shapes at a size that trains in seconds, and a bank to train it on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.config import STARTER, DiTConfig, ModelConfig, TinyVAEConfig
from tests.training.pictures_folder import filled
from training import bank

SMALL: ModelConfig = replace(
    STARTER,
    dit=DiTConfig(
        dim=48, heads=2, ffn_dim=64, layers=2, vace_layers=(0,), freq_dim=16, text_dim=12, text_len=8,
        latent_channels=12, vace_channels=88,
    ),
    vae=TinyVAEConfig(
        encoder_width=12, decoder_widths=(16, 16, 14, 12), latent_channels=12, patch=2, doubling="shuffle",
        motion_gated=True,
    ),
)  # fmt: skip


def silent(line: str) -> None:
    pass


def banked(folder: Path, clips: int = 16) -> Path:
    """``folder`` with pictures and a bank of them, 64x48."""
    bank.write(filled(folder), clips, 2, 64, 48, seed=3, workers=1, only=(), say=silent)
    return folder
