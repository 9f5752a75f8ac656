"""The kernels that may stand behind ``attention.attend``, and which of them a device may have. Measures nothing.

What a kernel is for is told by compute capability, never by a card's name. Packages are imported when a device asks for
them; one that is missing or broken is left out.

Run here: PyTorch's own kernels on the CPU. Not run, for want of the devices: all else, written by the packages'
documented interfaces; a kernel that fails, or whose answer is not PyTorch's, is left out when it is measured.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

Run = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Attention of q [B, Lq, heads, D] over k, v [B, Lk, heads, D], scale 1/sqrt(D); the result is shaped like q."""


@dataclass(frozen=True)
class Kernel:
    """One way to compute attention. approximate: its numbers are rounded further than the call's type asks."""

    name: str
    run: Run
    approximate: bool = False


@dataclass(frozen=True)
class Offer:
    """A kernel that some devices have. generations: major compute capabilities of NVIDIA. package: "" for PyTorch's."""

    name: str
    open: Callable[[], Run]
    generations: range
    package: str = ""
    rocm: bool = False
    approximate: bool = False
    wide: bool = False  # takes float32 as well


def sdpa(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """PyTorch's attention, which picks a kernel of its own; on every device, with or without a mask [1, 1, 1, Lk]."""
    seen = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), attn_mask=mask)
    return seen.transpose(1, 2)


SDPA = Kernel("SDPA", sdpa)


def candidates(device: torch.device, dtype: torch.dtype, approximate: bool = False) -> list[Kernel]:
    """The kernels to try on ``device`` for that type, PyTorch's own choice first. approximate: with those, too.

    On other devices than CUDA's and ROCm's PyTorch's own choice is the only one.
    """
    found = [SDPA]
    if device.type == "cuda":
        capability, rocm = torch.cuda.get_device_capability(device), torch.version.hip is not None
        for offer in offers_for(capability[0], rocm, dtype, approximate):
            try:
                found.append(Kernel(offer.name, offer.open(), offer.approximate))
            except Exception:  # noqa: BLE001 - a package that is missing or broken, in every way there is
                continue
    return found


def offers_for(generation: int, rocm: bool, dtype: torch.dtype, approximate: bool = False) -> list[Offer]:
    """What a device of that major compute capability may have, whether or not it is installed."""
    narrow = dtype in (torch.bfloat16, torch.float16)
    return [
        offer
        for offer in OFFERS
        # ROCm counts its generations on a scale of its own.
        if (offer.rocm if rocm else generation in offer.generations)
        and (narrow or offer.wide)
        and (approximate or not offer.approximate)
    ]


def titles(device: torch.device, dtype: torch.dtype) -> list[str]:
    """Names of the exact kernels that ``device`` may choose from, for people; imports no package."""
    if device.type != "cuda":
        return [SDPA.name]
    offers = offers_for(torch.cuda.get_device_capability(device)[0], torch.version.hip is not None, dtype)
    return [offer.name for offer in offers if not offer.package or _is_installed(offer.package)] or [SDPA.name]


def backend(which: SDPBackend) -> Run:
    """PyTorch's attention by one of its kernels alone. RuntimeError where that one cannot."""

    def run(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        with sdpa_kernel(which):
            return sdpa(q, k, v)

    return run


def _of_package(module: str, function: str, **options: Any) -> Callable[[], Run]:
    def open_() -> Run:
        attention = getattr(importlib.import_module(module), function)

        def run(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            answer = attention(q, k, v, **options)
            # Some releases give the logarithms of the sums beside it.
            seen: Tensor = answer[0] if isinstance(answer, tuple) else answer
            return seen

        return run

    return open_


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):  # the package above it is missing, or broken
        return False


OFFERS = (
    Offer("FlashAttention 4", _of_package("flash_attn.cute", "flash_attn_func"), range(9, 13), "flash_attn.cute"),
    Offer(
        "FlashAttention 3", _of_package("flash_attn_interface", "flash_attn_func"), range(9, 10), "flash_attn_interface"
    ),
    Offer("FlashAttention 2", _of_package("flash_attn", "flash_attn_func"), range(8, 13), "flash_attn", rocm=True),
    Offer("cuDNN", lambda: backend(SDPBackend.CUDNN_ATTENTION), range(8, 13)),
    Offer("SDPA flash", lambda: backend(SDPBackend.FLASH_ATTENTION), range(8, 13), rocm=True),
    Offer("SDPA efficient", lambda: backend(SDPBackend.EFFICIENT_ATTENTION), range(5, 13), rocm=True, wide=True),
    Offer(
        "Sage",
        _of_package("sageattention", "sageattn", tensor_layout="NHD", is_causal=False),
        range(8, 13),
        "sageattention",
        approximate=True,
    ),
)
"""PyTorch's "math" is no candidate: it writes all logits out. What else fails ends there by itself."""
