"""Checkpoints: whatever layout the files have, the networks get the numbers in them, once, and let go of the files.

Files have the exact real names at reduced width.
"""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLWan
from torch import nn

from engine import fp8, fp8_gate, loading, weight_file
from engine.device import Device
from engine.dit import WanDiT
from engine.errors import EngineError
from engine.fp8 import dequantize, quantize_rows
from engine.loading import Networks, bring_up_networks
from engine.memory import Memory
from engine.params import EngineChoice, Progress
from engine.published import KREA, LONGLIVE, SELF_FORCING, STREAMDIFFUSION, Backbone
from engine.quantize import fp8_layers
from engine.wan_vae import WanVAE
from engine.weight_file import open_weights
from tests.engine import umt5_files
from tests.engine.published_files import (
    WAN_VAE,
    Published,
    Tensors,
    Write,
    cast,
    diffusers_name,
    main_part,
    publish,
    renamed,
    transformer_state,
    wrapped_name,
    write_plain,
    write_safetensors,
    write_shards,
    write_torch,
)

FLOAT32 = Device(torch.device("cpu"), torch.float32)
BFLOAT16 = Device(torch.device("cpu"), torch.bfloat16)


def coming(
    published: Published, device: Device = FLOAT32, choice: EngineChoice | None = None
) -> Generator[Progress, None, Networks]:
    backbone = published.backbone
    return bring_up_networks(backbone, backbone.config, choice or published.choice, device, umt5_files.CONFIG)


def load(
    published: Published,
    device: Device = FLOAT32,
    choice: EngineChoice | None = None,
    parts: list[float] | None = None,
) -> Networks:
    """parts: takes how far it had come with each slice."""
    bringing = coming(published, device, choice)
    parts = [] if parts is None else parts
    while True:
        try:
            parts.append(next(bringing).part)
        except StopIteration as end:
            networks: Networks = end.value
            return networks


def assert_holds(network: nn.Module, state: Tensors) -> None:
    """The network's parameters are these numbers, all of them, and nothing of it is without numbers."""
    held = dict(network.named_parameters())
    assert held.keys() == state.keys()
    for name, tensor in state.items():
        assert torch.equal(held[name], tensor.to(held[name].dtype)), name
    assert not any(buffer.is_meta for buffer in network.buffers())


# -- layouts


def to_longlive(wrap: object) -> Write:
    return lambda folder, tensors: write_torch(folder / "longlive_base.pt", wrap(tensors))  # type: ignore[operator]


def to_self_forcing(wrap: object) -> Write:
    return lambda folder, tensors: write_torch(folder / "self_forcing_dmd.pt", wrap(tensors))  # type: ignore[operator]


def legacy(folder: Path, tensors: Tensors) -> None:
    torch.save({"generator": tensors}, folder / "longlive_base.pt", _use_new_zipfile_serialization=False)


def in_repository(folder: Path, tensors: Tensors) -> None:
    path = folder / "LongLive-1.3B" / "models" / "longlive_base.pt"
    write_torch(path, {"generator": renamed(tensors, "model.{}".format)})


def to_streamdiffusion(folder: Path, tensors: Tensors) -> None:
    path = folder / "ckpts" / "wan_causal_dmd_v2v" / "model.pt"
    write_torch(path, {"model": renamed(tensors, "model.diffusion_model.{}".format)})


def repackaged(folder: Path, tensors: Tensors) -> None:
    path = folder / "Krea-Realtime-Video-14B.safetensors"
    write_safetensors(path, renamed(tensors, "model.diffusion_model.{}".format))


def named_by_diffusers(folder: Path, tensors: Tensors) -> None:
    write_safetensors(folder / "krea-realtime-video-14b.safetensors", renamed(tensors, diffusers_name))


def in_shards(index: bool) -> Write:
    where = Path("krea-realtime-video", "transformer")
    return lambda folder, tensors: write_shards(folder / where, "diffusion_pytorch_model", tensors, index=index)


