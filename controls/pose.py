"""``pose``: the people in the picture as OpenPose skeletons on black, the form of pose guide VACE was trained on.

Hands and faces where they are wanted, and the picture behind.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from controls import skeleton, words
from controls.control import Pixels, Setting, Values
from controls.details import Details
from controls.finder import Finder
from controls.models import model_file
from controls.people import People
from controls.picture import resized
from controls.skeleton import Marks

SETTINGS = (
    Setting("people", words.PEOPLE, 1, 4, 2, whole=True, help=words.POSE_PEOPLE),
    Setting("confidence", words.CONFIDENCE, 0.0, 1.0, 0.5, help=words.POSE_CONFIDENCE),
    Setting("thickness", words.THICKNESS, 0.25, 4.0, 1.0, help=words.POSE_THICKNESS),
    Setting("smoothing", words.SMOOTHING, 0.0, 1.0, 0.5, help=words.POSE_SMOOTHING),
    Setting("hands", words.HANDS, 0, 1, 0, whole=True, help=words.POSE_HANDS),
    Setting("face", words.FACE, 0, 1, 0, whole=True, help=words.POSE_FACE),
    Setting("closeups", words.CLOSE_UPS, 1, 12, 3, whole=True, help=words.POSE_CLOSE_UPS),
    Setting("fade", words.FADE, 0.0, 1.0, 0.0, help=words.POSE_FADE),
    Setting("source", words.SOURCE, 0.0, 1.0, 0.0, help=words.POSE_SOURCE),
)

MODEL = "pose_landmarker_full.task"


class Pose:
    """Owns the finder and the details', whose networks keep threads of their own until ``close``, and the people it
    follows."""

    def __init__(self, model_folder: Path | None = None) -> None:
        self._model_folder = model_folder
        self._people = People()
        self._details = Details(model_folder)
        self._finder: Finder | None = None
        self._most = 0
        self.trouble = ""
        """Why hands or faces are missing though they are wanted, and what to do: see ``Limited``."""

    def reset(self) -> None:
        self._people.reset()
        self._details.reset()
        if self._finder is not None:
            self._finder.reset()

    def close(self) -> None:
        self._people.reset()
        self._details.close()
        self.trouble = ""
        if self._finder is not None:
            self._finder.close()
            self._finder = None

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        """The first picture loads mediapipe and its networks: a second or two."""
        most = round(values["people"])
        if self._finder is None or most != self._most:
            self._people = People(most)
            self._details.reset()
            if self._finder is not None:
                self._finder.close()
            self._finder, self._most = Finder(model_file(MODEL, self._model_folder), most), most
        bodies = self._finder.bodies(picture, time)
        people = self._people.update(bodies, time, values["confidence"], values["smoothing"], values["fade"])
        hands, faces = self._details.update(picture, people, time, values)
        self.trouble = self._details.trouble

        scale = np.array([picture.shape[0] / picture.shape[1], 1.0])
        canvas = _background(picture, width, height, values["source"])
        figures = [Marks(person.points, person.opacity) for person in people]
        for draw, found in (
            (skeleton.draw_bodies, figures),
            (skeleton.draw_hands, hands),
            (skeleton.draw_faces, faces),
        ):
            draw(canvas, [Marks(marks.points * scale, marks.opacity) for marks in found], values["thickness"])
        return canvas


def _background(picture: Pixels, width: int, height: int, brightness: float) -> Pixels:
    if brightness == 0:
        return np.zeros((height, width, 3), np.uint8)
    return np.asarray(cv2.convertScaleAbs(resized(picture, width, height), alpha=brightness), np.uint8)
