"""mediapipe's selfie segmenter behind one call: a picture in, how sure each place is part of a person out.

It tells people from everything else and not one from another, so that any number of them is as quick as one. Each
picture stands alone. Knows no masks.
"""

from __future__ import annotations

import weakref
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from controls import words
from controls.control import Pixels
from controls.mediapipe_task import close, load, without_chatter
from controls.picture import resized

SIDE = 256
"""Pixels that the network sees, whatever the picture's aspect."""

Confidence = NDArray[np.float32]


class Segmenter:
    """Owns the network; ``close`` gives it back. Raises ControlUnavailable when it cannot be loaded."""

    def __init__(self, model: Path) -> None:
        with without_chatter():
            asked = {"output_confidence_masks": True}
            self._mediapipe, segmenter = load(words.OF_PERSON, "ImageSegmenter", model, False, **asked)
            self._segmenter = segmenter
            # What is left of the chatter comes with the first picture.
            self.confidence(np.zeros((1, 1, 3), np.uint8))
        self._close = weakref.finalize(self, close, segmenter)

    def confidence(self, picture: Pixels) -> Confidence:
        """(SIDE, SIDE), 0 for surely nobody to 1 for surely somebody. picture: (H, W, 3) uint8 RGB of any size."""
        seen = np.ascontiguousarray(resized(picture, SIDE, SIDE))
        image = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=seen)
        (mask,) = self._segmenter.segment(image).confidence_masks
        return np.array(mask.numpy_view(), np.float32).reshape(SIDE, SIDE)

    def close(self) -> None:
        """May be called twice."""
        self._close()
