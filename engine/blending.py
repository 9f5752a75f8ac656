"""Blends of embeddings: along a line, or along the arc between them. Knows no prompts and no time.

Both are weighted means, so the order of what is blended does not matter. On the arc each row keeps its length: its
direction is the weighted mean on the unit sphere (for two, Shoemake's slerp, SIGGRAPH 1985; for more, the Karcher mean
that generalises it: Buss and Fillmore, ACM Transactions on Graphics 20, 2001), its length the weighted mean of lengths.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.params import Blend

ROUNDS = 50
NEAR = 1e-6
SMALLEST = torch.finfo(torch.float32).tiny


def blend_embeddings(embeds: Sequence[Tensor], weights: Sequence[float], blend: Blend) -> Tensor:
    """The weighted mean of ``embeds`` (each [1, rows, dim], one or more) as [1, most rows, dim] float32.

    weights: 0 or more, relative to each other; with none above 0 the first tensor stands alone. Tensors with fewer rows
    are extended with zero rows. What alone has weight comes back exactly.
    """
    rows = max(tensor.shape[1] for tensor in embeds)
    tensors = [F.pad(tensor.float(), (0, 0, 0, rows - tensor.shape[1])) for tensor in embeds]
    weighted = [(tensor, weight) for tensor, weight in zip(tensors, weights, strict=True) if weight > 0]
    if len(weighted) < 2:
        return weighted[0][0] if weighted else tensors[0]
    stacked = torch.stack([tensor for tensor, _ in weighted])
    share = torch.tensor([weight for _, weight in weighted], device=stacked.device).view(-1, 1, 1, 1)
    share = share / share.sum()
    return (stacked * share).sum(0) if blend == "linear" else _on_the_arc(stacked, share)


def _on_the_arc(tensors: Tensor, share: Tensor) -> Tensor:
    """tensors: [n, 1, rows, dim], n at least 2. share: [n, 1, 1, 1], summing to 1."""
    lengths = tensors.norm(dim=-1, keepdim=True)
    directions = _unit(tensors)
    # A zero row has no direction: it counts for the length alone.
    pull = share * (lengths > 0)
    pull = pull / pull.sum(0).clamp_min(SMALLEST)
    mean = _slerp(directions, pull) if len(tensors) == 2 else _karcher(directions, pull)
    blend: Tensor = _unit(mean) * (share * lengths).sum(0)
    return blend


def _slerp(directions: Tensor, pull: Tensor) -> Tensor:
    start, end = directions
    across, angle = _arcs(start, end)
    # Between opposites every arc is as short as any other.
    across = torch.where(angle > torch.pi - NEAR, _square(start), across)
    mean: Tensor = start * torch.cos(pull[1] * angle) + across * torch.sin(pull[1] * angle)
    return mean


def _karcher(directions: Tensor, pull: Tensor) -> Tensor:
    """The point on the sphere where the weighted arcs to all ``directions`` hold each other in balance."""
    mean = (pull * directions).sum(0)
    nowhere = mean.norm(dim=-1, keepdim=True) < NEAR
    mean = _unit(torch.where(nowhere, _square(_unit((pull * directions.abs()).sum(0))), mean))
    for _ in range(ROUNDS):
        across, angle = _arcs(mean, directions)
        step = (pull * angle * across).sum(0)
        length = step.norm(dim=-1, keepdim=True)
        mean = _unit(mean * torch.cos(length) + _unit(step) * torch.sin(length))
        if not bool((length > NEAR).any()):
            break
    return mean


def _arcs(start: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
    """From unit vectors to unit vectors: the direction in which each arc leaves, and its angle, 0 to pi."""
    cosine = (start * end).sum(-1, keepdim=True)
    across = end - cosine * start
    # By the tangent: near 0 and pi the cosine has lost half of its digits.
    return _unit(across), torch.atan2(across.norm(dim=-1, keepdim=True), cosine)


def _square(directions: Tensor) -> Tensor:
    """A unit vector at right angles to each of ``directions``, the same one for the opposite direction."""
    axis = F.one_hot(directions.abs().argmin(-1), directions.shape[-1]).to(directions.dtype)
    return _unit(axis - (axis * directions).sum(-1, keepdim=True) * directions)


def _unit(vectors: Tensor) -> Tensor:
    """Zero vectors stay zero."""
    unit: Tensor = vectors / vectors.norm(dim=-1, keepdim=True).clamp_min(SMALLEST)
    return unit
