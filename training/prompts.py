"""The words that the starter understands, and the prompts that it learns them from. Knows no networks.

A prompt asks for a look, a colour and a ground, in any order, by any of their words: "neon teal lines on black", "ink
wash, paper, red". What is not said, the look chooses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from training.palettes import COLORS, GROUNDS, NEUTRALS, SYNONYMS, ground_of, palette

LOOK_WORDS: dict[str, tuple[str, ...]] = {
    "neon": ("neon", "glow", "glowing", "electric", "tron"),
    "ink": ("ink", "ink wash", "sumi", "brush", "calligraphy"),
    "blueprint": ("blueprint", "schematic", "cyanotype", "technical"),
    "chalk": ("chalk", "blackboard", "chalkboard", "crayon"),
    "lava": ("lava", "magma", "embers", "fire", "molten", "flames"),
    "ice": ("ice", "frost", "frozen", "crystal", "glass"),
    "hologram": ("hologram", "holographic", "scanlines", "vhs"),
    "gold": ("gold", "metal", "chrome", "metallic", "embossed", "bronze"),
    "comic": ("comic", "cartoon", "pop art", "halftone", "manga"),
    "watercolor": ("watercolor", "watercolour", "aquarelle", "painting"),
    "pencil": ("pencil", "sketch", "graphite", "hatching"),
    "contour": ("contour", "topographic", "map", "isolines"),
    "woodcut": ("woodcut", "engraving", "linocut", "etching"),
    "led": ("led", "dots", "mosaic", "pixels"),
}
"""By the look's name in ``looks.LOOKS``, which is its first word too."""

OWN_HUES: dict[str, float | None] = {
    "neon": 176.0, "ink": None, "blueprint": 220.0, "chalk": None, "lava": 18.0, "ice": 200.0, "hologram": 190.0,
    "gold": 44.0, "comic": 50.0, "watercolor": 214.0, "pencil": None, "contour": 32.0, "woodcut": None, "led": 312.0,
}  # fmt: skip
"""The hue of a look whose colour is not said; None = greys."""

DEFAULT_LOOK = "neon"
"""What a prompt paints that names no look."""

LOOKS: tuple[str, ...] = tuple(LOOK_WORDS)
"""Look names, each a word of the model."""

FILLERS = ("lines", "drawing", "style", "light", "of", "a", "the", "in", "with", "art", "picture", "people", "dancing")
_GROUND_WORDS = (*GROUNDS, *COLORS)


def vocabulary() -> tuple[str, ...]:
    """Every word that has a row of its own, in the order of the rows."""
    words: list[str] = ["on", "and", "background"]
    for synonyms in LOOK_WORDS.values():
        words += [word for phrase in synonyms for word in phrase.split()]
    words += [*COLORS, *SYNONYMS, *NEUTRALS, *GROUNDS, *FILLERS]
    return tuple(dict.fromkeys(words))


@dataclass(frozen=True)
class Wish:
    """What a prompt asks for. look, color: None where it does not say. ground: a word, or None."""

    prompt: str
    look: str | None
    color: str | None
    ground: str | None

    @property
    def painted(self) -> str:
        return self.look or DEFAULT_LOOK

    def palette(self) -> Tensor:
        """Five colours [5, 3]."""
        hue = OWN_HUES[self.painted]
        if self.color is not None:
            hue = None if self.color in NEUTRALS else {**COLORS, **SYNONYMS}[self.color]
        return palette(hue, None if self.ground is None else _ground(self.ground))


def _ground(word: str) -> tuple[float, float, float]:
    return GROUNDS[word] if word in GROUNDS else ground_of(COLORS[word])


def wish(rng: np.random.Generator, look: str | None = None, color: bool = True, grounded: float = 0.28) -> Wish:
    """A random one. look: a name that it must ask for; color: whether it may ask for one, or for a ground.

    grounded: how often it asks for a ground, where it may.
    """
    name = look or str(rng.choice(LOOKS))
    says_look = look is not None or rng.random() < 0.95
    synonyms = LOOK_WORDS[name]
    look_word = synonyms[0] if rng.random() < 0.5 else str(rng.choice(synonyms))
    color_word = _color(rng) if color and rng.random() < 0.8 else None
    ground = str(rng.choice(_GROUND_WORDS)) if color and rng.random() < grounded else None
    if ground is not None and ground == color_word:
        ground = None
    parts = [look_word] if says_look else []
    if color_word is not None:
        parts.insert(int(rng.integers(len(parts) + 1)), color_word)
    if rng.random() < 0.35:
        parts.insert(int(rng.integers(len(parts) + 1)), str(rng.choice(FILLERS)))
    if ground is not None:
        if ground in GROUNDS and rng.random() < 0.3:
            parts.insert(
                int(rng.integers(len(parts) + 1)), ground if ground not in ("black", "white") else f"on {ground}"
            )
        else:
            parts.append(f"on {ground}" if rng.random() < 0.7 else f"on {ground} background")
    return Wish(" ".join(parts), name if says_look else None, color_word, ground)


def _color(rng: np.random.Generator) -> str:
    draw = rng.random()
    if draw < 0.7:
        return str(rng.choice(list(COLORS)))
    return str(rng.choice(NEUTRALS)) if draw > 0.94 else str(rng.choice(list(SYNONYMS)))
