"""Words on pictures, in the one typeface that OpenCV has. Pure drawing: knows neither what the words mean nor where."""

from __future__ import annotations

import unicodedata

import cv2

from app.frame import Pixels

Colour = tuple[int, int, int]

_FONT = cv2.FONT_HERSHEY_SIMPLEX


def text_width(text: str, size: float, thickness: int = 1) -> int:
    """Pixels that ``text`` takes. size: of OpenCV's scale, where 1 is capitals of about 21 pixels."""
    (width, _), _ = cv2.getTextSize(_plain(text), _FONT, size, thickness)
    return int(width)


def write(
    picture: Pixels, text: str, x: int, baseline: int, size: float, colour: Colour, thickness: int = 1, *, room: int
) -> None:
    """Draw ``text`` on ``picture`` (H, W, 3) from ``x`` on, cut off with dots where it needs more than ``room``
    pixels."""
    while text and text_width(text, size, thickness) > room:
        text = text.removesuffix("...")[:-1].rstrip() + "..." if len(text) > 4 else ""
    cv2.putText(picture, _plain(text), (x, baseline), _FONT, size, colour, thickness, cv2.LINE_AA)


def _plain(text: str) -> str:
    """OpenCV 4's typeface has ASCII only: accents are taken off, what is left becomes a question mark."""
    letters = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return "".join(letters).encode("ascii", "replace").decode("ascii")
