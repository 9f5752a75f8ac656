"""The plate of a painted picture: the source picture that it was made from, and the mask that it was guided with, to be
had at any size.

Knows neither the painted picture nor how the two are brought together.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from app.expand import Area, Expand, placed
from app.frame import Pixels
from app.framing import Framing, framed, resized, turned
from app.look import Look
from app.placement import Placement, placement
from app.source_mask import canvas_mask, look_mask
from controls.regions import regions_of
from engine.params import EMPTY_GUIDE

_MOST_PIXELS = 3_000_000
"""Of a source picture that waits, with some thirty others, for the engine. What has more is halved."""


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """One source picture and what of it is kept.

    source: (H, W, 3) as it was captured. place: where it stands on the engine's canvas. look: whose mask it is.
    mask: (H, W) on this source picture alone, in place of the look's. people: (height, width) of ``place.area``, 255 =
    somebody; None where the look does not ask for them, or nobody knows where they are.
    """

    source: Pixels
    place: Placement
    look: Look
    mask: Pixels | None = None
    people: Pixels | None = None

    @property
    def detail(self) -> float:
        """How many of the source's pixels one of the engine's canvas has, along a side."""
        return detail(self.source, self.place.framing, self.place.area.width, self.place.area.height)

    def source_at(self, width: int, height: int, out: Pixels | None = None) -> Pixels:
        """The source on a canvas of that size, (height, width, 3); grey where it does not reach. out: see
        ``app.framing.resized``."""
        area = self._area(width, height)
        whole = (area.width, area.height) == (width, height)
        view = framed(self.source, self.place.framing, area.width, area.height, out if whole else None)
        return placed(view, area, width, height, EMPTY_GUIDE)

    def mask_at(self, width: int, height: int) -> Pixels:
        """The mask of that canvas, (height, width): 255 = painted, 0 = the source. Made anew from the mask's own pixels
        rather than from what the engine saw; people come from the matte that the engine saw."""
        area, look = self._area(width, height), self.look
        settings = (look.invert_mask, look.mask_shape, self.place.framing, area, width, height)
        on_canvas = look_mask(look.mask, *settings) if self.mask is None else canvas_mask(self.mask, *settings)
        if self.people is not None:
            masked = self.mask is not None or look.mask is not None
            inside = on_canvas[area.slices] if masked and on_canvas is not None else None
            people = resized(self.people, area.width, area.height, "stretch")
            repainted = regions_of(inside, people, look.repainted, look.mask_join, area.width, area.height)["mask"]
            on_canvas = None if repainted is None else placed(repainted, area, width, height, 255)
        return np.zeros((height, width), np.uint8) if on_canvas is None else on_canvas

    def _area(self, width: int, height: int) -> Area:
        """The engine's own area on another canvas: its borders are where the engine saw them."""
        across, down = width / self.place.canvas[0], height / self.place.canvas[1]
        area = self.place.area
        left, top = min(round(area.x * across), width - 1), min(round(area.y * down), height - 1)
        right, bottom = round((area.x + area.width) * across), round((area.y + area.height) * down)
        return Area(left, top, max(1, right - left), max(1, bottom - top))


def plate_of(source: Pixels, mask: Pixels) -> Plate:
    """Of a source, (H, W, 3), and a mask, (H, W), that are on the engine's canvas already."""
    height, width = mask.shape
    return Plate(source, placement((width, height), (width, height), Framing(), Expand()), Look(), mask)


def detail(source: Pixels, framing: Framing, width: int, height: int) -> float:
    """How many pixels ``source`` has, along a side, for one of ``width`` x ``height`` when it is framed to that."""
    h, w = turned(source, framing).shape[:2]
    sides = (float(w / width), float(h / height))
    return min(sides) if framing.fit == "fill" else max(sides)


def to_be_kept(rgb: Pixels) -> Pixels:
    """``rgb``, or where it is too large to wait with many others, as half of it, or a quarter."""
    while rgb.shape[0] * rgb.shape[1] > _MOST_PIXELS:
        height, width = rgb.shape[0] // 2, rgb.shape[1] // 2
        rgb = np.asarray(
            cv2.resize(rgb[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA), np.uint8
        )
    return rgb
