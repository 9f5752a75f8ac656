"""Every published model's own roll-out with every mode, in the real network at a tiny width: docs/engine.md's table."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from engine.catalog import MODELS, Model, config_of, untrained_model
from engine.device import Device
from engine.params import ControlChunk, EngineChoice, Params, Picture, Pixels
from engine.stream import Stream
from tests.tiny import CHOICE, TINY, pictures, small_wan_vae

PARAMS = Params(prompt="ink on paper", seed=3)
RED = Picture(np.full((40, 60, 3), (220, 30, 30), np.uint8))
HALF = np.zeros((CHOICE.height, CHOICE.width), np.uint8)
HALF[:, 24:] = 255
MODES: dict[str, dict[str, Any]] = {
    "structure": {"control_strength": 0.3},
    "inpainting": {"mask": HALF},
    "references in the sink": {"references": (RED, RED, RED)},
    "references aligned": {"references": (RED,), "reference_mode": "aligned"},
    "references as published": {"references": (RED,), "reference_mode": "reference"},
    "first frame": {"first_frame": RED},
    "last frame": {"last_frame": RED},
    "first and last frame": {"first_frame": RED, "last_frame": RED},
    "video to video": {"strength": 0.5},
    "prompt, recached": {"prompt": "lava"},
    "prompt, cross-attention alone": {"prompt": "lava", "prompt_change": "keep"},
    "soft cut": {"soft_cut": 1},
    "past": {"past": 0.3},
}


@cache
def tiny(name: str) -> Model:
    """The model's roll-out to the letter, its networks at a tiny width with random weights."""
    config = replace(TINY, name=name, rollout=config_of(EngineChoice(name)).rollout)
    return untrained_model(config, Device(torch.device("cpu"), torch.float32))


def paint(model: Model, changes: dict[str, Any]) -> list[Pixels]:
    """Three chunks of random pictures, the last of them with ``changes``."""
    stream, out = Stream(model, CHOICE), []
    for number in range(3):
        asked = dict(changes) if number == 2 else {}
        mask = asked.pop("mask", None)
        params = replace(PARAMS, **asked)
        shown = pictures(stream.wanted(params), number)
        out.append(stream.step(ControlChunk(shown, shown, _for_each(mask, len(shown))), params))
        stream.settle()
    assert not stream.troubles()
    return out


def _for_each(mask: Pixels | None, count: int) -> Pixels | None:
    return None if mask is None else np.repeat(mask[None], count, axis=0)


@cache
def plain(name: str) -> list[Pixels]:
    return paint(tiny(name), {})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", MODELS)
def test_every_mode_acts_on_every_backbone(name: str, mode: str) -> None:
    changed = paint(tiny(name), MODES[mode])
    same = [np.array_equal(a, b) for a, b in zip(plain(name), changed, strict=True)]
    assert same == [True, True, False]


@pytest.mark.parametrize("name", MODELS)
def test_all_modes_at_once(name: str) -> None:
    everything = {
        "control_strength": 0.7,
        "mask": HALF,
        "references": (RED, RED),
        "first_frame": RED,
        "last_frame": RED,
        "strength": 0.6,
        "prompt": "lava",
        "soft_cut": 1,
        "past": 0.5,
    }
    last = paint(tiny(name), everything)[-1]
    assert last.shape == plain(name)[-1].shape
    assert last.std() > 0


@pytest.mark.parametrize("name", MODELS)
def test_wans_own_autoencoder_carries_every_backbone(name: str) -> None:
    model = replace(tiny(name), vae=small_wan_vae())
    out = paint(model, {"references": (RED,), "strength": 0.5, "first_frame": RED, "mask": HALF})
    wanted = model.config.rollout.pictures
    assert [len(pictures_out) for pictures_out in out] == [wanted(True), wanted(False), wanted(False)]
    assert all(np.ptp(pictures_out) > 0 for pictures_out in out)
