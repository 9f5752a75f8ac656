"""Where in the picture each region of a control is. Pure functions; knows not how a mask or a matte is made."""

from __future__ import annotations

from typing import Literal

import numpy as np

from controls.control import Pixels, Region

Repainted = Literal["all", "person", "background"]
"""Who is repainted, beside what a mask says."""

Join = Literal["both", "either"]
"""Where a mask and people are there, what is repainted: where both say so, or where one of them does."""


def regions_of(
    mask: Pixels | None, people: Pixels | None, repainted: Repainted, join: Join, width: int, height: int
) -> dict[Region, Pixels | None]:
    """Each region, (height, width), 255 inside; None = everywhere.

    mask: None where there is none. people: None where nobody knows where they are. The region "mask" is what is
    repainted, by ``mask``, by ``repainted``, or by how they join.
    """
    background = None if people is None else 255 - people
    regions: dict[Region, Pixels | None] = {"all": None, "person": people, "background": background}
    inside = mask if repainted == "all" else _joined(mask, regions[repainted], join)
    regions["mask"] = inside
    regions["outside mask"] = np.zeros((height, width), np.uint8) if inside is None else 255 - inside
    return regions


def _joined(mask: Pixels | None, who: Pixels | None, join: Join) -> Pixels | None:
    """who: None = everywhere, for it is not known where."""
    if mask is None:
        return who
    if join == "either":
        return None if who is None else np.maximum(mask, who)
    return mask if who is None else np.minimum(mask, who)
