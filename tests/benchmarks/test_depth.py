"""The depth control is timed on a network of the published shape, whatever its weights."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from transformers import DepthAnythingConfig, Dinov2Config

from benchmarks import depth
from controls.depth_network import PATCH


def tiny() -> DepthAnythingConfig:
    backbone = Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        mlp_ratio=2,
        image_size=4 * PATCH,
        patch_size=PATCH,
        out_indices=[1, 2, 3, 4],  # type: ignore[call-arg]
        apply_layernorm=True,
        reshape_hidden_states=False,
    )
    return DepthAnythingConfig(
        backbone_config=backbone,
        patch_size=PATCH,
        reassemble_hidden_size=16,
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=4,
    )


def test_depth_is_timed_without_its_model(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    monkeypatch.setenv("VACE_LIVE_MODELS", str(tmp_path))
    monkeypatch.setattr(depth, "DepthAnythingConfig", tiny)
    monkeypatch.setattr("app.bench._WARM_UP", 1)
    monkeypatch.setattr(sys, "argv", ["depth", "--pictures", "2"])
    assert depth.main() == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["ms"]) == {"depth"}
    assert set(told["ms"]["depth"]) == {"640x360", "1280x720"}
    assert told["not_here"] == {}


def test_the_shape_is_that_of_the_published_network() -> None:
    """Depth Anything V2 Small: a DINOv2 of 12 layers and 384 channels, and a neck and head of its sizes."""
    config = DepthAnythingConfig()
    backbone: Any = config.backbone_config
    assert (backbone.hidden_size, backbone.num_hidden_layers, backbone.num_attention_heads) == (384, 12, 6)
    assert tuple(config.neck_hidden_sizes) == (48, 96, 192, 384)
    assert (config.fusion_hidden_size, config.head_hidden_size) == (64, 32)
