"""LoRA files in every layout come to the same factors; what cannot be used is named in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.config import WAN_1_3B
from engine.dit import WanDiT
from engine.errors import EngineError
from engine.key_names import transformer_names
from engine.linear import Branch, Linear
from engine.lora import merge, parse_lora, read_lora, require_fit
from engine.lora_file import _DIFFUSERS, check_lora
from tests.engine.golden_files import golden_file
from tests.engine.small_network import SHAPE, linears, lora_tensors, small_network

TOLERANCE = 1e-5
LAYOUTS = ("native", "diffusers", "kohya", "peft")
GOLDEN_LAYERS = ("blocks.0.self_attn.q", "blocks.1.ffn.0")


def diffusers_name(native: str) -> str:
    for published, renamed in _DIFFUSERS:
        native = native.replace(published, renamed)
    return native


def written_as(layout: str, name: str, half: str) -> str:
    """The key of one half of a layer's factors."""
    return {
        "native": f"diffusion_model.{name}.lora_{half}.weight",
        "diffusers": f"transformer.{diffusers_name(name)}.lora_{half}.weight",
        "kohya": f"lora_unet_{name.replace('.', '_')}.lora_{'down' if half == 'A' else 'up'}.weight",
        "peft": f"base_model.model.{name}.lora_{half}.weight",
        "peft with an adapter's name": f"base_model.model.model.{name}.lora_{half}.default.weight",
        "kohya over diffusers": (
            f"lora_unet_{diffusers_name(name).replace('.', '_')}.lora_{'down' if half == 'A' else 'up'}.weight"
        ),
    }[layout]


