from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls import finder
from controls.control import Pixels
from controls.finder import LONGEST_SIDE, Finder, _parts, openpose_joints
from controls.landmarker import POSE, Landmarks, Task
from controls.skeleton import JOINTS

PICTURE = np.zeros((720, 1280, 3), np.uint8)


class Crowd:
    """Stands in for mediapipe: finds as many people as there are, and notes what it was asked."""

    present = 1
    asked: list[int]
    shapes: set[tuple[int, ...]]
    open = resets = 0

    def __init__(self, model: Path, people: int, task: Task = POSE) -> None:
        self._most, self.task = people, task
        Crowd.open += 1

    def landmarks(self, picture: Pixels, time: float) -> Landmarks:
        Crowd.asked.append(self._most)
        Crowd.shapes.add(picture.shape)
        found = []
        for number in range(min(self._most, Crowd.present)):
            marks = np.random.default_rng(0).uniform(0, 0.2, (33, 3))
            found.append(marks * (1, 4, 0) + (0.05 + 0.22 * number, 0.1, 1))
        return np.array(found).reshape(-1, 33, 3)

    def reset(self) -> None:
        Crowd.resets += 1

    def close(self) -> None:
        Crowd.open -= 1


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> type[Crowd]:
    monkeypatch.setattr(finder, "Landmarker", Crowd)
    Crowd.asked, Crowd.shapes, Crowd.open, Crowd.resets = [], set(), 0, 0
    return Crowd


def ask(people: Finder, present: int, time: float) -> tuple[list[int], int]:
    """Which landmarkers are asked, by the most they follow, and how many people come out."""
    Crowd.present = present
    Crowd.asked.clear()
    found = len(people.bodies(PICTURE, time))
    return list(Crowd.asked), found


def test_the_costly_search_runs_only_when_there_may_be_several(crowd: type[Crowd]) -> None:
    people = Finder(Path(), most=2)
    timeline = [
        (1, 102.0, [2, 1], 1),  # at the beginning there may be several
        (1, 102.1, [1], 1),  # who is alone is followed: that is steadier
        (1, 102.9, [1], 1),
        (1, 103.0, [2, 1], 1),  # looks around
        (2, 103.5, [1], 1),  # somebody comes,
        (2, 104.0, [2], 2),  # and is seen at the next look around
        (4, 104.1, [2], 2),
        (1, 106.0, [2], 1),  # the others may be hidden for a moment
        (1, 106.2, [1], 1),  # alone
        (0, 106.3, [1], 0),
        (2, 7.0, [2], 2),  # time went back
    ]
    for present, time, asked, found in timeline:
        assert ask(people, present, time) == (asked, found), time
    people.close()
    assert crowd.open == 0


def test_all_is_loaded_at_once_and_stays_when_pictures_are_forgotten(crowd: type[Crowd]) -> None:
    people = Finder(Path(), most=2)
    assert crowd.open == 2, "before a picture waits for it"
    for time in range(5):
        ask(people, 1, float(time))
    assert ask(people, 1, 4.1) == ([1], 1)
    people.reset()
    assert (crowd.open, crowd.resets) == (2, 2)
    assert ask(people, 1, 4.2) == ([2, 1], 1), "as at the beginning"
    people.close()
    assert crowd.open == 0


def test_one_person_is_never_searched_for_among_several(crowd: type[Crowd]) -> None:
    people = Finder(Path(), most=1)
    assert [ask(people, 3, time / 2) for time in range(8)] == [([1], 1)] * 8
    assert crowd.open == 1


def test_of_eight_people_as_many_come_out_as_were_asked_for(crowd: type[Crowd]) -> None:
    people = Finder(Path(), most=4)
    for number in range(10):
        assert ask(people, 8, number / 25) == ([4] * 4, 4), "in the whole picture and in three parts of it"


def test_the_picture_is_of_limited_size(crowd: type[Crowd]) -> None:
    people = Finder(Path(), most=1)
    for picture in (PICTURE, np.zeros((900, 30, 3), np.uint8), np.zeros((48, 64, 3), np.uint8)):
        people.bodies(picture, 0.0)
    assert crowd.shapes == {(360, LONGEST_SIDE, 3), (LONGEST_SIDE, 21, 3), (48, 64, 3)}


