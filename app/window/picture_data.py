"""Pictures as they come from other programs: dropped files, dragged or copied images, through Qt. Knows no widget.

What Qt holds is asked for on the window's thread, and no disk with it; what reads and reduces may run on any other.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage

from app.errors import SourceError
from app.frame import Pixels
from app.inputs.notation import PICTURES
from app.pictures import load_picture, reduced
from app.words import window_look as words_look
from engine.params import Picture


def may_hold_pictures(data: QMimeData) -> bool:
    """Cheap enough to be asked while something is dragged; whether it is so is seen when it is dropped."""
    return data.hasImage() or data.hasUrls() or _named_file(data) is not None


def pictures_in(data: QMimeData) -> Callable[[], list[Picture]]:
    """What gives every picture in ``data``, one or more, called on any thread. Both raise SourceError in one sentence:
    this where there is none, that where one is bad.

    Files come before an image: a file manager adds the file's icon as one. What comes from a browser has both an image
    and an address elsewhere, which nobody reads.
    """
    files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    named = _named_file(data)
    if not files and not data.hasImage() and named is not None:
        files = [named]
    if files:
        return lambda: [load_picture(file) for file in files]
    image = QImage(data.imageData()) if data.hasImage() else QImage()
    if image.isNull():
        raise SourceError(words_look.NO_PICTURE_IN_IT)
    return lambda: [reduced(rgb_of(image))]


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
    """The file that a text names, as a terminal's paths do; None where it names none, by its looks alone."""
    text = data.text().strip() if data.hasText() else ""
    if text.startswith("file:"):
        text = QUrl(text).toLocalFile()
    if not text or "\n" in text or "://" in text:
        return None
    path = Path(text)
    return path if path.suffix.lower() in PICTURES else None
