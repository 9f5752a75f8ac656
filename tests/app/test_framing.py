"""Bringing pictures to size: geometry for every size, and what is seen where."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.framing import FITS, Fit, Framing, framed, resized, seen_by_controls

sizes = st.integers(1, 70)
framings = st.builds(
    Framing,
    mirror=st.booleans(),
    rotate=st.sampled_from([0, 90, 180, 270]),
    crop=st.tuples(*[st.floats(0, 0.49)] * 4),
    fit=st.sampled_from(FITS),
)


@given(sizes, sizes, sizes, sizes, framings)
def test_any_picture_comes_to_any_size(w: int, h: int, width: int, height: int, framing: Framing) -> None:
    out = framed(np.full((h, w, 3), 200, np.uint8), framing, width, height)
    assert out.shape == (height, width, 3)
    assert out.dtype == np.uint8
    assert out.flags.c_contiguous
    assert out.max() == 200, "some of the picture is always to be seen"
    if framing.fit != "fit":
        assert out.min() == 200, "and nothing but the picture, unless bars were asked for"


@given(sizes, sizes, sizes, sizes)
def test_controls_and_engine_see_the_same_field(w: int, h: int, width: int, height: int) -> None:
    picture, view = seen_by_controls(np.zeros((h, w, 3), np.uint8), Framing(), width, height)
    assert view.shape == (height, width, 3)
    assert picture.shape[1] >= width


def test_controls_see_more_than_a_small_engine_paints() -> None:
    film = np.zeros((720, 1280, 3), np.uint8)
    picture, view = seen_by_controls(film, Framing(), 320, 192)
    assert (picture.shape, view.shape) == ((384, 640, 3), (192, 320, 3))
    picture, view = seen_by_controls(film, Framing(), 1280, 720)
    assert picture.shape == view.shape == (720, 1280, 3)


def quadrants() -> np.ndarray:
    """Four grey levels: 10 20 above 30 40."""
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[:20, :20], picture[:20, 20:], picture[20:, :20], picture[20:, 20:] = 10, 20, 30, 40
    return picture


def corners(picture: np.ndarray) -> list[int]:
    return [int(picture[y, x, 0]) for y in (0, -1) for x in (0, -1)]


@pytest.mark.parametrize(
    ("framing", "seen"),
    [
        (Framing(), [10, 20, 30, 40]),
        (Framing(mirror=True), [20, 10, 40, 30]),
        (Framing(rotate=90), [30, 10, 40, 20]),
        (Framing(rotate=180), [40, 30, 20, 10]),
        (Framing(rotate=270), [20, 40, 10, 30]),
        (Framing(crop=(0.5, 0, 0, 0)), [20, 20, 40, 40]),
        (Framing(crop=(0, 0, 0, 0.5)), [10, 20, 10, 20]),
        (Framing(mirror=True, rotate=90), [40, 20, 30, 10]),
    ],
)
def test_turns_and_crops(framing: Framing, seen: list[int]) -> None:
    assert corners(framed(quadrants(), framing, 40, 40)) == seen


@pytest.mark.parametrize(("fit", "rows"), [("fill", 10), ("fit", 20), ("stretch", 20)])
def test_fits(fit: Fit, rows: int) -> None:
    """A square picture in a wide frame. rows: how many of its 20 upper rows are seen, at the frame's scale."""
    out = resized(quadrants(), 80, 40, fit)
    bars = int(np.count_nonzero(out[0, :, 0] == 0))
    assert bars == (40 if fit == "fit" else 0)
    assert out[5, 36, 0] == 10
    assert out[5, 43, 0] == 20
    assert out[35, 36, 0] == 30
    scale = 2 if fit == "fill" else 1
    assert abs(np.count_nonzero(out[:, 30, 0] <= 20) - rows * scale) <= 1


@pytest.mark.parametrize(
    "wrong", [{"rotate": 45}, {"fit": "cover"}, {"crop": (0.5, 0, 0.5, 0)}, {"crop": (-0.1, 0, 0, 0)}]
)
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Framing(**wrong)  # type: ignore[arg-type]


def test_a_mirrored_picture_that_shrinks_is_the_shrunk_one_mirrored() -> None:
    """It is turned when it is small, which no size shows, odd ones included; into memory that is there, too."""
    rgb, out = np.random.default_rng(5).integers(0, 256, (203, 301, 3), np.uint8), np.zeros((48, 64, 3), np.uint8)
    plain = framed(rgb, Framing(fit="stretch"), 64, 48)
    for memory in (None, out):
        assert np.array_equal(framed(rgb, Framing(mirror=True, fit="stretch"), 64, 48, memory)[:, ::-1], plain)