LAYOUTS: dict[str, tuple[Backbone, Write]] = {
    "as published": (LONGLIVE, in_repository),
    "beside a critic": (
        LONGLIVE,
        to_longlive(lambda tensors: {"critic": {"x": torch.zeros(3)}, "generator": tensors, "step": 700}),
    ),
    "state_dict, module": (
        LONGLIVE,
        to_longlive(lambda tensors: {"state_dict": renamed(tensors, "module.{}".format), "epoch": 3}),
    ),
    "old format of torch": (LONGLIVE, legacy),
    "wrapped by FSDP": (
        SELF_FORCING,
        to_self_forcing(lambda tensors: {"generator_ema": renamed(tensors, wrapped_name)}),
    ),
    "averaged preferred": (
        SELF_FORCING,
        to_self_forcing(
            lambda tensors: {"generator": {key: 1 + value for key, value in tensors.items()}, "generator_ema": tensors}
        ),
    ),
    "model in model": (STREAMDIFFUSION, to_streamdiffusion),
    "repackaged, other case": (KREA, repackaged),
    "diffusers": (KREA, named_by_diffusers),
    "shards with an index": (KREA, in_shards(index=True)),
    "shards without an index": (KREA, in_shards(index=False)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_generator_in_any_layout(layout: str, tmp_path: Path) -> None:
    backbone, write = LAYOUTS[layout]
    published = publish(tmp_path, backbone, generator=write)
    networks = load(published)
    assert_holds(networks.dit, published.merged)
    assert_holds(networks.vae, published.vae)
    for network in (networks.dit, networks.vae):
        assert not any(module.training for module in network.modules())
        assert not any(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("device", [FLOAT32, BFLOAT16])
def test_every_float_type_becomes_the_device_s(dtype: torch.dtype, device: Device, tmp_path: Path) -> None:
    def named(name: str) -> Write:
        return lambda folder, tensors: write_plain(folder / name, cast(tensors, dtype))

    published = publish(
        tmp_path,
        SELF_FORCING,
        generator=named("self_forcing_dmd.pt"),
        vace=named("Wan2_1-VACE_module_1_3B_bf16.safetensors"),
        autoencoder=named("taew2_1.safetensors"),
    )
    networks = load(published, device)
    assert_holds(networks.dit, cast(published.state, dtype))
    assert_holds(networks.vae, cast(published.vae, dtype))
    assert {tensor.dtype for tensor in networks.dit.parameters()} == {device.dtype}


@pytest.mark.parametrize("by_row", [False, True])
@pytest.mark.parametrize("ending", [".scale_weight", ".weight_scale"])
def test_fp8_weights_are_multiplied_by_their_scales(by_row: bool, ending: str, tmp_path: Path) -> None:
    expected: Tensors = {}

    def write(folder: Path, tensors: Tensors) -> None:
        held: Tensors = {"scaled_fp8": torch.zeros(2, dtype=torch.float8_e4m3fn)}
        for name, tensor in tensors.items():
            held[name] = expected[name] = tensor
            if tensor.ndim == 2 and name.startswith("blocks."):
                layer = name.removesuffix(".weight")
                scale = (tensor.abs().amax(1, keepdim=True) if by_row else tensor.abs().amax()) / 448
                held[name] = (tensor / scale).to(torch.float8_e4m3fn)
                held[layer + ending], held[f"{layer}.scale_input"] = scale, torch.ones(())
                expected[name] = held[name].float() * scale
        write_safetensors(folder / "self_forcing_dmd.safetensors", held)

    published = publish(tmp_path, SELF_FORCING, generator=write)
    assert_holds(load(published).dit, {**published.state, **expected})


def test_plain_fp8_weights_stand_for_themselves(tmp_path: Path) -> None:
    def write(folder: Path, tensors: Tensors) -> None:
        write_safetensors(folder / "self_forcing_dmd.safetensors", cast(tensors, torch.float8_e4m3fn))

    published = publish(tmp_path, SELF_FORCING, generator=write)
    rounded = cast(cast(main_part(published.state), torch.float8_e4m3fn), torch.float32)
    assert_holds(load(published).dit, {**published.state, **rounded})


def test_a_full_vace_checkpoint_gives_its_context_blocks_alone(tmp_path: Path) -> None:
    def full(folder: Path, tensors: Tensors) -> None:
        path = folder / "Wan2.1-VACE-1.3B" / "diffusion_pytorch_model.safetensors"
        write_safetensors(path, {**main_part(transformer_state(seed=77)), **tensors})

    published = publish(tmp_path, SELF_FORCING, vace=full)
    assert_holds(load(published).dit, published.state)


def test_a_vace_module_named_by_diffusers(tmp_path: Path) -> None:
    def write(folder: Path, tensors: Tensors) -> None:
        write_safetensors(folder / "Wan2_1-VACE_module_1_3B_bf16.safetensors", renamed(tensors, diffusers_name))

    published = publish(tmp_path, SELF_FORCING, vace=write)
    assert_holds(load(published).dit, published.state)


def test_of_growth_stored_with_more_rows_the_last_ones_count(tmp_path: Path) -> None:
    def write(folder: Path, tensors: Tensors) -> None:
        names = [f"decoder.{layer}.conv.weight" for layer in (7, 13, 19)]
        more = {name: torch.cat([torch.full_like(tensors[name], 9.0), tensors[name]]) for name in names}
        write_torch(folder / "taew2_1.pth", {**tensors, **more})

    published = publish(tmp_path, SELF_FORCING, autoencoder=write)
    assert_holds(load(published).vae, published.vae)


def test_wan_s_autoencoder_plain(tmp_path: Path) -> None:
    published = publish(tmp_path, SELF_FORCING, WAN_VAE)
    assert_holds(load(published).vae, published.vae)


def test_wan_s_autoencoder_named_by_diffusers(tmp_path: Path) -> None:
    oracle: Any = AutoencoderKLWan(base_dim=WAN_VAE.width, z_dim=16)  # type: ignore[no-untyped-call]
    generator = torch.Generator().manual_seed(5)
    for parameter in oracle.requires_grad_(False).parameters():
        parameter.normal_(0, 0.2, generator=generator)
    published = publish(
        tmp_path,
        SELF_FORCING,
        WAN_VAE,
        autoencoder=lambda folder, _: write_safetensors(
            folder / "vae" / "diffusion_pytorch_model.safetensors", oracle.state_dict()
        ),
    )
    vae = load(published).vae
    assert isinstance(vae, WanVAE)
    pixels = torch.rand(1, 5, 3, 16, 16, generator=generator) * 2 - 1
    expected = oracle.encode(pixels.transpose(1, 2)).latent_dist.mode().transpose(1, 2)
    torch.testing.assert_close(vae.encode_raw(pixels)[0], expected, atol=2e-5, rtol=1e-4)


# -- what happens to weights on their way


def test_an_adapter_is_merged_in_float32_and_rounded_once(tmp_path: Path) -> None:
    published = publish(tmp_path, LONGLIVE)
    assert_holds(load(published, BFLOAT16).dit, published.merged)
    rounded_before = publish(tmp_path / "other", LONGLIVE)
    twice = replace(rounded_before, state=cast(cast(published.state, torch.bfloat16), torch.float32)).merged
    assert any(not torch.equal(twice[name].bfloat16(), published.merged[name].bfloat16()) for name in twice)


@pytest.fixture
def small_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole network's gate, over fewer and smaller pictures."""
    for name, value in (("_ROWS", 4), ("_COLUMNS", 6), ("CHUNKS", 1)):
        monkeypatch.setattr(fp8_gate, name, value)


@pytest.mark.usefixtures("small_gate")
@pytest.mark.parametrize("backbone", [LONGLIVE, SELF_FORCING])
def test_fp8_precision_quantises_what_was_read_and_merged(backbone: Backbone, tmp_path: Path) -> None:
    published = publish(tmp_path, backbone)
    dit = load(published, BFLOAT16, replace(published.choice, precision="fp8")).dit
    layers = fp8_layers(dit)
    assert layers
    for name, tensor in published.merged.items():
        layer = layers.get(name.removesuffix(".weight"))
        if layer is None:
            assert torch.equal(dit.get_parameter(name), tensor.bfloat16()), name
        else:
            assert layer.weight_scale is not None
            expected = dequantize(*quantize_rows(tensor), torch.float32)
            assert torch.equal(dequantize(layer.weight, layer.weight_scale, torch.float32), expected), name


@pytest.mark.usefixtures("small_gate")
@pytest.mark.parametrize(("broken", "left"), [(0, ""), (3, "3 of 53 "), (10**6, "53 of 53 matrices stay in bfloat16")])
def test_what_fp8_would_spoil_stays_whole(
    broken: int, left: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A product that is wrong for a few matrices, or for all: those stay as they were read, and that is said."""
    product, calls = fp8.linear, [0]

    def wrong(x: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
        calls[0] += 1
        return product(x, *weights) * (torch.nan if calls[0] <= broken else 1.0)

    published = publish(tmp_path, LONGLIVE)
    with monkeypatch.context() as patch:
        patch.setattr(fp8, "linear", wrong)
        model = load(published, BFLOAT16, replace(published.choice, precision="fp8"))
    layers = fp8_layers(model.dit)
    whole = [name for name, layer in layers.items() if layer.weight_scale is None]
    assert len(whole) == min(broken, len(layers))
    for name in whole:
        assert torch.equal(layers[name].weight, published.merged[f"{name}.weight"].bfloat16()), name
    assert left in model.note
    assert bool(model.note) == bool(left)


@pytest.mark.usefixtures("small_gate")
@pytest.mark.parametrize("wrong_by", [-1.0, math.nan])
def test_a_network_that_paints_something_else_in_fp8_stays_whole(
    wrong_by: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A product that is right for each matrix by itself, over the rows that those are tried with, and for no more."""
    product = fp8.linear

    def wrong(x: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
        y = product(x, *weights)
        return y if x.ndim == 2 else y * wrong_by

    published = publish(tmp_path, LONGLIVE)
    parts = list[float]()
    with monkeypatch.context() as patch:
        patch.setattr(fp8, "linear", wrong)
        model = load(published, BFLOAT16, replace(published.choice, precision="fp8"), parts)
    assert model.note.startswith("it stays in bfloat16, for in fp8 it paints something else")
    assert all(layer.weight_scale is None for layer in fp8_layers(model.dit).values())
    assert_holds(model.dit, published.merged)
    assert parts == sorted(parts)
    assert parts[-1] <= 1
    with torch.inference_mode():
        assert torch.equal(flow(model.dit), flow(load(published, BFLOAT16).dit))


@pytest.mark.parametrize("lacks", ["room", "residence"])
def test_what_could_not_be_compared_as_a_whole_is_said(
    lacks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = publish(tmp_path, LONGLIVE)
    choice = replace(published.choice, precision="fp8", offload=lacks == "residence")
    monkeypatch.setattr(loading, "offloads", lambda choice, device: choice.offload)
    if lacks == "room":
        monkeypatch.setattr(loading, "memory_of", lambda device: Memory(10**9, 1000))
    model = load(published, BFLOAT16, choice)
    assert "matrix by matrix alone" in model.note
    assert ("offloaded" in model.note) is (lacks == "residence")
    assert all(layer.weight_scale is not None for layer in fp8_layers(model.dit).values())


def test_offloaded_blocks_compute_as_resident_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = publish(tmp_path, LONGLIVE)
    resident = load(published, choice=replace(published.choice, offload=True)).dit
    monkeypatch.setattr(loading, "offloads", lambda choice, device: choice.offload)
    offloaded = load(published, choice=replace(published.choice, offload=True)).dit
    assert_holds(offloaded, published.merged)
    with torch.inference_mode():
        outs = [flow(dit) for dit in (resident, offloaded)]
    assert torch.equal(*outs)
    assert any(layer.staged is not None for layer in fp8_layers(offloaded).values())
    assert not any(layer.staged is not None for layer in fp8_layers(resident).values())


def flow(dit: WanDiT) -> torch.Tensor:
    """What the network makes of one fixed chunk with a context."""
    generator = torch.Generator().manual_seed(4)
    x, context = (torch.randn(1, 2, channels, 4, 6, generator=generator) for channels in (16, dit.config.vace_channels))
    text = dit.read_text(torch.randn(1, 3, dit.config.text_dim, generator=generator))
    out: torch.Tensor = dit(x, 250.0, text, context=dit.read_context(context, 2))
    return out


# -- the way there


def test_it_comes_in_small_slices_and_says_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight_file, "PART_BYTES", 512)
    largest = 0
    copy = weight_file._SafetensorsFile.copy

    def noted(file: weight_file._SafetensorsFile, name: str, start: int, out: torch.Tensor) -> None:
        nonlocal largest
        largest = max(largest, out.numel() * file.stored[name].dtype.itemsize)
        copy(file, name, start, out)

    monkeypatch.setattr(weight_file._SafetensorsFile, "copy", noted)
    published = publish(
        tmp_path,
        SELF_FORCING,
        generator=lambda folder, tensors: write_safetensors(folder / "self_forcing_dmd.safetensors", tensors),
    )
    bringing, seen = coming(published), []
    while True:
        try:
            seen.append(next(bringing))
        except StopIteration as end:
            networks = end.value
            break
    assert_holds(networks.dit, published.state)
    assert largest == 512
    parts = [progress.part for progress in seen]
    assert parts == sorted(parts)
    assert parts[0] == 0.0
    assert parts[-1] == 1.0
    assert any("self_forcing_dmd.safetensors" in progress.doing for progress in seen)
    assert any("Self-Forcing 1.3B" in progress.doing for progress in seen)


linux = pytest.mark.skipif(sys.platform != "linux", reason="reads what is open from /proc")


def held_below(folder: Path) -> set[str]:
    """Files below ``folder`` that this process has open or mapped."""
    gc.collect()
    paths = {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}
    paths |= {line.split(maxsplit=5)[-1].strip() for line in Path("/proc/self/maps").read_text().splitlines()}
    return {path for path in paths if path.startswith(str(folder))}


@linux
@pytest.mark.parametrize("name", ["x.safetensors", "x.pt", "x-00001-of-00001.safetensors"])
def test_a_closed_file_is_let_go_of(name: str, tmp_path: Path) -> None:
    write_plain(tmp_path / name, {"a": torch.ones(70_000)})
    with open_weights(tmp_path / name) as file:
        assert held_below(tmp_path)
    assert not held_below(tmp_path)
    assert list(file.stored) == ["a"]


@linux
@pytest.mark.parametrize("layout", ["as published", "old format of torch", "shards with an index"])
def test_no_file_is_held_once_a_model_is_up_abandoned_or_refused(layout: str, tmp_path: Path) -> None:
    backbone, write = LAYOUTS[layout]
    published = publish(tmp_path, backbone, generator=write)
    networks = load(published)
    assert not held_below(tmp_path)

    abandoned = coming(published)
    while next(abandoned).part < 0.5:
        pass
    assert held_below(tmp_path)
    abandoned.close()
    assert not held_below(tmp_path)

    (tmp_path / "taew2_1.pth").write_bytes(b"")
    with pytest.raises(EngineError):
        load(published)
    assert not held_below(tmp_path)
    assert_holds(networks.dit, published.merged)  # and the one that plays is as it was
