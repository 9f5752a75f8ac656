"""Golden numbers: expected outputs of the published reference models, at tiny size.

A choice of them is kept in ``tests/golden``; all of them are used where they stand beside the project.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from torch import Tensor

from engine.config import DiTConfig, TinyVAEConfig
from engine.dit import WanDiT
from engine.tiny_vae import TinyVAE

KEPT = Path(__file__).parents[1] / "golden"
BESIDE = Path(__file__).parents[3] / "shared" / "golden"


@dataclass(frozen=True, eq=False)
class Case:
    facts: dict[str, Any]
    tensors: dict[str, Tensor]

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]


def case(name: str) -> Case:
    for folder in (KEPT, BESIDE):
        facts, tensors = folder / f"case_{name}.json", folder / f"case_{name}.safetensors"
        if facts.exists():
            return Case(json.loads(facts.read_text()), load_file(tensors))
    pytest.skip(f"the case {name} is not in tests/golden, and the full set is not beside the project")


def weights(name: str) -> dict[str, Tensor]:
    return load_file(KEPT / f"weights_{name}_tiny.safetensors")


@cache
def dit(vace: bool) -> WanDiT:
    """The tiny transformer with its published names, with or without Context Blocks."""
    config = DiTConfig(
        dim=96,
        heads=4,
        ffn_dim=192,
        layers=4,
        vace_layers=(0, 2) if vace else (),
        freq_dim=32,
        text_dim=32,
        text_len=16,
    )
    network = WanDiT(config)
    network.load_state_dict({**weights("dit"), **(weights("vace") if vace else {})})
    return network.requires_grad_(False).eval()


@cache
def tiny_vae() -> TinyVAE:
    network = TinyVAE(TinyVAEConfig(encoder_width=12, decoder_widths=(24, 20, 16, 12)))
    network.load_state_dict(weights("tae"))
    return network.requires_grad_(False).eval()


def pixels(frames_u8: Tensor) -> Tensor:
    """[F, 3, H, W] bytes as [1, F, 3, H, W] in [-1, 1]."""
    return frames_u8.float().unsqueeze(0) / 127.5 - 1


def assert_close(actual: Tensor, expected: Tensor, tolerance: float, what: str) -> None:
    assert actual.shape == expected.shape, f"{what}: shape {tuple(actual.shape)}, expected {tuple(expected.shape)}"
    error = float((actual.float() - expected.float()).abs().max())
    assert error <= tolerance, f"{what}: largest error {error:.2e}, expected at most {tolerance:.0e}"
