"""Which place of the source is which of the canvas: as the pictures themselves have it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.expand import Expand
from app.frame import Frame
from app.framing import FITS, Framing
from app.look import Look, Setup
from app.placement import placement
from app.preprocessor import Preprocessor
from engine.params import EngineChoice

CANVAS = (96, 64)
sides = st.sampled_from([0.0, 0.25, 0.5, 1.0])
framings = st.builds(
    Framing,
    mirror=st.booleans(),
    rotate=st.sampled_from([0, 90, 180, 270]),
    crop=st.tuples(*[st.sampled_from([0.0, 0.1, 0.25])] * 4),
    fit=st.sampled_from(FITS),
)
expands = st.builds(Expand, sides, sides, sides, sides)
places = st.tuples(st.floats(0.15, 0.85), st.floats(0.15, 0.85))


@given(st.tuples(st.integers(60, 240), st.integers(60, 240)), framings, expands, places)
def test_what_is_seen_at_a_place_of_the_canvas_is_from_there(
    size: tuple[int, int], framing: Framing, expand: Expand, place: tuple[float, float]
) -> None:
    """In a source whose red and green tell where they are."""
    width, height = size
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[..., 0] = (np.arange(width) + 0.5) / width * 255
    rgb[..., 1] = ((np.arange(height) + 0.5) / height * 255)[:, None]
    where = placement(size, CANVAS, framing, expand)
    setup = Setup(engine=EngineChoice("starter", *CANVAS), framing=framing)
    seen = Preprocessor().guided(Frame(rgb, 0.0), Look(controls=(), expand=expand), setup, 0)[0].source
    x, y = where.on_canvas(place)
    column, row = int(x * CANVAS[0]), int(y * CANVAS[1])
    inside = np.zeros(CANVAS[::-1], np.uint8)
    inside[where.area.slices] = 1
    inside[:2] = inside[-2:] = inside[:, :2] = inside[:, -2:] = 0
    assume(0 <= column < CANVAS[0] and 0 <= row < CANVAS[1])  # else it was cut off
    assume(cv2.erode(inside, np.ones((5, 5)))[row, column])
    # Within two pixels of the canvas: crops are rounded to those of the source, areas to those of the canvas.
    corners = [where.on_source(((column + i) / CANVAS[0], (row + j) / CANVAS[1])) for i in (-2, 3) for j in (-2, 3)]
    for channel in (0, 1):
        ends = sorted(corner[channel] * 255 for corner in corners)
        assert ends[0] - 3 <= seen[row, column, channel] <= ends[-1] + 3


@given(st.tuples(st.integers(1, 4000), st.integers(1, 4000)), framings, expands, places)
def test_there_and_back(size: tuple[int, int], framing: Framing, expand: Expand, place: tuple[float, float]) -> None:
    where = placement(size, CANVAS, framing, expand)
    assert where.on_source(where.on_canvas(place)) == pytest.approx(place)