@given(st.integers(1, 900), st.integers(1, 900))
def test_parts_are_squares_that_overlap_by_half_and_cover_the_picture(height: int, width: int) -> None:
    parts, side = _parts(height, width), min(height, width)
    seen = np.zeros((height, width), np.uint8)
    for part in parts:
        assert seen[part].shape == (side, side)
        seen[part] += 1
    if height == width:
        assert parts == []
    elif max(height, width) <= 3 * side:
        assert seen.all()
        starts = [rows.start + columns.start for rows, columns in parts]
        assert max(np.diff(starts), default=0) <= math.ceil(side / 2)


class Upright:
    """In place of mediapipe: sees who is brighter than all else, where his box ends, in squares alone."""

    def __init__(self, model: Path, people: int, task: Task = POSE) -> None:
        self._follows = task.follows

    def landmarks(self, picture: Pixels, time: float) -> Landmarks:
        height, width = picture.shape[:2]
        if self._follows or height != width:
            return np.zeros((0, 33, 3))
        found = []
        for color in (100, 200):
            y, x = np.nonzero(picture[..., 0] == color)
            if len(x):
                corners = np.linspace((x.min(), y.min()), (x.max() + 1, y.max() + 1), 33) / (width, height)
                found.append(np.column_stack([corners, np.full(33, 0.9)]))
        return np.array(found).reshape(-1, 33, 3)


def test_who_is_seen_in_a_part_is_where_he_is_in_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, however many parts show him; and nobody of whom a part shows but a piece."""
    monkeypatch.setattr(finder, "Landmarker", Upright)
    picture = np.zeros((360, 640, 3), np.uint8)
    picture[100:300, 190:270], picture[50:350, 500:600] = 100, 200
    left, right = sorted(Finder(Path(), most=3).bodies(picture, 0.0), key=lambda body: float(body.points[0, 0]))
    for body, (x0, y0, x1, y1) in ((left, (190, 100, 270, 300)), (right, (500, 50, 600, 350))):
        assert (body.points.min(axis=0) >= np.array((x0, y0)) / 360 - 0.01).all()
        assert (body.points.max(axis=0) <= np.array((x1, y1)) / 360 + 0.01).all()


def test_the_neck_is_between_the_shoulders_and_as_sure_as_the_less_sure_one() -> None:
    landmarks = np.random.default_rng(0).uniform(0, 1, (33, 3))
    joints = openpose_joints(landmarks)
    left, right = landmarks[11], landmarks[12]
    np.testing.assert_array_equal(joints[JOINTS.index("left shoulder")], left)
    np.testing.assert_array_equal(joints[JOINTS.index("right shoulder")], right)
    np.testing.assert_allclose(joints[JOINTS.index("neck"), :2], (left + right)[:2] / 2)
    assert joints[JOINTS.index("neck"), 2] == min(left[2], right[2])


def test_the_joints_are_those_mediapipe_names() -> None:
    from mediapipe.tasks.python.vision import PoseLandmark

    landmarks = np.arange(33.0)[:, None].repeat(3, axis=1)
    for joint, (number, _, _) in zip(JOINTS, openpose_joints(landmarks), strict=True):
        if joint != "neck":
            assert PoseLandmark(int(number)).name == joint.upper().replace(" ", "_")


def test_joints_out_of_the_picture_are_out_of_sight(crowd: type[Crowd], monkeypatch: pytest.MonkeyPatch) -> None:
    marks = np.full((1, 33, 3), 0.5)
    marks[:, :, 2] = 0.9
    marks[0, 16, 0], marks[0, 15, 0] = 1.02, 1.2  # wrists: a little outside, and far
    monkeypatch.setattr(Crowd, "landmarks", lambda self, picture, time: marks)
    (body,) = Finder(Path(), most=1).bodies(PICTURE, 0.0)
    assert body.confidence[JOINTS.index("right wrist")] == 0.9
    assert body.confidence[JOINTS.index("left wrist")] == 0
    np.testing.assert_allclose(body.points[JOINTS.index("nose")], (0.5 * 1280 / 720, 0.5))
