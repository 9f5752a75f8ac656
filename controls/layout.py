"""``layout``: boxes that say where something is to be and how it moves, whatever the picture shows.

Drawn as VACE draws them (github.com/ali-vilab/VACE, Apache 2.0, annotators/layout.py, ``LayoutBboxAnnotator``): black
outlines on white, OpenCV's lines of thickness 2 (3 pixels) in pictures of 720x1280; left, top, right and bottom move
evenly from a first box to a last one. VACE can give a box the colour of what is in it, from a list of its own; without
such a label it is black, as here. VACE spreads the way over all pictures of a film; a show has no last picture, so a
box takes the seconds it is given and then stays.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import cv2
import numpy as np

from controls.control import Pixels, Setting, Values

SETTINGS = (Setting("thickness", "Thickness", 0.5, 8.0, 1.0, help="Of the outlines; 1 is that of VACE's own guides."),)

PAPER = 255
_THICKNESS = 2.0 / 720.0
"""Of an outline, as OpenCV counts it, as a share of the shorter side."""

Sides = tuple[float, float, float, float]


@dataclass(frozen=True)
class Box:
    """A box that stands, or moves once from ``start`` to ``end`` within ``seconds`` and stays there.

    start, end: left, top, right, bottom as fractions of the picture's width and height, -1 to 2: a box may come from
    outside and leave, but must touch the picture at some time. seconds: above 0 to 3600, counted from the picture in
        which the boxes are first drawn.
    """

    start: Sides
    end: Sides | None = None
    seconds: float = 1.0

    def __post_init__(self) -> None:
        for sides in (self.start, self.end):
            if sides is not None and not _is_box(sides):
                raise ValueError(
                    f"the box {_text(sides)} has wrong sides, expected left < right and top < bottom, all from -1 to 2"
                )
        if not _meets_picture(self.start, self.end or self.start):
            way = f" on its way to {_text(self.end)}" if self.end else ""
            raise ValueError(
                f"the box {_text(self.start)}{way} never touches the picture, expected some of it in 0 to 1"
            )
        if not 0.0 < self.seconds <= 3600.0:
            raise ValueError(f"the box moves for {self.seconds} seconds, expected above 0 to 3600")

    def at(self, seconds: float) -> Sides:
        """Where it is so long after the first picture."""
        if self.end is None:
            return self.start
        way = min(max(seconds / self.seconds, 0.0), 1.0)
        left, top, right, bottom = ((1.0 - way) * a + way * b for a, b in zip(self.start, self.end, strict=True))
        return left, top, right, bottom


class Layout:
    """Owns the boxes and when they began to move; ``reset`` sends them on their way anew. No boxes: white paper."""

    def __init__(self) -> None:
        self._boxes: tuple[Box, ...] = ()
        self.reset()

    @property
    def trouble(self) -> str:
        return (
            ""
            if self._boxes
            else "Layout draws nothing, for there are no boxes; draw one on the canvas (key N), or give --box."
        )

    def reset(self) -> None:
        self._began = math.nan

    def place(self, boxes: tuple[Box, ...]) -> None:
        """What is drawn from the next picture on. Other boxes than before begin their way there."""
        if boxes != self._boxes:
            self._boxes = boxes
            self.reset()

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        if math.isnan(self._began):
            self._began = time
        canvas = np.full((height, width, 3), PAPER, np.uint8)
        thickness = max(1, round(values["thickness"] * _THICKNESS * min(width, height)))
        for box in self._boxes:
            left, top, right, bottom = box.at(time - self._began)
            corners = (round(left * width), round(top * height)), (round(right * width), round(bottom * height))
            cv2.rectangle(canvas, *corners, (0, 0, 0), thickness)
        return canvas


def parse_box(text: str) -> Box:
    """A box as the command line names it, ``L,T,R,B`` or ``L,T,R,B:L,T,R,B@SECONDS``.

    Raises ValueError in one sentence.
    """
    found = re.fullmatch(r"([^:@]+)(?::([^:@]+)@([^:@]+))?", text)
    try:
        if found is None:
            raise ValueError
        start, end = _sides(found[1]), _sides(found[2]) if found[2] else None
        seconds = float(found[3]) if found[3] else 1.0
    except ValueError:
        raise ValueError(
            f"the box {text!r} is not of the form 0.1,0.2,0.4,0.8 (left, top, right, bottom), or "
            "0.1,0.2,0.4,0.8:0.6,0.2,0.9,0.8@3 to move there in 3 seconds"
        ) from None
    return Box(start, end, seconds)


def _sides(text: str) -> Sides:
    left, top, right, bottom = (float(part) for part in text.split(","))
    return left, top, right, bottom


def _text(sides: Sides) -> str:
    return ",".join(f"{side:g}" for side in sides)


def _meets_picture(start: Sides, end: Sides) -> bool:
    """Whether a box that moves evenly from ``start`` to ``end`` touches the picture, 0 to 1 both ways, at some time."""
    enter, leave = 0.0, 1.0  # as shares of the way
    for index, (a, b) in enumerate(zip(start, end, strict=True)):
        # Left and top must not lie beyond 1, right and bottom not before 0: how far they are from that.
        first, last = (1.0 - a, 1.0 - b) if index < 2 else (a, b)
        if first < 0.0 and last < 0.0:
            return False
        if first < 0.0:
            enter = max(enter, first / (first - last))
        elif last < 0.0:
            leave = min(leave, first / (first - last))
    return enter <= leave


def _is_box(sides: Sides) -> bool:
    left, top, right, bottom = sides
    return -1.0 <= left < right <= 2.0 and -1.0 <= top < bottom <= 2.0
