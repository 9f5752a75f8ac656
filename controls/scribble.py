"""``scribble``: the main contours as thick, rounded white lines on black, like a sketch with a felt pen.

VACE's own guide (github.com/ali-vilab/VACE, Apache 2.0, annotators/scribble.py) is drawn by a network for contours in
the manner of cartoons. Here the picture loses its texture and keeps its steps (bilateral filter, then median), ``edge``
finds lines in it that hold still, and of these the long ones are rounded off and drawn anew.

Works on a small picture whatever the guide's size: the lines are curves, drawn sharp at any.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from controls import edge, words
from controls.control import Pixels, Setting, Values
from controls.edge import Edge
from controls.picture import resized, within
from controls.temporal import SLACK

SETTINGS = (
    Setting("detail", words.DETAIL, 0.0, 1.0, 0.5, help=words.SCRIBBLE_DETAIL),
    Setting("simplicity", words.SIMPLICITY, 0.0, 1.0, 0.5, help=words.SCRIBBLE_SIMPLICITY),
    Setting("thickness", words.THICKNESS, 0.25, 4.0, 1.0, help=words.SCRIBBLE_THICKNESS),
    Setting("smoothing", words.SMOOTHING, 0.0, 1.0, 0.7, help=words.LINES_SMOOTHING),
)

LONGEST_SIDE = 320
"""Pixels of the picture that contours are looked for in; more would only bring texture."""

_THICKNESS = 3.0 / 192.0
"""Of a line, as a share of the guide's shorter side."""
_MOST_DETAIL = 0.6
"""``detail`` of ``edge`` at full detail: above it everything is texture."""
_SHORTEST = 48.0 / LONGEST_SIDE
"""At full simplicity a contour is left out below this length, a share of the longer side. A closed one counts half its
way around."""
_LOYALTY = 0.6
"""A contour that was drawn last time may be this much shorter: it does not come and go with every pixel of length."""
_REACH = 8.0 / LONGEST_SIDE
"""At full simplicity a point moves to the middle of the contour within this distance, a share of the longer side."""
_TEXTURE_CONTRAST, _TEXTURE_RADIUS = 40.0, 3.0
"""Of the bilateral filter, in grey levels and pixels: steps below the one over less than the other are evened out."""
_TOLERANCE = 0.25
"""Corners that bend a curve by less, in pixels of the guide, are saved."""
_FINER = 3
"""Lines are drawn at so many times the guide's size."""
_FRACTION_BITS = 4

_BESIDE = np.ones((3, 3), np.uint8)

Cells = NDArray[np.int32]
Points = NDArray[np.float32]


class Scribble:
    """See the module. Owns the edge control and the contours drawn last."""

    def __init__(self) -> None:
        self._edge = Edge(SLACK)  # a picture without its texture has lost most of its compression's as well
        self._drawn: Pixels | None = None

    def reset(self) -> None:
        self._edge.reset()
        self._drawn = None

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        picture = resized(picture, *within(picture, LONGEST_SIDE))
        contours = self._contours(self._lines(picture, time, values), values["simplicity"])
        h, w = picture.shape[:2]
        scale = np.array([width / w, height / h], np.float32)
        curves = [
            (curve + 0.5) * scale - 0.5 for curve in _rounded(contours, values["simplicity"] * _REACH * max(w, h))
        ]
        canvas = _drawn(curves, width, height, values["thickness"] * _THICKNESS * min(width, height))
        return np.asarray(cv2.cvtColor(canvas, cv2.COLOR_GRAY2RGB), np.uint8)

    def _lines(self, picture: Pixels, time: float, values: Values) -> Pixels:
        """The steady edges, one pixel thin, (H, W), of ``picture`` without its texture."""
        h, w = picture.shape[:2]
        gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        flat = cv2.medianBlur(cv2.bilateralFilter(gray, 5, _TEXTURE_CONTRAST, _TEXTURE_RADIUS), 5)
        wanted = {setting.name: setting.default for setting in edge.SETTINGS}
        wanted |= {"detail": _MOST_DETAIL * values["detail"], "smoothing": values["smoothing"]}
        rgb = np.asarray(cv2.cvtColor(flat, cv2.COLOR_GRAY2RGB), np.uint8)
        return _thin(np.ascontiguousarray(self._edge.guide(rgb, w, h, time, wanted)[:, :, 0]))

    def _contours(self, lines: Pixels, simplicity: float) -> list[Cells]:
        """The long contours among ``lines``, each as the points (N, 2) of a way once around it and back to its start.

        A line that is not closed is gone along there and back: its length is half its points.
        """
        found, _ = cv2.findContours(lines, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        shortest = simplicity * _SHORTEST * max(lines.shape)
        drawn = self._drawn if self._drawn is not None and self._drawn.shape == lines.shape else np.zeros_like(lines)
        kept = []
        for way in found:
            points = np.asarray(way[:, 0], np.int32)
            length = len(points) / 2
            loyal = _LOYALTY * shortest <= length < shortest and drawn[points[:, 1], points[:, 0]].mean() > 127
            if length >= shortest or loyal:
                kept.append(points)
        self._drawn = np.zeros_like(lines)
        for points in kept:
            self._drawn[points[:, 1], points[:, 0]] = 255
        self._drawn = np.asarray(cv2.dilate(self._drawn, _BESIDE), np.uint8)
        return kept


def _thin(lines: Pixels) -> Pixels:
    """``lines`` (H, W) without the corners of their stairs, which would be drawn as two lines side by side.

    A pixel goes when the two that it joins, one above and one beside it, touch each other anyway, and nothing else
    touches it from below or the other side.
    """
    wide = np.pad(lines, 1)
    above, below, left, right = wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:]
    at_left, at_right = left & ~right & ~wide[2:, 2:], right & ~left & ~wide[2:, :-2]
    return lines & ~(above & ~below & (at_left | at_right))


def _rounded(ways: list[Cells], reach: float) -> list[Points]:
    """Closed ways (N, 2), each point moved to the mean of those up to ``reach`` points before and after it."""
    window = round(reach)
    if not ways:
        return []
    # All ways in one row, each with what comes before its start and after its end, is one filter for all of them.
    longer = np.concatenate([way[np.arange(-window, len(way) + window) % len(way)] for way in ways])
    mean = np.asarray(cv2.blur(longer[None].astype(np.float32), (2 * window + 1, 1)), np.float32)[0]
    ends = np.cumsum([len(way) + 2 * window for way in ways]) - window
    return [mean[end - len(way) : end] for way, end in zip(ways, ends, strict=True)]


def _drawn(ways: list[Points], width: int, height: int, thickness: float) -> Pixels:
    """Closed ways in white on black (height, width), drawn larger and shrunk, which smooths them."""
    canvas = np.zeros((_FINER * height, _FINER * width), np.uint8)
    unit = 1 << _FRACTION_BITS
    # Between points with fractions OpenCV draws a line of an even thickness one pixel wider.
    brush = 2 * round((_FINER * thickness - 1) / 2)
    for way in ways:
        fixed = np.rint((_FINER * (way + 0.5) - 0.5) * unit).astype(np.int32)
        curve = cv2.approxPolyDP(fixed, _FINER * _TOLERANCE * unit, True)
        cv2.polylines(canvas, [curve], True, (255,), max(1, brush), cv2.LINE_8, _FRACTION_BITS)
    return np.asarray(cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
