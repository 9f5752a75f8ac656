"""Colour words and the palettes they stand for. Knows no looks and no networks.

A palette is five colours [5, 3], RGB in 0..1: dark, deep, main, light and ground. The ground is NaN where the look is
to choose its own. That of a picture [9, 3] has four more, which its ground runs through from the lines outwards.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence

import torch
from torch import Tensor

DARK, DEEP, MAIN, LIGHT, GROUND = range(5)
OUTWARDS = slice(5, 9)

COLORS: dict[str, float] = {
    "red": 0.0, "orange": 28.0, "yellow": 54.0, "lime": 86.0, "green": 128.0,
    "teal": 172.0, "blue": 222.0, "purple": 266.0, "magenta": 300.0, "pink": 336.0,
}  # fmt: skip
"""The ten colours that the model is measured by: word and hue in degrees."""

SYNONYMS: dict[str, float] = {
    "scarlet": 6.0, "crimson": 350.0, "amber": 40.0, "golden": 46.0, "lemon": 58.0, "chartreuse": 82.0,
    "emerald": 142.0, "mint": 156.0, "turquoise": 176.0, "cyan": 188.0, "aqua": 184.0, "sky": 202.0, "azure": 212.0,
    "cobalt": 226.0, "indigo": 246.0, "violet": 272.0, "lavender": 262.0, "fuchsia": 308.0, "rose": 342.0,
}  # fmt: skip
"""Further colour words, with hues of their own."""

NEUTRALS = ("white", "silver", "grey", "gray")
"""Colour words without a hue."""

GROUNDS: dict[str, tuple[float, float, float]] = {
    "black": (0.02, 0.02, 0.025), "white": (0.97, 0.97, 0.97), "paper": (0.94, 0.90, 0.81),
    "cream": (0.97, 0.93, 0.82), "midnight": (0.04, 0.05, 0.16), "navy": (0.05, 0.08, 0.26),
    "slate": (0.22, 0.26, 0.30), "sand": (0.83, 0.74, 0.58),
}  # fmt: skip
"""Words for what the picture is drawn on, said after "on" or by themselves; any colour after "on" is one too."""


def hsv(hue: float, saturation: float, value: float) -> tuple[float, float, float]:
    """Hue in degrees, the others 0..1."""
    return colorsys.hsv_to_rgb((hue % 360.0) / 360.0, saturation, value)


def palette(hue: float | None, ground: Sequence[float] | None = None) -> Tensor:
    """The palette of one hue in degrees; None = greys. ground: RGB, None leaves it to the look."""
    vivid = 0.0 if hue is None else 1.0
    hue = hue or 0.0
    colors = [
        hsv(hue, 0.70 * vivid, 0.10),
        hsv(hue, 0.88 * vivid, 0.42),
        hsv(hue, 0.88 * vivid, 0.96 if vivid else 0.72),
        hsv(hue, 0.20 * vivid, 1.0),
        tuple(ground) if ground is not None else (math.nan,) * 3,
    ]
    return torch.tensor(colors, dtype=torch.float32)


def ground_of(hue: float | None) -> tuple[float, float, float]:
    """The ground that "on red" asks for: the colour itself, dark enough to draw on."""
    return hsv(hue or 0.0, 0.0 if hue is None else 0.85, 0.38)


def palette_of(picture: Tensor) -> Tensor:
    """The palette [9, 3] of a picture [3, H, W] in 0..1: mean colours of bands of its brightness.

    What a reference gives to the picture that is painted after it. The ground, which is most of what is painted, runs
    through all of the brightness: in any single colour it would lie as far from the reference as a look's own.
    """
    pixels = picture.flatten(1).T
    order = pixels @ pixels.new_tensor([0.299, 0.587, 0.114])
    ranked = pixels[order.argsort()]
    count = len(ranked)

    def band(start: float, end: float) -> Tensor:
        return ranked[int(start * count) : max(int(start * count) + 1, int(end * count))].mean(0)

    colors = torch.stack([band(*each) for each in ((0.02, 0.15), (0.25, 0.50), (0.55, 0.80), (0.90, 0.99))])
    outwards = torch.stack([band(*each) for each in ((0.02, 0.10), (0.05, 0.25), (0.25, 0.55), (0.55, 0.90))])
    # A picture of one brightness would draw nothing: its ends are pulled to dark and light.
    spread = colors.new_tensor([0.7, 1.0, 1.0, 1.0]).view(4, 1)
    lifted = colors.new_tensor([0.0, 0.0, 0.0, 0.2]).view(4, 1)
    colors = colors * spread * (1 - lifted) + lifted
    return torch.cat([colors, colors.new_full((1, 3), math.nan), outwards])
