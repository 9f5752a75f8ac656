"""The engine's networks in the sizes that a case names, read from a golden directory as any checkpoint is.

Knows no numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from engine.blueprint import blueprint
from engine.checkpoints import Part, Rename, Shape, Source, expected_shapes, fill, match
from engine.config import DiTConfig, TinyVAEConfig, WanVAEConfig
from engine.dit import WanDiT
from engine.key_names import bare_names, transformer_names, wan_vae_names
from engine.tiny_vae import TinyVAE
from engine.wan_vae import WanVAE
from engine.weight_file import open_weights
from tests.parity.case import Case

Network = TypeVar("Network", bound=nn.Module)

_FIXED = {"patch_size": [1, 2, 2], "qk_norm": True, "cross_attn_norm": True}
"""What the engine has but one form of."""


def transformer(case: Case, vace: bool) -> WanDiT:
    """In the case's number type. vace: whether it has Context Blocks, from a file of their own."""
    network = blueprint(lambda: WanDiT(_dit_config(case, vace)))
    shapes = expected_shapes(network)
    main = {name: shape for name, shape in shapes.items() if not name.startswith("vace_")}
    files = {"dit": main}
    if vace:
        files["vace"] = {name: shape for name, shape in shapes.items() if name not in main}
    return _filled(network, case, files, transformer_names)


def wan_vae(case: Case) -> WanVAE:
    """In the width of its first layer."""
    shapes = _stored_shapes(case.weight_file("wan_vae"))
    config = WanVAEConfig(shapes["encoder.conv1.bias"][0], shapes["conv2.bias"][0])
    network = blueprint(lambda: WanVAE(config))
    return _filled(network, case, {"wan_vae": expected_shapes(network)}, wan_vae_names)


def tiny_vae(case: Case, normalised: bool = False) -> TinyVAE:
    """In the widths of its layers. normalised: the light variant, which passes Wan's channel statistics."""
    shapes = _stored_shapes(case.weight_file("tae"))
    # Numbered as published: each level's first memory block in the decoder, then its last convolution.
    coarse, middle, fine = (shapes[f"decoder.{layer}.conv.0.bias"][0] for layer in (3, 9, 15))
    config = TinyVAEConfig(
        encoder_width=shapes["encoder.0.bias"][0],
        decoder_widths=(coarse, middle, fine, shapes["decoder.22.weight"][1]),
        latent_channels=shapes["encoder.17.bias"][0],
        normalised=normalised,
    )
    network = blueprint(lambda: TinyVAE(config))
    return _filled(network, case, {"tae": expected_shapes(network)}, bare_names)


def _dit_config(case: Case, vace: bool) -> DiTConfig:
    facts = case.facts["model"]
    for name, value in _FIXED.items():
        if facts.get(name, value) != value:
            raise ValueError(f"{name} is {facts[name]}, and the engine knows {value} alone")
    return DiTConfig(
        dim=facts["dim"],
        heads=facts["num_heads"],
        ffn_dim=facts["ffn_dim"],
        layers=facts["num_layers"],
        vace_layers=tuple(case.facts["vace_layers"]) if vace else (),
        freq_dim=facts["freq_dim"],
        text_dim=facts["text_dim"],
        text_len=facts["text_len"],
        latent_channels=facts["in_channels"],
        vace_channels=case.facts["vace_in_channels"] if vace else DiTConfig.vace_channels,
        eps=facts["eps"],
    )


def _filled(network: Network, case: Case, files: Mapping[str, Mapping[str, Shape]], rename: Rename) -> Network:
    """``network`` with its weights. files: of the folder, each with the parameters that it must hold, and no other."""
    sources: dict[str, Source] = {}
    with ExitStack() as opened:
        for name, shapes in files.items():
            file = opened.enter_context(open_weights(case.weight_file(name)))
            sources |= match(file, Part(f"the network {name}", "put the right one there"), shapes, rename)
        for _ in fill(network, sources, case.dtype, torch.device("cpu")):
            pass
    return network


def _stored_shapes(path: Path) -> dict[str, Shape]:
    with open_weights(path) as file:
        return {name: stored.shape for name, stored in file.stored.items()}
