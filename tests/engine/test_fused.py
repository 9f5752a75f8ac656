"""The fused operations against their plain forms, on this machine's processor and, with Triton, in its interpreter."""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine import fused
from engine.block import Block
from engine.rope import rotary_table, rotate
from tests.counting import elementwise_bytes
from tests.engine.small_network import SHAPE, small_network

DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
ROWS = pytest.mark.parametrize("rows", [(48,), (1, 1, 1, 48), (2, 2, 1, 48)], ids=str)
TABLE = rotary_table([3, 4], 2, 3, 24)
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def random(*shape: int, seed: int, dtype: torch.dtype) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(DEVICE, dtype)


def near(one: Tensor, other: Tensor) -> bool:
    """As near as two roundings of a number are."""
    return torch.allclose(one, other, *((1e-5, 1e-5) if one.dtype == torch.float32 else (0.02, 0.03)))


@pytest.fixture(scope="module")
def kernels() -> ModuleType:
    """The Triton kernels; compiled where there is a CUDA device, else interpreted."""
    if DEVICE.type == "cpu" and "triton" not in sys.modules:
        os.environ["TRITON_INTERPRET"] = "1"  # Triton looks once, when it is imported
    pytest.importorskip("triton")
    if DEVICE.type == "cpu" and os.environ.get("TRITON_INTERPRET") != "1":
        pytest.skip("Triton was imported to compile, and there is no GPU to compile for")
    return importlib.import_module("engine.fused_triton")


@DTYPES
@ROWS
def test_norms_and_gates_agree_with_the_plain_form(rows: tuple[int, ...], dtype: torch.dtype) -> None:
    x, y = (random(2, 2, 6, 48, seed=seed, dtype=dtype) for seed in (0, 1))
    gate, weight, bias = (random(*rows, seed=seed, dtype=dtype) for seed in (2, 3, 4))
    added, normed = fused.add_and_norm(x, y.clone(), gate, weight, bias, 1e-6)
    assert near(added, x + gate * y)
    assert near(normed, fused.norm_plainly(added, weight, bias, 1e-6))
    assert near(fused.norm(x, weight, bias, 1e-6), fused.norm_plainly(x, weight, bias, 1e-6))
    assert near(fused.add(x, y.clone()), x + y)


@DTYPES
def test_queries_are_normed_and_turned_as_one_after_the_other(dtype: torch.dtype) -> None:
    """Queries as a merged product leaves them, between others."""
    x, weight = random(2, 12, 144, seed=0, dtype=dtype)[..., 48:96], random(48, seed=1, dtype=dtype)
    plain = fused.rms_norm_plainly(x, weight, 1e-6)
    assert near(fused.rms_norm(x, weight, 1e-6), plain)
    table = rotary_table([3, 4], 2, 3, 24, DEVICE)
    turned = rotate(plain.view(2, 12, 2, 24), table)
    assert near(fused.rms_norm_turned(x, weight, 1e-6, 2, table), turned)


@DTYPES
@torch.inference_mode()
def test_queries_and_keys_together_are_each_by_itself(dtype: torch.dtype) -> None:
    whole, table = random(2, 12, 144, seed=0, dtype=dtype).cpu(), rotary_table([3, 4], 2, 3, 24)
    weights = (random(48, seed=1, dtype=dtype).cpu(), random(48, seed=2, dtype=dtype).cpu())
    q, k, v = torch.split(whole, 48, dim=-1)
    kept = whole.clone()
    both = fused.rms_norms_turned(q, k, weights, 1e-6, 2, table)
    assert both is not None
    for each, x, weight in zip(both.unbind(2), (q, k), weights, strict=True):
        assert torch.equal(each.to(dtype), fused.rms_norm_turned(x, weight, 1e-6, 2, table))
    assert torch.equal(whole, kept)
    apart = ((k, q), (q, v), (q.contiguous(), k.contiguous()))
    assert all(fused.rms_norms_turned(*pair, weights, 1e-6, 2, table) is None for pair in apart)


@DTYPES
def test_a_product_with_gelu_is_the_two_of_them(dtype: torch.dtype) -> None:
    x, weight, bias = (
        random(*shape, seed=seed, dtype=dtype) for seed, shape in enumerate([(2, 7, 64), (96, 64), (96,)])
    )
    assert near(fused.linear_gelu(x, 0.2 * weight, bias), fused.linear_gelu_plainly(x, 0.2 * weight, bias))


def test_a_product_with_another_gelu_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """By erf, as PyTorch's own default: off by up to 5e-4."""
    monkeypatch.setattr(fused, "_with_gelu", {})
    monkeypatch.setattr(fused, "_onednn_gelu", lambda x, weight, bias: F.gelu(F.linear(x, weight, bias)))
    x, weight, bias = (random(*shape, seed=0, dtype=torch.float32).cpu() for shape in ((7, 64), (96, 64), (96,)))
    assert torch.equal(fused.linear_gelu(x, weight, bias), fused.linear_gelu_plainly(x, weight, bias))


