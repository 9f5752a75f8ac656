"""A Picture as a PNG, without loss: as bytes, and as text in base64 for settings that are kept. Knows no files."""

from __future__ import annotations

import base64
import binascii
from weakref import WeakKeyDictionary

import cv2
import numpy as np

from app.words import values as words
from engine.params import Picture

_known: WeakKeyDictionary[Picture, bytes] = WeakKeyDictionary()
"""By content, for as long as the picture lives: settings are kept after every change, pictures change seldom."""


def png_of(picture: Picture) -> bytes:
    """Made once of each content, or never where the picture came out of a PNG."""
    png = _known.get(picture)
    if png is None:
        _known[picture] = png = _encoded(picture)
    return png


def _encoded(picture: Picture) -> bytes:
    pixels = picture.pixels
    made, png = cv2.imencode(".png", pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    assert made, "every Picture can be a PNG"
    return png.tobytes()


def picture_in(png: bytes) -> Picture:
    """The inverse of ``png_of``. ValueError for any other bytes."""
    try:
        pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED) if png else None
    except cv2.error as error:
        raise ValueError(words.NO_PNG) from error
    if pixels is None:
        raise ValueError(words.NO_PNG)
    picture = Picture(np.asarray(pixels if pixels.ndim == 2 else cv2.cvtColor(pixels[..., :3], cv2.COLOR_BGR2RGB)))
    _known[picture] = png
    return picture


def png_text(picture: Picture) -> str:
    return base64.b64encode(png_of(picture)).decode("ascii")


def picture_of(text: str) -> Picture:
    """The inverse of ``png_text``. ValueError for any other text."""
    try:
        return picture_in(base64.b64decode(text, validate=True))
    except binascii.Error as error:
        raise ValueError(words.NO_PNG_TEXT) from error
