"""Pictures as they come from other programs: dropped files, dragged or copied images, through Qt. Knows no widget."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage

from app.errors import SourceError
from app.frame import Pixels
from app.pictures import load_picture, reduced
from engine.params import Picture


def may_hold_pictures(data: QMimeData) -> bool:
    """Cheap enough to be asked while something is dragged; whether it is so is seen when it is dropped."""
    return data.hasImage() or data.hasUrls() or _named_file(data) is not None


def pictures_in(data: QMimeData) -> list[Picture]:
    """Every picture in ``data``, one or more. Raises SourceError in one sentence where there is none, or one is bad.

    Files come before an image: a file manager adds the file's icon as one. What comes from a browser has both an image
    and an address elsewhere, which nobody reads.
    """
    files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    named = _named_file(data)
    if not files and not data.hasImage() and named is not None:
        files = [named]
    if files:
        return [load_picture(file) for file in files]
    image = QImage(data.imageData()) if data.hasImage() else QImage()
    if image.isNull():
        raise SourceError("There is no picture in it; take a picture file, or a picture that was copied.")
    return [reduced(rgb_of(image))]


def rgb_of(image: QImage) -> Pixels:
    """(H, W, 3) uint8; transparent parts stand on black."""
    image = image.convertToFormat(QImage.Format.Format_RGBA8888_Premultiplied)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 4 * image.width()].reshape(image.height(), image.width(), 4)[..., :3].copy()


def image_of(picture: Picture) -> QImage:
    """The inverse of ``rgb_of``, with pixels of its own."""
    height, width = picture.pixels.shape[:2]
    return QImage(picture.pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _named_file(data: QMimeData) -> Path | None:
    """The file that a text names, as a terminal's paths do; None where it names none."""
    text = data.text().strip() if data.hasText() else ""
    if not text or "\n" in text:
        return None
    path = Path(QUrl(text).toLocalFile() if text.startswith("file:") else text)
    try:
        return path if path.is_file() else None
    except OSError:  # longer than any path may be
        return None