@pytest.fixture(scope="module")
def golden() -> dict[str, Tensor]:
    return load_file(golden_file("case_lora.safetensors"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_golden_layouts_hold_the_same_change(golden: dict[str, Tensor], layout: str) -> None:
    tensors = {key.split("/", 1)[1]: value for key, value in golden.items() if key.startswith(f"{layout}/")}
    lora = parse_lora(tensors, layout)
    assert set(lora.layers) == set(GOLDEN_LAYERS)
    for name, factors in lora.layers.items():
        assert factors.scale == (0.5 if layout == "kohya" else 1.0)
        base = golden[f"base.{name}.weight"]
        delta = merge(torch.zeros_like(base), [(factors, 1.0)]) / factors.scale
        assert (delta - golden[f"unit_delta.{name}.weight"]).abs().max() < TOLERANCE
        if layout == "kohya":
            merged = merge(base, [(factors, 0.7)])
            assert (merged - golden[f"merged_kohya.strength70.{name}.weight"]).abs().max() < TOLERANCE
        else:
            layer = Linear(base.shape[1], base.shape[0]).requires_grad_(False)
            layer.write(base, None)
            layer.bias.zero_()
            layer.branches = (Branch(factors.down, factors.up, 0.7 * factors.scale),)
            y = layer(golden[f"runtime.x.{name}"])
            assert (y - golden[f"runtime.y_no_bias.{name}"]).abs().max() < TOLERANCE


@pytest.mark.parametrize(
    "layout",
    ["native", "diffusers", "kohya", "peft", "peft with an adapter's name", "kohya over diffusers"],
)
def test_every_linear_layer_is_found_in_every_layout(layout: str) -> None:
    """Underscores of the network's own names (self_attn, vace_blocks, time_projection) stay what they are."""
    network = small_network()
    tensors = {}
    for name, layer in linears(network).items():
        tensors[written_as(layout, name, "A")] = torch.ones(2, layer.in_features)
        tensors[written_as(layout, name, "B")] = torch.ones(layer.out_features, 2)
    lora = parse_lora(tensors, "all.safetensors")
    assert set(lora.layers) == set(linears(network))
    require_fit(lora, network)


def test_diffusers_names_are_those_of_whole_checkpoints() -> None:
    native = [f"{name}.weight" for name in linears(small_network())]
    renamed = {diffusers_name(name): name for name in native}
    assert transformer_names(renamed) == renamed


def test_the_published_adapter_is_understood_whole() -> None:
    shapes = json.loads(golden_file("manifests/longlive_1.3B_lora.json").read_text())["params"]
    stub = {key: torch.zeros(1, 1) for key in shapes}
    lora = parse_lora(stub, "lora.pt")
    with torch.device("meta"):
        network = WanDiT(WAN_1_3B)
    expected = {name for name, module in network.named_modules() if isinstance(module, Linear)}
    assert set(lora.layers) == {name for name in expected if name.startswith("blocks.")}
    assert len(lora.layers) == len(shapes) // 2


def test_alpha_over_rank_scales() -> None:
    tensors = lora_tensors(["blocks.0.ffn.0", "blocks.0.ffn.2"], seed=1, rank=8)
    tensors["diffusion_model.blocks.0.ffn.2.alpha"] = torch.tensor(2.0)
    layers = parse_lora(tensors, "x").layers
    assert layers["blocks.0.ffn.0"].scale == 1.0
    assert layers["blocks.0.ffn.2"].scale == 0.25


@pytest.mark.parametrize("ending", [".pt", ".pth", ".safetensors"])
def test_files_of_every_kind(tmp_path: Path, ending: str) -> None:
    tensors = lora_tensors(["blocks.1.cross_attn.o", "vace_blocks.0.before_proj"], seed=1)
    path = tmp_path / f"style{ending}"
    if ending == ".safetensors":
        save_file(tensors, path)
    else:
        torch.save({"critic_lora": {"other": torch.zeros(2)}, "generator_lora": tensors, "step": 3}, path)
    lora = read_lora(path)
    assert set(lora.layers) == {"blocks.1.cross_attn.o", "vace_blocks.0.before_proj"}
    assert torch.equal(
        lora.layers["blocks.1.cross_attn.o"].down, tensors["diffusion_model.blocks.1.cross_attn.o.lora_A.weight"]
    )


def changed(key: str, value: Tensor) -> dict[str, Tensor]:
    return {**lora_tensors(["blocks.0.ffn.0"], seed=1), key: value}


DOWN, UP = (f"diffusion_model.blocks.0.ffn.0.lora_{half}.weight" for half in "AB")


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        (changed("diffusion_model.blocks.0.cross_attn.k_img.lora_A.weight", torch.ones(4, 48)), ["k_img"]),
        (changed("lora_te_layer_0.lora_down.weight", torch.ones(4, 48)), ["lora_te_layer_0"]),
        (changed("blocks.0.norm3.lora_A.weight", torch.ones(4, 48)), ["norm3"]),
        (changed("diffusion_model.blocks.0.ffn.0.lora_B.bias", torch.ones(64)), ["lora_B.bias"]),
        (changed("diffusion_model.blocks.0.ffn.0.dora_scale", torch.ones(64, 1)), ["DoRA", "ffn.0.dora_scale"]),
        (changed("lora_unet_blocks_0_ffn_0.lokr_w1", torch.ones(4, 4)), ["LoKr", "lokr_w1"]),
        (changed("lora_unet_blocks_0_ffn_0.hada_w1_a", torch.ones(4, 4)), ["LoHa", "hada_w1_a"]),
        (changed("diffusion_model.blocks.0.ffn.0.diff_b", torch.ones(64)), ["whole differences", "diff_b"]),
        (changed(UP, torch.ones(64, 5)), ["blocks.0.ffn.0", "[4, 48]", "[64, 5]"]),
        (changed(UP, torch.full((64, 4), torch.nan)), ["blocks.0.ffn.0", "not finite"]),
        (changed("lora_unet_blocks_0_ffn_0.lora_down.weight", torch.ones(4, 48)), ["two adapters"]),
        ({DOWN: torch.ones(4, 48)}, ["only the down factor", "blocks.0.ffn.0"]),
        ({}, ["no factors"]),
    ],
)
def test_what_cannot_be_used_is_named(tensors: dict[str, Tensor], said: list[str]) -> None:
    with pytest.raises(EngineError) as error:
        parse_lora(tensors, "style.safetensors")
    sentence = str(error.value)
    assert all(words in sentence for words in [*said, "style.safetensors", "stays as it was"]), sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_many_unknown_keys_make_a_short_sentence() -> None:
    with pytest.raises(EngineError, match=r"other\.0, other\.1, other\.2 and 197 more") as error:
        parse_lora({f"other.{index}": torch.ones(1) for index in range(200)}, "x")
    assert len(str(error.value)) < 300


