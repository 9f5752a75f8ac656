"""One hand in a close-up: OpenPose's 21 points. Knows neither who it belongs to nor drawing.

mediapipe finds a hand in two steps: a search for palms, and a network that finds the points in a square around one,
which also says where that square is in the next picture of a film. The search takes as long as the points and finds no
hand of a person who stands a few steps away. So the close-ups are cut such that a hand that was found before lies in
each of them at the same place, in the same size and upright: the square that mediapipe remembers then fits whichever
hand is shown to it next. One landmarker serves all hands in turn, and the search runs only where that fails.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from controls.closeup import CloseUp, Points
from controls.control import Pixels
from controls.landmarker import HAND, Landmarker

MODEL = "hand_landmarker.task"
POINTS = 21
"""Wrist, thumb, index, middle, ring and little finger, 4 points each from the palm to the tip: OpenPose's order too."""

_PIXELS = 448
"""The network sees 224, in the square around the hand alone."""
_PALM = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)
"""The points that mediapipe puts its square around: fingers bend and stretch, these stay."""
_SIDE = 4.5
"""Of a close-up, in sides of the box around ``_PALM``. The network sees 2; the search finds no palm that fills more of
the picture, and in a closer one a hand is lost and found again each time another one was missing."""
_SEARCH_SIDE = 2.4
"""Of a close-up around a wrist, in lengths of the forearm."""
_BEYOND_WRIST = 0.5
"""Lengths of the forearm from the wrist to the middle of that close-up."""


class HandFinder:
    """Owns a landmarker; ``close`` gives it back. Raises ControlUnavailable when it cannot be loaded."""

    def __init__(self, model: Path) -> None:
        self._landmarker = Landmarker(model, 1, HAND)
        self._remembers = False
        self._time = 0.0

    def find(self, picture: Pixels, closeup: CloseUp) -> Points | None:
        """The points (21, 2) of a hand in ``closeup``, in picture heights. picture: (H, W, 3)."""
        shown = closeup.cut(picture, _PIXELS)
        found = self._look(shown)
        if found is None and self._remembers:  # where mediapipe remembered one there is none: now it searches
            found = self._look(shown)
        self._remembers = found is not None
        return None if found is None else closeup.place(found)

    def _look(self, shown: Pixels) -> Points | None:
        self._time += 0.001
        found = self._landmarker.landmarks(shown, self._time)
        return found[0, :, :2] if len(found) else None

    def close(self) -> None:
        self._landmarker.close()


def forearm_length(shoulders: Points, elbow: Points, wrist: Points) -> float:
    """How long a forearm is that may point at the camera: from it, the upper arm and the shoulders' width.

    shoulders: (2, 2), that of this arm first.
    """
    across = np.linalg.norm(shoulders[1] - shoulders[0])
    return float(max(np.linalg.norm(wrist - elbow), 0.6 * np.linalg.norm(elbow - shoulders[0]), 0.35 * across))


def around_wrist(elbow: Points, wrist: Points, length: float) -> CloseUp:
    """Where to look for a hand of which only the forearm, of ``length``, is known."""
    return CloseUp(wrist + _BEYOND_WRIST * (wrist - elbow), _SEARCH_SIDE * length, wrist - elbow)


def around_hand(points: Points) -> CloseUp:
    """Where to look for a hand that was at ``points`` (21, 2) in the last picture."""
    knuckles = (points[9] + (points[5] + points[13]) / 2.0) / 2.0
    up = knuckles - points[0]
    turned = CloseUp(points[0], 1.0, up)
    palm = turned.unplace(points[list(_PALM)])
    low, high = palm.min(axis=0), palm.max(axis=0)
    (center,) = turned.place((low + high)[None] / 2.0)
    return CloseUp(center, _SIDE * float((high - low).max()), up)
