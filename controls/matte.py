"""From how sure each place is part of a person to a matte that is calm, whole and soft-edged.

Calm: where the picture stands still, confidence is averaged over time, and what was decided last holds until it is
clearly wrong; where the picture moves neither acts, so that the matte follows at once. Whole: small gaps are filled and
crumbs dropped. Knows no network.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from controls.control import Pixels
from controls.temporal import TemporalFilter

Inside = NDArray[np.bool_]

_SLOWEST = 0.1
"""The share of new confidence that a still place takes over at full hold."""
_CRUMB = 0.25
"""Crumbs up to this share of the largest gap that is filled are dropped: a hand that a pole cuts off is no crumb."""
_SUBPIXEL = 1.2
"""Rms pixels by which the border is rounded: it was found on pixels, and lies between them."""


class Decision:
    """Where people are. Owns the filter that tells what stands still, the average confidence and the last answer."""

    def __init__(self) -> None:
        self._filter = TemporalFilter()
        self.reset()

    def reset(self) -> None:
        self._filter.reset()
        self._average: NDArray[np.float32] | None = None
        self._inside: Inside | None = None

    def inside(
        self, confidence: NDArray[np.float32], gray: Pixels, threshold: float, hold: float, largest_gap: float
    ) -> Inside:
        """Which places are people, (H, W).

        confidence: (H, W), 0 to 1. gray: (H, W), the picture that it belongs to. threshold: the confidence from which
        on a place is a person. hold: 0 (each picture alone) to 1. largest_gap: the share of the picture that a gap may
        have to be filled.
        """
        still = None
        if hold > 0:
            _, still = self._filter.filtered(gray, hold)
        else:
            self._filter.reset()
        if still is None or self._average is None or self._inside is None:
            self._average = confidence.copy()
            inside = confidence > threshold
        else:
            rate = np.where(still, np.float32(1 - hold * (1 - _SLOWEST)), np.float32(1))
            self._average += rate * (confidence - self._average)
            leave = np.where(still, np.float32(threshold * (1 - hold / 2)), np.float32(threshold))
            enter = np.where(still, np.float32(threshold + (1 - threshold) * hold / 2), np.float32(threshold))
            inside = self._average > np.where(self._inside, leave, enter)
        self._inside = whole(inside, largest_gap)
        return self._inside


def whole(inside: Inside, largest_gap: float) -> Inside:
    """``inside`` without gaps up to ``largest_gap`` of the picture, and without crumbs of a quarter of that.

    A gap is enclosed: what reaches the picture's border is none.
    """
    result = inside.astype(np.uint8)
    size = inside.size * largest_gap
    _drop(result, 0, size, may_touch_border=False)
    _drop(result, 1, size * _CRUMB, may_touch_border=True)
    return result.astype(np.bool_)


def feathered(inside: Inside, grow: float, softness: float, width: int, height: int) -> Pixels:
    """``inside`` (H, W) as a matte (height, width), 255 = person, with a border that fades evenly.

    grow: how far the border moves outwards, below 0 inwards; softness: the width of its fade; in pixels of ``inside``.
    """
    if inside.all() or not inside.any():
        return np.full((height, width), 255 if inside.all() else 0, np.uint8)
    mask = inside.astype(np.uint8)
    reach = abs(grow) + softness / 2 + 4 * _SUBPIXEL
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    distance = np.clip(distance - np.where(inside, np.float32(0.5), np.float32(-0.5)), -reach, reach)
    distance = cv2.GaussianBlur(distance, (0, 0), _SUBPIXEL, borderType=cv2.BORDER_REPLICATE)
    distance = cv2.resize(distance, (width, height), interpolation=cv2.INTER_LINEAR)
    # A border narrower than a pixel of the matte would have steps.
    fade = max(softness, inside.shape[0] / height)
    return np.asarray(np.clip((distance + grow) * (255 / fade) + 127.5, 0, 255), np.uint8)


def _drop(mask: Pixels, value: int, largest: float, may_touch_border: bool) -> None:
    """Turn the connected regions of ``value`` in ``mask`` of 0 and 1 that have up to ``largest`` pixels."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask == value).astype(np.uint8), connectivity=4)
    if count == 1:
        return
    height, width = mask.shape
    left, top, w, h, area = np.asarray(stats).T
    goes = area <= largest
    if not may_touch_border:
        goes &= (left > 0) & (top > 0) & (left + w < width) & (top + h < height)
    goes[0] = False  # all that has another value
    mask[goes[labels]] = 1 - value
