"""3-D rotary positions (RoPE, arXiv 2104.09864, as Wan 2.1 splits it over frame, row and column).

Head width d makes d/2 complex pairs (2i, 2i+1). With q = d//6, the first d/2-2q pairs turn with the frame, the next q
with the row, the last q with the column; pair i of a section of n turns by position * 10000^(-i/n).

There is no table that ends: angles come from frame positions in float64, negative ones too. A rotation composes with a
rotation, so keys already rotated can be turned on by whole frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from engine.transfer import sent


@dataclass(frozen=True, eq=False)
class RotaryTable:
    """The turns of every token's pairs as complex numbers cos + i sin, complex64 [tokens, 1, head width / 2]."""

    turns: Tensor

    def inverse(self) -> RotaryTable:
        """Turns back what this one turned."""
        return RotaryTable(self.turns.conj().resolve_conj())


def rotary_table(
    positions: Sequence[int], rows: int, columns: int, head_dim: int, device: torch.device | str = "cpu"
) -> RotaryTable:
    """The table for tokens ordered frame, row, column. positions: of the frames; rows and columns count from 0."""
    counts = (len(positions), rows, columns)
    axes = (torch.tensor(positions, dtype=torch.float64), torch.arange(rows).double(), torch.arange(columns).double())
    angles = []
    for axis, (places, n) in enumerate(zip(axes, _pairs(head_dim), strict=True)):
        shape = [1, 1, 1, n]
        shape[axis] = counts[axis]
        angles.append(torch.outer(places, _frequencies(n)).view(shape).expand(*counts, n))
    return _table(torch.cat(angles, dim=-1).reshape(-1, 1, head_dim // 2), device)


def kept_table(
    positions: Sequence[int], rows: int, columns: int, head_dim: int, device: torch.device | str = "cpu"
) -> RotaryTable:
    """``rotary_table``, made once: for positions that come again and again."""
    return _kept_table(tuple(positions), rows, columns, head_dim, device, torch.is_inference_mode_enabled())


@lru_cache(maxsize=32)
def _kept_table(
    positions: tuple[int, ...], rows: int, columns: int, head_dim: int, device: torch.device | str, inference: bool
) -> RotaryTable:
    # A tensor made in inference mode must not be used in training, hence the otherwise unused argument.
    return rotary_table(positions, rows, columns, head_dim, device)


def frame_turn(frames: int, head_dim: int, device: torch.device | str = "cpu") -> RotaryTable:
    """Turns any token on by ``frames`` (negative = back) and leaves row and column alone: one entry for all tokens."""
    n = _pairs(head_dim)[0]
    angle = torch.zeros(1, 1, head_dim // 2, dtype=torch.float64)
    angle[..., :n] = frames * _frequencies(n)
    return _table(angle, device)


def rotate(x: Tensor, table: RotaryTable, into: Tensor | None = None) -> Tensor:
    """x [B, tokens, heads, D] turned by the table, in float32, cast back to x's type; in ``into`` where given."""
    # As complex numbers: one pass over memory, where the two halves written out take eight.
    pairs = torch.view_as_complex(x.float().view(*x.shape[:-1], -1, 2))
    if into is not None and into.dtype == torch.float32:
        torch.mul(pairs, table.turns, out=torch.view_as_complex(into.view(*into.shape[:-1], -1, 2)))
        return into
    turned = torch.view_as_real(pairs * table.turns).flatten(-2)
    return turned.to(x.dtype) if into is None else into.copy_(turned)


def _pairs(head_dim: int) -> tuple[int, int, int]:
    """Complex pairs that turn with frame, row and column."""
    sixth = head_dim // 6
    return head_dim // 2 - 2 * sixth, sixth, sixth


def _frequencies(n: int) -> Tensor:
    return 10000.0 ** (-torch.arange(n, dtype=torch.float64) / max(n, 1))


def _table(angle: Tensor, device: torch.device | str) -> RotaryTable:
    return RotaryTable(sent(torch.polar(torch.ones_like(angle), angle).to(torch.complex64), torch.device(device)))
