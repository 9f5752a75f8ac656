"""Finds the people in a picture as OpenPose bodies, with as little work as their number allows.

mediapipe follows a single person from the last picture: steady and quick. To follow several it searches the whole
picture every time, which takes half as long again and moves the joints by a pixel or two. So the search runs at the
beginning, while there is more than one person, and every now and then to see whether there is. It is made for people
who fill the picture: of four side by side it finds one or two. So more than two are searched for in parts of the
picture as well, which takes several times as long. Knows no drawing.
"""

from __future__ import annotations

import math
from itertools import chain
from pathlib import Path

import numpy as np

from controls.control import Pixels
from controls.landmarker import POSE, POSE_ALONE, Landmarker, Landmarks
from controls.people import Body, distinct
from controls.picture import resized, within

LONGEST_SIDE = 640
"""Pixels of the picture that people are looked for in. The networks see 224 and 256 pixels: more costs and adds
nothing but for a person far away."""

_LOOK_AROUND_S = 1.0
"""While one person is followed, others are looked for this often."""
_ALONE_S = 2.0
"""When nobody else was found for so long, one person is alone."""
_WHOLE = 2
"""So many are searched for in the whole picture alone."""
_MOST_PARTS = 5
"""Enough for a picture three times as wide as it is high."""
_COVERED = 0.5
"""Of somebody who is found in a part of the picture: what lies more within another one is that one, found in pieces."""
_MARGIN = 0.05
"""A joint this far outside, in widths and heights of the picture, still ends a limb that begins inside."""

# OpenPose's joints as mediapipe's landmarks; the neck, which mediapipe lacks, is the middle of the shoulders.
_SHOULDERS = (12, 11)
_LANDMARKS = (0, 12, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 5, 2, 8, 7)
_NECK = 1


class Finder:
    """Owns one landmarker for a single person and, where there may be more, one for several; ``close`` gives them back.

    Both are loaded at once: when the second is needed, a show waits for each picture.
    """

    def __init__(self, model: Path, most: int) -> None:
        self._single = Landmarker(model, 1)
        self._in_parts = most > _WHOLE
        self._several = Landmarker(model, most, POSE_ALONE if self._in_parts else POSE) if most > 1 else None
        self._begin()

    def _begin(self) -> None:
        self._in_company = self._looked_around = -math.inf

    def reset(self) -> None:
        """Forget all earlier pictures."""
        for landmarker in self._landmarkers:
            landmarker.reset()
        self._begin()

    def close(self) -> None:
        for landmarker in self._landmarkers:
            landmarker.close()

    @property
    def _landmarkers(self) -> tuple[Landmarker, ...]:
        return (self._single,) if self._several is None else (self._single, self._several)

    def bodies(self, picture: Pixels, time: float) -> list[Body]:
        """The people in ``picture`` (H, W, 3), nobody twice; points in picture heights. time: seconds.

        Where there are more than ``most``, some are left out; of more than two there may still be more.
        """
        picture = resized(picture, *within(picture, LONGEST_SIDE))
        if self._several is None:
            return self._follow(picture, time)
        if 0 <= time - self._in_company < _ALONE_S:
            return self._search(self._several, picture, time)
        if 0 <= time - self._looked_around < _LOOK_AROUND_S:
            return self._follow(picture, time)
        found = self._search(self._several, picture, time)
        return found if len(found) > 1 else self._follow(picture, time)

    def _follow(self, picture: Pixels, time: float) -> list[Body]:
        return _bodies(self._single.landmarks(picture, time), picture)

    def _search(self, several: Landmarker, picture: Pixels, time: float) -> list[Body]:
        found = _bodies(several.landmarks(picture, time), picture)
        if self._in_parts:
            in_parts = [_bodies_in(part, several, picture, time) for part in _parts(*picture.shape[:2])]
            for body in distinct([*chain(*in_parts)]):
                if all(body.covered(other) <= _COVERED for other in found):
                    found.append(body)
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


def _parts(height: int, width: int) -> list[tuple[slice, slice]]:
    """Squares as high or as wide as the picture, side by side, each half over the next; none of a square picture."""
    side, length = sorted((height, width))
    count = min(math.ceil(2 * length / side) - 1, _MOST_PARTS)
    if count < 2:
        return []
    along = [slice(start, start + side) for start in (round(n * (length - side) / (count - 1)) for n in range(count))]
    across = slice(0, side)
    return [(across, part) if width > height else (part, across) for part in along]


def _bodies_in(part: tuple[slice, slice], landmarker: Landmarker, picture: Pixels, time: float) -> list[Body]:
    """Those of whom nothing lies beyond the part's borders inside the picture: they are whole in another one."""
    height, width = picture.shape[:2]
    rows, columns = part
    seen = np.ascontiguousarray(picture[part])
    low = [-math.inf if span.start == 0 else span.start for span in (columns, rows)]
    high = [math.inf if span.stop == end else span.stop for span, end in ((columns, width), (rows, height))]
    bodies = []
    for body in _bodies(landmarker.landmarks(seen, time), seen):
        pixels = body.points * len(seen) + (columns.start, rows.start)
        if (pixels >= low).all() and (pixels <= high).all():
            bodies.append(Body(pixels / height, body.confidence))
    return bodies
