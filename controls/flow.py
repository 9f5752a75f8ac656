"""``flow``: how everything moves, as colours on white: hue is the direction, saturation the speed.

As VACE's own guide (github.com/ali-vilab/VACE, Apache 2.0, annotators/flow.py), which colours RAFT's flow with the
wheel of the Middlebury benchmark, but for three things. The flow is OpenCV's DIS (Kroeger et al., "Fast Optical Flow
using Dense Inverse Search", 2016). It says how each place of this picture came here from the last one, so that colours
lie on what moves now, not on where it was. And full colour is not the fastest motion of each single picture, which
would make the colours of everything else pump: it follows the fastest motion slowly.

Works on a small picture whatever the guide's size. Without a last picture nothing moves: white.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from controls import words
from controls.control import Pixels, Setting, Values
from controls.motion import Vectors, displacement, lengths
from controls.picture import resized, within
from controls.temporal import TemporalFilter

SETTINGS = (
    Setting("range", words.RANGE, 0.0, 64.0, 0.0, help=words.FLOW_RANGE),
    Setting("smoothing", words.SMOOTHING, 0.0, 1.0, 0.7, help=words.FLOW_SMOOTHING),
)

PAPER = 255
LONGEST_SIDE = 320
"""Pixels of the picture that motion is looked for in. All lengths here are meant in a picture as long as this."""

_STRIDE, _DESCENTS, _REFINEMENTS = 5, 8, 2
"""Of DIS at half the picture's size, where its preset "fast" stops at a quarter and turns people into clouds. With
fewer patches and iterations that takes twice the preset's time."""
_LEAST_RANGE = 4.0
"""Automatic range stays above: the noise of a still camera is never in full colour."""
_FASTEST = 0.995
"""The share of a picture that moves no faster than its fastest motion: a few vectors are always wrong."""
_RANGE_UP, _RANGE_DOWN = 0.08, 0.02
"""How far automatic range follows the fastest motion with each picture."""
_SLOWEST = 0.2
"""The share of a new vector that is taken over at full smoothing where motion stays what it was."""
_NEW_MOTION = 2.0
"""A vector that differs by so much from the last ones is taken over at once."""
_DEAD_ZONE = 0.5
"""Full smoothing shortens each vector by this: what only trembles is white."""

# The wheel has 55 colours, in even steps between these six. The steps follow the eye, which tells more hues apart
# between some than between others.
_CORNERS = np.array([(255, 0, 0), (255, 255, 0), (0, 255, 0), (0, 255, 255), (0, 0, 255), (255, 0, 255)])
_STEPS = (15, 6, 4, 11, 13, 6)
_FINENESS = 1024
"""Entries of the table for each colour of the wheel."""


class Flow:
    """See the module. Owns the last picture, the vectors shown last and the automatic range.

    apart: how many pictures of the film the last picture lies back. Vectors are those from one picture to the next.
    """

    def __init__(self) -> None:
        self._filter = TemporalFilter()
        self.apart = 1
        self.reset()

    def reset(self) -> None:
        self._filter.reset()
        self._last: Pixels | None = None
        self._shown: Vectors | None = None
        self._range = 0.0

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        picture = resized(picture, *within(picture, LONGEST_SIDE))
        gray = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
        smoothing = values["smoothing"]
        if smoothing > 0:
            gray, _ = self._filter.filtered(gray, smoothing)
        else:
            self._filter.reset()
        last, self._last = self._last, gray
        if last is None or last.shape != gray.shape:
            self._shown, self._range = None, 0.0
            return np.full((height, width, 3), PAPER, np.uint8)
        motion = displacement(gray, last, _STRIDE, _DESCENTS, _REFINEMENTS) * np.float32(
            -LONGEST_SIDE / (max(gray.shape) * self.apart)
        )
        if smoothing > 0:
            motion = _shortened(self._smoothed(motion, smoothing), _DEAD_ZONE * smoothing)
        return resized(wheel_colors(motion, values["range"] or self._automatic(motion)), width, height)

    def _smoothed(self, motion: Vectors, smoothing: float) -> Vectors:
        """``motion``, and where it is much like that of the last picture, much of that."""
        if self._shown is not None:
            change = np.asarray(cv2.subtract(motion, self._shown), np.float32)
            slowest = 1.0 - smoothing * (1.0 - _SLOWEST)
            rate = np.minimum(slowest + (1.0 - slowest) / _NEW_MOTION * lengths(change), 1.0)
            motion = np.asarray(cv2.add(self._shown, cv2.multiply(change, cv2.merge((rate, rate)))), np.float32)
        self._shown = motion
        return motion

    def _automatic(self, motion: Vectors) -> float:
        """The length of full colour: follows the fastest motion, quicker up than down."""
        fastest = max(float(np.quantile(lengths(motion[::2, ::2]), _FASTEST)), _LEAST_RANGE)
        if self._range == 0.0:
            self._range = fastest
        self._range += (_RANGE_UP if fastest > self._range else _RANGE_DOWN) * (fastest - self._range)
        return self._range


def wheel_colors(motion: Vectors, full: float) -> Pixels:
    """Vectors (H, W, 2), x to the right and y down, as colours of the Middlebury wheel (H, W, 3).

    White stands still; red moves right, yellow down, cyan left, violet up. full: the length that gives full colour, as
    do all above it: VACE divides by the longest and never has one that is longer. The wheel is that of Baker et al., "A
    Database and Evaluation Methodology for Optical Flow", IJCV 2011, rounded as in the authors' colorcode.cpp.
    """
    angle = np.arctan2(-motion[..., 1], -motion[..., 0]) + np.float32(np.pi)
    entry = np.rint(angle * np.float32((len(_TABLE) - 1) / (2 * np.pi))).astype(np.int32)
    missing: NDArray[np.float32] = _TABLE.take(entry, axis=0)
    missing *= np.minimum(lengths(motion) / np.float32(full), 1.0)[..., None]
    return np.subtract(255.0, missing, out=missing).astype(np.uint8)


def _table() -> NDArray[np.float32]:
    """What the wheel's colours take away from white, once around from the direction to the right, clockwise."""
    ramps = []
    for corner, following, steps in zip(_CORNERS, np.roll(_CORNERS, -1, axis=0), _STEPS, strict=True):
        ramp = 255 * np.arange(steps)[:, None] // steps
        ramps.append(corner + np.sign(following - corner) * ramp)
    wheel = np.concatenate(ramps)
    # The authors go from the first colour to the last, not on to the first again.
    places = np.arange((len(wheel) - 1) * _FINENESS + 1) / _FINENESS
    missing = [np.interp(places, np.arange(len(wheel)), 255 - wheel[:, channel]) for channel in range(3)]
    return np.stack(missing, axis=1).astype(np.float32)


_TABLE = _table()


def _shortened(motion: Vectors, length: float) -> Vectors:
    """Vectors that are shorter by ``length``, or nothing."""
    kept = np.maximum(1.0 - length / np.maximum(lengths(motion), length), 0.0)
    return np.asarray(cv2.multiply(motion, cv2.merge((kept, kept))), np.float32)
