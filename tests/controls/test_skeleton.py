from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.control import Pixels
from controls.skeleton import (
    BONE_COLORS,
    BONES,
    COLORS,
    FACE_COLOR,
    HAND_COLOR,
    JOINTS,
    LIMBS,
    Marks,
    Points,
    draw,
    draw_bodies,
    draw_faces,
    draw_hands,
)
from tests.controls.test_hands import HAND as HANGING

# A person with arms and legs spread, so that no limb hides another: fractions of a square picture.
PERSON: Points = np.array(
    [
        (0.50, 0.16), (0.50, 0.30), (0.38, 0.31), (0.28, 0.40), (0.16, 0.46), (0.62, 0.31), (0.72, 0.40), (0.84, 0.46),
        (0.44, 0.56), (0.36, 0.72), (0.30, 0.92), (0.56, 0.56), (0.64, 0.72), (0.70, 0.92),
        (0.46, 0.11), (0.54, 0.11), (0.40, 0.14), (0.60, 0.14),
    ]
)  # fmt: skip

HAND = HANGING * 0.1 + (0.5, 0.95)
"""Of the same picture."""

UNSEEN = 1e-3
"""So faint that it changes no pixel, and yet not out of sight."""


def marks(points: Points, opacity: float = 1.0) -> Marks:
    return Marks(points, np.full(len(points), opacity))


def test_the_table_is_openposes() -> None:
    """From the published renderer: joints count from 1 there; colours go round the wheel in steps of 85."""
    published = [[2, 3], [2, 6], [3, 4], [4, 5], [6, 7], [7, 8], [2, 9], [9, 10], [10, 11], [2, 12], [12, 13], [13, 14]]
    published += [[2, 1], [1, 15], [15, 17], [1, 16], [16, 18]]
    assert [[start + 1, end + 1] for start, end in LIMBS] == published
    assert COLORS[0] == (255, 0, 0)
    assert COLORS[-1] == (255, 0, 85)
    steps = np.abs(np.diff(np.array([*COLORS, COLORS[0]]), axis=0))
    assert (steps.sum(axis=1) == 85).all()
    assert len(JOINTS) == len(COLORS) == 18

    fingers = [[0, 1], [1, 2], [2, 3], [3, 4], [0, 5], [5, 6], [6, 7], [7, 8], [0, 9], [9, 10], [10, 11], [11, 12]]
    fingers += [[0, 13], [13, 14], [14, 15], [15, 16], [0, 17], [17, 18], [18, 19], [19, 20]]
    assert [list(bone) for bone in BONES] == fingers
    wheel = cv2.cvtColor(np.array([[(18 * i, 1, 1) for i in range(20)]], np.float32), cv2.COLOR_HSV2RGB)[0] * 255
    assert np.abs(np.array(BONE_COLORS) - wheel).max() <= 0.51


@pytest.mark.parametrize("size", [192, 512, 1024])
def test_colours_are_those_of_the_table(size: int) -> None:
    picture = draw([PERSON], size, size)
    for limb, (start, end) in enumerate(LIMBS):
        x, y = ((PERSON[start] + PERSON[end]) / 2 * size).astype(int)
        assert tuple(picture[y, x]) == tuple(int(value * 0.6) for value in COLORS[limb])
    for joint, (x, y) in enumerate((PERSON * size).astype(int)):
        assert tuple(picture[y, x]) == COLORS[joint]


def published_renderer(people: list[Points], size: int, radius: int) -> Pixels:
    """What DWPose draws, with its whole pixels and whole degrees, at any size."""
    canvas = np.zeros((size, size, 3), np.uint8)
    for (start, end), color in zip(LIMBS, COLORS, strict=False):
        for points in people:
            (x0, y0), (x1, y1) = points[start] * size, points[end] * size
            length = math.hypot(x0 - x1, y0 - y1)
            angle = math.degrees(math.atan2(y0 - y1, x0 - x1))
            middle = (int((x0 + x1) / 2), int((y0 + y1) / 2))
            outline = np.array(cv2.ellipse2Poly(middle, (int(length / 2), radius), int(angle), 0, 360, 1))
            cv2.fillConvexPoly(canvas, outline, color)
    canvas = (canvas * 0.6).astype(np.uint8)
    for joint, color in enumerate(COLORS):
        for points in people:
            cv2.circle(canvas, (points[joint] * size).astype(int).tolist(), radius, color, -1)
    return canvas


