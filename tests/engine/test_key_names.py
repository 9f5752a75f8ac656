"""The names and shapes of the real files: those of the networks, once what files wrap around them is taken off.

Compared with the lists beside the project where they are there; the rules of renaming are tested on their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from engine.checkpoints import Part, match, match_adapter
from engine.config import WAN_1_3B, WAN_14B, DiTConfig, TinyVAEConfig, WanVAEConfig
from engine.dit import WanDiT
from engine.key_names import bare, transformer_names, wan_vae_names
from engine.tiny_vae import TinyVAE
from engine.wan_vae import WanVAE
from engine.weight_file import Stored, WeightFile
from tests.engine.published_files import DIFFUSERS_RULES, DIT, diffusers_name, transformer_state, wrapped_name

MANIFESTS = Path(__file__).parents[3] / "shared" / "golden" / "manifests"
beside = pytest.mark.skipif(not MANIFESTS.is_dir(), reason="the lists of real names are not beside the project")

Shapes = dict[str, tuple[int, ...]]


def params(name: str) -> Shapes:
    listed = json.loads((MANIFESTS / f"{name}.json").read_text())["params"]
    return {key: tuple(shape) for key, shape in listed.items()}


def on_meta(build: Callable[[], nn.Module]) -> nn.Module:
    with torch.device("meta"):
        return build()


def shapes(network: nn.Module) -> Shapes:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


class Headers(WeightFile):
    """A file's header without a file."""

    def __init__(self, tensors: Shapes) -> None:
        self.path = Path("headers.safetensors")
        self.stored = {name: Stored(torch.float32, shape) for name, shape in tensors.items()}

    def copy(self, name: str, start: int, out: Tensor) -> None:
        raise AssertionError("headers hold no numbers")

    def close(self) -> None:
        """Nothing is open."""


@beside
@pytest.mark.parametrize(("size", "config"), [("1.3B", WAN_1_3B), ("14B", WAN_14B)])
def test_transformers_and_vace_modules(size: str, config: DiTConfig) -> None:
    expected = shapes(on_meta(lambda: WanDiT(config)))
    main, vace = params(f"wan2.1_t2v_{size}_dit"), params(f"vace_{size}_vace_keys")
    assert expected == {**main, **vace}
    part = Part("it", "get it")
    for file, wanted in (
        (main, main),
        (vace, vace),
        (params(f"diffusers_wan2.1_t2v_{size}_transformer"), main),
        (params(f"diffusers_wan2.1_vace_{size}_vace_keys"), vace),
    ):
        sources = match(Headers(file), part, wanted, transformer_names)
        assert sorted(source.name for source in sources.values()) == sorted(file)


@beside
def test_autoencoders() -> None:
    assert shapes(on_meta(lambda: TinyVAE(TinyVAEConfig()))) == params("taew2_1")
    assert shapes(on_meta(lambda: WanVAE(WanVAEConfig()))) == params("wan2.1_vae")
    assert shapes(on_meta(lambda: WanVAE(WanVAEConfig(width=24)))) == params("lightvae_w2.1_pruned75")
    theirs = json.loads((MANIFESTS / "diffusers_wan2.1_vae_rename.json").read_text())["rename"]
    assert wan_vae_names(theirs.values()) == {diffusers: original for original, diffusers in theirs.items()}


@beside
def test_longlive() -> None:
    network = on_meta(lambda: WanDiT(WAN_1_3B))
    part = Part("it", "get it")
    match(Headers(params("longlive_1.3B_generator")), part, params("wan2.1_t2v_1.3B_dit"), transformer_names)
    adapter = params("longlive_1.3B_lora")
    assert len(match_adapter(Headers(adapter), part, network)) == len(adapter) // 2 == 300


@beside
def test_the_rules_of_diffusers_are_the_listed_ones() -> None:
    (listed,) = json.loads((MANIFESTS / "diffusers_rename_rules.json").read_text()).values()
    images = ("_img", "attn2.to_k_img", "attn2.to_v_img", "attn2.norm_k_img")
    ours = [rule for rule in listed.items() if not rule[0].endswith(images)]
    assert ours == list(DIFFUSERS_RULES.items())


def test_the_names_of_diffusers_lead_back_to_the_original_ones() -> None:
    originals = list(transformer_state(DIT))
    assert transformer_names(map(diffusers_name, originals)) == {diffusers_name(name): name for name in originals}
    assert transformer_names(originals) == {name: name for name in originals}


@given(st.sampled_from(list(transformer_state(DIT))), st.lists(st.sampled_from(["model", "module", "diffusion_model"])))
def test_what_wrapped_a_network_is_taken_off(name: str, wrappings: list[str]) -> None:
    assert bare(".".join([*wrappings, name])) == name
    assert bare(".".join([*wrappings, wrapped_name(name)])) == name
