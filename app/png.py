"""A Picture as text, for settings that are kept: a PNG in base64, without loss. Knows no files."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache

import cv2
import numpy as np

from engine.params import Picture


@lru_cache(maxsize=16)  # settings are kept after every change, the pictures in them change seldom
def png_text(picture: Picture) -> str:
    pixels = picture.pixels
    made, png = cv2.imencode(".png", pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    assert made, "every Picture can be a PNG"
    return base64.b64encode(png.tobytes()).decode("ascii")


def picture_of(text: str) -> Picture:
    """The inverse of ``png_text``. ValueError for any other text."""
    try:
        data = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
        pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    except (binascii.Error, cv2.error) as error:
        raise ValueError("the text is no PNG in base64") from error
    if pixels is None:
        raise ValueError("the text is no PNG in base64")
    return Picture(np.asarray(pixels if pixels.ndim == 2 else cv2.cvtColor(pixels[..., :3], cv2.COLOR_BGR2RGB)))
