"""``pose``: the people in the picture as OpenPose skeletons on black, the form of pose guide VACE was trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from controls import skeleton
from controls.control import Pixels, Setting, Values
from controls.finder import Finder
from controls.models import model_file
from controls.people import People

SETTINGS = (
    Setting("people", "People", 1, 4, 2, whole=True, help="The most that are followed; more take longer."),
    Setting("confidence", "Confidence", 0.0, 1.0, 0.5, help="How sure a joint must be to be drawn."),
    Setting("thickness", "Thickness", 0.25, 4.0, 1.0, help="Of limbs and joints; 1 is that of VACE's own guides."),
    Setting("smoothing", "Smoothing", 0.0, 1.0, 0.5, help="Calms people who stand still; 0: as found."),
)

MODEL = "pose_landmarker_full.task"


class Pose:
    """Owns the finder, whose networks keep threads of their own until ``reset``, and the people it follows."""

    def __init__(self, model_folder: Path | None = None) -> None:
        self._model_folder = model_folder
        self._people = People()
        self._finder: Finder | None = None
        self._most = 0

    def reset(self) -> None:
        self._people.reset()
        if self._finder is not None:
            self._finder.close()
            self._finder = None

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        """The first picture loads mediapipe and its networks: a second or two."""
        most = round(values["people"])
        if self._finder is None or most != self._most:
            self.reset()
            self._finder, self._most = Finder(model_file(MODEL, self._model_folder), most), most
        bodies = self._finder.bodies(picture, time)
        people = self._people.update(bodies, time, values["confidence"], values["smoothing"])
        scale = np.array([picture.shape[0] / picture.shape[1], 1.0])
        return skeleton.draw([points * scale for points in people], width, height, values["thickness"])
