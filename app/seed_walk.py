"""The seed's walk: whether the look goes to the next seed by itself, and how often. Knows no clock and no Show."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_SEED = 2**63 - 1
EVERY_S = (0.1, 600.0)


@dataclass(frozen=True)
class SeedWalk:
    """on: whether the seed goes to the next one by itself. every_s: 0.1 to 600, seconds from one to the next."""

    on: bool = False
    every_s: float = 4.0

    def __post_init__(self) -> None:
        low, high = EVERY_S
        if not low <= self.every_s <= high:
            raise ValueError(f"the seed's walk is {self.every_s} seconds a step, expected {low:g} to {high:g}")


def seed_after(seed: int) -> int:
    """The seed that follows; 0 after the largest."""
    return 0 if seed >= LARGEST_SEED else seed + 1
