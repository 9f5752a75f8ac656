"""The plate of a painted picture: the source picture that it was made from, and the mask that it was guided with, to be
had at any size.

Knows neither the painted picture nor how the two are brought together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from app.expand import Area, Expand, placed
from app.frame import Pixels
from app.framing import Framing, framed, resized, turned
from app.look import Look
from app.placement import Placement, placement
from app.repeats import Repeats
from app.source_mask import canvas_mask, look_mask
from controls.regions import regions_of
from engine.params import EMPTY_GUIDE

MOST_PIXELS = 3_000_000
"""Of a source picture that waits as it came, with some thirty others, for the engine: see ``Plate.reduced``."""


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """One source picture and what of it is kept.

    source: (H, W, 3) as it was captured, or reduced to what stands on a canvas. place: where it stands on the engine's.
    look: whose mask it is.
    mask: (H, W) on this source picture alone, in place of the look's. people: (height, width) of ``place.area``, 255 =
    somebody; None where the look does not ask for them, or nobody knows where they are. captured: width and height of
    the source before it was reduced; None = it is not.
    """

    source: Pixels
    place: Placement
    look: Look
    mask: Pixels | None = None
    people: Pixels | None = None
    captured: tuple[int, int] | None = None

    @property
    def detail(self) -> float:
        """How many of the captured source's pixels one of the engine's canvas has, along a side."""
        size = self.source.shape[:2] if self.captured is None else self.captured[::-1]
        as_captured = np.broadcast_to(np.uint8(0), size)  # takes no memory
        return detail(as_captured, self.place.framing, self.place.area.width, self.place.area.height)

    def reduced(self, width: int, height: int, repeats: Repeats[Pixels] | None = None) -> Plate:
        """Itself, or where its source is too large to wait with many others, one that has of it what a canvas of that
        size shows. There ``source_at`` gives the same to the bit, at other sizes about the same. repeats: of plates of
        one stream."""
        area, (h, w) = self._area(width, height), self.source.shape[:2]
        if self.captured is not None or h * w <= max(MOST_PIXELS, area.width * area.height):
            return self
        asked = (self.place.framing, area.width, area.height)
        view = (repeats or Repeats()).made(self.source, asked, lambda: framed(self.source, *asked))
        return replace(self, source=view, captured=(w, h))

    def source_at(self, width: int, height: int, out: Pixels | None = None) -> Pixels:
        """The source on a canvas of that size, (height, width, 3); grey where it does not reach. out: see
        ``app.framing.resized``."""
        area = self._area(width, height)
        whole = (area.width, area.height) == (width, height)
        framing = self.place.framing if self.captured is None else Framing(fit="stretch")
        view = framed(self.source, framing, area.width, area.height, out if whole else None)
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
