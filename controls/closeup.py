"""A square of the picture, turned so that what is in it stands upright, for networks that look at one hand or head.

Lengths are picture heights. Knows no network.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from controls.control import Pixels

Points = NDArray[np.float64]

_SHORTEST = 1e-3
"""Of a side; nothing is to be seen in a thousandth of the picture's height."""


@dataclass(frozen=True, eq=False)
class CloseUp:
    """center: (2,) its middle. side: its length. up: (2,) what is up in it points there in the picture; any length."""

    center: Points
    side: float
    up: Points

    def cut(self, picture: Pixels, pixels: int) -> Pixels:
        """(pixels, pixels, 3) of ``picture`` (H, W, 3); black where it reaches outside."""
        height = picture.shape[0]
        # Pixel i covers i to i + 1, OpenCV's coordinates name its middle.
        axes = self._axes * (height / pixels)
        origin = self.center * height - 0.5 + axes @ np.full(2, (1.0 - pixels) / 2.0)
        return np.asarray(
            cv2.warpAffine(
                picture,
                np.column_stack((axes, origin)),
                (pixels, pixels),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            ),
            np.uint8,
        )

    def place(self, points: Points) -> Points:
        """Where in the picture ``points`` (N, 2) are, which are fractions of the square's side."""
        return np.asarray(self.center + (points - 0.5) @ self._axes.T)

    def unplace(self, points: Points) -> Points:
        """What ``place`` makes ``points`` (N, 2) of the picture from."""
        return np.asarray((points - self.center) @ np.linalg.inv(self._axes).T + 0.5)

    @property
    def _axes(self) -> Points:
        """(2, 2): its columns run along the square's upper edge and down its left one."""
        length = float(np.hypot(*self.up))
        x, y = self.up / length if length > 0 else (0.0, -1.0)
        return max(self.side, _SHORTEST) * np.array([[-y, -x], [x, -y]])
