"""The budget against what networks and streams really take: to the byte where it counts, from above where it guesses.

Real tensors at a tiny size; at real sizes the same networks on the meta device, where nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.autoencoder_budget import coding_channels
from engine.budget import Budget, budget_of, budget_on
from engine.catalog import Model, config_of, untrained_model
from engine.config import (
    STARTER,
    WAN_1_3B,
    WAN_14B,
    ModelConfig,
    RolloutConfig,
    TinyVAEConfig,
    WanVAEConfig,
)
from engine.device import Device
from engine.dit import WanDiT
from engine.offload import Offload
from engine.params import MAX_REFERENCES, ControlChunk, EngineChoice, Params, Picture
from engine.quantize import fp8_layers, store_fp8
from engine.rollout import Rollout
from engine.stream import Stream
from engine.tiny_vae import TinyVAE
from engine.wan_vae import WanVAE
from tests.footprint import META, Footprint
from tests.tiny import TINY

CPU = torch.device("cpu")
CHOICE = EngineChoice("tiny", width=48, height=32)
DTYPES = (torch.float32, torch.bfloat16)


def part(budget: Budget, name: str) -> int:
    (size,) = [one.bytes for one in budget.parts if one.name == name]
    return size


def storages(tensors: Iterable[Tensor]) -> int:
    """Bytes of all storages behind ``tensors``, each counted once."""
    return sum({tensor.data_ptr(): tensor.untyped_storage().nbytes() for tensor in tensors}.values())


# -- what stays


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("vace_layers", [(), (1,), (0, 2), (0, 1, 2)])
def test_weights_to_the_byte(vace_layers: tuple[int, ...], dtype: torch.dtype) -> None:
    config = replace(TINY, dit=replace(TINY.dit, vace_layers=vace_layers))
    budget = budget_of(config, CHOICE, dtype)
    network = WanDiT(config.dit).to(dtype)
    vace = [tensor for name, tensor in network.named_parameters() if name.startswith("vace_")]
    assert part(budget, "Context Blocks") == storages(vace)
    assert part(budget, "transformer") == storages(network.parameters()) - storages(vace)
    assert part(budget, "autoencoder") == storages(TinyVAE(TINY.vae).to(dtype).parameters())  # type: ignore[arg-type]


def test_the_wan_autoencoder_s_weights_to_the_byte() -> None:
    config = replace(TINY, vae=WanVAEConfig(width=8))
    assert part(budget_of(config, CHOICE, torch.float32), "autoencoder") == storages(
        WanVAE(WanVAEConfig(width=8)).parameters()
    )


def test_fp8_weights_to_the_byte() -> None:
    network = WanDiT(TINY.dit).to(torch.bfloat16)
    for layer in fp8_layers(network).values():
        store_fp8(layer, layer.weight)
    budget = budget_of(TINY, replace(CHOICE, precision="fp8"), torch.bfloat16)
    weights = part(budget, "transformer") + part(budget, "Context Blocks")
    assert weights == storages((*network.parameters(), *network.buffers()))
    assert budget.total < budget_of(TINY, CHOICE, torch.bfloat16).total


@pytest.mark.parametrize("precision", ["bf16", "fp8"])
def test_offloaded_weights(precision: str) -> None:
    choice = replace(CHOICE, precision=precision, offload=True)  # type: ignore[arg-type]
    budget = budget_of(TINY, choice, torch.bfloat16)
    network = WanDiT(TINY.dit).to(torch.bfloat16)
    if precision == "fp8":
        for layer in fp8_layers(network).values():
            store_fp8(layer, layer.weight)
    before = storages((*network.parameters(), *network.buffers()))
    staging = Offload(CPU)
    for block in (*network.blocks, *network.vace_blocks):
        staging.take(block)
    layers = fp8_layers(network).values()
    scales = [layer.weight_scale for layer in layers if layer.weight_scale is not None]
    assert budget.on_host == sum(tensor.nbytes for tensor in (*(layer.weight for layer in layers), *scales))
    # Layers are padded to a whole number of 256 bytes, which is nothing at real sizes.
    at_hand = part(budget, "blocks at hand")
    assert at_hand <= staging.staging_bytes <= at_hand + 2 * 256 * len(layers)
    rest = part(budget, "transformer, the rest") + part(budget, "Context Blocks, the rest")
    assert rest + budget.on_host == before


ROLLOUTS = [
    RolloutConfig(chunk=1, window=4, sink=1, prediction="clean"),
    RolloutConfig(chunk=3, window=12, sink=3),
    RolloutConfig(chunk=3, window=9, sink=0, positions="rolling"),
    RolloutConfig(chunk=3, window=6, sink=0, memory="recompute", context=3),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rollout", ROLLOUTS)
def test_the_cache_to_the_byte(rollout: RolloutConfig, dtype: torch.dtype) -> None:
    config = replace(TINY, rollout=rollout)
    choice = replace(CHOICE, width=80)
    with torch.inference_mode():
        made = Rollout(WanDiT(config.dit).to(dtype), config, choice.height // 8, choice.width // 8, dtype)
    assert part(budget_of(config, choice, dtype), "cache of the past") == storages(made.cache.storage)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_prompts_to_the_byte(dtype: torch.dtype) -> None:
    model = tiny_model(TINY, dtype)
    texts = [model.dit.read_text(model.text(prompt)) for prompt in ("ink", "more ink")]  # the old one, and the new
    held = [tensor for text in texts for read in (*text.main, *text.vace) for tensor in read[:2]]
    assert isinstance(model.text, torch.nn.Module)
    table = storages(model.text.parameters())
    assert part(budget_of(TINY, CHOICE, dtype), "prompts") == storages(held) + table


def tiny_model(config: ModelConfig, dtype: torch.dtype = torch.float32) -> Model:
    return untrained_model(config, Device(CPU, dtype))


# -- what comes and goes

AUTOENCODERS: list[TinyVAEConfig | WanVAEConfig] = [
    TinyVAEConfig(encoder_width=8, decoder_widths=(16, 12, 8, 8)),
    TinyVAEConfig(),
    STARTER.vae,
    WanVAEConfig(width=8),
    WanVAEConfig(),
]


@pytest.mark.parametrize("chunk", [1, 3])
@pytest.mark.parametrize("config", AUTOENCODERS)
def test_autoencoders_at_work(config: TinyVAEConfig | WanVAEConfig, chunk: int) -> None:
    height, width, dtype = 64, 96, torch.bfloat16
    channels = coding_channels(config, chunk)
    with META:
        vae = (TinyVAE(config) if isinstance(config, TinyVAEConfig) else WanVAE(config)).to(dtype)
    encodings, decodings = list[int](), list[int]()
    with torch.inference_mode(), Footprint() as footprint:
        encoder, decoder = vae.streaming_encoder(), vae.streaming_decoder()
        for pictures in (1, 4 * chunk):
            pixels = torch.empty(1, pictures, 3, height, width, device=META)
            footprint.peak = before = footprint.now
            encoder.encode(pixels)
            encodings.append(footprint.peak - max(before, footprint.now))
        del pixels
        encoding = footprint.now
        for frames in (1, chunk):
            latents = torch.empty(1, frames, config.latent_channels, height // 8, width // 8, device=META)
            footprint.peak = before = footprint.now
            decoder.decode(latents)
            decodings.append(footprint.peak - max(before, footprint.now))
        del latents
        decoding = footprint.now - encoding
    channel = height * width * dtype.itemsize
    assert encoding == channels.encoder * channel
    assert decoding == channels.decoder * channel
    reference = encodings[0]  # which is encoded where decoding is
    encoding_work, decoding_work = max(encodings), max(*decodings, reference)
    assert encoding_work <= channels.encoding * channel <= 1.15 * encoding_work
    assert decoding_work <= channels.decoding * channel <= 1.15 * decoding_work


@pytest.mark.parametrize("vae", AUTOENCODERS)
def test_memory_is_not_shared_between_what_a_gpu_does_beside_each_other(vae: TinyVAEConfig | WanVAEConfig) -> None:
    """Encoder and decoder have streams of CUDA of their own, and a second stream of the model has another again."""
    config = replace(TINY, vae=vae, dit=replace(TINY.dit, latent_channels=vae.latent_channels))
    in_turn, beside = (budget_of(config, CHOICE, torch.bfloat16, encodes_beside=beside) for beside in (False, True))
    channels = coding_channels(vae, config.rollout.chunk)
    channel = CHOICE.width * CHOICE.height * torch.bfloat16.itemsize
    assert part(in_turn, "autoencoder at work") == round(max(channels.encoding, channels.decoding) * channel)
    apart = [part(beside, name) for name in ("autoencoder at work", "encoder beside it")]
    assert apart == [round(channels.decoding * channel), round(channels.encoding * channel)]
    assert beside.total - in_turn.total == min(apart)
    assert beside.second_stream - in_turn.second_stream == apart[1]


def test_cuda_encodes_beside_its_other_work() -> None:
    choice = EngineChoice("starter")
    for kind in ("cpu", "mps", "xpu", "cuda"):
        parts = [part.name for part in budget_on(choice, Device(torch.device(kind), torch.bfloat16)).parts]
        assert ("encoder beside it" in parts) == (kind == "cuda")


TRANSFORMERS = {
    "starter": (STARTER.dit, STARTER.rollout, EngineChoice()),
    "1.3B": (replace(WAN_1_3B, layers=8, vace_layers=(0, 2, 4, 6)), RolloutConfig(), EngineChoice("", 640, 368)),
    "1.3B, one frame a chunk": (
        replace(WAN_1_3B, layers=6, vace_layers=(0, 2, 4)),
        RolloutConfig(chunk=1, window=6, sink=3),
        EngineChoice("", 320, 192),
    ),
    "1.3B, five hints": (
        replace(WAN_1_3B, layers=5, vace_layers=(0, 1, 2, 3, 4)),
        RolloutConfig(chunk=3, window=6, sink=0),
        EngineChoice("", 320, 192),
    ),
    "14B": (
        replace(WAN_14B, layers=6, vace_layers=(0, 5)),
        RolloutConfig(chunk=3, window=6, sink=0, memory="recompute"),
        EngineChoice("", 640, 368),
    ),
}
"""With fewer blocks than they have: these are alike."""


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers_at_work(name: str) -> None:
    dit, rollout, choice = TRANSFORMERS[name]
    config = ModelConfig(name, dit, TinyVAEConfig(latent_channels=dit.latent_channels), rollout)
    rows, columns = choice.height // 8, choice.width // 8

    def latents(frames: int, channels: int = dit.latent_channels) -> Tensor:
        return torch.empty(1, frames, channels, rows, columns, device=META)

    with META:
        network = WanDiT(dit).to(torch.bfloat16)
    with torch.inference_mode(), Footprint() as footprint:
        stream = Rollout(network, config, rows, columns, torch.bfloat16, META)
        stream.read_text(torch.empty(1, dit.text_len, dit.text_dim, device=META))
        stream.show_references(latents(MAX_REFERENCES), in_sink=True)
        footprint.peak = resting = footprint.now
        for _ in range(-(-rollout.window // rollout.chunk)):
            stream.denoise(lambda _: latents(rollout.chunk), [1000.0], latents(rollout.chunk, dit.vace_channels))
            stream.settle()
        stream.recache()
        work = footprint.peak - resting
    told = part(budget_of(config, choice, torch.bfloat16), "transformer at work")
    assert work <= told <= 1.4 * work


def test_offloaded_networks_hold_all_hints_at_once() -> None:
    """As many more as there are hints but the one that is added at once, of the chunk and of all references."""
    dit = replace(WAN_1_3B, layers=5, vace_layers=(0, 1, 2, 3, 4))
    config = ModelConfig("five", dit, TinyVAEConfig(), RolloutConfig(chunk=3, window=4, sink=0))
    choice = EngineChoice("", 320, 192)
    resident, offloaded = (
        part(budget_of(config, replace(choice, offload=offload), torch.bfloat16), "transformer at work")
        for offload in (False, True)
    )
    hint = (3 + MAX_REFERENCES) * (12 * 20) * dit.dim * torch.bfloat16.itemsize
    assert offloaded - resident == 4 * hint


@pytest.mark.parametrize("rollout", ROLLOUTS)
def test_no_stream_takes_more_than_its_budget(rollout: RolloutConfig) -> None:
    """All that a real stream takes, with everything on: references, video to video, a mask, a new prompt."""
    config = replace(TINY, rollout=rollout)
    model = tiny_model(config)
    picture = Picture(np.full((32, 48, 3), 90, np.uint8))
    params = Params("ink", references=(picture,) * MAX_REFERENCES, first_frame=picture, strength=0.7, steps=2)
    generator = np.random.default_rng(0)
    with Footprint(CPU) as footprint:
        stream = Stream(model, CHOICE)
        for number in range(8):
            chunk = (stream.wanted(params), CHOICE.height, CHOICE.width)
            guide = generator.integers(0, 256, (*chunk, 3), np.uint8)
            stream.step(ControlChunk(guide, guide, generator.integers(0, 256, chunk, np.uint8)), params)
            stream.settle()
            params = replace(params, prompt=f"ink {number // 3}")
    budget = budget_of(config, CHOICE, torch.float32)
    weights = part(budget, "transformer") + part(budget, "Context Blocks") + part(budget, "autoencoder")
    told = budget.total - weights
    assert footprint.peak <= told <= 2 * footprint.peak


# -- on paper


def test_1_3b_with_vace_and_the_tiny_autoencoder_goes_into_11_gigabytes() -> None:
    choice = EngineChoice("longlive-1.3b", 640, 368)
    config = config_of(choice)
    assert config.rollout.window == 12
    budget = budget_of(config, choice, torch.bfloat16)
    assert budget.total < 11e9
    assert part(budget, "transformer") + part(budget, "Context Blocks") == 2 * 2_153_972_032
    assert 2.5e9 < part(budget, "cache of the past") < 3.5e9


@pytest.mark.parametrize("name", ["self-forcing-1.3b", "krea-14b", "streamdiffusionv2-1.3b"])
def test_what_saves_memory_is_seen_to_save_it(name: str) -> None:
    def total(**changes: object) -> int:
        choice = replace(EngineChoice(name, 640, 368, autoencoder="wan"), **changes)  # type: ignore[arg-type]
        return budget_of(config_of(choice), choice, torch.bfloat16).total

    assert total(offload=True, precision="fp8") < total(offload=True) < total(precision="fp8") < total()
    assert total(autoencoder="tiny") < total(autoencoder="light") < total()
    assert total(width=320, height=192) < total()


def test_parts_add_up() -> None:
    budget = budget_of(TINY, replace(CHOICE, offload=True), torch.float32)
    assert budget.total + budget.on_host == sum(one.bytes for one in budget.parts)
    assert all(one.bytes >= 0 for one in budget.parts)
    assert len({one.name for one in budget.parts}) == len(budget.parts)
