"""Where in the picture each region of a control is. Pure functions; knows not how a mask or a matte is made."""

from __future__ import annotations

from typing import Literal

import numpy as np

from controls.control import Pixels, Region

Repainted = Literal["all", "person", "background"]
"""What a mask is cut down to."""


def regions_of(
    mask: Pixels | None, people: Pixels | None, repainted: Repainted, width: int, height: int
) -> dict[Region, Pixels | None]:
    """Each region, (height, width), 255 inside; None = everywhere.

    mask: None = all is repainted. people: None where nobody knows where they are. repainted: the region "mask" is where
    both this and ``mask`` say so.
    """
    background = None if people is None else 255 - people
    regions: dict[Region, Pixels | None] = {"all": None, "person": people, "background": background}
    inside = _common(mask, regions[repainted])
    regions["mask"] = inside
    regions["outside mask"] = np.zeros((height, width), np.uint8) if inside is None else 255 - inside
    return regions


def _common(first: Pixels | None, second: Pixels | None) -> Pixels | None:
    """Where both are; None = everywhere."""
    if first is None or second is None:
        return second if first is None else first
    return np.minimum(first, second)
