"""Prompts to begin with, and the words that the starter was taught. Text only: knows no model and no window.

The words are those of ``training``, which the app never imports; a test holds the two together.
"""

from __future__ import annotations

DEFAULT_PROMPT = "neon teal lines on black"
"""What a new look paints."""

EXAMPLES: tuple[str, ...] = (
    DEFAULT_PROMPT,
    "ink wash, paper, red",
    "blueprint",
    "chalk on slate",
    "molten lava",
    "frozen ice, blue",
    "purple hologram",
    "embossed gold",
    "comic, yellow",
    "watercolor, rose",
    "pencil sketch on cream",
    "topographic map, orange on navy",
    "woodcut, green",
    "led dots, magenta",
)
"""One for each of the looks, in their order."""

LOOKS: tuple[str, ...] = (
    *("neon", "ink", "blueprint", "chalk", "lava", "ice", "hologram"),
    *("gold", "comic", "watercolor", "pencil", "contour", "woodcut", "led"),
)
COLORS: tuple[str, ...] = (
    *("red", "orange", "yellow", "lime", "green", "teal", "blue", "purple", "magenta", "pink"),
    *("scarlet", "crimson", "amber", "golden", "lemon", "chartreuse", "emerald", "mint", "turquoise", "cyan", "aqua"),
    *("sky", "azure", "cobalt", "indigo", "violet", "lavender", "fuchsia", "rose", "white", "silver", "grey"),
)
GROUNDS: tuple[str, ...] = ("black", "white", "paper", "cream", "midnight", "navy", "slate", "sand")
