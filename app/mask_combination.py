"""What the mask and people make together, named as elsewhere: add, subtract, intersect. Pure functions of a Look."""

from __future__ import annotations

from typing import Literal

from app.look import Look
from controls.regions import Join, Repainted

Combination = Literal["alone", "add", "subtract", "intersect"]

COMBINATIONS: dict[Combination, tuple[Repainted, Join]] = {
    "add": ("person", "either"),
    "subtract": ("background", "both"),
    "intersect": ("person", "both"),
}
"""Who is repainted beside what the mask says, and how the two join; "alone" is the mask without people."""


def combination_of(look: Look) -> Combination | None:
    """None where all behind people is added, which has no name here."""
    if look.repainted == "all":
        return "alone"
    asked = (look.repainted, look.mask_join)
    return next((name for name, means in COMBINATIONS.items() if means == asked), None)


def combined(look: Look, combination: Combination | None) -> tuple[Repainted, Join]:
    """What ``look`` has to ask for, so that ``combination_of`` it is this; None = what it asks for."""
    if combination is None:
        return look.repainted, look.mask_join
    return COMBINATIONS.get(combination, ("all", look.mask_join))
