"""One seam for attention kernels. Exact softmax attention, scale 1/sqrt(head width); knows no caches."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention of q [B, Lq, heads, D] over k, v [B, Lk, heads, D]; the result is shaped like q."""
    return F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)).transpose(1, 2)


def attend_plainly(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The same written out in float32: what every kernel behind ``attend`` is tested against."""
    logits = torch.einsum("bqhd,bkhd->bhqk", q.float(), k.float()) / math.sqrt(q.shape[-1])
    return torch.einsum("bhqk,bkhd->bqhd", logits.softmax(-1), v.float()).to(q.dtype)
