"""``person``: the people in the picture in white on black, as many as there are. Also the matte that regions and the
mask of people are made of."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from controls import words
from controls.bars import Bars
from controls.control import Pixels, Setting, Values
from controls.matte import Decision, Inside, feathered
from controls.models import model_file
from controls.picture import resized, within
from controls.segmenter import Confidence, Segmenter

SETTINGS = (
    Setting("softness", words.SOFTNESS, 0.0, 40.0, 3.0, help=words.PERSON_SOFTNESS),
    Setting("grow", words.GROW, -20.0, 20.0, 0.0, help=words.PERSON_GROW),
    Setting("threshold", words.THRESHOLD, 0.05, 0.95, 0.4, help=words.PERSON_THRESHOLD),
    Setting("hold", words.HOLD, 0.0, 1.0, 0.7, help=words.PERSON_HOLD),
    Setting("holes", words.HOLES, 0.0, 10.0, 0.5, help=words.PERSON_HOLES),
)

MODEL = "selfie_segmenter.tflite"
LONGEST_SIDE = 640
"""Pixels of the picture that people are looked for in."""
_WORKING_SIDE = 320
"""Pixels of the mask while it is decided on: the network sees 256."""


class Person:
    """See the module. Owns the network, what was decided about the last picture, and where its black bars are."""

    def __init__(self, model_folder: Path | None = None) -> None:
        self._model_folder = model_folder
        self._segmenter: Segmenter | None = None
        self._decision = Decision()
        self._bars = Bars()

    def reset(self) -> None:
        self._decision.reset()
        self._bars.reset()

    def close(self) -> None:
        self.reset()
        if self._segmenter is not None:
            self._segmenter.close()
            self._segmenter = None

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        """The first picture loads mediapipe and the network: a second or two."""
        inside = self._inside(picture, time, values)
        scale = max(inside.shape) / _WORKING_SIDE
        matte = feathered(inside, values["grow"] * scale, values["softness"] * scale, width, height)
        return np.asarray(cv2.cvtColor(matte, cv2.COLOR_GRAY2RGB), np.uint8)

    def _inside(self, picture: Pixels, time: float, values: Values) -> Inside:
        if self._segmenter is None:
            self._segmenter = Segmenter(model_file(MODEL, self._model_folder))
        width, height = within(picture, _WORKING_SIDE)
        gray = np.asarray(cv2.cvtColor(resized(picture, width, height), cv2.COLOR_RGB2GRAY), np.uint8)
        return self._decision.inside(
            _confidence(self._segmenter, picture, self._bars.inside(picture, time), width, height),
            gray,
            values["threshold"],
            values["hold"],
            values["holes"] / 100,
        )


def _confidence(
    segmenter: Segmenter, picture: Pixels, inside: tuple[slice, slice], width: int, height: int
) -> Confidence:
    """At (height, width). Beside black bars the network takes floors and furniture for people: it sees but what is
    ``inside``."""
    rows, columns = inside
    h, w = picture.shape[:2]
    top, bottom = (round(edge * height / h) for edge in (rows.start, rows.stop))
    left, right = (round(edge * width / w) for edge in (columns.start, columns.stop))
    confidence = np.zeros((height, width), np.float32)
    if bottom > top and right > left:
        seen = segmenter.confidence(np.ascontiguousarray(picture[rows, columns]))
        confidence[top:bottom, left:right] = cv2.resize(seen, (right - left, bottom - top))
    return confidence
