"""Files of published models at reduced width, under their exact real names, in every layout that real ones come in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.config import DiTConfig, TinyVAEConfig, WanVAEConfig
from engine.dit import WanDiT
from engine.params import Autoencoder, EngineChoice
from engine.published import AUTOENCODERS, Backbone
from engine.tiny_vae import TinyVAE
from engine.wan_vae import WanVAE
from tests.engine import umt5_files
from tests.engine.small_network import SHAPE

Tensors = dict[str, Tensor]
Write = Callable[[Path, Tensors], None]

DIT: DiTConfig = replace(SHAPE, vace_channels=96)
TINY_VAE = TinyVAEConfig(encoder_width=8, decoder_widths=(16, 12, 8, 8))
WAN_VAE = WanVAEConfig(width=4)

DIFFUSERS_RULES = {
    "time_embedding.0": "condition_embedder.time_embedder.linear_1",
    "time_embedding.2": "condition_embedder.time_embedder.linear_2",
    "text_embedding.0": "condition_embedder.text_embedder.linear_1",
    "text_embedding.2": "condition_embedder.text_embedder.linear_2",
    "time_projection.1": "condition_embedder.time_proj",
    "head.modulation": "scale_shift_table",
    "head.head": "proj_out",
    "modulation": "scale_shift_table",
    "ffn.0": "ffn.net.0.proj",
    "ffn.2": "ffn.net.2",
    "norm2": "norm__placeholder",
    "norm3": "norm2",
    "norm__placeholder": "norm3",
    "self_attn.q": "attn1.to_q",
    "self_attn.k": "attn1.to_k",
    "self_attn.v": "attn1.to_v",
    "self_attn.o": "attn1.to_out.0",
    "self_attn.norm_q": "attn1.norm_q",
    "self_attn.norm_k": "attn1.norm_k",
    "cross_attn.q": "attn2.to_q",
    "cross_attn.k": "attn2.to_k",
    "cross_attn.v": "attn2.to_v",
    "cross_attn.o": "attn2.to_out.0",
    "cross_attn.norm_q": "attn2.norm_q",
    "cross_attn.norm_k": "attn2.norm_k",
    "before_proj": "proj_in",
    "after_proj": "proj_out",
}
"""Successive replacements, in this order, that turn an original name into that of diffusers."""


def random_state(network: nn.Module, seed: int = 0) -> Tensors:
    """Random numbers for every parameter of a network, by its name, float32."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(parameter.shape, generator=generator) * 0.2 for name, parameter in network.named_parameters()
    }


def transformer_state(dit: DiTConfig = DIT, seed: int = 0) -> Tensors:
    """A transformer with its Context Blocks."""
    with torch.device("meta"):
        network = WanDiT(dit)
    return random_state(network, seed)


def vae_state(config: TinyVAEConfig | WanVAEConfig, seed: int = 1) -> Tensors:
    with torch.device("meta"):
        network = TinyVAE(config) if isinstance(config, TinyVAEConfig) else WanVAE(config)
    return random_state(network, seed)


def main_part(state: Mapping[str, Tensor]) -> Tensors:
    return {name: tensor for name, tensor in state.items() if not name.startswith("vace_")}


def vace_part(state: Mapping[str, Tensor]) -> Tensors:
    return {name: tensor for name, tensor in state.items() if name.startswith("vace_")}


def adapter_state(state: Mapping[str, Tensor], rank: int = 2, seed: int = 2) -> Tensors:
    """Factors for every linear layer of the main blocks, in PEFT's naming without an adapter's name."""
    generator = torch.Generator().manual_seed(seed)
    factors = {}
    for name, tensor in state.items():
        if name.startswith("blocks.") and name.endswith(".weight") and tensor.ndim == 2:
            layer = f"base_model.model.{name.removesuffix('.weight')}"
            factors[f"{layer}.lora_A.weight"] = torch.randn(rank, tensor.shape[1], generator=generator)
            factors[f"{layer}.lora_B.weight"] = torch.randn(tensor.shape[0], rank, generator=generator)
    return factors


def cast(state: Mapping[str, Tensor], dtype: torch.dtype) -> Tensors:
    return {name: tensor.to(dtype) for name, tensor in state.items()}


def renamed(state: Mapping[str, Tensor], rename: Callable[[str], str]) -> Tensors:
    return {rename(name): tensor for name, tensor in state.items()}