def test_it_draws_what_dwpose_draws() -> None:
    """Against the published form at four times the size, averaged down: thickness, order, brightness, place.

    Radius 4 covers 9 pixels, that is 36 at four times the size: radius 18. It is thickness 1 at a shorter side of
    1,024, hence 2 at 512.
    """
    people = [PERSON * 0.8, PERSON * 0.7 + 0.3]
    expected = cv2.resize(published_renderer(people, 2048, 18), (512, 512), interpolation=cv2.INTER_AREA)
    difference = np.abs(draw(people, 512, 512, 2.0).astype(int) - expected)
    assert difference.mean() < 0.35
    assert (difference.max(axis=2) > 128).mean() < 0.0002
    for thickness in (0.85, 1.15):  # the test is sharp enough to see this
        assert np.abs(draw(people, 512, 512, 2.0 * thickness).astype(int) - expected).mean() > 0.5


def test_joints_out_of_sight_take_their_limbs_with_them() -> None:
    person = PERSON.copy()
    person[JOINTS.index("right elbow")] = np.nan
    picture = draw([person], 512, 512)
    for limb in ((2, 3), (3, 4)):
        x, y = (PERSON[list(limb)].mean(axis=0) * 512).astype(int)
        assert not picture[y, x].any()
    assert not draw([np.full((18, 2), np.nan)], 64, 64).any()
    assert not draw([], 64, 64).any()


@given(st.integers(-60, 60), st.integers(-60, 60))
def test_a_person_who_moves_moves_on_the_picture(dx: int, dy: int) -> None:
    size = 256
    still = np.pad(draw([PERSON * 0.4 + 0.3], size, size), ((60, 60), (60, 60), (0, 0)))
    moved = draw([PERSON * 0.4 + 0.3 + np.array([dx, dy]) / size], size, size)
    expected = still[60 - dy : 60 - dy + size, 60 - dx : 60 - dx + size]
    assert np.abs(moved.astype(int) - expected).max() <= 24  # sixteenths of a pixel


def test_less_than_a_pixel_of_motion_shows() -> None:
    """Brightness moves by as much as the person: no hopping from pixel to pixel."""
    centers = []
    for step in range(9):
        picture = draw([PERSON + np.array([step / 4 / 320, 0])], 320, 320).astype(float).sum(axis=2)
        centers.append((picture.sum(axis=0) * np.arange(320)).sum() / picture.sum())
    np.testing.assert_allclose(np.diff(centers), 0.25, atol=0.08)


@given(
    st.integers(1, 64),
    st.integers(1, 64),
    st.lists(st.floats() | st.floats(-2, 2), min_size=36, max_size=36),
    st.floats(0.25, 4.0),
)
def test_any_size_and_any_joints_can_be_drawn(w: int, h: int, numbers: list[float], thickness: float) -> None:
    assert draw([np.array(numbers).reshape(18, 2)], w, h, thickness).shape == (h, w, 3)


def published_hand(size: int, scale: int) -> Pixels:
    """What DWPose draws of ``HAND``, with its whole pixels, ``scale`` times as thick as at 1,024."""
    canvas, points = np.zeros((size, size, 3), np.uint8), (HAND * size).astype(int).tolist()
    for (start, end), color in zip(BONES, BONE_COLORS, strict=True):
        cv2.line(canvas, points[start], points[end], color, 3 * scale - 1)  # of 2, it draws 3 pixels
    for point in points:
        cv2.circle(canvas, point, round(4.5 * scale), HAND_COLOR, -1)
    return canvas


def test_it_draws_the_hands_that_dwpose_draws() -> None:
    """At four times the size, averaged down: bones, points, their order and colours."""
    expected = cv2.resize(published_hand(4096, 4), (1024, 1024), interpolation=cv2.INTER_AREA)
    for thickness, fits in ((0.85, False), (1.0, True), (1.15, False)):
        canvas = np.zeros((1024, 1024, 3), np.uint8)
        draw_hands(canvas, [marks(HAND)], thickness)
        difference = np.abs(canvas.astype(int) - expected)[expected.any(axis=2) | canvas.any(axis=2)]
        assert (difference.mean() < 7) == fits


