"""Convolutions with what follows them, against one after the other."""

from __future__ import annotations

import logging

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine import fused_conv
from engine.fused_conv import conv_add_relu, conv_relu

DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)


def random(*shape: int, seed: int, dtype: torch.dtype) -> Tensor:
    numbers = torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)
    return numbers.to(memory_format=torch.channels_last)


def conv(dtype: torch.dtype, bias: bool = True) -> nn.Conv2d:
    torch.manual_seed(0)
    return nn.Conv2d(6, 6, 3, padding=1, bias=bias).to(dtype).requires_grad_(False)


def near(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, *((1e-5, 1e-5) if one.dtype == torch.float32 else (0.02, 0.03)))


@DTYPES
@pytest.mark.parametrize("bias", [True, False])
@torch.inference_mode()
def test_they_are_the_convolution_and_what_follows(dtype: torch.dtype, bias: bool) -> None:
    x, other, layer = (
        random(3, 6, 5, 7, seed=1, dtype=dtype),
        random(3, 6, 5, 7, seed=2, dtype=dtype),
        conv(dtype, bias),
    )
    kept = other.clone()
    assert near(conv_relu(layer, x), F.relu(layer(x)))
    assert near(conv_add_relu(layer, x, other), F.relu(layer(x) + other))
    assert torch.equal(other, kept), "what is added is not written to"


@torch.inference_mode()
def test_one_that_fails_or_is_wrong_is_left_to_pytorch(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "engine.fused_conv")
    x, layer = random(1, 6, 5, 7, seed=1, dtype=torch.float32), conv(torch.float32)

    def fail(*_: object) -> Tensor:
        raise RuntimeError("not built for this")

    monkeypatch.setattr(fused_conv, "_able", {torch.float32: True})
    monkeypatch.setattr(fused_conv, "_onednn_add_relu", fail)
    for _ in range(2):
        assert near(conv_add_relu(layer, x, x), F.relu(layer(x) + x))
    assert [record.levelname for record in caplog.records] == ["WARNING"]

    monkeypatch.setattr(fused_conv, "_able", {})
    monkeypatch.setattr(fused_conv, "_onednn_add_relu", lambda layer, x, other: F.relu(layer(x)))  # forgets the sum
    assert near(conv_add_relu(layer, x, x), F.relu(layer(x) + x))
    assert fused_conv._able == {torch.float32: False}


def test_gradients_pass() -> None:
    layer = conv(torch.float32).requires_grad_()
    x = random(1, 6, 5, 7, seed=1, dtype=torch.float32)
    torch.autograd.backward(conv_add_relu(layer, conv_relu(layer, x), x).sum())
    assert layer.weight.grad is not None
    assert layer.weight.grad.any()
