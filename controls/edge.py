"""``edge``: white lines where the picture's brightness changes, on black; Canny without the flicker of camera noise.

Two things keep lines still. The gray picture passes a motion-adaptive filter, and the gradients along the lines drawn
last are raised a little where nothing moves, so that a line near the threshold neither blinks nor hops between
neighbouring pixels. Where the picture moves neither acts, so that lines follow at once.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from controls import words
from controls.control import Pixels, Setting, Values
from controls.picture import resized
from controls.temporal import TemporalFilter

SETTINGS = (
    Setting("detail", words.DETAIL, 0.0, 1.0, 0.5, help=words.EDGE_DETAIL),
    Setting("low", words.LOW_THRESHOLD, 0, 1000, 0, whole=True, help=words.EDGE_LOW),
    Setting("high", words.HIGH_THRESHOLD, 0, 1000, 0, whole=True, help=words.EDGE_HIGH),
    Setting("thickness", words.LINE_THICKNESS, 1, 15, 1, whole=True, help=words.EDGE_THICKNESS),
    Setting("smoothing", words.SMOOTHING, 0.0, 1.0, 0.7, help=words.LINES_SMOOTHING),
)

_LOW_OF_HIGH = 0.4
_HIGH_RANGE = (60.0, 800.0)
"""Automatic high thresholds stay in here: below lies noise, above only the borders of black and white shapes."""
_NOISE_GRADIENT = 7.0
"""Noise of one grey level (as ``TemporalFilter.noise``) still leaves gradients up to about this much when filtered."""
_SLACK = 2.0
"""Grey levels that a film's compression changes still places by, a few pixels wide, when its picture is renewed."""
_STICKINESS = 0.8
"""At full smoothing, a line of the last picture counts as this much stronger."""


class Edge:
    """See the module. Owns the temporal filter, the last lines and the smoothed automatic threshold.

    slack: as in ``TemporalFilter``.
    """

    def __init__(self, slack: float = _SLACK) -> None:
        self._filter = TemporalFilter(slack)
        self.reset()

    def reset(self) -> None:
        self._filter.reset()
        self._lines: Pixels | None = None
        self._high: float | None = None

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        """With ``smoothing`` 0 and both thresholds given, the lines are those of ``cv2.Canny(gray, low, high)``."""
        gray = np.asarray(cv2.cvtColor(resized(picture, width, height), cv2.COLOR_RGB2GRAY), np.uint8)
        smoothing = values["smoothing"]
        still = None
        if smoothing > 0:
            gray, still = self._filter.filtered(gray, smoothing)
        else:
            self._filter.reset()
        gradients = cv2.spatialGradient(gray, ksize=3, borderType=cv2.BORDER_REPLICATE)
        dx, dy = (np.asarray(gradient, np.int16) for gradient in gradients)
        low, high = self._thresholds(dx, dy, values)
        if still is not None and self._lines is not None:
            held = self._lines * still
            for gradient in (dx, dy):
                cv2.copyTo(cv2.addWeighted(gradient, 1 + _STICKINESS * smoothing, gradient, 0, 0), held, gradient)
        self._lines = np.asarray(cv2.Canny(dx, dy, low, high), np.uint8)
        lines, thickness = self._lines, round(values["thickness"])
        if thickness > 1:
            brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thickness, thickness))
            lines = np.asarray(cv2.dilate(lines, brush), np.uint8)
        return np.asarray(cv2.cvtColor(lines, cv2.COLOR_GRAY2RGB), np.uint8)

    def _thresholds(self, dx: NDArray[np.int16], dy: NDArray[np.int16], values: Values) -> tuple[float, float]:
        """Canny's thresholds, on |dx| + |dy| of 3x3 Sobel gradients (0 to 2040).

        Automatic: the strongest 2.5 % (``detail`` 0) to 25 % (``detail`` 1) of all pixels may begin a line. Follows the
        scene over about ten pictures, so that lines do not come and go with every change of light.
        """
        high = values["high"]
        if high <= 0:
            step = max(1, round((dx.size / 8192) ** 0.5))
            strength = np.abs(dx[::step, ::step]) + np.abs(dy[::step, ::step])
            wanted = float(np.quantile(strength, 1.0 - 0.025 * 10 ** values["detail"]))
            wanted = min(max(wanted, _HIGH_RANGE[0] + _NOISE_GRADIENT * self._filter.noise), _HIGH_RANGE[1])
            self._high = wanted if self._high is None else self._high + 0.1 * (wanted - self._high)
            high = self._high
        return values["low"] or _LOW_OF_HIGH * high, high