def test_another_models_lora_is_refused_with_both_sizes() -> None:
    larger = {DOWN: torch.ones(4, 80), UP: torch.ones(64, 4)}
    with pytest.raises(EngineError, match=r"x\.pt .*diffusion_model\.blocks\.0\.ffn\.0 .*64x48, found 64x80"):
        require_fit(parse_lora(larger, "x.pt"), small_network())


def test_layers_that_the_model_lacks_are_named() -> None:
    deeper = {key.replace("blocks.0", "blocks.39"): value for key, value in lora_tensors(["blocks.0.ffn.0"], 1).items()}
    with pytest.raises(EngineError, match=r"diffusion_model\.blocks\.39\.ffn\.0, which this model does not have"):
        require_fit(parse_lora(deeper, "x"), small_network())


def test_a_file_that_cannot_be_read_is_an_engine_error(tmp_path: Path) -> None:
    whole = tmp_path / "whole.safetensors"
    save_file(lora_tensors(["blocks.0.ffn.0"], seed=1), whole)
    short = tmp_path / "short.safetensors"
    short.write_bytes(whole.read_bytes()[:-100])
    page = tmp_path / "page.safetensors"
    page.write_text("<!doctype html><html></html>")
    for path in (short, page, tmp_path / "absent.safetensors", tmp_path):
        with pytest.raises(EngineError, match=path.name):
            read_lora(path)


@pytest.mark.parametrize("layout", [*LAYOUTS, "kohya over diffusers", "peft with an adapter's name"])
def test_a_header_alone_tells_that_a_lora_fits(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "style.safetensors"
    tensors = {}
    for key, value in lora_tensors(["blocks.1.self_attn.q", "vace_blocks.0.ffn.2"], seed=0).items():
        name, half = key.removeprefix("diffusion_model.").removesuffix(".weight").rsplit(".lora_", 1)
        tensors[written_as(layout, name, half)] = value
    save_file(tensors, path)
    check_lora(path, SHAPE)
    require_fit(read_lora(path), small_network())


def refused_alike(path: Path) -> str:
    """What the header's check says, which is what loading it all would say."""
    with pytest.raises(EngineError) as early:
        check_lora(path, SHAPE)
    with pytest.raises(EngineError) as late:
        require_fit(read_lora(path), small_network())
    assert str(early.value) == str(late.value)
    return str(early.value)


def test_a_header_alone_tells_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "style.safetensors"
    good = lora_tensors(["blocks.1.self_attn.q"], seed=0)
    down, up = good
    cases = {
        "no layer of this kind of network": {"text.model.weight": torch.zeros(2, 2)},
        "only the down factor": {down: good[down]},
        "do not fit": {down: good[down], up: good[up][:, :1]},
        "model of another size": {down: torch.zeros(4, 99), up: torch.zeros(99, 4)},
        "does not have": {key.replace("blocks.1", "blocks.7"): value for key, value in good.items()},
    }
    for reason, tensors in cases.items():
        save_file({key: value.contiguous() for key, value in tensors.items()}, path)
        assert reason in refused_alike(path)
    path.write_bytes(b"\x89PNG\r\n\x1a\n and so on")
    assert "expected weights" in refused_alike(path)
    path.unlink()
    assert "cannot be read" in refused_alike(path)


def test_a_header_is_checked_without_reading_what_follows(tmp_path: Path) -> None:
    """A LoRA whose numbers are not finite passes the header's check, and no other."""
    path = tmp_path / "style.safetensors"
    save_file({key: value * float("nan") for key, value in lora_tensors(["blocks.1.ffn.0"], seed=0).items()}, path)
    check_lora(path, SHAPE)
    with pytest.raises(EngineError, match="not finite"):
        read_lora(path)
