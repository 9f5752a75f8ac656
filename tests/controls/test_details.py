"""Whose hand, whose turn, how long it stays: with finders that know where the hands and faces are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from controls.closeup import CloseUp
from controls.control import Pixels
from controls.details import Details
from controls.people import Body, People, Person
from controls.skeleton import JOINTS, Marks, Points
from tests.controls.test_hands import HAND

PICTURE = np.zeros((36, 64, 3), np.uint8)
DEFAULTS = {"hands": 1.0, "face": 1.0, "closeups": 12.0, "smoothing": 0.5, "fade": 0.0}
STEP_S = 0.04
RIGHT, LEFT, NOSE = (JOINTS.index(name) for name in ("right wrist", "left wrist", "nose"))

# Somebody seen from the front with hands beside the hips, a third of the picture's height tall.
BODY = np.array(
    [
        (0.50, 0.16), (0.50, 0.30), (0.38, 0.31), (0.33, 0.42), (0.28, 0.52), (0.62, 0.31), (0.67, 0.42), (0.72, 0.52),
        (0.44, 0.56), (0.43, 0.72), (0.43, 0.92), (0.56, 0.56), (0.57, 0.72), (0.57, 0.92),
        (0.46, 0.11), (0.54, 0.11), (0.40, 0.14), (0.60, 0.14),
    ]
) / 3.0  # fmt: skip
FACE = np.random.default_rng(0).uniform(-0.02, 0.02, (68, 2))
FACE[30] = 0


def person(number: int = 0, x: float = 0.0, found: bool = True, hidden: Sequence[int] = ()) -> Person:
    opacity = np.ones(18)
    opacity[list(hidden)] = 0
    return Person(number, BODY + np.array([x, 0.2]), opacity, found)


def hand_at(wrist: Points) -> Points:
    """One that hangs down from ``wrist``."""
    return np.asarray(HAND * (0.003, -0.003) + wrist)


class Sighted:
    """Sees all that is in the picture, and of it gives what is nearest to a close-up's middle, if it is in there."""

    def __init__(self) -> None:
        self.there: list[Points] = []
        self.looks: list[Points] = []
        self.open = True

    def find(self, picture: Pixels, closeup: CloseUp) -> Points | None:
        self.looks.append(closeup.center)
        inside = [points for points in self.there if (np.abs(closeup.unplace(points) - 0.5) < 0.5).all()]
        return min(inside, key=lambda points: float(np.linalg.norm(points - closeup.center)), default=None)

    def close(self) -> None:
        self.open = False


class Scene:
    """Details of which the finders are sighted."""

    def __init__(self) -> None:
        self.details = Details()
        self.hands, self.faces = Sighted(), Sighted()
        self.details._finders = {"hands": self.hands, "face": self.faces}
        self.number = 0

    def put(self, people: Sequence[Person]) -> None:
        """Everybody's hands and face into the picture."""
        self.hands.there = [hand_at(somebody.points[wrist]) for somebody in people for wrist in (RIGHT, LEFT)]
        self.faces.there = [FACE + somebody.points[NOSE] for somebody in people]

    def show(self, people: Sequence[Person], **changed: float) -> tuple[list[Marks], list[Marks]]:
        self.number += 1
        return self.details.update(PICTURE, people, self.number * STEP_S, DEFAULTS | changed)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_both_hands_and_the_face_of_each_are_where_they_are(scene: Scene) -> None:
    people = [person(0), person(1, 0.4), person(2, 0.8), person(3, 1.2)]
    scene.put(people)
    for _ in range(3):
        hands, faces = scene.show(people)
    np.testing.assert_allclose([marks.points for marks in hands], scene.hands.there, atol=1e-9)
    np.testing.assert_allclose([marks.points for marks in faces], scene.faces.there, atol=1e-9)
    assert all((marks.opacity == 1).all() for marks in hands + faces)
    hands, faces = scene.show(people, hands=0)
    assert (len(hands), len(faces)) == (0, 4)
    assert not scene.hands.open
    hands, faces = scene.show(people, face=0, hands=0)
    assert (len(hands), len(faces)) == (0, 0)
    assert not scene.faces.open


def test_a_hand_belongs_to_the_nearest_wrist(scene: Scene) -> None:
    """Of two who stand so close that each one's close-up shows the other's hand too."""
    people = [person(0), person(1, 0.16)]
    scene.hands.there = [hand_at(people[1].points[RIGHT])]
    assert np.linalg.norm(people[0].points[LEFT] - people[1].points[RIGHT]) < 0.02
    for _ in range(4):
        hands, _faces = scene.show(people)
        assert len(hands) == 1
    np.testing.assert_allclose(hands[0].points, scene.hands.there[0], atol=1e-9)
    (mine,) = [part for part in scene.details._parts[1] if part.joint == RIGHT]
    assert mine.points is not None


def test_one_hand_is_never_that_of_two_wrists(scene: Scene) -> None:
    """Folded hands: both wrists in one place, as the body's finder sees them, and one hand to be seen there."""
    folded = person()
    folded.points[RIGHT] = folded.points[LEFT] = (0.17, 0.4)
    scene.hands.there = [hand_at(np.array([0.17, 0.41]))]
    assert {len(scene.show([folded])[0]) for _ in range(6)} == {1}


def test_a_hand_far_from_every_wrist_is_nobodys(scene: Scene) -> None:
    somebody = person()
    scene.hands.there = [hand_at(somebody.points[RIGHT] - (0.04, 0))]
    assert scene.show([somebody])[0] == []


