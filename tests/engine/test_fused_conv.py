"""Convolutions with what follows them, against one after the other."""

from __future__ import annotations

import logging
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine import fused_conv
from engine.fused_conv import conv_add_relu, conv_of_mixed, conv_relu

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


@DTYPES
@pytest.mark.parametrize("down", [1, 2])
@pytest.mark.parametrize("stride", [1, 2])
def test_one_of_mixed_frames_is_the_mixing_and_the_convolution(dtype: torch.dtype, down: int, stride: int) -> None:
    """And stays so when either of them is written into, moved, or replaced; and gradients pass by it."""
    torch.manual_seed(0)
    mix = nn.Conv2d(6 * stride, 6, 1, bias=False).to(dtype).requires_grad_(False)
    layer = nn.Conv2d(6, 8, 3, stride=down, padding=1, bias=False).to(dtype).requires_grad_(False)
    x = random(4, 6, 10, 14, seed=1, dtype=dtype)

    def made() -> Tensor:
        beside = torch.cat([x[index::stride] for index in range(stride)], dim=1)
        right, whole = layer(mix(beside)), conv_of_mixed(mix, layer, x, stride)
        assert whole is not None
        assert whole.shape == right.shape
        assert near(whole, right)
        return whole

    with torch.inference_mode():
        first = made()
        assert torch.equal(made(), first)
        mix.weight.mul_(2)
        second = made()
    layer.weight.data = layer.weight.data + 0.1
    with torch.inference_mode():
        third = made()
    mix.weight = nn.Parameter(-mix.weight.clone(), requires_grad=False)
    with torch.inference_mode():
        fourth = made()
    for one, other in pairwise((first, second, third, fourth)):
        assert not near(one, other)
    assert conv_of_mixed(mix, layer.requires_grad_(), x, stride) is None


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
