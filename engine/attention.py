"""One seam for attention kernels. Softmax attention, scale 1/sqrt(head width); knows no caches."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None, zero_keys: int = 0) -> Tensor:
    """Attention of q [B, Lq, heads, D] over k, v [B, Lk, heads, D]; the result is shaped like q.

    bias: [Lk], added to the scaled logits of each key: log(w) weighs a key by w. zero_keys: so many keys and values of
    zeros stand behind the others, unmasked, as in the reference implementation's padded kernel.
    """
    if zero_keys:
        k, v = (F.pad(tensor, (0, 0, 0, 0, 0, zero_keys)) for tensor in (k, v))
        bias = None if bias is None else F.pad(bias, (0, zero_keys))
    mask = None if bias is None else bias.to(q.dtype).view(1, 1, 1, -1)
    return F.scaled_dot_product_attention(
        q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), attn_mask=mask
    ).transpose(1, 2)


def attend_plainly(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None, zero_keys: int = 0) -> Tensor:
    """The same written out in float32: what every kernel behind ``attend`` is tested against."""
    logits = torch.einsum("bqhd,bkhd->bhqk", q.float(), k.float()) / math.sqrt(q.shape[-1])
    if bias is not None:
        logits = logits + bias.float()
    if zero_keys:
        logits = F.pad(logits, (0, zero_keys))
    weights = logits.softmax(-1)[..., : k.shape[1]]
    return torch.einsum("bhqk,bkhd->bqhd", weights, v.float()).to(q.dtype)