@DTYPES
def test_keys_are_turned_straight_into_storage(dtype: torch.dtype) -> None:
    keys = random(2, 12, 2, 24, seed=0, dtype=dtype)
    storage = torch.zeros(2, 30, 2, 24, dtype=dtype, device=DEVICE)
    table = rotary_table([3, 4], 2, 3, 24, DEVICE)
    fused.turn(keys, table, into=storage[:, 6:18])
    assert near(storage[:, 6:18], rotate(keys, table))
    fused.turn(storage[:, 6:18], table, into=storage[:, 6:18])
    assert near(storage[:, 6:18], rotate(rotate(keys, table), table))
    assert not storage[:, :6].any()
    assert not storage[:, 18:].any()


@DTYPES
@ROWS
def test_triton_adds_and_norms_alike(rows: tuple[int, ...], dtype: torch.dtype, kernels: ModuleType) -> None:
    x, y = (random(2, 2, 6, 48, seed=seed, dtype=dtype) for seed in (0, 1))
    gate, weight, bias = (random(*rows, seed=seed, dtype=dtype) for seed in (2, 3, 4))
    assert kernels.fits_add_and_norm(x, y, gate, weight, bias)
    added, normed = kernels.add_and_norm(x, y.clone(), gate, weight, bias, 1e-6)
    assert near(added, x + gate * y)
    assert near(normed, fused.norm_plainly(added, weight, bias, 1e-6))
    assert near(kernels.add_and_norm(x, y.clone(), None, weight, bias, 1e-6)[0], x + y)


@DTYPES
def test_triton_norms_and_turns_alike(dtype: torch.dtype, kernels: ModuleType) -> None:
    x, weight = random(2, 12, 144, seed=0, dtype=dtype)[..., 48:96], random(48, seed=1, dtype=dtype)
    table = rotary_table([3, 4], 2, 3, 24, DEVICE)
    expected = rotate(fused.rms_norm_plainly(x, weight, 1e-6).view(2, 12, 2, 24), table)
    assert near(kernels.rms_norm(x, weight, 1e-6), fused.rms_norm_plainly(x, weight, 1e-6))
    assert near(kernels.rms_norm_turned(x, weight, 1e-6, 2, table.turns), expected)
    storage = torch.zeros(2, 30, 2, 24, dtype=dtype, device=DEVICE)
    kernels.turn(expected, table.turns, storage[:, 6:18])
    assert near(storage[:, 6:18], rotate(expected, table))
    kernels.turn(storage[:, 6:18], table.turns, storage[:, 6:18])
    assert near(storage[:, 6:18], rotate(rotate(expected, table), table))
    assert not storage[:, :6].any()
    assert not storage[:, 18:].any()


def test_a_kernel_that_fails_costs_one_line(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(ModuleType):
        def turn(self, *_: object) -> None:
            raise RuntimeError("no such instruction")

    monkeypatch.setattr(fused, "_GPUS", (DEVICE.type,))
    monkeypatch.setattr(fused, "_failed", set())
    monkeypatch.setattr(fused, "_triton", lambda: Broken("broken"))
    keys = random(1, 12, 2, 24, seed=0, dtype=torch.float32)
    table = rotary_table([3, 4], 2, 3, 24, DEVICE)
    with monkeypatch.context() as patch:
        patch.setattr(fused, "is_captured", lambda x: True)
        with pytest.raises(RuntimeError, match="no such instruction"):
            fused.turn(keys, table, torch.zeros_like(keys))
    assert not fused._failed, "in a recording nobody knows whose fault it is"
    for _ in range(3):
        into = torch.zeros_like(keys)
        fused.turn(keys, table, into)
        assert near(into, rotate(keys, table))
    assert len(caplog.records) == 1


def test_training_goes_through_the_plain_forms() -> None:
    """Gradients of the whole block are those of its parts written out."""
    block = small_network().blocks[0].requires_grad_()
    assert isinstance(block, Block)
    x = random(1, 2, 6, 48, seed=0, dtype=torch.float32).cpu().requires_grad_()
    time = random(1, 1, 6, 48, seed=1, dtype=torch.float32).cpu()
    text = block.read_text(random(1, 4, 48, seed=2, dtype=torch.float32).cpu())
    seen = block(x, time, text, lambda q, k, v: q.turned(TABLE) + k.turned(TABLE) + v)
    torch.autograd.backward(seen.square().mean())
    assert x.grad is not None
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in block.self_attn.parameters())
    step = 1e-3 * x.grad
    with torch.no_grad():
        further = block(x + step, time, text, lambda q, k, v: q.turned(TABLE) + k.turned(TABLE) + v)
    rise = (further.square().mean() - seen.square().mean()).item()
    assert rise == pytest.approx((step * x.grad).sum().item(), rel=0.05)


@torch.inference_mode()
def test_a_block_moves_few_bytes() -> None:
    """Of elementwise operators and copies in one block, in widths of a token; the plain form moves about 150 of them.

    Counted as read and written, in bfloat16: what is computed in float32 counts twice.
    """
    block = small_network("bf16").blocks[0]
    assert isinstance(block, Block)
    x, time = random(1, 2, 600, 48, seed=0, dtype=torch.bfloat16).cpu(), torch.zeros(1, 1, 6, 48, dtype=torch.bfloat16)
    text = block.read_text(torch.zeros(1, SHAPE.text_len, 48, dtype=torch.bfloat16))
    table = rotary_table([0, 1], 20, 30, 24)
    moved = elementwise_bytes(lambda: block(x, time, text, lambda q, k, v: q.turned(table) + k.turned(table) + v))
    assert moved / x.nbytes < 90
