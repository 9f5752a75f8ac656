"""The face in a close-up of a head: OpenPose's 68 points. Knows neither whose it is nor drawing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from controls.closeup import CloseUp, Points
from controls.control import Pixels
from controls.landmarker import FACE, Landmarker

MODEL = "face_landmarker.task"

JAW = (127, 234, 132, 58, 172, 136, 150, 176, 152, 400, 379, 365, 397, 288, 361, 454, 356)
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
NOSE = (168, 197, 5, 4, 98, 97, 2, 326, 327)
EYES = (33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380)
LIPS = (61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87)
LANDMARKS = JAW + BROWS + NOSE + EYES + LIPS
"""The 68 points of the iBUG scheme, which OpenPose and DWPose draw, as landmarks of mediapipe's mesh. The person's
right side, left in the picture, comes first."""
POINTS = len(LANDMARKS)

_PIXELS = 256
"""What the network for the points sees; the search for a face sees half."""
_SIDE = 3.0
"""Of a close-up, in head sizes as ``around_head`` measures them."""


class FaceFinder:
    """Owns a landmarker; ``close`` gives it back. Raises ControlUnavailable when it cannot be loaded."""

    def __init__(self, model: Path) -> None:
        self._landmarker = Landmarker(model, 1, FACE)

    def find(self, picture: Pixels, closeup: CloseUp) -> Points | None:
        """The points (68, 2) of a face in ``closeup``, in picture heights. picture: (H, W, 3)."""
        found = self._landmarker.landmarks(closeup.cut(picture, _PIXELS), 0.0)
        return closeup.place(found[0, list(LANDMARKS), :2]) if len(found) else None

    def close(self) -> None:
        self._landmarker.close()


def head_size(neck: Points, head: Points, shoulders: Points) -> float:
    """About the width of a head, whichever way it is turned.

    head: (5, 2), nose, eyes and ears, the right ones first. shoulders: (2, 2).
    """
    across = np.ptp(head, axis=0).max()
    above = np.linalg.norm(head.mean(axis=0) - neck)
    return float(max(across, 0.6 * above, 0.4 * np.linalg.norm(shoulders[1] - shoulders[0])))


def is_turned_away(neck: Points, head: Points) -> bool:
    """Whether a head, as ``head_size`` takes it, shows its back: the network finds faces even there."""
    up = head.mean(axis=0) - neck
    from_right_eye = head[2] - head[1]
    return bool(from_right_eye[0] * up[1] - from_right_eye[1] * up[0] > 0)


def around_head(neck: Points, head: Points, size: float) -> CloseUp:
    """Where to look for a face. size: as ``head_size`` has it."""
    center = head.mean(axis=0)
    return CloseUp(center, _SIDE * size, center - neck)
