"""Prompts to begin with, and the words that the starter was taught. Text only: knows no model and no window.

The words are those of ``training``, which the app never imports; a test holds the two together.
"""

from __future__ import annotations

import textwrap

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
    "gold on midnight",
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


def known_words(width: int) -> str:
    """Which words the starter knows, in lines of at most ``width`` characters; what goes on is indented."""
    sentences = (
        "The starter model knows these words, in any order, and passes over all others.",
        f"Looks: {', '.join(LOOKS)}.",
        f"Colours: {', '.join(COLORS)}.",
        f'Grounds, after "on": {", ".join(GROUNDS)}, or a colour.',
    )
    return "\n".join(textwrap.fill(sentence, width, subsequent_indent="  ") for sentence in sentences)
