"""How well pictures follow lines and limbs. Pure functions of uint8 pictures; knows no engine, controls or clips.

Sets of pictures are (F, H, W, 3) uint8 RGB, masks (F, H, W) bool.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Levels = tuple[float, float]

TOLERANCE_PX = 2.0
CANNY = (100.0, 200.0)
LEAST_SPREAD = 48.0
LIMB_RADII_PX = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16)
BACKGROUND_PX = 24.0
RING_PX = (3.0, 6.0)


def edges(rgb: Pixels, stretch: Levels | None = None) -> Bools:
    """Where (H, W, 3) has edges: Canny with thresholds 100 and 200, by a fixed rule, on the stretched grey picture.

    Grey is Rec. 601 luma, blurred by a 3x3 Gaussian; the two levels of ``stretch``, by default the picture's own
    ``levels``, become 0 and 255.
    """
    low, high = stretch or levels(rgb[None])
    stretched = (np.asarray(_grey(rgb), np.float32) - low) * (255.0 / (high - low))
    found = cv2.Canny(np.clip(stretched, 0, 255).astype(np.uint8), *CANNY)
    return np.asarray(found, np.uint8) > 0


def levels(pictures: Pixels) -> Levels:
    """The 0.5th and the 99.5th percentile of grey in (F, H, W, 3), the mean over the pictures.

    Nearer than 48 levels they count as 48 apart, so that an almost flat picture shows no edges of its noise.
    """
    low, high = np.mean([np.percentile(_grey(rgb), (0.5, 99.5)) for rgb in pictures], axis=0).tolist()
    return low, max(high, low + LEAST_SPREAD)


def _grey(rgb: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (3, 3), 0), np.uint8)


def edge_f1(outputs: Pixels, controls: Pixels, where: Bools | None = None, stretch: Levels | None = None) -> float:
    """F1 of the outputs' edges against the controls' lines, at 2 px, counted over all pictures together.

    Precision: the share of edge pixels (see ``edges``) no farther than 2 px from a control pixel, that is one brighter
    than 127. Recall: the share of control pixels no farther than 2 px from an edge pixel. where: counts these pixels
    alone. stretch: see ``edges``. NaN where the controls have no pixel at all.
    """
    near_control = all_edges = near_edge = all_control = 0
    for number, (output, control) in enumerate(zip(outputs, controls, strict=True)):
        found, wanted = edges(output, stretch), control.max(axis=-1) > 127
        counted = np.ones_like(found) if where is None else where[number]
        near_control += int((found & counted & within(wanted, TOLERANCE_PX)).sum())
        near_edge += int((wanted & counted & within(found, TOLERANCE_PX)).sum())
        all_edges += int((found & counted).sum())
        all_control += int((wanted & counted).sum())
    if all_control == 0:
        return float("nan")
    if near_control == 0 or near_edge == 0:
        return 0.0
    precision, recall = near_control / all_edges, near_edge / all_control
    return 2 * precision * recall / (precision + recall)


def line_contrast(outputs: Pixels, controls: Pixels) -> float:
    """How much lines stand out, in grey levels: the difference of the mean luma on the controls' lines and that 3 to 6
    px away from all of them, without its sign; the mean over the pictures.

    A faint line counts as little as it is seen, where ``edge_f1`` counts it in full. Pictures without a line, or with
    none but lines, are left out; NaN where all are.
    """
    found = []
    for output, control in zip(outputs, controls, strict=True):
        lines = control.max(axis=-1) > 127
        away = distance(lines)
        ring = (away >= RING_PX[0]) & (away <= RING_PX[1])
        if lines.any() and ring.any():
            luma = np.asarray(cv2.cvtColor(output, cv2.COLOR_RGB2GRAY), np.float64)
            found.append(abs(float(luma[lines].mean() - luma[ring].mean())))
    return float(np.mean(found)) if found else float("nan")


def limb_iou(outputs: Pixels, guides: Pixels) -> tuple[float, int]:
    """How far what the outputs show of people lies on the guides' limbs: intersection over union, and the radius.

    Shown: see ``figure``. Limbs: the guide's coloured pixels, dilated by a disc. How thick a body a look paints is its
    own affair, so the disc is the one radius of 0 to 16 px, the same for all pictures given, that fits best; lengths
    hold at 192 rows and grow with the height. Counted over all pictures together; those without limbs are left out, NaN
    where all are.
    """
    scale = outputs.shape[1] / 192
    overlaps = np.zeros((len(LIMB_RADII_PX), 2))
    for output, guide in zip(outputs, guides, strict=True):
        limbs = guide.max(axis=-1) > 0
        if limbs.any():
            away = distance(limbs)
            shown = figure(output, away <= BACKGROUND_PX * scale)
            for row, radius in enumerate(LIMB_RADII_PX):
                body = away <= radius * scale
                overlaps[row] += (shown & body).sum(), (shown | body).sum()
    if not overlaps.any():
        return float("nan"), 0
    ious = overlaps[:, 0] / overlaps[:, 1]
    best = int(ious.argmax())
    return float(ious[best]), LIMB_RADII_PX[best]


def figure(output: Pixels, near: Bools) -> Bools:
    """What stands out from the background of (H, W, 3), and what it encloses.

    Background colour: the median, in each channel, of the pixels outside ``near``; of all where nothing is outside.
    What stands out is farther from it in CIE Lab than Otsu's threshold of all these distances; gaps of a pixel or
    two in it are closed. Enclosed is what has no way to a pixel outside ``near`` but across it, such as the inside of
    an outline.
    """
    lab = np.asarray(cv2.cvtColor(output.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    background = np.median(lab[~near] if (~near).any() else lab.reshape(-1, 3), axis=0)
    distance = np.clip(np.linalg.norm(lab - background, axis=-1), 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(distance, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    out = cv2.morphologyEx((distance > threshold).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, regions = cv2.connectedComponents((np.asarray(out) == 0).astype(np.uint8), connectivity=4)
    open_regions = np.unique(regions[~near & (np.asarray(out) == 0)])
    return np.asarray((np.asarray(out) > 0) | ~np.isin(regions, open_regions), np.bool_)


def within(mask: Bools, distance_px: float) -> Bools:
    """Which pixels of (H, W) lie no farther than this from a pixel of ``mask``, from middle to middle."""
    return np.asarray(distance(mask) <= distance_px, np.bool_)


def distance(mask: Bools) -> Floats:
    """How far each pixel of (H, W) lies from the nearest one of ``mask``, in pixels; infinite where it is empty."""
    if not mask.any():
        return np.full(mask.shape, np.inf)
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away, np.float64).round(3)
