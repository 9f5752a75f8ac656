"""``softedge``: outlines as soft grey lines on black, bright where they are sure, in the manner of HED.

VACE's guide of this kind would be drawn by a network that learned which edges people call outlines (Xie and Tu,
"Holistically-Nested Edge Detection", 2015). Here three properties tell them. An outline is an edge at every scale,
where texture is one at fine scales only and a shadow's border at coarse ones only: the response is the geometric mean
over scales. It stands alone, where texture stands among its like: each response is held against those around it
(Grigorescu et al., "Contour detection based on nonclassical receptive field inhibition", 2003). And it is a ridge of
the response: what lies beside the ridge is thinned, softly. Colour counts as brightness does, as the eye weighs them
(CIE Lab).

Works on a small picture whatever the guide's size, as soft lines need no more.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from controls import words
from controls.control import Pixels, Setting, Values
from controls.picture import resized, within
from controls.temporal import TemporalFilter

SETTINGS = (
    Setting("detail", words.DETAIL, 0.0, 1.0, 0.5, help=words.SOFTEDGE_DETAIL),
    Setting("texture", words.TEXTURE, 0.0, 1.0, 0.3, help=words.SOFTEDGE_TEXTURE),
    Setting("softness", words.SOFTNESS, 0.0, 1.0, 0.5, help=words.SOFTEDGE_SOFTNESS),
    Setting("smoothing", words.SMOOTHING, 0.0, 1.0, 0.7, help=words.LINES_SMOOTHING),
)

LONGEST_SIDE = 320
"""Pixels of the picture that outlines are looked for in. All lengths here are meant in a picture as long as this."""

_FINEST, _OCTAVES = 0.8, 3
"""Rms pixels of the finest scale, and how many there are, each twice the one before."""
_AROUND = (25, 25)
"""Surroundings that a response is held against."""
_INHIBITION = 0.9
"""How much of the mean response around is taken away where no texture is to stay."""
_RIDGE, _RIDGE_BLUR = np.ones((7, 7), np.uint8), 2.0
"""Within this reach, and rms pixels of blur, a response is held against the strongest one."""
_GAIN, _GAIN_RANGE = 1.5, 4.0
"""By which the scale makes a line nearly white, and how much detail changes that in all."""
_STRONG, _LEAST_STRONG = 0.97, 2.0
"""The share of a picture below its strong outlines, which set the scale; and the least that it may be."""
_FLOOR = 0.06
"""Of the scale: what is weaker is black."""
_NOISE = 0.2
"""What noise of one grey level (as ``TemporalFilter.noise``) still brings about when smoothed; it is black as well."""
_FOLLOW = 0.1
"""How far the scale follows with each picture, so that lines do not come and go with every change of light."""
_SLOWEST = 0.1
"""The share of a new response that a still place takes over at full smoothing."""

Field = NDArray[np.float32]


class SoftEdge:
    """See the module. Owns the filter that tells what stands still, the averaged picture and the scale."""

    def __init__(self) -> None:
        self._filter = TemporalFilter()
        self.reset()

    def reset(self) -> None:
        self._filter.reset()
        self._average: Field | None = None
        self._scale: float | None = None

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        picture = resized(picture, *within(picture, LONGEST_SIDE))
        found = _alone(_response(self._steady(picture, values["smoothing"])), values["texture"])
        ridges = _thinned(found, values["softness"])
        noise = _NOISE * self._filter.noise
        scale = self._followed(ridges, noise)
        gain = _GAIN * _GAIN_RANGE ** (values["detail"] - 0.5) / scale
        above = np.maximum(ridges - np.float32(max(_FLOOR * scale, noise)), 0.0)
        lines = np.asarray(cv2.convertScaleAbs(1.0 - cv2.exp(above * np.float32(-gain)), alpha=255.0), np.uint8)
        lines = np.asarray(cv2.resize(lines, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
        return np.asarray(cv2.cvtColor(lines, cv2.COLOR_GRAY2RGB), np.uint8)

    def _steady(self, picture: Pixels, smoothing: float) -> Field:
        """``picture`` in Lab, averaged with those before it where it stands still."""
        lab = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab).astype(np.float32)
        lab += 1.0  # an average that fades to 0 passes numbers so small that processors take 100 times as long for them
        still = None
        if smoothing > 0:
            _, still = self._filter.filtered(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8), smoothing)
        else:
            self._filter.reset()
        if still is None or self._average is None:
            self._average = lab
        else:
            rate = np.where(still, np.float32(1.0 - smoothing * (1.0 - _SLOWEST)), np.float32(1.0))
            self._average = self._average + rate[..., None] * (lab - self._average)
        return self._average

    def _followed(self, ridges: Field, noise: float) -> float:
        """The response of a strong outline."""
        strong = max(float(np.quantile(ridges[::2, ::2], _STRONG)), _LEAST_STRONG + noise)
        self._scale = strong if self._scale is None else self._scale + _FOLLOW * (strong - self._scale)
        return self._scale


def _response(level: Field) -> Field:
    """How much each place (H, W) of a picture (H, W, 3) is an edge at all scales, in its levels a pixel.

    A sharp step between two colours responds by a share of their distance, whatever the scale.
    """
    height, width = level.shape[:2]
    level = np.asarray(cv2.GaussianBlur(level, (0, 0), _FINEST), np.float32)
    product = np.ones((height, width), np.float32)
    for octave in range(_OCTAVES):
        product *= cv2.resize(_gradient(level), (width, height), interpolation=cv2.INTER_LINEAR)
        if octave < _OCTAVES - 1:
            level = np.asarray(cv2.pyrDown(level), np.float32)
    return np.asarray(np.cbrt(product), np.float32)


def _gradient(level: Field) -> Field:
    """The length of the gradient of all channels together, (H, W), per pixel of ``level``; a hundredth at least."""
    across = cv2.Sobel(level, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(level, cv2.CV_32F, 0, 1, scale=1 / 8)
    squares = cv2.multiply(across, across) + cv2.multiply(down, down)
    return np.asarray(cv2.sqrt(cv2.transform(squares, np.ones((1, 3), np.float32)) + np.float32(1e-4)), np.float32)


def _alone(found: Field, texture: float) -> Field:
    """What of a response is left that stands out of its surroundings."""
    around = cv2.blur(found, _AROUND)
    return np.asarray(np.maximum(found - np.float32(_INHIBITION * (1.0 - texture)) * around, 0.0), np.float32)


def _thinned(found: Field, softness: float) -> Field:
    """A response that falls off beside its ridges."""
    ridge = cv2.GaussianBlur(cv2.dilate(found, _RIDGE), (0, 0), _RIDGE_BLUR)
    return np.asarray(found * cv2.pow(found / np.maximum(ridge, 1e-3), 2.0 - 1.5 * softness), np.float32)
