"""Row-wise fp8 (e4m3): numbers of eight bits with one float32 scale a row, and products with them. Knows no layers.

Scales are powers of two. e4m3 is a floating format, so this costs no accuracy against scales that fill the range to the
brim, and weights turn back into bfloat16 and float32 without a rounding.
"""

from __future__ import annotations

import logging

import torch
import torch.nn.functional as F
from torch import Tensor

log = logging.getLogger(__name__)

FP8 = torch.float8_e4m3fn
LARGEST = 448.0  # of e4m3's numbers
_EXPONENT = 0x7F800000  # of a float32's bits
_MANTISSA = 0x007FFFFF


def quantize_rows(x: Tensor) -> tuple[Tensor, Tensor]:
    """x [rows, n] of any float type -> e4m3 [rows, n] and scale [rows, 1] float32, with x close to their product.

    Relative error of a number at most 1/16 (four significant bits), unless it is 2^13 times smaller than its row's
    largest. Numbers that are such products already come back as they were.
    """
    wide = x.float()
    largest = wide.abs().amax(1, keepdim=True)
    # The next power of two from largest / 448 up, by its bits: exact on every device.
    least = (largest / LARGEST).clamp(min=torch.finfo(torch.float32).tiny)
    scale = ((least.view(torch.int32) + _MANTISSA) & _EXPONENT).view(torch.float32)
    return (wide / scale).to(FP8), scale


def dequantize(weight: Tensor, scale: Tensor, dtype: torch.dtype) -> Tensor:
    """The numbers that e4m3 ``weight`` [rows, n] and ``scale`` [rows, 1] stand for; exact in bfloat16 and float32."""
    return weight.to(dtype) * scale.to(dtype)


def linear(x: Tensor, weight: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """x [..., in] times fp8 weight [out, in] plus bias [out], in x's type.

    By the device's fp8 product where it has one; that takes bfloat16 in and out, and sides that are multiples of 16.
    """
    fits = x.dtype == torch.bfloat16 and weight.shape[0] % 16 == 0 and weight.shape[1] % 16 == 0
    if fits and multiplies_fp8(x.device):
        return linear_scaled(x, weight, scale, bias)
    return linear_dequantized(x, weight, scale, bias)


def linear_scaled(x: Tensor, weight: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Both sides in fp8: x is quantised row by row on the way in. x and bias bfloat16."""
    values, x_scale = quantize_rows(x.reshape(-1, x.shape[-1]).contiguous())
    y = torch._scaled_mm(values, weight.t(), scale_a=x_scale, scale_b=scale.t(), bias=bias, out_dtype=torch.bfloat16)
    return y.view(*x.shape[:-1], -1)


def linear_dequantized(x: Tensor, weight: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """The same weights, multiplied in x's type: the plain form, for any device."""
    return F.linear(x, dequantize(weight, scale, x.dtype), bias)


_multiplies: dict[torch.device, bool] = {}
"""By device. Compilers look through ``functools.cache`` and would try again in the middle of a pass; what stands here
they take as it is."""


def multiplies_fp8(device: torch.device) -> bool:
    """Whether the device has a row-wise fp8 product: NVIDIA from compute capability 8.9. Asked by trying, once.

    The CPU's is left aside: it is no faster than the plain form.
    """
    if device not in _multiplies:
        if torch.compiler.is_compiling():
            return False  # blocks run as they are before they are compiled, so it is known by then
        _multiplies[device] = _gives_products(device)
    return _multiplies[device]


def _gives_products(device: torch.device) -> bool:
    if device.type != "cuda" or torch.cuda.get_device_capability(device) < (8, 9):
        return False
    try:
        values, scale = quantize_rows(torch.ones(16, 16, device=device))
        linear_scaled(values.bfloat16(), values, scale, scale.new_zeros(16, dtype=torch.bfloat16)).cpu()
    except Exception as error:  # noqa: BLE001 - what torch raises where it lacks the kernel changes with its version
        log.info("No fp8 products on %s: %s", device, error)
        return False
    return True
