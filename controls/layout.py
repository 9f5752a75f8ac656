"""``layout``: boxes that say where something is to be and how it moves, whatever the picture shows.

Drawn as VACE draws them (github.com/ali-vilab/VACE, Apache 2.0, annotators/layout.py, ``LayoutBboxAnnotator``): black
outlines on white, OpenCV's lines of thickness 2 (3 pixels) in pictures of 720x1280; left, top, right and bottom move
evenly from a first box to a last one. VACE can give a box the colour of what is in it, from a list of its own; without
such a label it is black, as here. VACE spreads the way over all pictures of a film; a show has no last picture, so a
box takes the seconds it is given and then stays. Here its way may have bends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from controls import words
from controls.control import Pixels, Setting, Values

SETTINGS = (Setting("thickness", words.THICKNESS, 0.5, 8.0, 1.0, help=words.LAYOUT_THICKNESS),)

PAPER = 255
_THICKNESS = 2.0 / 720.0
"""Of an outline, as OpenCV counts it, as a share of the shorter side."""

Sides = tuple[float, float, float, float]


@dataclass(frozen=True)
class Leg:
    """A part of a box's way: evenly to ``to`` within ``seconds``, above 0 to 3600."""

    to: Sides
    seconds: float = 1.0

    def __post_init__(self) -> None:
        _check_sides(self.to)
        if not 0.0 < self.seconds <= 3600.0:
            raise ValueError(words.box_seconds(self.seconds))


@dataclass(frozen=True)
class Box:
    """A box that stands, or goes its way once, leg by leg, and stays where the last one ends.

    start: left, top, right, bottom as fractions of the picture's width and height, -1 to 2, as are those of each leg: a
        box may come from outside and leave, but must touch the picture at some time. The first leg begins with the
        picture in which the boxes are first drawn.
    """

    start: Sides
    way: tuple[Leg, ...] = ()

    def __post_init__(self) -> None:
        _check_sides(self.start)
        # A box that stands meets the picture on the way to itself.
        if not any(_meets_picture(a, b) for a, b in pairwise((self.start, *self.places))):
            to = _text(self.way[-1].to) if self.way else None
            raise ValueError(words.box_outside(_text(self.start), to))

    @property
    def places(self) -> tuple[Sides, ...]:
        """Where it begins, where its way bends, and where it ends."""
        return (self.start, *(leg.to for leg in self.way))

    def at(self, seconds: float) -> Sides:
        """Where it is so long after the first picture."""
        last = self.start
        for leg in self.way:
            if seconds < leg.seconds:
                part = max(seconds, 0.0) / leg.seconds
                left, top, right, bottom = ((1.0 - part) * a + part * b for a, b in zip(last, leg.to, strict=True))
                return left, top, right, bottom
            seconds -= leg.seconds
            last = leg.to
        return last


class Layout:
    """Owns the boxes and when they began to move; ``reset`` sends them on their way anew. No boxes: white paper."""

    def __init__(self) -> None:
        self._boxes: tuple[Box, ...] = ()
        self.reset()

    @property
    def trouble(self) -> str:
        return "" if self._boxes else words.NO_BOXES

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
    """A box as the command line names it, ``L,T,R,B``, and behind it ``:L,T,R,B@SECONDS`` for each leg of its way.

    Raises ValueError in one sentence.
    """
    first, *others = text.split(":")
    try:
        legs = [(_sides(sides), float(seconds)) for sides, seconds in (leg.split("@") for leg in others)]
        start = _sides(first)
    except ValueError:
        raise ValueError(words.no_box(text)) from None
    return Box(start, tuple(Leg(sides, seconds) for sides, seconds in legs))


def _sides(text: str) -> Sides:
    left, top, right, bottom = (float(part) for part in text.split(","))
    return left, top, right, bottom


def _check_sides(sides: Sides) -> None:
    left, top, right, bottom = sides
    if not (-1.0 <= left < right <= 2.0 and -1.0 <= top < bottom <= 2.0):
        raise ValueError(words.box_sides(_text(sides)))


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
