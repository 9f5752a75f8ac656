"""``gray``: the picture without its colours, VACE's guide for colourisation.

As VACE's own (github.com/ali-vilab/VACE, Apache 2.0, annotators/gray.py): OpenCV's luma (Rec. 601) in three equal
channels.
"""

from __future__ import annotations

import cv2
import numpy as np

from controls.control import Pixels, Values
from controls.picture import resized


class Gray:
    """Remembers nothing."""

    def reset(self) -> None:
        pass

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        luma = cv2.cvtColor(resized(picture, width, height), cv2.COLOR_RGB2GRAY)
        return np.asarray(cv2.cvtColor(luma, cv2.COLOR_GRAY2RGB), np.uint8)
