"""The values that travel through the live path, from lens to output. All are immutable; arrays are never written again.

Times are seconds on ``time.perf_counter()`` for live sources and seconds of media time when rendering offline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.params import ControlChunk

if TYPE_CHECKING:
    from app.plate import Plate

Pixels = NDArray[np.uint8]

LEAST_SEEN = 26
"""Of 255: less of the painted picture, a tenth, shows nothing of it. What is painted on a mask counts from here on."""
_REPAINTED = 128
"""The engine repaints from here on, as it was trained: in it there is no half."""
_ASKED = np.arange(256, dtype=np.uint8)
_ASKED[LEAST_SEEN:_REPAINTED] = _REPAINTED


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a source. rgb: (H, W, 3) uint8. time: when it was captured."""

    rgb: Pixels
    time: float


@dataclass(frozen=True, slots=True, eq=False)
class GuidedFrame:
    """A source picture at engine size with the guide made from it, both (H, W, 3) uint8.

    epoch: the value of ``Look.params.cut`` under which the picture was captured; a cut makes older ones worthless.
    mask: (H, W) uint8, 255 = repaint, 0 = keep the source; None = repaint everything.
    structure: the picture of a second input that the guide was made from, as large; None = from the source.
    plate: what is put back of the source where the mask keeps it; None = nothing.
    captured, second: the source's and the second input's own pictures, before they were framed, for a journal; None
        where none is kept. reduced: whether one of them is smaller than it came.
    """

    source: Pixels
    guide: Pixels
    time: float
    epoch: int
    mask: Pixels | None = None
    structure: Pixels | None = None
    plate: Plate | None = None
    captured: Pixels | None = None
    second: Pixels | None = None
    reduced: bool = False


def chunk_of(frames: Sequence[GuidedFrame]) -> ControlChunk:
    """What the engine is handed for ``frames``, all of one size. Frames without a mask beside masked ones get 255.

    Where a plate is put back, the mask says how much of the painted picture shows: even where that is little the engine
    must paint. Without a plate its own picture stands alone, and is divided at one half.
    """
    masks = None
    if any(frame.mask is not None for frame in frames):
        everything = np.full(frames[0].guide.shape[:2], 255, np.uint8)
        masks = np.stack([everything if frame.mask is None else _asked(frame.mask, frame.plate) for frame in frames])
    return ControlChunk(
        guide=np.stack([frame.guide for frame in frames]),
        source=np.stack([frame.source for frame in frames]),
        mask=masks,
    )


def _asked(mask: Pixels, plate: Plate | None) -> Pixels:
    return mask if plate is None else np.asarray(cv2.LUT(mask, _ASKED), np.uint8)


Kind = Literal["engine", "bypass", "black", "slate"]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """The picture that every output shows now.

    rgb: (H, W, 3) uint8. captured: capture time of the source picture behind it, None where there is none.
    number: goes up by one with every different picture, so an output knows a repeat when it sees one.
    """

    rgb: Pixels
    captured: float | None
    kind: Kind
    number: int
