"""A whole transformer with Context Blocks at a tiny size, in any number type, and LoRA files for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import save_file
from torch import Tensor

from engine.config import DiTConfig
from engine.dit import WanDiT
from engine.linear import Linear
from engine.quantize import fp8_layers, store_fp8

SHAPE = DiTConfig(
    dim=48, heads=2, ffn_dim=64, layers=3, vace_layers=(0, 2), freq_dim=16, text_dim=16, text_len=4, vace_channels=8
)
Kind = Literal["float32", "bf16", "fp8"]


def small_network(kind: Kind = "float32", seed: int = 0) -> WanDiT:
    """Random weights from a seed. "fp8" computes in bfloat16, as on a GPU."""
    generator = torch.Generator().manual_seed(seed)
    network = WanDiT(SHAPE)
    network.requires_grad_(False).eval()
    for parameter in network.parameters():
        if parameter.ndim > 1:
            parameter.normal_(0, parameter[0].numel() ** -0.5, generator=generator)
        else:
            parameter.normal_(0.5, 0.2, generator=generator)
    network.to(torch.float32 if kind == "float32" else torch.bfloat16)
    if kind == "fp8":
        for layer in fp8_layers(network).values():
            store_fp8(layer, layer.weight)
    return network


@torch.inference_mode()
def flow(network: WanDiT, vace: bool = True) -> Tensor:
    """What the network makes of one fixed chunk, prompt and context, the prompt read anew."""
    generator = torch.Generator().manual_seed(99)
    text = network.read_text(torch.randn(1, 3, SHAPE.text_dim, generator=generator))
    x = torch.randn(1, 2, 16, 4, 6, generator=generator)
    context = torch.randn(1, 2, SHAPE.vace_channels, 4, 6, generator=generator)
    out: Tensor = network(x, 250.0, text, context=network.read_context(context, 2) if vace else None)
    return out


def linears(network: WanDiT) -> dict[str, Linear]:
    return {name: module for name, module in network.named_modules() if isinstance(module, Linear)}


def stored(network: WanDiT) -> dict[str, tuple[int, bytes]]:
    """Where each linear layer's numbers lie, and their very bytes, scales of fp8 weights included."""
    state = {}
    for name, layer in linears(network).items():
        for kind, tensor in (("weight", layer.weight), ("weight_scale", layer.weight_scale)):
            if tensor is not None:
                content = tensor.detach().flatten().view(torch.uint8).numpy().tobytes()
                state[f"{name}.{kind}"] = (tensor.data_ptr(), content)
    return state


def lora_tensors(names: Iterable[str], seed: int, rank: int = 4, size: float = 0.1) -> dict[str, Tensor]:
    """Random factors for these layers, in the native layout."""
    generator = torch.Generator().manual_seed(seed)
    layers = linears(small_network())
    tensors = {}
    for name in names:
        down = torch.randn(rank, layers[name].in_features, generator=generator)
        tensors[f"diffusion_model.{name}.lora_A.weight"] = down * layers[name].in_features ** -0.5
        up = torch.randn(layers[name].out_features, rank, generator=generator)
        tensors[f"diffusion_model.{name}.lora_B.weight"] = up * size
    return tensors


def write_lora(path: Path, names: Iterable[str], seed: int, size: float = 0.1) -> str:
    save_file(lora_tensors(names, seed, size=size), path)
    return str(path)
