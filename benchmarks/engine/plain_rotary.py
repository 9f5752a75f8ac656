"""Rotary positions of the plain network: one complex64 table a chunk, or (waste 4) complex128 tables wherever asked.

Written out here, and not taken from the engine, so that its own faster forms have something to stand beside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Rotate = Callable[[Tensor], Tensor]
"""Queries or keys [B, L, heads, D] at their positions."""


def turns(
    positions: Sequence[int], rows: int, columns: int, head_dim: int, dtype: torch.dtype, device: torch.device
) -> Tensor:
    """cos + i sin of each token's pairs, [tokens, 1, D/2], tokens ordered frame, row, column."""
    sixth = head_dim // 6
    grid = torch.meshgrid(
        torch.tensor(positions, dtype=torch.float64),
        torch.arange(rows, dtype=torch.float64),
        torch.arange(columns, dtype=torch.float64),
        indexing="ij",
    )
    angles = []
    for places, pairs in zip(grid, (head_dim // 2 - 2 * sixth, sixth, sixth), strict=True):
        frequencies = 10000.0 ** (-torch.arange(pairs, dtype=torch.float64) / max(pairs, 1))
        angles.append(torch.outer(places.flatten(), frequencies))
    angle = torch.cat(angles, dim=-1).to(device)
    return torch.polar(torch.ones_like(angle), angle).to(dtype).unsqueeze(1)


def turn(x: Tensor, table: Tensor) -> Tensor:
    """In the table's precision, cast back to x's type."""
    real = torch.float64 if table.dtype == torch.complex128 else torch.float32
    pairs = torch.view_as_complex(x.to(real).reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * table).flatten(-2).to(x.dtype)


def rotation(
    positions: Sequence[int], rows: int, columns: int, head_dim: int, device: torch.device, wasteful: bool
) -> Rotate:
    """Turns by one kept table, or by one that is built anew for each call."""
    if wasteful:
        return lambda x: turn(x, turns(positions, rows, columns, head_dim, torch.complex128, device))
    table = turns(positions, rows, columns, head_dim, torch.complex64, device)
    return lambda x: turn(x, table)