def diffusers_name(name: str) -> str:
    for original, replacement in DIFFUSERS_RULES.items():
        name = name.replace(original, replacement)
    return name


def wrapped_name(name: str) -> str:
    """As training with FSDP saves it: ``model._fsdp_wrapped_module.blocks.0._fsdp_wrapped_module.self_attn...``"""
    parts = name.split(".")
    if parts[0].endswith("blocks"):
        parts.insert(2, "_fsdp_wrapped_module")
    return ".".join(["model", "_fsdp_wrapped_module", *parts])


def write_safetensors(path: Path, state: Mapping[str, Tensor]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)


def write_torch(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(content, path)


def write_shards(folder: Path, stem: str, state: Mapping[str, Tensor], count: int = 3, index: bool = True) -> None:
    """As large models are published: parts, and an index that says which part holds what."""
    names = list(state)
    homes = {}
    for number in range(count):
        part = f"{stem}-{number + 1:05d}-of-{count:05d}.safetensors"
        mine = names[number::count]
        write_safetensors(folder / part, {name: state[name] for name in mine})
        homes.update(dict.fromkeys(mine, part))
    if index:
        text = json.dumps({"metadata": {"total_size": 0}, "weight_map": homes})
        (folder / f"{stem}.safetensors.index.json").write_text(text)


@dataclass(frozen=True)
class Published:
    """A published model at reduced width, whose files are in ``folder``."""

    folder: Path
    backbone: Backbone
    state: Tensors
    vae: Tensors
    adapter: Tensors
    autoencoder: Autoencoder

    @property
    def choice(self) -> EngineChoice:
        name = self.backbone.config.name
        return EngineChoice(name, width=48, height=32, folder=str(self.folder), autoencoder=self.autoencoder)

    @property
    def merged(self) -> Tensors:
        """The transformer as it is to be in memory: with its adapter, in float32."""
        state = dict(self.state)
        for name in self.state:
            layer = f"base_model.model.{name.removesuffix('.weight')}"
            if f"{layer}.lora_A.weight" in self.adapter:
                down, up = self.adapter[f"{layer}.lora_A.weight"], self.adapter[f"{layer}.lora_B.weight"]
                state[name] = state[name].addmm(up, down)
        return state


def publish(
    folder: Path, backbone: Backbone, vae: TinyVAEConfig | WanVAEConfig = TINY_VAE, /, **written: Write
) -> Published:
    """Write all files of the backbone at reduced width, plainly where ``written`` does not say otherwise.

    written: for generator, adapter, vace or autoencoder: called with the folder and the tensors of that file.
    """
    backbone = replace(backbone, config=replace(backbone.config, dit=DIT, vae=vae))
    state, vae_tensors = transformer_state(), vae_state(vae)
    adapter = adapter_state(state) if backbone.adapter else {}
    autoencoder: Autoencoder = "tiny" if isinstance(vae, TinyVAEConfig) else "wan"
    parts: dict[str, tuple[Tensors, str]] = {
        "generator": (main_part(state), backbone.generator.names[0]),
        "vace": (vace_part(state), backbone.vace.names[0]),
        "autoencoder": (vae_tensors, AUTOENCODERS[autoencoder][1].names[0]),
        "adapter": (adapter, "lora.pt"),
    }
    for part, (tensors, name) in parts.items():
        if part in written:
            written[part](folder, tensors)
        elif tensors:
            write_plain(folder / name, tensors)
    write_text_encoder(folder)
    return Published(folder, backbone, state, vae_tensors, adapter, autoencoder)


def write_plain(path: Path, state: Mapping[str, Tensor]) -> None:
    """By the ending of ``path`` a safetensors file, or one of ``torch.save``."""
    if path.suffix == ".safetensors":
        write_safetensors(path, state)
    else:
        write_torch(path, dict(state))


def write_text_encoder(folder: Path) -> None:
    """Under Wan's names, with its tokenizer beside it as in the repository."""
    weights = renamed(umt5_files.random_weights(), umt5_files.wan_name)
    umt5_files.write(folder / "models_t5_umt5-xxl-enc-bf16.pth", weights)
    tokenizer = folder / "google" / "umt5-xxl" / "tokenizer.json"
    tokenizer.parent.mkdir(parents=True, exist_ok=True)
    umt5_files.write_tokenizer(tokenizer)
