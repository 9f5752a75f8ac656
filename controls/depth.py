"""``depth``: how near everything is, from black, the furthest, to white, the nearest.

As VACE's own guide (github.com/ali-vilab/VACE, Apache 2.0, annotators/depth.py): what Depth Anything V2 says of one
picture, with its smallest value black and its largest white. Of a row of pictures that would pump: whatever comes near
makes all else dark. So black and white follow a scene slowly, except over a cut, and what stands still is averaged.
"""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np

from controls import words
from controls.control import ControlUnavailable, Pixels, Setting, Values
from controls.depth_network import DepthNetwork, Disparity
from controls.models import model_file
from controls.picture import resized
from controls.temporal import TemporalFilter

SETTINGS = (
    Setting("detail", words.DETAIL, 112, 518, 252, whole=True, help=words.DEPTH_DETAIL),
    Setting("smoothing", words.SMOOTHING, 0.0, 1.0, 0.7, help=words.DEPTH_SMOOTHING),
)

MODELS = ("depth_anything_v2_vits.onnx", "depth-anything-v2-small/onnx/model.onnx")
"""The file's name, and where it lies in a folder that was downloaded as a whole."""
LONGEST_SIDE = 518
"""Pixels of the picture that it works on: more than the network was trained with adds nothing."""

_RISE_S, _FALL_S = 1.0, 4.0
"""How slowly black and white follow what lies outside them, and what no longer reaches them: time constants."""
_LONGEST_GAP_S = 1.0
"""After a longer pause nothing is followed."""
_THUMBNAIL = (16, 16)
_OTHER_LEVEL, _OTHER_SHARE = 20.0, 0.5
"""A cut: so many grey levels of difference, beyond that of the whole picture, in such a share of it."""


class Depth:
    """See the module. Owns the network, the black and white of the scene, and the filter of what stands still."""

    def __init__(self, model_folder: Path | None = None) -> None:
        self._model_folder = model_folder
        self._network: DepthNetwork | None = None
        self._filter = TemporalFilter()
        self.reset()

    def reset(self) -> None:
        self._filter.reset()
        self._low = self._high = self._time = math.nan
        self._seen: Disparity | None = None

    def close(self) -> None:
        self._network = None
        self.reset()

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        """The first picture loads the network: a second or so."""
        if self._network is None:
            self._network = DepthNetwork(depth_model(self._model_folder))
        disparity = _finite(self._network.disparity(picture, round(values["detail"])))
        if values["smoothing"] == 0:
            self.reset()
            levels = _levels(disparity, float(disparity.min()), float(disparity.max()))
        else:
            if self._is_new_scene(picture, time):
                self.reset()
            self._follow(disparity, time, values["smoothing"])
            self._seen, self._time = _thumbnail(picture), time
            levels, _ = self._filter.filtered(_levels(disparity, self._low, self._high), values["smoothing"])
        shown = cv2.cvtColor(levels, cv2.COLOR_GRAY2RGB)
        return resized(np.asarray(shown, np.uint8), width, height)

    def _is_new_scene(self, picture: Pixels, time: float) -> bool:
        if self._seen is None or not 0 <= time - self._time <= _LONGEST_GAP_S:
            return True
        difference = _thumbnail(picture) - self._seen
        return bool((np.abs(difference - np.median(difference)) > _OTHER_LEVEL).mean() > _OTHER_SHARE)

    def _follow(self, disparity: Disparity, time: float, smoothing: float) -> None:
        """Move black and white towards this picture's."""
        low, high = float(disparity.min()), float(disparity.max())
        if math.isnan(self._low):
            self._low, self._high = low, high
            return
        seconds = time - self._time
        outwards, inwards = (1 - math.exp(-seconds / (smoothing * constant)) for constant in (_RISE_S, _FALL_S))
        self._low += (outwards if low < self._low else inwards) * (low - self._low)
        self._high += (outwards if high > self._high else inwards) * (high - self._high)


def depth_model(folder: Path | None) -> Path:
    """The network's file. Raises ControlUnavailable with the sentence that says how to get it."""
    first = None
    for name in MODELS:
        try:
            return model_file(name, folder)
        except ControlUnavailable as error:
            first = first or error
    assert first is not None
    raise first


def _finite(disparity: Disparity) -> Disparity:
    """``disparity`` with the smallest number of the picture where it is none: the furthest."""
    sound = np.isfinite(disparity)
    if sound.all():
        return disparity
    furthest = disparity[sound].min() if sound.any() else np.float32(0)
    return np.where(sound, disparity, furthest)


def _levels(disparity: Disparity, low: float, high: float) -> Pixels:
    """0 at ``low`` and below, 255 at ``high`` and above; 0 where there is nothing between them."""
    if high <= low:
        return np.zeros(disparity.shape, np.uint8)
    return np.asarray(np.clip((disparity - low) * (255 / (high - low)), 0, 255), np.uint8)


def _thumbnail(picture: Pixels) -> Disparity:
    gray = cv2.cvtColor(resized(picture, *_THUMBNAIL), cv2.COLOR_RGB2GRAY)
    return np.asarray(gray, np.float32)
