"""The short names of what a look asks for beyond prompt, controls, seed and steps: see ``app.modes``."""

from __future__ import annotations

from collections.abc import Sized

MASK, MASK_INVERTED = "mask", "mask, inverted"
INVERTED_NO_MASK = "inverted mask, none given"
UNGUIDED = "no guide in the mask"
PEOPLE, BACKGROUND = "people repainted", "background repainted"
EXPAND = "expand"
NO_COMPOSITE = "no composite"
FIRST_FRAME, LAST_FRAME = "first frame", "last frame"

WITH_MASK = {
    ("person", "either"): "people added",
    ("person", "both"): "people intersected",
    ("background", "both"): "people subtracted",
    ("background", "either"): "background added",
}
"""Who is repainted and how that joins a mask, behind the name of the mask."""
REFERENCE_MODES = {"sink": "kept", "aligned": "beside", "reference": "instead"}
"""What people read for the engine's own names, here and on the window's buttons."""


def boxes(things: Sized) -> str:
    return _count(things, "box", "boxes")


def references(things: Sized, mode: str) -> str:
    """mode: as the engine calls it."""
    return f"{_count(things, 'reference', 'references')} ({REFERENCE_MODES[mode]})"


def strength(value: float) -> str:
    return f"strength {value:.2f}"


def more_prompts(things: Sized, blend: str) -> str:
    return f"{_count(things, 'more prompt', 'more prompts')} ({blend})"


def loras(things: Sized) -> str:
    return _count(things, "LoRA", "LoRAs")


def _count(things: Sized, one: str, many: str) -> str:
    return f"{len(things)} {one if len(things) == 1 else many}"