@pytest.mark.parametrize("closeups", [1, 2, 5])
def test_all_have_their_turn_and_a_picture_has_only_so_many(scene: Scene, closeups: int) -> None:
    people = [person(0), person(1, 0.4), person(2, 0.8)]
    scene.put(people)
    looks: Counter[tuple[float, ...]] = Counter()
    for _ in range(27):
        scene.show(people, closeups=closeups)
        seen = scene.hands.looks + scene.faces.looks
        assert len(seen) == closeups
        looks.update(tuple(point.round(1)) for point in seen)
        scene.hands.looks, scene.faces.looks = [], []
    everybody = [part.looked for parts in scene.details._parts.values() for part in parts]
    assert len(everybody) == 9
    assert scene.number * STEP_S - min(everybody) <= 9 / closeups * STEP_S + 1e-9


def test_whose_turn_it_is_not_moves_along_with_his_body(scene: Scene) -> None:
    scene.put([person()])
    for _ in range(3):
        scene.show([person()])
    scene.hands.looks.clear()
    away = person(x=0.03, found=False)  # held where he was found last: nobody looks there
    hands, faces = scene.show([away])
    assert scene.hands.looks == []
    np.testing.assert_allclose(hands[0].points, scene.hands.there[0] + (0.03, 0), atol=1e-9)
    np.testing.assert_allclose(faces[0].points, scene.faces.there[0] + (0.03, 0), atol=1e-9)


def test_what_is_missed_for_a_moment_stays_and_searching_is_rare(scene: Scene) -> None:
    scene.put([person()])
    for _ in range(3):
        scene.show([person()])
    scene.hands.there = []
    scene.hands.looks.clear()
    drawn = [len(scene.show([person()])[0]) for _ in range(25)]
    assert drawn[:10] == [2] * 10  # 0.4 s
    assert not any(drawn[12:])
    assert len(scene.hands.looks) / 2 < 25 * STEP_S / 0.2 + 2
    scene.put([person()])
    assert any(len(scene.show([person()])[0]) == 2 for _ in range(7))


def test_a_hand_without_its_wrist_is_gone_at_once_and_found_anew(scene: Scene) -> None:
    scene.put([person()])
    scene.show([person()])
    hands, faces = scene.show([person(hidden=[LEFT, NOSE])])
    assert (len(hands), len(faces)) == (1, 0)
    scene.hands.there = []
    assert len(scene.show([person()])[0]) == 1  # of the other one it is known where it was
    scene.put([person()])
    shown = [scene.show([person()]) for _ in range(6)]
    assert [len(kind) for kind in shown[-1]] == [2, 1]


def test_the_back_of_a_head_has_no_face(scene: Scene) -> None:
    """The network sees one there."""
    somebody = person()
    scene.put([somebody])
    eyes = [JOINTS.index("right eye"), JOINTS.index("left eye")]
    somebody.points[eyes] = somebody.points[eyes[::-1]]
    assert scene.show([somebody])[1] == []
    assert scene.faces.looks == []


def test_smoothing_calms_hands_and_faces_and_lets_them_move(scene: Scene) -> None:
    random = np.random.default_rng(0)

    def noise(smoothing: float) -> float:
        drawn = []
        for _ in range(40):
            scene.put([person()])
            for there in (scene.hands.there, scene.faces.there):
                there[:] = [points + random.normal(0, 0.001, points.shape) for points in there]
            hands, faces = scene.show([person()], smoothing=smoothing)
            drawn.append(np.concatenate([marks.points for marks in hands + faces]))
        return float(np.std(drawn[10:], axis=0).mean())

    assert noise(0.0) == pytest.approx(0.001, rel=0.1)
    assert noise(0.5) < 0.0006
    assert noise(1.0) < noise(0.5)
    scene.hands.there[0] = scene.hands.there[0] + (0.0, 0.01)  # a quick move, and then still
    for _ in range(8):
        hands, _faces = scene.show([person()])
    assert np.abs(hands[0].points - scene.hands.there[0]).max() < 0.002


def test_with_fading_they_come_and_go_by_and_by(scene: Scene) -> None:
    scene.show([person()], fade=0.2)  # an empty picture, so that they do not stand there from the start
    scene.put([person()])
    shown = [scene.show([person()], fade=0.2)[0] for _ in range(12)]
    coming = [float(hands[0].opacity[0]) for hands in shown if hands]
    assert coming == sorted(coming)
    np.testing.assert_allclose(coming[:4], [0.2, 0.4, 0.6, 0.8])
    scene.hands.there = []
    going = [scene.show([person()], fade=0.2)[0] for _ in range(20)]
    assert [float(hands[0].opacity[0]) for hands in going[:9]] == [1.0] * 9
    assert 0 < float(next(hands for hands in going if hands and hands[0].opacity[0] < 1)[0].opacity[0]) < 1
    assert going[-1] == []


@pytest.mark.parametrize("rate", [30 / 4, 30 / 8, 30 / 15])
def test_however_rarely_pose_runs_everybody_has_hands_and_a_face(scene: Scene, rate: float) -> None:
    people, bodies = People(), [Body(person(0).points, np.ones(18)), Body(person(1, 0.8).points, np.ones(18))]
    scene.put([person(0), person(1, 0.8)])
    for number in range(8):
        time = number / rate
        followed = people.update(bodies, time, 0.5, 0.5)
        hands, faces = scene.details.update(PICTURE, followed, time, DEFAULTS | {"closeups": 3.0})
    assert (len(hands), len(faces)) == (4, 2)


def test_reset_forgets_and_close_gives_the_finders_back(scene: Scene) -> None:
    scene.put([person()])
    scene.show([person()])
    scene.details.reset()
    assert all(finder.open for finder in (scene.hands, scene.faces))
    assert scene.details._parts == {}
    scene.show([person()])
    scene.details.close()
    assert not scene.hands.open
    assert not scene.faces.open
    assert scene.details._parts == {}
