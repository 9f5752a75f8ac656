"""Layers that lie behind each other in memory: one product for all, and whatever is done to one of them reaches it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine import linear
from engine.block import Attention
from engine.blueprint import blueprint
from engine.checkpoints import Part, expected_shapes, fill, match
from engine.dit import WanDiT
from engine.fp8 import quantize_rows
from engine.linear import Branch, Linear, adjoin, joint_of, products
from engine.lora import Adapters
from engine.params import Lora
from engine.quantize import fp8_layers
from engine.weight_file import open_weights
from tests.engine.small_network import SHAPE, Kind, flow, small_network, stored, write_lora

KINDS = pytest.mark.parametrize("kind", ["float32", "bf16", "fp8"])


def three(kind: Kind = "float32") -> tuple[Linear, Linear, Linear]:
    """Query, key and value layers of one attention, laid together."""
    attention = small_network(kind).blocks[1].self_attn
    assert isinstance(attention, Attention)
    attention.adjoin()
    return attention.q, attention.k, attention.v


def by_one(layers: Sequence[Linear]) -> bool:
    """Whether one product serves them."""
    return not linear._apart(layers) and linear.whole_of(layers) is not None


def inputs(layers: Sequence[Linear]) -> Tensor:
    x = torch.randn(2, 7, layers[0].in_features, generator=torch.Generator().manual_seed(0))
    return x.to(layers[0].bias.dtype)


def agree(layers: Sequence[Linear]) -> bool:
    """What comes of them together is what each comes to alone, as near as products of two shapes are."""
    x = inputs(layers)
    tolerance = (1e-5, 1e-5) if x.dtype == torch.float32 else (0.02, 0.02)
    pairs = zip(products(layers, x), (layer(x) for layer in layers), strict=True)
    return all(torch.allclose(together, alone, *tolerance) for together, alone in pairs)


@KINDS
def test_one_product_serves_three_layers_and_two_of_them(kind: Kind) -> None:
    layers = three(kind)
    assert by_one(layers)
    assert agree(layers)
    assert by_one(layers[1:])
    assert agree(layers[1:])
    assert not by_one((layers[0], layers[2]))
    assert agree((layers[0], layers[2]))


def move(layer: Linear) -> None:
    layer.to(torch.bfloat16).to(torch.float32)


def replace(layer: Linear) -> None:
    layer.weight = torch.nn.Parameter(2 * layer.weight, requires_grad=False)


def assign(layer: Linear) -> None:
    layer.weight.data = 2 * layer.weight


def shift(layer: Linear) -> None:
    layer.bias = torch.nn.Parameter(1 + layer.bias, requires_grad=False)


def branch(layer: Linear) -> None:
    layer.branches = (Branch(torch.ones(1, 48), torch.ones(48, 1), 0.3),)


def train(layer: Linear) -> None:
    layer.requires_grad_()


def stage(layer: Linear) -> None:
    layer.drop_staged = lambda: None
    layer.staged = (2 * layer.weight, None)


@pytest.mark.parametrize("change", [move, replace, assign, shift, branch, train, stage], ids=lambda each: each.__name__)
@pytest.mark.parametrize("which", [0, 1, 2])
def test_what_is_done_to_one_layer_counts(change: Callable[[Linear], None], which: int) -> None:
    layers = three()
    change(layers[which])
    assert not by_one(layers)
    assert agree(layers)


def test_what_is_written_in_place_reaches_the_product() -> None:
    layers = three()
    layers[1].write(3 * layers[1].weight, None)
    assert by_one(layers)
    assert agree(layers)
    eights = three("fp8")
    eights[2].write(*quantize_rows(torch.randn(48, 48, generator=torch.Generator().manual_seed(1))))
    assert by_one(eights)
    assert agree(eights)


@pytest.mark.parametrize("change", [move, replace, assign, shift], ids=lambda each: each.__name__)
@pytest.mark.parametrize("which", [0, 1, 2])
def test_the_whole_that_compilers_see_holds_until_a_layer_lies_elsewhere(
    change: Callable[[Linear], None], which: int
) -> None:
    layers = three("bf16")
    joint = joint_of(layers)
    assert joint is not None
    assert joint.holds(layers)
    x = inputs(layers)
    whole = torch.cat([layer(x) for layer in layers], dim=-1)
    assert torch.allclose(F.linear(x, *joint), whole, atol=0.02, rtol=0.02)
    layers[which].write(3 * layers[which].weight, None)
    assert joint.holds(layers)
    change(layers[which])
    assert not joint.holds(layers)


def test_what_has_to_be_called_by_itself_is_shown_to_no_compiler() -> None:
    assert joint_of(three("fp8")) is None
    for change in (stage, train):
        layers = three()
        change(layers[1])
        assert joint_of(layers) is None


def test_layers_that_differ_are_left_as_they_are() -> None:
    layers = three()
    layers[0].to(torch.bfloat16)
    before = [layer.weight.data_ptr() for layer in layers]
    adjoin(layers)
    assert [layer.weight.data_ptr() for layer in layers] == before


def attentions(network: WanDiT) -> list[Attention]:
    return [module for module in network.modules() if isinstance(module, Attention)]


def test_a_network_stays_laid_together_where_it_is_moved() -> None:
    """And what was copied or unpacked works, each layer for itself, until it is moved."""
    network = small_network()
    assert all(by_one((each.q, each.k, each.v)) for each in attentions(network))
    before = flow(network)
    apart = copy.deepcopy(network)
    assert not any(by_one((each.q, each.k, each.v)) for each in attentions(apart))
    assert torch.allclose(flow(apart), before, atol=2e-5)
    apart.to(torch.float64).to(torch.float32)
    assert all(by_one((each.q, each.k, each.v)) for each in attentions(apart))
    assert torch.allclose(flow(apart), before, atol=2e-5)


def test_weights_that_are_trained_are_not_touched() -> None:
    network = WanDiT(SHAPE)
    before = [parameter.data_ptr() for parameter in network.parameters()]
    network.to(torch.float32)
    assert [parameter.data_ptr() for parameter in network.parameters()] == before
    assert not any(by_one((each.q, each.k, each.v)) for each in attentions(network))


@pytest.mark.parametrize("quantised", [False, True])
def test_a_loaded_network_is_laid_together(tmp_path: Path, quantised: bool) -> None:
    """From a file of published names in any order, which a network laid together writes as ever."""
    network = small_network()
    state = network.state_dict()
    path = tmp_path / "weights.safetensors"
    save_file(state, path)
    assert set(load_file(path)) == set(state)
    loaded = blueprint(lambda: WanDiT(SHAPE))
    with open_weights(path) as file:
        sources = match(
            file,
            Part("the network", "none"),
            expected_shapes(loaded),
            lambda names: dict(zip(names, names, strict=True)),
        )
        backwards = dict(reversed(sources.items()))
        layers = fp8_layers(loaded) if quantised else {}
        for _ in fill(loaded, backwards, torch.float32, torch.device("cpu"), quantised=layers):
            pass
    assert all(by_one((each.q, each.k, each.v)) for each in attentions(loaded))
    assert torch.allclose(flow(loaded), flow(network), atol=2.0 if quantised else 2e-5)
    if not quantised:
        assert all(torch.equal(state[name], tensor) for name, tensor in loaded.state_dict().items())


@KINDS
def test_loras_come_and_go_in_place(kind: Kind, tmp_path: Path) -> None:
    """Merged and taken out again: the numbers stay where they were, behind each other, and are the first ones again."""
    network = small_network(kind)
    for each in attentions(network):
        each.adjoin()
    before, plain = stored(network), flow(network)
    adapters = Adapters(network)
    adapters.apply((Lora(write_lora(tmp_path / "style.safetensors", ["blocks.0.self_attn.k"], seed=1, size=1.0)),))
    attention = attentions(network)[0]
    assert not by_one((attention.q, attention.k, attention.v))
    for _ in range(5):
        adapters.settle()
    assert adapters.settled
    assert by_one((attention.q, attention.k, attention.v))
    assert agree((attention.q, attention.k, attention.v))
    assert (flow(network) - plain).abs().max() > 0.05
    adapters.apply(())
    for _ in range(5):
        adapters.settle()
    assert stored(network) == before
    assert torch.equal(flow(network), plain)
