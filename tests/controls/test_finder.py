from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from controls import finder
from controls.control import Pixels
from controls.finder import LONGEST_SIDE, Finder, openpose_joints
from controls.landmarker import Landmarks
from controls.skeleton import JOINTS

PICTURE = np.zeros((720, 1280, 3), np.uint8)


class Crowd:
    """Stands in for mediapipe: finds as many people as there are, and notes what it was asked."""

    present = 1
    asked: list[int]
    shapes: set[tuple[int, ...]]
    open = 0

    def __init__(self, model: Path, people: int) -> None:
        self._most = people
        Crowd.open += 1

    def landmarks(self, picture: Pixels, time: float) -> Landmarks:
        Crowd.asked.append(self._most)
        Crowd.shapes.add(picture.shape)
        found = []
        for number in range(min(self._most, Crowd.present)):
            marks = np.random.default_rng(0).uniform(0, 0.2, (33, 3))
            found.append(marks * (1, 4, 0) + (0.05 + 0.22 * number, 0.1, 1))
        return np.array(found).reshape(-1, 33, 3)

    def close(self) -> None:
        Crowd.open -= 1


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> type[Crowd]:
    monkeypatch.setattr(finder, "Landmarker", Crowd)
    Crowd.asked, Crowd.shapes, Crowd.open = [], set(), 0
    return Crowd


def ask(people: Finder, present: int, time: float) -> tuple[list[int], int]:
    """Which landmarkers are asked, by the most they follow, and how many people come out."""
    Crowd.present = present
    Crowd.asked.clear()
    found = len(people.bodies(PICTURE, time))
    return list(Crowd.asked), found


def test_the_costly_search_runs_only_when_there_may_be_several(crowd: type[Crowd]) -> None:
    people = Finder(Path(), most=3)
    timeline = [
        (1, 100.0, [3], 1),  # at the beginning there may be several
        (1, 101.9, [3], 1),
        (1, 102.0, [1], 1),  # alone since then
        (1, 102.8, [1], 1),
        (1, 102.9, [3, 1], 1),  # looks around
        (2, 103.5, [1], 1),  # somebody comes,
        (2, 104.0, [3], 2),  # and is seen at the next look around
        (4, 104.1, [3], 3),
        (1, 105.9, [3], 1),
        (1, 106.2, [1], 1),
        (0, 106.3, [1], 0),
        (2, 7.0, [3], 2),  # time went back
    ]
    for present, time, asked, found in timeline:
        assert ask(people, present, time) == (asked, found), time
    people.close()
    assert crowd.open == 0


def test_one_person_is_never_searched_for_among_several(crowd: type[Crowd]) -> None:
    people = Finder(Path(), most=1)
    assert [ask(people, 3, time / 2) for time in range(8)] == [([1], 1)] * 8
    assert crowd.open == 1


def test_of_eight_people_as_many_come_out_as_were_asked_for(crowd: type[Crowd]) -> None:
    people = Finder(Path(), most=4)
    for number in range(10):
        assert ask(people, 8, number / 25) == ([4], 4)


def test_the_picture_is_of_limited_size(crowd: type[Crowd]) -> None:
    people = Finder(Path(), most=1)
    for picture in (PICTURE, np.zeros((900, 30, 3), np.uint8), np.zeros((48, 64, 3), np.uint8)):
        people.bodies(picture, 0.0)
    assert crowd.shapes == {(360, LONGEST_SIDE, 3), (LONGEST_SIDE, 21, 3), (48, 64, 3)}


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