def test_faces_are_white_dots_three_quarters_as_large_as_joints() -> None:
    faces, bodies = np.zeros((2, 1024, 1024, 3), np.uint8)
    points = np.random.default_rng(0).uniform(0.1, 0.9, (18, 2))
    draw_faces(faces, [marks(points)], 1.0)
    assert {tuple(color) for color in faces[tuple((points.T[::-1] * 1024).astype(int))].tolist()} == {FACE_COLOR}
    alone = np.maximum(np.eye(18), UNSEEN)  # joints with limbs that nobody sees
    draw_bodies(bodies, [Marks(points, opacity) for opacity in alone], 1.0)
    areas = [np.count_nonzero(drawn.max(axis=2) > 127) for drawn in (faces, bodies)]
    assert areas[0] / areas[1] == pytest.approx((3.5 / 4.5) ** 2, rel=0.05)  # radius 3 covers 7 pixels, 4 covers 9


@pytest.mark.parametrize("drawing", [draw_bodies, draw_hands, draw_faces])
def test_what_is_faint_shows_what_lies_under_it(drawing: Callable[[Pixels, list[Marks], float], None]) -> None:
    points = PERSON if drawing is draw_bodies else HAND
    points = points[[0]].repeat(len(points), axis=0) if drawing is draw_bodies else points
    ground = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    full, faint, none = ground.copy(), ground.copy(), ground.copy()
    one = np.full(len(points), UNSEEN)
    one[0] = 1.0
    drawing(full, [Marks(points, one)], 4.0)
    drawing(faint, [Marks(points, one * 0.25)], 4.0)
    drawing(none, [Marks(points, one * 0)], 4.0)
    assert (full != ground).any()
    np.testing.assert_array_equal(none, ground)
    assert np.abs(faint - (0.25 * full.astype(float) + 0.75 * ground)).max() <= 1


def test_a_joint_whose_neighbours_are_out_of_sight_is_left_out() -> None:
    opacity = np.zeros(18)
    opacity[[JOINTS.index("left wrist"), JOINTS.index("nose"), JOINTS.index("left eye")]] = 1.0
    canvas = np.zeros((512, 512, 3), np.uint8)
    draw_bodies(canvas, [Marks(PERSON, opacity)], 1.0)
    drawn = canvas.copy()
    opacity[JOINTS.index("left wrist")] = 0.0
    canvas[:] = 0
    draw_bodies(canvas, [Marks(PERSON, opacity)], 1.0)
    assert canvas.any(), "nose and eye have each other"
    np.testing.assert_array_equal(drawn, canvas)


def test_a_limb_is_as_faint_as_its_fainter_end() -> None:
    opacity = np.ones(18)
    opacity[JOINTS.index("right elbow")] = 0.5
    canvas = np.zeros((512, 512, 3), np.uint8)
    draw_bodies(canvas, [Marks(PERSON, opacity)], 1.0)
    for limb, part in ((2, 0.5), (3, 0.5), (4, 1.0)):
        x, y = (PERSON[list(LIMBS[limb])].mean(axis=0) * 512).astype(int)
        assert np.abs(canvas[y, x] - np.array(COLORS[limb]) * 0.6 * part).max() <= 1


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.lists(st.floats() | st.floats(-2, 2), min_size=42, max_size=42),
    st.lists(st.floats(0, 1), min_size=21, max_size=21),
)
def test_any_hand_and_face_can_be_drawn(w: int, h: int, numbers: list[float], opacity: list[float]) -> None:
    canvas = np.zeros((h, w, 3), np.uint8)
    some = Marks(np.array(numbers).reshape(21, 2), np.array(opacity))
    draw_hands(canvas, [some], 1.0)
    draw_faces(canvas, [some], 1.0)
    draw_bodies(canvas, [Marks(some.points[:18], some.opacity[:18])], 1.0)
