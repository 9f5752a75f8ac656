"""What is said of the words that the starter knows."""

from __future__ import annotations

import textwrap

from app.examples import COLORS, GROUNDS, LOOKS


def known_words(width: int) -> str:
    """Which words the starter knows, in lines of at most ``width`` characters; what goes on is indented."""
    sentences = (
        "The starter model knows these words, in any order, and passes over all others.",
        f"Looks: {', '.join(LOOKS)}.",
        f"Colours: {', '.join(COLORS)}.",
        f'Grounds, after "on": {", ".join(GROUNDS)}, or a colour.',
    )
    return "\n".join(textwrap.fill(sentence, width, subsequent_indent="  ") for sentence in sentences)
