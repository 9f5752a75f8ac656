"""3-D rotary positions (RoPE, arXiv 2104.09864, as Wan 2.1 splits it over frame, row and column).

Head width d makes d/2 complex pairs (2i, 2i+1). With q = d//6, the first d/2-2q pairs turn with the frame, the next q
with the row, the last q with the column; pair i of a section of n turns by position * 10000^(-i/n).

There is no table that ends: angles come from absolute frame numbers in float64, where even a year of frames keeps ten
digits of phase, and attention only sees differences of positions.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class RotaryTable:
    """cos and sin of every token's angles, float32 [tokens, 1, head width / 2]."""

    cos: Tensor
    sin: Tensor


def rotary_table(
    start_frame: int, frames: int, rows: int, columns: int, head_dim: int, device: torch.device
) -> RotaryTable:
    """The table for tokens ordered frame, row, column; frames count from ``start_frame``, rows and columns from 0."""
    sixth = head_dim // 6
    pairs = (head_dim // 2 - 2 * sixth, sixth, sixth)
    starts, counts = (start_frame, 0, 0), (frames, rows, columns)
    angles = []
    for axis in range(3):
        n = pairs[axis]
        positions = torch.arange(starts[axis], starts[axis] + counts[axis], dtype=torch.float64)
        frequencies = 10000.0 ** (-torch.arange(n, dtype=torch.float64) / max(n, 1))
        shape = [1, 1, 1, n]
        shape[axis] = counts[axis]
        angles.append(torch.outer(positions, frequencies).view(shape).expand(frames, rows, columns, n))
    angle = torch.cat(angles, dim=-1).reshape(frames * rows * columns, 1, head_dim // 2)
    return RotaryTable(angle.cos().float().to(device), angle.sin().float().to(device))


def rotate(x: Tensor, table: RotaryTable) -> Tensor:
    """x [B, tokens, heads, D] turned by the table, in float32, cast back to x's type."""
    real, imaginary = x.float().view(*x.shape[:-1], -1, 2).unbind(-1)
    turned = (real * table.cos - imaginary * table.sin, real * table.sin + imaginary * table.cos)
    return torch.stack(turned, dim=-1).flatten(-2).to(x.dtype)
