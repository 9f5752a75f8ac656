"""Boxes: where they are at any time, how they are drawn, and how they are typed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from controls.layout import SETTINGS, Box, Layout, Leg, Sides, parse_box

PICTURE = np.zeros((72, 128, 3), np.uint8)
DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
MOVING = Box((0.0, 0.25, 0.25, 0.75), (Leg((0.5, 0.25, 0.75, 0.75), seconds=2.0),))


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    def sides() -> tuple[float, float, float, float]:
        left, top = draw(st.floats(-1, 1.9)), draw(st.floats(-1, 1.9))
        return left, top, draw(st.floats(left + 0.05, 2)), draw(st.floats(top + 0.05, 2))

    try:
        legs = draw(st.lists(st.floats(0.01, 3600), max_size=3))
        return Box(sides(), tuple(Leg(sides(), seconds) for seconds in legs))
    except ValueError:  # it never touches the picture
        reject()


def drawn(layout: Layout, time: float, width: int = 128, height: int = 72) -> np.ndarray:
    return layout.guide(PICTURE, width, height, time, DEFAULTS)


def left_side(guide: np.ndarray) -> int:
    """The leftmost column with ink in it."""
    return int(np.flatnonzero((guide == 0).any(axis=(0, 2)))[0])


def test_a_box_is_a_thin_black_outline_on_white() -> None:
    layout = Layout()
    layout.place((Box((0.25, 0.25, 0.75, 0.75)),))
    guide = drawn(layout, 0.0)
    ys, xs = np.nonzero(guide[..., 0] == 0)
    assert (xs.min(), xs.max(), ys.min(), ys.max()) == (32, 96, 18, 54)
    assert len(xs) == 2 * (65 + 37) - 4, "one pixel wide at this size"
    assert set(np.unique(guide)) == {0, 255}
    large = drawn(layout, 0.0, 1280, 720)
    assert (large[360, 300:340, 0] == 0).sum() == 3, "as VACE draws it at 720x1280"


def test_no_boxes_are_white_paper_and_told() -> None:
    layout = Layout()
    assert (drawn(layout, 0.0) == 255).all()
    assert "no boxes" in layout.trouble
    layout.place((MOVING,))
    assert not layout.trouble


def test_a_box_moves_evenly_and_stays_at_its_end() -> None:
    layout = Layout()
    layout.place((MOVING,))
    seen = [left_side(drawn(layout, 10.0 + t)) for t in (0.0, 0.5, 1.0, 2.0, 50.0)]
    assert seen == [0, 16, 32, 64, 64], "counted from the first picture"


def test_other_boxes_and_a_reset_begin_anew_the_same_ones_do_not() -> None:
    layout = Layout()
    layout.place((MOVING,))
    drawn(layout, 0.0)
    layout.place((Box(MOVING.start, MOVING.way),))
    assert left_side(drawn(layout, 2.0)) == 64
    layout.reset()
    assert left_side(drawn(layout, 3.0)) == 0
    layout.place((MOVING, MOVING))
    assert left_side(drawn(layout, 9.0)) == 0


def test_a_way_with_bends_goes_through_each_of_them_at_its_time() -> None:
    first, second, third = (0.0, 0.0, 0.2, 0.2), (0.8, 0.0, 1.0, 0.2), (0.8, 0.8, 1.0, 1.0)
    box = Box(first, (Leg(second, 2.0), Leg(second, 1.0), Leg(third, 0.5)))
    assert [box.at(t) for t in (-1.0, 0.0, 2.0, 2.5, 3.0, 3.5, 99.0)] == [first, first, *[second] * 3, *[third] * 2]
    assert box.at(0.5) == pytest.approx((0.2, 0.0, 0.4, 0.2))
    assert box.at(3.25) == pytest.approx((0.8, 0.4, 1.0, 0.6))


@given(boxes(), st.floats(-1, 12000))
def test_a_box_is_always_between_two_places_of_its_way(box: Box, seconds: float) -> None:
    places = np.array(box.places)
    low, high = np.minimum(places, np.roll(places, 1, 0)), np.maximum(places, np.roll(places, 1, 0))
    at = np.array(box.at(seconds))
    assert ((low - 1e-9 <= at) & (at <= high + 1e-9)).all(axis=1).any()
    layout = Layout()
    layout.place((box,))
    assert drawn(layout, seconds, 33, 17).shape == (17, 33, 3)


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("0.1,0.2,0.4,0.8", Box((0.1, 0.2, 0.4, 0.8))),
        ("-0.5, 0, 0, 1", Box((-0.5, 0.0, 0.0, 1.0))),
        ("0,0.25,0.25,0.75:0.5,0.25,0.75,0.75@2", MOVING),
        ("0,0,1,1:0,0,2,1@2:0,0,2,2@0.5", Box((0, 0, 1, 1), (Leg((0, 0, 2, 1), 2.0), Leg((0, 0, 2, 2), 0.5)))),
    ],
)
def test_a_box_is_read_from_the_command_line(text: str, box: Box) -> None:
    assert parse_box(text) == box


@pytest.mark.parametrize(
    "text",
    ["", "0,0,1", "0,0,1,1:0,0,1,1@2@3", "0,0,1,1:0,0,1,1@2:", ":0,0,1,1@2",
     "0,0,1,x", "0,0,1,1:0,0,1,1", "0,0,1,1@2", "0.5,0,0.5,1", "0,0,1,nan", "0,0,1,9",
     "1.5,0,2,1", "0,-1,1,-0.5", "1.1,0,1.5,1:1.2,0,2,1@2",
     "0,0,1,1:0,0,1,1@0", "0,0,1,1:1,0,0,1@2", "0,0,1,1:0,0,1,1@long"],
)  # fmt: skip
def test_what_is_no_box_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"^the box .* (form|expected)") as refused:
        parse_box(text)
    assert "is none" not in str(refused.value)


@st.composite
def ways(draw: st.DrawFn) -> tuple[Sides, Sides]:
    def sides() -> Sides:
        left, top = draw(st.integers(-8, 15)), draw(st.integers(-8, 15))
        right, bottom = draw(st.integers(left + 1, 16)), draw(st.integers(top + 1, 16))
        return left / 8, top / 8, right / 8, bottom / 8

    return sides(), sides()


@given(ways())
def test_a_box_is_taken_if_it_touches_the_picture_at_some_time(way: tuple[Sides, Sides]) -> None:
    start, end = way
    moments = np.linspace(0.0, 1.0, 1001)[:, None]
    left, top, right, bottom = ((1 - moments) * start + moments * end).T

    def nearer(than: float) -> bool:
        return bool(((left < 1 + than) & (top < 1 + than) & (right > -than) & (bottom > -than)).any())

    if nearer(0.0):
        assert Box(start, (Leg(end),))
        assert Box(start, (Leg(start), Leg(end)))
    elif not nearer(0.01):  # between two moments a box moves by less than that
        with pytest.raises(ValueError, match="never touches the picture"):
            Box(start, (Leg(end),))


def test_a_box_may_cross_the_picture_or_pass_it_by() -> None:
    beside, beyond = (-0.5, 0.2, -0.1, 0.8), (1.1, 0.2, 1.5, 0.8)
    assert Box(beside, (Leg(beyond),)), "it crosses the picture"
    assert Box((-1.0, -1.0, 2.0, 2.0)), "it surrounds the picture"
    with pytest.raises(ValueError, match=r"on its way to 0\.6,-1,1,-0\.6 never touches"):
        Box((-1.0, -0.2, -0.6, 0.2), (Leg((0.6, -1.0, 1.0, -0.6)),))
