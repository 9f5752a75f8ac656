"""fp8 weights: how close they come, that both forms of the product agree, and which layers they are for."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor

from engine import fp8, fp8_gate
from engine.catalog import finished
from engine.config import WAN_1_3B, WAN_14B, DiTConfig, ModelConfig, RolloutConfig, TinyVAEConfig
from engine.device import Device
from engine.dit import WanDiT
from engine.linear import Linear
from engine.quantize import TOLERATED, fp8_error, fp8_layers, store_fp8
from tests.engine.small_network import SHAPE, flow, linears, small_network, stored


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def fp8_layer(out: int, into: int, dtype: torch.dtype) -> tuple[Linear, Tensor]:
    """An fp8 layer, and the weight it was made from."""
    layer = Linear(into, out).requires_grad_(False).to(dtype)
    weight = random(out, into, seed=1) * random(out, 1, seed=2).exp()  # rows of very different size
    store_fp8(layer, weight)
    return layer, weight


@example(17884, 1.1465225681240064e16, torch.float32)  # a row's largest number becomes 448 times a power of two
@given(st.integers(0, 2**16), st.floats(1e-20, 1e20), st.sampled_from([torch.float32, torch.bfloat16]))
def test_each_number_keeps_four_bits(seed: int, size: float, dtype: torch.dtype) -> None:
    x = (random(5, 40, seed=seed) * size).to(dtype).float()
    values, scale = fp8.quantize_rows(x)
    assert values.dtype == torch.float8_e4m3fn
    assert scale.shape == (5, 1)
    assert torch.equal(torch.frexp(scale).mantissa, torch.full((5, 1), 0.5))  # powers of two
    floor = x.abs().amax(1, keepdim=True) * 2.0**-13
    back = fp8.dequantize(values, scale, torch.float32)
    assert ((back - x).abs() <= torch.maximum(x.abs() / 16, floor / 16)).all()
    assert torch.equal(fp8.dequantize(values, scale, torch.bfloat16).float(), back)
    again, scale_again = fp8.quantize_rows(back)
    assert torch.equal(fp8.dequantize(again, scale_again, torch.float32), back)


def test_rows_of_zeros_stay_zeros() -> None:
    values, scale = fp8.quantize_rows(torch.zeros(2, 16))
    assert torch.equal(fp8.dequantize(values, scale, torch.float32), torch.zeros(2, 16))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_layer_stays_close_to_its_whole_self(dtype: torch.dtype) -> None:
    """Rounding to e4m3 is wrong by 2.6 percent of a random weight, root mean square, and so is the product."""
    layer, weight = fp8_layer(64, 256, dtype)
    x = random(2, 7, 256, seed=3).to(dtype)
    y = layer(x)
    assert y.dtype == dtype
    whole = F.linear(x.float(), weight, layer.bias.float())
    error = (y.float() - whole).norm() / whole.norm()
    assert 0.005 < error < 0.04


def test_the_scaled_product_agrees_with_the_plain_form() -> None:
    """The one form multiplies fp8 with fp8, as GPUs do it; the other the same weights in the compute type."""
    layer, _ = fp8_layer(64, 256, torch.bfloat16)
    assert layer.weight_scale is not None
    x = random(2, 7, 256, seed=3).bfloat16()
    weights = (layer.weight, layer.weight_scale, layer.bias)
    try:
        scaled = fp8.linear_scaled(x, *weights)
    except (RuntimeError, NotImplementedError) as error:
        pytest.skip(f"this torch has no scaled product here: {error}")
    rounded = fp8.dequantize(*fp8.quantize_rows(x.flatten(0, 1)), torch.bfloat16).view_as(x)
    same = fp8.linear_dequantized(rounded, *weights)
    assert scaled.shape == same.shape == (2, 7, 64)
    assert (scaled.float() - same.float()).norm() / same.float().norm() < 0.005
    plain = fp8.linear_dequantized(x, *weights)
    assert (scaled.float() - plain.float()).norm() / plain.float().norm() < 0.04


@pytest.mark.parametrize(("out", "into", "expected"), [(64, 32, "scaled"), (64, 40, "plain"), (40, 32, "plain")])
def test_the_scaled_product_is_taken_where_it_can_be(
    out: int, into: int, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fp8, "multiplies_fp8", lambda device: True)
    monkeypatch.setattr(fp8, "linear_scaled", lambda *operands: "scaled")
    monkeypatch.setattr(fp8, "linear_dequantized", lambda *operands: "plain")
    values, scale = fp8.quantize_rows(random(out, into))
    for dtype in (torch.bfloat16, torch.float32):
        chosen = fp8.linear(torch.zeros(3, into, dtype=dtype), values, scale, torch.zeros(out, dtype=dtype))
        assert chosen == (expected if dtype == torch.bfloat16 else "plain")


@pytest.mark.parametrize("error", [RuntimeError, ValueError, NotImplementedError])
def test_a_card_whose_product_fails_has_none(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Newer versions of torch raise ValueError for what older ones raised RuntimeError for."""

    def fail(*_: object) -> None:
        raise error("only on another card")

    monkeypatch.setattr(fp8, "_multiplies", {})
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (8, 9))
    monkeypatch.setattr(torch, "ones", lambda *shape, device: torch.zeros(shape))
    monkeypatch.setattr(fp8, "linear_scaled", fail)
    with caplog.at_level("INFO"):
        assert not any(fp8.multiplies_fp8(torch.device("cuda")) for _ in range(3))
    assert caplog.text.count("only on another card") == 1


