"""The picture that outputs show before there is anything else to show."""

from __future__ import annotations

import cv2
import numpy as np

from app.frame import Pixels


def slate(title: str, line: str = "", width: int = 1280, height: int = 720) -> Pixels:
    """A dark picture (height, width, 3) with a title and one line below it, sized to fit."""
    column = np.linspace(34, 12, height, dtype=np.float32)[:, None, None]
    picture = np.ascontiguousarray(np.broadcast_to(column * (0.9, 1.0, 1.25), (height, width, 3)).astype(np.uint8))
    _centre(picture, title, 0.46, height / 300, (235, 240, 245))
    _centre(picture, line, 0.60, height / 620, (150, 165, 185))
    return picture


def _centre(picture: Pixels, text: str, at: float, scale: float, colour: tuple[int, int, int]) -> None:
    height, width = picture.shape[:2]
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(scale * 1.6))
    (text_width, text_height), _ = cv2.getTextSize(text, font, scale, thickness)
    if text_width > 0.92 * width:
        scale *= 0.92 * width / text_width
        (text_width, text_height), _ = cv2.getTextSize(text, font, scale, thickness)
    origin = (round((width - text_width) / 2), round(height * at + text_height / 2))
    cv2.putText(picture, text, origin, font, scale, colour, thickness, cv2.LINE_AA)
