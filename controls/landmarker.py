"""mediapipe's landmarkers behind one call: a picture in, landmarks of each body, hand or face out.

Knows neither OpenPose nor drawing.
"""

from __future__ import annotations

import contextlib
import weakref
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from controls import words
from controls.control import Pixels
from controls.mediapipe_task import close, load, without_chatter

Landmarks = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """What is looked for, in mediapipe's own names.

    what: for sentences. landmarker: its class; with "Options" behind it, that of its options. most: the option that
    says how many. found: where the result has the landmarks. landmarks: how many of them one has. follows: pictures
    are a film, in which what was found once is followed; otherwise each stands alone.
    """

    what: str
    landmarker: str
    most: str
    found: str
    landmarks: int
    follows: bool


POSE = Task(words.OF_POSE, "PoseLandmarker", "num_poses", "pose_landmarks", 33, True)
"""With one person mediapipe follows without looking for others, which is faster, and smooths the landmarks itself."""
POSE_ALONE = replace(POSE, follows=False)
"""In any picture, whatever was in the last one."""
HAND = Task(words.OF_HAND, "HandLandmarker", "num_hands", "hand_landmarks", 21, True)
FACE = Task(words.OF_FACE, "FaceLandmarker", "num_faces", "face_landmarks", 478, False)
"""A face that is followed is also smoothed by mediapipe, which would mix what comes from different people."""


_QUIET = 3
"""Pictures that mediapipe may write start-up lines at. All but one of these lines come while it is made. That one comes
when the first body of the process is found, and gets through where nobody is in sight so early: to wait for him would
turn the whole process's stderr away at each picture, and hold up whoever loads a model meanwhile."""
_BLACK_SIDE = 64


class Landmarker:
    """Finds up to ``most`` of ``task`` in a picture. Owns the model; ``close`` gives it back.

    Raises ControlUnavailable when mediapipe or the model file cannot be loaded.
    """

    def __init__(self, model: Path, most: int, task: Task = POSE) -> None:
        self._task = task
        self._quiet = _QUIET
        with without_chatter():
            self._mediapipe, landmarker = load(task.what, task.landmarker, model, task.follows, **{task.most: most})
        self._landmarker = landmarker
        self._time_ms = -1
        self._close = weakref.finalize(self, close, landmarker)

    def landmarks(self, picture: Pixels, time: float) -> Landmarks:
        """(P, N, 3) for P found: x and y as fractions of the picture's width and height, and visibility from 0 to 1,
        which only a pose's landmarks have.

        picture: contiguous (H, W, 3) uint8 RGB. time: seconds; where it does not rise, mediapipe is told that it does.
        """
        self._time_ms = max(self._time_ms + 1, round(time * 1000.0))
        image = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=picture)
        with without_chatter() if self._quiet > 0 else contextlib.nullcontext():
            if self._task.follows:
                result = self._landmarker.detect_for_video(image, self._time_ms)
            else:
                result = self._landmarker.detect(image)
        found = getattr(result, self._task.found)
        self._quiet -= 1
        rows = [[(mark.x, mark.y, mark.visibility or 0.0) for mark in marks] for marks in found]
        return np.array(rows, np.float64).reshape(-1, self._task.landmarks, 3)

    def reset(self) -> None:
        """Forget who was followed. mediapipe has no call for it: in a black picture it finds nobody to follow on."""
        if self._time_ms >= 0 and self._task.follows:
            self.landmarks(np.zeros((_BLACK_SIDE, _BLACK_SIDE, 3), np.uint8), 0.0)

    def close(self) -> None:
        """May be called twice."""
        self._close()