def test_whether_a_device_has_the_product_is_tried_before_it_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[torch.device] = []

    def gives(device: torch.device) -> bool:
        tried.append(device)
        return False

    monkeypatch.setattr(fp8, "_multiplies", {})
    monkeypatch.setattr(fp8, "_gives_products", gives)
    values, scale = fp8.quantize_rows(random(32, 64, seed=1))
    x, bias = random(3, 64, seed=2).bfloat16(), torch.zeros(32, dtype=torch.bfloat16)
    plain = fp8.linear(x, values, scale, bias)
    assert torch.equal(torch.compile(fp8.linear, backend="eager", fullgraph=True)(x, values, scale, bias), plain)
    assert len(tried) == 1


@pytest.mark.parametrize("config", [WAN_1_3B, WAN_14B])
def test_fp8_is_for_all_layers_of_blocks_and_context_blocks(config: DiTConfig) -> None:
    with torch.device("meta"):
        network = WanDiT(config)
    layers = fp8_layers(network)
    assert len(layers) == 10 * config.layers + 11 * len(config.vace_layers) + 1
    assert all(side % 16 == 0 for layer in layers.values() for side in layer.weight.shape)
    numbers = sum(layer.weight.numel() for layer in layers.values())
    assert numbers > 0.98 * sum(parameter.numel() for parameter in network.parameters())


def test_the_gate_passes_what_e4m3_holds_and_nothing_else() -> None:
    weight = random(64, 256, seed=1) * random(64, 1, seed=2).exp()
    assert 0.01 < fp8_error(weight, torch.bfloat16) < TOLERATED
    assert fp8_error(torch.zeros(64, 256), torch.bfloat16) == 0
    drowned = weight.clone()
    drowned[:, :8] *= 1e6  # the rest of each row is nothing beside it
    assert fp8_error(drowned, torch.bfloat16) < TOLERATED, "what drowns in the whole product may drown in fp8"
    spoilt = weight.clone()
    spoilt[3, 5] = torch.nan
    assert not fp8_error(spoilt, torch.bfloat16) <= TOLERATED


def test_a_network_in_fp8_paints_much_the_same() -> None:
    whole, eights = small_network("bf16"), small_network("fp8")
    assert all(layer.weight.dtype == torch.float8_e4m3fn for layer in fp8_layers(eights).values())
    assert linears(eights)["head.head"].weight.dtype == torch.bfloat16
    difference = (flow(eights) - flow(whole)).norm() / flow(whole).norm()
    assert 0.005 < difference < 0.15


def test_a_stored_layer_is_overwritten_where_it_is() -> None:
    layer, weight = fp8_layer(16, 32, torch.float32)
    assert layer.weight_scale is not None
    places = (layer.weight.data_ptr(), layer.weight_scale.data_ptr())
    store_fp8(layer, 3 * weight)
    assert (layer.weight.data_ptr(), layer.weight_scale.data_ptr()) == places
    back = fp8.dequantize(layer.weight, layer.weight_scale, torch.float32)
    assert ((back - 3 * weight).abs() <= weight.abs() * 3 / 16 + 1e-4).all()
    with pytest.raises(ValueError, match=r"\(16, 31\), expected \(16, 32\)"):
        store_fp8(layer, weight[:, :-1])


def test_a_layer_without_memory_takes_its_weight() -> None:
    """As checkpoints are loaded: the network is built on the meta device, each weight is rounded where it arrives."""
    with torch.device("meta"):
        layer = Linear(32, 16)
    store_fp8(layer, random(16, 32))
    assert layer.weight.device.type == "cpu"
    assert layer.weight_scale is not None
    assert layer.weight_scale.device.type == "cpu"


def test_a_change_of_type_leaves_fp8_as_it_is() -> None:
    network = small_network("fp8")
    before = stored(network)
    network.to(torch.float32)
    after = stored(network)
    for name in fp8_layers(network):
        for part in ("weight", "weight_scale"):
            assert after[f"{name}.{part}"][1] == before[f"{name}.{part}"][1]
    assert linears(network)["blocks.0.ffn.0"].bias.dtype == torch.float32
    assert flow(network).isfinite().all()


def test_a_state_dictionary_holds_the_scales() -> None:
    state = small_network("fp8").state_dict()
    assert state["blocks.0.ffn.0.weight"].dtype == torch.float8_e4m3fn
    assert state["blocks.0.ffn.0.weight_scale"].shape == (64, 1)
    assert "head.head.weight_scale" not in state


def test_a_few_chunks_in_fp8_are_like_those_of_the_whole_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not where all is wrong in one direction, which each matrix by itself would hardly show."""
    monkeypatch.setattr(fp8_gate, "_ROWS", 4)
    monkeypatch.setattr(fp8_gate, "_COLUMNS", 6)
    config = ModelConfig("small", SHAPE, TinyVAEConfig(), RolloutConfig(chunk=1, window=3, sink=1, steps=2))
    device = Device(torch.device("cpu"), torch.bfloat16)
    whole = finished(fp8_gate.painted(small_network("bf16"), config, device))
    assert whole.shape[1] == fp8_gate.CHUNKS
    assert torch.equal(whole, finished(fp8_gate.painted(small_network("bf16"), config, device)))
    eights = small_network("fp8")
    assert fp8_gate.likeness(whole, finished(fp8_gate.painted(eights, config, device))) > 0.99
    for name, layer in fp8_layers(eights).items():
        if "ffn" in name and layer.weight_scale is not None:
            layer.weight_scale.mul_(2)
    assert fp8_gate.likeness(whole, finished(fp8_gate.painted(eights, config, device))) < fp8_gate.ALIKE
    assert not fp8_gate.likeness(whole, whole * torch.nan) >= fp8_gate.ALIKE
