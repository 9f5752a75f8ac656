"""The prompts that looks and colours are asked for with."""

from __future__ import annotations

from training.palettes import COLORS
from training.prompts import LOOKS, Wish

_FORMS = {"neon": "neon {color} lines on black", "ink": "ink wash, paper, {color}"}
_GROUNDS = {"neon": "black", "ink": "paper"}
_FORM = "{color} {look}"


def prompt_of(look: str, color: str = "") -> str:
    """A prompt for ``look``, with the colour word or without any; "neon teal lines on black" is one."""
    words = _FORMS.get(look, _FORM).format(look=look, color=color)
    return " ".join(words.split()).rstrip(", ")


def color_for(look: str) -> str:
    """A colour for each look, so that a row of looks shows all of them; the same in every run."""
    names = tuple(COLORS)
    return names[3 * LOOKS.index(look) % len(names)]


def usual_prompt(look: str) -> str:
    """The prompt by which a look is measured where its colour does not matter."""
    return prompt_of(look, color_for(look))


def usual_wish(look: str) -> Wish:
    """What training takes ``usual_prompt`` for."""
    return Wish(usual_prompt(look), look, color_for(look), _GROUNDS.get(look))
