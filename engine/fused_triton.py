"""The kernels of ``fused`` for GPUs, in Triton: a program for each token, its whole width at once. Imports Triton.

Not run on a GPU here; tested in Triton's interpreter (``TRITON_INTERPRET=1``) against the plain forms.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit  # type: ignore[untyped-decorator,unused-ignore]
def _turn_rows(
    x: Any,
    weight: Any,
    turns: Any,
    out: Any,
    tokens: Any,
    x_batch: Any,
    x_token: Any,
    out_batch: Any,
    out_token: Any,
    turns_token: Any,
    eps: Any,
    pairs: tl.constexpr,
    head_pairs: tl.constexpr,
    block: tl.constexpr,
    normed: tl.constexpr,
    turned: tl.constexpr,
) -> None:
    """One token's pairs of all heads; ``normed``: divided by the token's root mean square and weighted; ``turned``."""
    row = tl.program_id(0).to(tl.int64)
    batch, token = row // tokens, row % tokens
    pair = tl.arange(0, block)
    inside = pair < pairs
    x += batch * x_batch + token * x_token + 2 * pair
    real = tl.load(x, mask=inside, other=0.0).to(tl.float32)
    imaginary = tl.load(x + 1, mask=inside, other=0.0).to(tl.float32)
    if normed:
        scale = 1.0 / tl.sqrt(tl.sum(real * real + imaginary * imaginary, 0) / (2 * pairs) + eps)
        real *= scale * tl.load(weight + 2 * pair, mask=inside, other=0.0).to(tl.float32)
        imaginary *= scale * tl.load(weight + 2 * pair + 1, mask=inside, other=0.0).to(tl.float32)
    first, second = real, imaginary
    if turned:
        turns += token * turns_token + 2 * (pair % head_pairs)
        cos = tl.load(turns, mask=inside, other=0.0)
        sin = tl.load(turns + 1, mask=inside, other=0.0)
        first = real * cos - imaginary * sin
        second = real * sin + imaginary * cos
    out += batch * out_batch + token * out_token + 2 * pair
    tl.store(out, first.to(out.dtype.element_ty), mask=inside)
    tl.store(out + 1, second.to(out.dtype.element_ty), mask=inside)


@triton.jit  # type: ignore[untyped-decorator,unused-ignore]
def _add_and_norm_rows(
    x: Any,
    y: Any,
    gate: Any,
    weight: Any,
    bias: Any,
    added: Any,
    out: Any,
    tokens: Any,
    gate_frame: Any,
    weight_frame: Any,
    bias_frame: Any,
    eps: Any,
    width: tl.constexpr,
    block: tl.constexpr,
    gated: tl.constexpr,
) -> None:
    """added = x + gate * y for one token, rounded to its type; out = layer norm of that, weighted and shifted."""
    row = tl.program_id(0).to(tl.int64)
    frame = row // tokens
    channel = tl.arange(0, block)
    inside = channel < width
    at = row * width + channel
    more = tl.load(y + at, mask=inside, other=0.0).to(tl.float32)
    if gated:
        more *= tl.load(gate + frame * gate_frame + channel, mask=inside, other=0.0).to(tl.float32)
    sum_ = (tl.load(x + at, mask=inside, other=0.0).to(tl.float32) + more).to(added.dtype.element_ty)
    tl.store(added + at, sum_, mask=inside)
    wide = sum_.to(tl.float32)
    centred = tl.where(inside, wide - tl.sum(wide, 0) / width, 0.0)
    normed = centred / tl.sqrt(tl.sum(centred * centred, 0) / width + eps)
    normed *= tl.load(weight + frame * weight_frame + channel, mask=inside, other=0.0).to(tl.float32)
    normed += tl.load(bias + frame * bias_frame + channel, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + at, normed.to(out.dtype.element_ty), mask=inside)


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """See ``fused``. x [B, tokens, dim], its last dimension contiguous."""
    out = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    _launch_turn(x, weight, eps, None, out, x.shape[-1])
    return out


def rms_norm_turned(x: Tensor, weight: Tensor, eps: float, heads: int, turns: Tensor) -> Tensor:
    """See ``fused``. x [B, tokens, dim], its last dimension contiguous; turns: complex [tokens or 1, 1, D/2]."""
    out = torch.empty(*x.shape[:-1], heads, x.shape[-1] // heads, dtype=x.dtype, device=x.device)
    _launch_turn(x, weight, eps, turns, out, x.shape[-1] // heads)
    return out


def turn(x: Tensor, turns: Tensor, into: Tensor) -> None:
    """See ``fused``. The last two dimensions of x and ``into`` [B, tokens, heads, D] are contiguous."""
    _launch_turn(x, None, 0.0, turns, into, x.shape[-1])


def fits_add_and_norm(x: Tensor, y: Tensor, gate: Tensor | None, weight: Tensor, bias: Tensor) -> bool:
    """Whether the tensors lie in memory as the kernel reads them."""
    rows = (row for row in (gate, weight, bias) if row is not None)
    return (
        x.is_contiguous()
        and y.is_contiguous()
        and x.dtype == y.dtype
        and x.shape == y.shape
        and all(row.stride(-1) == 1 and _frame_stride(row, x) is not None for row in rows)
    )


def add_and_norm(
    x: Tensor, y: Tensor, gate: Tensor | None, weight: Tensor, bias: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """See ``fused``; what ``fits_add_and_norm`` holds for. y is overwritten with the sum."""
    out = torch.empty_like(x)
    width = x.shape[-1]
    block = triton.next_power_of_2(width)
    _add_and_norm_rows[(x.numel() // width,)](
        x,
        y,
        y if gate is None else gate,
        weight,
        bias,
        y,
        out,
        x.shape[-2],
        0 if gate is None else _frame_stride(gate, x),
        _frame_stride(weight, x),
        _frame_stride(bias, x),
        eps,
        width=width,
        block=block,
        gated=gate is not None,
        num_warps=_warps(block),
    )
    return y, out


def _launch_turn(
    x: Tensor, weight: Tensor | None, eps: float, turns: Tensor | None, out: Tensor, head_dim: int
) -> None:
    pairs = x[0, 0].numel() // 2
    block = triton.next_power_of_2(pairs)
    table = x if turns is None else torch.view_as_real(turns)
    _turn_rows[(x.shape[0] * x.shape[1],)](
        x,
        x if weight is None else weight,
        table,
        out,
        x.shape[1],
        x.stride(0),
        x.stride(1),
        out.stride(0),
        out.stride(1),
        0 if table.shape[0] == 1 else table.stride(0),
        eps,
        pairs=pairs,
        head_pairs=head_dim // 2,
        block=block,
        normed=weight is not None,
        turned=turns is not None,
        num_warps=_warps(2 * block),
    )


def _frame_stride(row: Tensor, x: Tensor) -> int | None:
    """How far one frame's numbers for x [B, F, tokens, dim] lie from the next one's; None where it is not one step.

    row: [dim], or [B or 1, F or 1, 1, dim].
    """
    if row.numel() == x.shape[-1]:
        return 0
    if row.shape == (*x.shape[:2], 1, x.shape[-1]) and (x.shape[0] == 1 or row.stride(0) == x.shape[1] * row.stride(1)):
        return row.stride(1)
    return None


def _warps(block: int) -> int:
    return min(16, max(1, block // 512))
