"""How a picture came from another one, and what was drawn for that other one, moved along.

The motion is OpenCV's DIS (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", 2016), looked for from the
new picture back into the old one: so each place of the new drawing knows where in the old one it comes from, and none
is left empty. Knows no control and keeps nothing.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from controls.control import Pixels

Vectors = NDArray[np.float32]

LONGEST_SIDE = 320
"""Pixels of the pictures between which motion is looked for to carry a drawing."""

_FINEST_SCALE = 1
"""Of DIS: half the picture's size."""
_SMALLEST_SIDE = 8 << _FINEST_SCALE
"""OpenCV's DIS reads outside a picture that is smaller than its patches, of 8 pixels a side, at its finest scale."""
_STRIDE, _DESCENTS = 4, 12
"""Of DIS for carrying, without refinement: on the bundled clip refinement won 1 % of accuracy for 3 times the time."""
_TREMBLE, _MOTION = 0.15, 0.35
"""Vectors up to the one are camera noise and are left out, from the other on they count in full. This and all lengths
that follow are in pixels of half the pictures' size, which vectors are given in."""
_NOISE, _LARGEST_NOISE = 3.0, 8.0
"""Contrast that counts half as texture, in grey levels: so many times the median change, and the most."""
_SURROUNDINGS = (5, 5)
_CELL, _REACH, _LITTLE = 2, 10.0, 0.02
"""Bare places ask the places around within about this reach, on cells of so many pixels; where all these are bare, too,
the little in the divisor lets their vectors fade."""
_STRANGE, _ALIKE = 12.0, 0.5
"""Another scene: grey levels by which it differs even when moved, on average, and the correlation it then falls below.
Both are asked for: a flash changes all levels, and in the dark nothing but noise is left to correlate."""


def displacement(picture: Pixels, other: Pixels, stride: int, descents: int, refinements: int) -> Vectors:
    """Where each pixel of ``picture`` (H, W) is in ``other``, from there, in pixels (H, W, 2): x right, y down.

    stride: pixels between DIS's patches. descents: steps of its search. refinements: rounds of its last smoothing.
    """
    height, width = picture.shape
    below, right = max(0, _SMALLEST_SIDE - height), max(0, _SMALLEST_SIDE - width)
    if below or right:
        picture, other = (
            np.asarray(cv2.copyMakeBorder(p, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)
            for p in (picture, other)
        )
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    dis.setFinestScale(_FINEST_SCALE)
    dis.setPatchStride(stride)
    dis.setGradientDescentIterations(descents)
    dis.setVariationalRefinementIterations(refinements)
    flow = dis.calc(picture, other, None)  # type: ignore[call-overload]
    return np.asarray(flow, np.float32)[:height, :width]


def motion_since(old: Pixels, new: Pixels) -> Vectors:
    """Where each place of ``new`` (H, W) was in ``old``, from there, 0 where nothing but noise moves.

    (H // 2, W // 2, 2), in pixels of such a size: DIS knows no more. On a bare wall there is nothing to find motion by,
    and it follows the noise. There the vectors are those of the places around that have something to show, as far as
    there are any.
    """
    height, width = new.shape
    h, w = max(1, height // 2), max(1, width // 2)
    scale = np.array([w / width, h / height], np.float32)
    found = cv2.resize(displacement(new, old, _STRIDE, _DESCENTS, 0), (w, h), interpolation=cv2.INTER_AREA) * scale
    small = np.asarray(cv2.resize(new, (w, h), interpolation=cv2.INTER_AREA), np.uint8)
    texture = _texture(small, 1.0 + _NOISE * float(np.median(cv2.absdiff(old, new))))
    cells = max(1, w // _CELL), max(1, h // _CELL)
    shares = cv2.resize(cv2.merge((found * texture, texture)), cells, interpolation=cv2.INTER_AREA)
    shares = cv2.GaussianBlur(shares, (0, 0), _REACH / _CELL)
    around = cv2.resize(shares[..., :2] / (shares[..., 2:] + _LITTLE), (w, h), interpolation=cv2.INTER_LINEAR)
    vectors = around + (found - around) * texture
    kept = np.clip((lengths(vectors) - _TREMBLE) / np.float32(_MOTION - _TREMBLE), 0.0, 1.0)
    return np.asarray(vectors * kept[..., None], np.float32)


def _texture(gray: Pixels, noise: float) -> NDArray[np.float32]:
    """How far the surroundings of each place (H, W) can tell where it moves: (H, W, 1), 0 = not at all, to 1.

    noise: the contrast, in grey levels rms, that counts half.
    """
    levels = gray.astype(np.float32)
    mean = cv2.blur(levels, _SURROUNDINGS)
    variance = cv2.blur(cv2.multiply(levels, levels), _SURROUNDINGS) - cv2.multiply(mean, mean)
    squared = cv2.multiply(variance, variance)
    return np.asarray(squared / (squared + np.float32(min(noise, _LARGEST_NOISE) ** 4)), np.float32)[..., None]


def is_another_scene(old: Pixels, new: Pixels, motion: Vectors) -> bool:
    """Whether ``old`` (H, W), moved along ``motion``, still has nothing to do with ``new``: a cut, not a movement."""
    expected = carried(old, motion)
    if float(np.mean(cv2.absdiff(expected, new))) < _STRANGE:
        return False
    if new.min() == new.max():  # OpenCV takes what is all one grey for a copy of anything
        return True
    return float(cv2.matchTemplate(expected, new, cv2.TM_CCOEFF_NORMED)[0, 0]) < _ALIKE


def carried(drawing: Pixels, motion: Vectors) -> Pixels:
    """``drawing`` (H, W) or (H, W, 3) of the old picture as it is in the new one. motion: of any size, see above.

    What comes in from outside is what lies at the border. Where nothing moves it is ``drawing`` itself.
    """
    if not motion.any():
        return drawing
    height, width = drawing.shape[:2]
    h, w = motion.shape[:2]
    x, y = (cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR) for part in cv2.split(motion))
    cv2.scaleAdd(x, width / w, np.broadcast_to(np.arange(width, dtype=np.float32), x.shape), dst=x)
    cv2.scaleAdd(y, height / h, np.broadcast_to(np.arange(height, dtype=np.float32)[:, None], y.shape), dst=y)
    return np.asarray(cv2.remap(drawing, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def lengths(vectors: Vectors) -> Vectors:
    return np.asarray(cv2.magnitude(vectors[..., 0], vectors[..., 1]), np.float32)
