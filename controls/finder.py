"""Finds the people in a picture as OpenPose bodies, with as little work as their number allows.

mediapipe follows a single person from the last picture: steady and quick. To follow several it searches the whole
picture every time, which takes half as long again and moves the joints by a pixel or two. So the search runs at the
beginning, while there is more than one person, and every now and then to see whether there is. Knows no drawing.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from controls.control import Pixels
from controls.landmarker import Landmarker, Landmarks
from controls.people import Body, distinct
from controls.picture import resized, within

LONGEST_SIDE = 640
"""Pixels of the picture that people are looked for in. The networks see 224 and 256 pixels: more costs and adds
nothing but for a person far away."""

_LOOK_AROUND_S = 1.0
"""While one person is followed, others are looked for this often."""
_ALONE_S = 2.0
"""When nobody else was found for so long, one person is alone."""
_MARGIN = 0.05
"""A joint this far outside, in widths and heights of the picture, still ends a limb that begins inside."""

# OpenPose's joints as mediapipe's landmarks; the neck, which mediapipe lacks, is the middle of the shoulders.
_SHOULDERS = (12, 11)
_LANDMARKS = (0, 12, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 5, 2, 8, 7)
_NECK = 1


class Finder:
    """Owns two landmarkers, made when first needed; ``close`` gives them back."""

    def __init__(self, model: Path, most: int) -> None:
        self._model = model
        self._most = most
        self._single: Landmarker | None = None
        self._several: Landmarker | None = None
        self._in_company = self._looked_around = math.nan

    def close(self) -> None:
        for landmarker in (self._single, self._several):
            if landmarker is not None:
                landmarker.close()

    def bodies(self, picture: Pixels, time: float) -> list[Body]:
        """Up to ``most`` people in ``picture`` (H, W, 3), nobody twice; points in picture heights. time: seconds."""
        picture = resized(picture, *within(picture, LONGEST_SIDE))
        if self._most == 1:
            return self._follow(picture, time)
        if math.isnan(self._in_company):
            self._in_company = time
        if 0 <= time - self._in_company < _ALONE_S:
            return self._search(picture, time)
        if 0 <= time - self._looked_around < _LOOK_AROUND_S:
            return self._follow(picture, time)
        found = self._search(picture, time)
        return found if len(found) > 1 else self._follow(picture, time)

    def _follow(self, picture: Pixels, time: float) -> list[Body]:
        self._single = self._single or Landmarker(self._model, 1)
        return _bodies(self._single.landmarks(picture, time), picture)

    def _search(self, picture: Pixels, time: float) -> list[Body]:
        self._several = self._several or Landmarker(self._model, self._most)
        found = _bodies(self._several.landmarks(picture, time), picture)
        self._looked_around = time
        if len(found) > 1:
            self._in_company = time
        return found


def openpose_joints(landmarks: Landmarks) -> Landmarks:
    """One person's 33 mediapipe landmarks (33, 3) as OpenPose's 18 joints (18, 3): x, y, visibility."""
    joints = landmarks[list(_LANDMARKS)]
    shoulders = landmarks[list(_SHOULDERS)]
    joints[_NECK, :2] = shoulders[:, :2].mean(axis=0)
    joints[_NECK, 2] = shoulders[:, 2].min()
    return joints


def _bodies(people: Landmarks, picture: Pixels) -> list[Body]:
    height, width = picture.shape[:2]
    bodies = []
    for landmarks in people:
        joints = openpose_joints(landmarks)
        inside = ((joints[:, :2] > -_MARGIN) & (joints[:, :2] < 1.0 + _MARGIN)).all(axis=1)
        bodies.append(Body(joints[:, :2] * (width / height, 1.0), np.where(inside, joints[:, 2], 0.0)))
    return distinct(bodies)
