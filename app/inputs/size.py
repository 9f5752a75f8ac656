"""How large a picture is worth making: pure arithmetic of widths and heights."""

from __future__ import annotations


def covering(width: int, height: int, wanted_width: int, wanted_height: int) -> tuple[int, int]:
    """The smallest size of the same aspect as (width, height) that still covers the wanted one; never an enlargement.

    A wanted width or height of 0 asks for nothing.
    """
    scale = min(1.0, max(wanted_width / width, wanted_height / height))
    if scale <= 0.0:
        return width, height
    return max(1, round(width * scale)), max(1, round(height * scale))


def within(width: int, height: int, longest: int) -> tuple[int, int]:
    """The largest size of the same aspect whose longer side is at most ``longest``; never an enlargement."""
    scale = min(1.0, longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
