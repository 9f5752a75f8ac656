"""Depth Anything V2 behind one call: a picture in, how near each place is out; by ONNX Runtime.

Takes the network in every form in which it is handed round as ONNX: sides that are free or fixed, numbers of 32 or 16
bits. Runs on the graphics card where the installed ONNX Runtime can, else on one thread. It is imported when a network
is loaded, never by the window. Knows nothing of earlier pictures.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controls import words
from controls.control import ControlUnavailable, Pixels
from controls.picture import resized

logger = logging.getLogger(__name__)

PATCH = 14
"""Sides that are free are multiples of this, in pixels."""

_MEAN, _DEVIATION = np.array([(0.485, 0.456, 0.406), (0.229, 0.224, 0.225)], np.float32)
"""Of ImageNet, for values from 0 to 1: what the network was trained with."""
_GRAPHICS = ("CUDAExecutionProvider", "DmlExecutionProvider")
"""Only packages that are chosen for it have these. Not Core ML, which every package for macOS has: with it nobody has
tried this network here."""

Disparity = NDArray[np.float32]


class DepthNetwork:
    """Owns the network. Raises ControlUnavailable when it cannot be loaded, or is none of this kind."""

    def __init__(self, model: Path) -> None:
        self._session = _load(model)
        (entry, *_), (result, *_) = self._session.get_inputs(), self._session.get_outputs()
        numbers = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
        fixed = [side if isinstance(side, int) else 0 for side in entry.shape]
        if entry.type not in numbers or len(fixed) != 4 or fixed[1] not in (0, 3):
            raise ControlUnavailable(words.no_depth_network(model, entry.type, entry.shape))
        self._input, self._output = entry.name, result.name
        self._type, self._height, self._width = numbers[entry.type], fixed[2], fixed[3]

    def disparity(self, picture: Pixels, longest_side: int) -> Disparity:
        """(h, w), the larger the nearer, of no known unit or zero, and of a size of its own.

        picture: (H, W, 3) uint8 RGB of any size. longest_side: of what the network sees, in pixels, where it is free.
        """
        width, height = seen_size(picture, longest_side)
        seen = resized(picture, self._width or width, self._height or height)
        values = (seen * np.float32(1 / 255) - _MEAN) / _DEVIATION
        batch = np.ascontiguousarray(values.transpose(2, 0, 1)[None], self._type)
        (result,) = self._session.run([self._output], {self._input: batch})
        return np.asarray(result, np.float32).reshape(result.shape[-2:])


def seen_size(picture: Pixels, longest_side: int) -> tuple[int, int]:
    """Width and height that ``picture`` is seen at: its longer side about ``longest_side``, both whole patches."""
    height, width = picture.shape[:2]
    scale = longest_side / max(width, height) / PATCH
    return max(1, round(width * scale)) * PATCH, max(1, round(height * scale)) * PATCH


def _load(model: Path) -> Any:
    """A session of ONNX Runtime."""
    # Its newer releases report usage over the network unless this is set before they are imported, and on Windows all
    # do unless they are told afterwards.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime
    except ImportError as error:
        raise ControlUnavailable(words.no_onnxruntime(str(error))) from error
    onnxruntime.disable_telemetry_events()
    available = onnxruntime.get_available_providers()
    graphics = [provider for provider in _GRAPHICS if provider in available]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # the other cores are the engine's
    options.log_severity_level = 3  # errors
    for providers in ([*graphics, "CPUExecutionProvider"], ["CPUExecutionProvider"]):
        try:
            return onnxruntime.InferenceSession(str(model), options, providers=providers)
        except Exception as error:  # noqa: BLE001 - each provider fails in its own way
            failure = error
            logger.warning("%s cannot be loaded for %s: %s", model, providers, error)
    told = " ".join(str(failure).split())
    raise ControlUnavailable(words.depth_unread(model, told)) from failure
