"""What the engine is handed: source, guide and mask, at its size and in their places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.expand import Area, Expand, source_area
from app.frame import Frame, GuidedFrame, Pixels, chunk_of
from app.framing import FITS, Fit, Framing, framed
from app.look import Look, Setup
from app.preprocessor import Preprocessor
from controls.control import ControlSetting
from controls.layout import Box
from engine.params import EMPTY_GUIDE, EngineChoice, Picture

WIDTH, HEIGHT = 96, 64
SETUP = Setup(engine=EngineChoice("starter", WIDTH, HEIGHT))
EDGE = (ControlSetting("edge"),)
PICTURE = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
BORDER = Expand(0.5, 0.75, 0.5, 0.25)


def left_half(value: int = 255) -> Picture:
    mask = np.zeros((64, 96), np.uint8)
    mask[:, :48] = value
    return Picture(mask)


def guided(look: Look, setup: Setup = SETUP, rgb: Pixels = PICTURE, mask: Pixels | None = None) -> GuidedFrame:
    return Preprocessor().guided(Frame(rgb, 0.0), look, setup, 0, mask)[0]


def outside(area: Area) -> np.ndarray:
    border = np.ones((HEIGHT, WIDTH), bool)
    border[area.slices] = False
    return border


def test_without_mask_and_expand_nothing_is_kept() -> None:
    frame = guided(Look(controls=EDGE))
    assert frame.mask is None
    np.testing.assert_array_equal(frame.source, PICTURE)


def test_a_mask_lies_on_the_source() -> None:
    frame = guided(Look(controls=EDGE, mask=left_half()))
    assert frame.mask is not None
    np.testing.assert_array_equal(frame.mask, left_half().pixels)
    plain = guided(Look(controls=EDGE))
    np.testing.assert_array_equal(frame.guide, plain.guide)
    np.testing.assert_array_equal(frame.source, plain.source)


def test_no_control_counts_in_an_unguided_mask() -> None:
    look = Look(controls=EDGE, mask=left_half())
    plain, bare = guided(look).guide, guided(replace(look, unguided=True)).guide
    assert plain[:, :48].any()
    assert not bare[:, :48].any()
    np.testing.assert_array_equal(bare[:, 52:], plain[:, 52:])
    inside = replace(look, controls=tuple(replace(control, region="mask") for control in EDGE))
    assert (guided(replace(inside, unguided=True)).guide == EMPTY_GUIDE).all()
    np.testing.assert_array_equal(guided(Look(controls=EDGE, unguided=True)).guide, guided(Look(controls=EDGE)).guide)


def test_a_mask_may_be_soft_and_inverted() -> None:
    frame = guided(Look(mask=left_half(100), invert_mask=True))
    assert frame.mask is not None
    assert (frame.mask[:, :48] == 155).all()
    assert (frame.mask[:, 48:] == 255).all()
    assert guided(Look(invert_mask=True)).mask is None


def test_a_mask_is_made_once_for_a_setting_not_for_every_picture() -> None:
    preprocessor = Preprocessor()
    look = Look(controls=(), mask=left_half(), expand=BORDER)
    first, second = (preprocessor.guided(Frame(PICTURE, t), look, SETUP, 0)[0].mask for t in (0.0, 0.1))
    assert first is not None
    assert first is second
    assert not first.flags.writeable
    other = preprocessor.guided(Frame(PICTURE, 0.2), replace(look, invert_mask=True), SETUP, 0)[0].mask
    assert other is not None
    assert not np.array_equal(first, other)


framings = st.builds(
    Framing,
    mirror=st.booleans(),
    rotate=st.sampled_from([0, 90, 180, 270]),
    crop=st.tuples(*[st.floats(0, 0.4)] * 4),
    fit=st.sampled_from(FITS),
)
sides = st.floats(0, 1)


@given(framings, st.tuples(st.integers(20, 99), st.integers(20, 99)), st.tuples(sides, sides, sides, sides))
def test_mask_and_source_go_the_same_way(
    framing: Framing, size: tuple[int, int], sides: tuple[float, float, float, float]
) -> None:
    """A mask that is the source itself stays so, whatever is done to both; all around is left to the engine."""
    gray = np.add.outer(np.linspace(0, 50, size[0]), np.linspace(0, 50, size[1])).astype(np.uint8)
    rgb = np.repeat(gray[..., None], 3, axis=2)
    setup = replace(SETUP, framing=framing)
    frame = guided(Look(controls=(), mask=Picture(gray), expand=Expand(*sides)), setup, rgb)
    assert frame.mask is not None
    border = (frame.mask == 255) & (frame.source == EMPTY_GUIDE).all(axis=2)
    difference = np.abs(frame.mask.astype(int) - frame.source[..., 0])
    assert (difference[~border] <= 9).all(), "but for rounding: the source comes to its size in two steps"


def test_an_expanded_source_stands_in_the_middle_of_grey() -> None:
    area = source_area(BORDER, WIDTH, HEIGHT)
    border = outside(area)
    frame = guided(Look(controls=EDGE, expand=BORDER))
    assert frame.mask is not None
    assert (frame.mask[border] == 255).all()
    assert (frame.mask[~border] == 0).all(), "without a mask the source is kept"
    assert (frame.source[border] == EMPTY_GUIDE).all()
    assert (frame.guide[border] == EMPTY_GUIDE).all()
    inner = framed(PICTURE, Framing(), area.width, area.height)
    np.testing.assert_array_equal(frame.source[area.slices], inner)


def test_where_the_source_ends_is_no_edge() -> None:
    light = np.full((64, 96, 3), 250, np.uint8)
    area = source_area(BORDER, WIDTH, HEIGHT)
    frame = guided(Look(controls=EDGE, expand=BORDER), rgb=light)
    assert (frame.guide[area.slices] == 0).all()


def test_a_mask_decides_inside_an_expanded_source() -> None:
    area = source_area(BORDER, WIDTH, HEIGHT)
    frame = guided(Look(controls=EDGE, expand=BORDER, mask=left_half()))
    assert frame.mask is not None
    inside = frame.mask[area.slices]
    assert (inside[:, : area.width // 2] == 255).all()
    assert (inside[:, area.width // 2 :] == 0).all()
    assert (frame.mask[outside(area)] == 255).all()


@pytest.mark.parametrize("fit", ["fill", "fit"])
def test_an_expanded_source_is_shown_whole_and_bars_become_border(fit: Fit) -> None:
    wide = np.full((40, 120, 3), 200, np.uint8)
    wide[:, :12], wide[:, -12:] = 100, 100  # what filling the canvas would cut off
    setup = replace(SETUP, framing=Framing(fit=fit))
    frame = guided(Look(controls=(), expand=Expand(0.25, 0, 0.25, 0)), setup, wide)
    assert frame.mask is not None
    kept = frame.source[frame.mask == 0]
    assert (frame.source[frame.mask == 255] == EMPTY_GUIDE).all()
    assert kept.min() >= 100, "nothing is black"
    assert (kept == 200).mean() == pytest.approx(0.8, abs=0.07), "nothing is cut off"
    rows, columns = np.nonzero(frame.mask == 0)
    assert (np.ptp(columns) + 1) / (np.ptp(rows) + 1) == pytest.approx(3.0, rel=0.07), "undistorted"
    unexpanded = guided(Look(controls=()), setup, wide).source
    assert (unexpanded.min() == 0) == (fit == "fit"), "else bars are bars"
    assert (unexpanded == 100).any() == (fit == "fit"), "and what is too much is cut off"


def test_an_expanded_source_may_still_be_stretched() -> None:
    wide = np.full((40, 120, 3), 200, np.uint8)
    frame = guided(Look(controls=(), expand=BORDER), replace(SETUP, framing=Framing(fit="stretch")), wide)
    inside = ~outside(source_area(BORDER, WIDTH, HEIGHT))
    np.testing.assert_array_equal((frame.source == 200).all(axis=2), inside)


def test_all_that_is_shown_of_the_guide_has_the_canvas_size() -> None:
    look = Look(controls=(ControlSetting("edge"), ControlSetting("gray")), expand=BORDER)
    frame, guide = Preprocessor().guided(Frame(PICTURE, 0.0), look, SETUP, 7)
    assert frame.epoch == 7
    assert {part.shape for part in guide.parts.values()} == {(HEIGHT, WIDTH, 3)}
    np.testing.assert_array_equal(guide.rgb, frame.guide)


def test_boxes_reach_the_guide() -> None:
    look = Look(controls=(ControlSetting("layout"),), layout=(Box((0.25, 0.25, 0.75, 0.75)),))
    guide = guided(look).guide
    assert (guide[16, 48] == 0).all()
    assert (guide[0] == 255).all()


def test_a_pictures_own_mask_comes_before_the_looks() -> None:
    own = np.full((64, 96), 9, np.uint8)
    frame = guided(Look(mask=left_half()), mask=own)
    np.testing.assert_array_equal(frame.mask, own)


def test_frames_with_and_without_a_mask_make_one_chunk() -> None:
    plain, masked = guided(Look(controls=())), guided(Look(controls=(), mask=left_half()))
    assert chunk_of([plain, plain]).mask is None
    mixed = chunk_of([plain, masked]).mask
    assert mixed is not None
    assert (mixed[0] == 255).all()
    np.testing.assert_array_equal(mixed[1], left_half().pixels)
    np.testing.assert_array_equal(chunk_of([plain, masked]).source, np.stack([PICTURE, PICTURE]))
