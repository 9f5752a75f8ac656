"""Pose on films of real people, with the real networks."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from assets import CLIP
from controls import face, finder, hands
from controls.control import ControlSetting, ControlUnavailable, Pixels, Values
from controls.details import Details
from controls.finder import Finder, openpose_joints
from controls.landmarker import FACE, HAND, Landmarker, Landmarks, Task
from controls.models import model_file
from controls.people import People
from controls.picture import resized, within
from controls.pose import MODEL, SETTINGS, Pose
from controls.skeleton import BONE_COLORS, COLORS, FACE_COLOR, HAND_COLOR, JOINTS, Points
from controls.stack import Stack
from tests.clips import pictures

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
WHOLE = DEFAULTS | {"hands": 1.0, "face": 1.0}
WIDTH, HEIGHT = 360, 640
RATE = 25
BODY = [JOINTS.index(side + part) for side in ("right ", "left ") for part in ("elbow", "wrist", "knee", "ankle")]
READABLE = 14
"""Joints whose middles can be read off a guide: the discs of eyes and ears, the last ones, cover each other in part."""
STILLS = [("balance", 10), ("two people", 10), ("walk", 100)]


def film(name: str, count: int, start: int = 0) -> list[Pixels]:
    return [resized(picture, WIDTH, HEIGHT) for picture in pictures(name, count, start)]


def still(name: str, number: int) -> Pixels:
    """One picture of a film, its longer side 640 pixels."""
    (picture,) = pictures(name, 1, number)
    return resized(picture, *within(picture, 640))


def guides(pose: Pose, shown: list[Pixels], **changed: float) -> list[Pixels]:
    values: Values = DEFAULTS | changed
    height, width = shown[0].shape[:2]
    return [pose.guide(picture, width, height, number / RATE, values) for number, picture in enumerate(shown)]


def joints_in(guide: Pixels) -> Points:
    """(18, 2): the middle of each joint's disc in pixels, found by its colour; NaN where there is none."""
    middles = np.full((18, 2), np.nan)
    for joint, color in enumerate(COLORS):
        y, x = np.nonzero((guide == color).all(axis=2))
        if len(x):
            middles[joint] = x.mean() + 0.5, y.mean() + 0.5
    return middles


def details_of(shown: list[Pixels]) -> list[tuple[list[Points], list[Points]]]:
    """Hands and faces in each of ``shown``, in pixels."""
    finder, people, details = Finder(model_file(MODEL), 1), People(), Details()
    result = []
    for number, picture in enumerate(shown):
        time = number / RATE
        somebody = people.update(finder.bodies(picture, time), time, 0.5, 0.5)
        found = details.update(picture, somebody, time, WHOLE)
        in_hands, in_faces = ([marks.points * len(picture) for marks in kind] for kind in found)
        result.append((in_hands, in_faces))
    finder.close()
    details.close()
    return result


def mediapipes_own(task: Task, model: str, picture: Pixels, near: Points) -> Points:
    """What mediapipe finds in a plain square of ``picture`` around ``near``, at three times its size, in pixels."""
    corner = near.mean(axis=0) - np.ptp(near, axis=0).max() * 1.25
    side = 2.5 * np.ptp(near, axis=0).max()
    x, y, size = round(corner[0]), round(corner[1]), round(side)
    cut = np.ascontiguousarray(picture[y : y + size, x : x + size])
    assert cut.shape == (size, size, 3)
    landmarker = Landmarker(model_file(model), 1, task)
    (marks,) = landmarker.landmarks(np.asarray(cv2.resize(cut, None, fx=3, fy=3), np.uint8), 0.0)
    landmarker.close()
    return np.asarray(marks[:, :2] * size + (x, y))


def noisy(picture: Pixels, count: int) -> list[Pixels]:
    """``picture`` as a camera that stands still sees it, again and again."""
    random = np.random.default_rng(0)
    return [np.clip(picture + random.normal(0, 4, picture.shape), 0, 255).astype(np.uint8) for _ in range(count)]


def jitter(places: list[Points]) -> float:
    """Root mean square distance of each point from where it is on average; the mean of all points."""
    stack = np.stack(places)
    return float(np.sqrt(((stack - stack.mean(axis=0)) ** 2).sum(axis=-1).mean(axis=0)).mean())


@pytest.fixture(scope="session")
def figure(pose_model: Path) -> Pixels:
    """A picture of the bundled clip, 640x360: its figure has a face that mediapipe finds."""
    with av.open(str(CLIP)) as film:
        return np.asarray(next(film.decode(video=0)).to_ndarray(format="rgb24"), np.uint8)


def necks(guide: Pixels) -> int:
    spots = (guide == COLORS[JOINTS.index("neck")]).all(axis=2).astype(np.uint8)
    return int(cv2.connectedComponents(spots)[0]) - 1


def test_a_person_in_motion_is_found_and_drawn_where_he_is(pose_model: Path) -> None:
    """Against mediapipe's own outline of him, made picture by picture without any tracking."""
    from mediapipe import Image, ImageFormat
    from mediapipe.tasks.python import BaseOptions, vision

    shown = film("balance", 24, start=10)
    found = guides(Pose(), shown)
    drawn = [guide.any(axis=2) for guide in found]
    assert np.mean([picture.mean() > 0.005 for picture in drawn]) >= 0.9

    options = vision.PoseLandmarkerOptions(BaseOptions(str(pose_model)), output_segmentation_masks=True)
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        for picture, limbs in list(zip(shown, drawn, strict=True))[::6]:
            mask = landmarker.detect(Image(ImageFormat.SRGB, picture)).segmentation_masks[0].numpy_view()
            person = cv2.dilate((mask.reshape(HEIGHT, WIDTH) > 0.3).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
            assert np.count_nonzero(limbs & person) > 0.95 * np.count_nonzero(limbs)


def test_his_colours_are_those_of_the_table(pose_model: Path) -> None:
    guide = guides(Pose(), film("balance", 1, start=10))[0]
    assert np.isfinite(joints_in(guide)).sum() >= 2 * 15  # of 18; some lie under others
    colors = {tuple(color) for color in guide.reshape(-1, 3)[guide.any(axis=2).ravel()].tolist()}
    table = {*COLORS, *(tuple(int(value * 0.6) for value in color) for color in COLORS[:17])}
    assert len(colors & table) >= 30


@pytest.mark.parametrize(("name", "number"), STILLS)
def test_on_a_still_the_joints_are_mediapipes_own(pose_model: Path, name: str, number: int) -> None:
    picture = still(name, number)
    height, width = picture.shape[:2]
    joints = joints_in(guides(Pose(), [picture] * 12, people=1)[-1])[:READABLE]
    landmarker = Landmarker(pose_model, 1)
    for count in range(12):
        own = landmarker.landmarks(picture, count / RATE)
    landmarker.close()
    x, y, visibility = openpose_joints(own[0])[:READABLE].T
    wanted = (visibility > 0.5) & (x > 0) & (x < 1) & (y > 0) & (y < 1)
    assert wanted.sum() > len(BODY)  # neck, shoulders and hips among them
    wanted[JOINTS.index("nose")] = False  # seen from the side, an eye's disc covers it
    distance = np.hypot(joints[:, 0] - x * width, joints[:, 1] - y * height)
    assert (distance[wanted] < 2.0).all()  # and not NaN: each is drawn
    assert (distance[np.isfinite(distance)] < 2.0).all()


def test_among_several_the_joints_are_mediapipes_own_too(pose_model: Path) -> None:
    picture = still("balance", 10)
    joints = joints_in(guides(Pose(), [picture] * 12)[-1])[:READABLE]
    landmarker = Landmarker(pose_model, 1)
    for count in range(12):
        own = landmarker.landmarks(picture, count / RATE)
    landmarker.close()
    expected = openpose_joints(own[0])[:READABLE, :2] * (WIDTH, HEIGHT)
    assert (np.linalg.norm(joints - expected, axis=1) < 2.0).all()


@pytest.mark.parametrize(("name", "number"), STILLS)
def test_on_a_noisy_still_all_joints_are_calm(pose_model: Path, name: str, number: int) -> None:
    """Eyes and ears included, as they are before they are drawn over each other."""
    picture = still(name, number)
    somebody, followed = Finder(pose_model, 1), People()
    places = []
    for count, shown in enumerate(noisy(picture, 26)):
        found = followed.update(somebody.bodies(shown, count / RATE), count / RATE, 0.5, DEFAULTS["smoothing"])
        places += [np.where(person.opacity[:, None] > 0, person.points * len(picture), np.nan) for person in found]
    somebody.close()
    joints = np.stack(places[10:])  # mediapipe may need some pictures until it finds somebody, and some to settle
    assert len(joints) >= 12
    joints = joints[:, np.isfinite(joints).all(axis=(0, 2))]
    assert joints.shape[1] >= 16
    squares = ((joints - joints.mean(axis=0)) ** 2).sum(axis=-1).mean(axis=0)
    assert np.sqrt(squares.mean()) < 0.4
    assert np.sqrt(squares.max()) < 0.8


@pytest.mark.parametrize(
    ("name", "number", "present"), [("two people", 10, 2), ("two people", 40, 2), ("balance", 10, 1)]
)
def test_by_default_everybody_on_a_noisy_still_is_calm(pose_model: Path, name: str, number: int, present: int) -> None:
    picture = still(name, number)
    somebody, followed = Finder(pose_model, round(DEFAULTS["people"])), People()
    places: dict[int, list[Points]] = {}
    for count, shown in enumerate(noisy(picture, 26)):
        found = followed.update(somebody.bodies(shown, count / RATE), count / RATE, 0.5, DEFAULTS["smoothing"])
        for person in found:
            joints = np.where(person.opacity[:, None] > 0, person.points * len(picture), np.nan)
            places.setdefault(person.number, []).append(joints)
    somebody.close()
    assert [len(of) for of in places.values()] == [26] * present
    for of in places.values():
        joints = np.stack(of[10:])
        joints = joints[:, np.isfinite(joints).all(axis=(0, 2))]
        assert joints.shape[1] >= 14
        assert np.sqrt(((joints - joints.mean(axis=0)) ** 2).sum(axis=-1).mean()) < 0.5


def test_as_drawn_the_joints_of_a_noisy_still_are_calm(pose_model: Path) -> None:
    shown = noisy(still("balance", 10), 20)
    joints = np.stack([joints_in(guide)[:READABLE] for guide in guides(Pose(), shown, people=1)[8:]])
    assert np.isfinite(joints).all()
    assert np.sqrt(((joints - joints.mean(axis=0)) ** 2).sum(axis=-1).mean()) < 0.5


def test_on_a_still_hands_are_mediapipes_own_and_calm(pose_model: Path) -> None:
    """As calm as a hand of 12 by 26 pixels can be: mediapipe's own answer moves by a pixel or two with the cut."""
    (picture,) = film("balance", 1, start=10)
    found = [in_hands for in_hands, _faces in details_of(noisy(picture, 16))]
    assert all(len(in_hands) == 1 for in_hands in found)  # mediapipe does not find his left one
    (hand,) = found[-1]
    own = mediapipes_own(HAND, hands.MODEL, picture, hand)
    assert np.linalg.norm(hand - own, axis=1).mean() < 2.0
    assert jitter([in_hands[0] for in_hands in found[8:]]) < 0.5


def test_on_a_still_a_face_is_mediapipes_own_and_calm(figure: Pixels) -> None:
    found = [faces for _hands, faces in details_of(noisy(figure, 10))]
    (drawn,) = found[-1]
    own = mediapipes_own(FACE, face.MODEL, figure, drawn)[list(face.LANDMARKS)]
    assert np.linalg.norm(drawn - own, axis=1).max() < 2.0
    assert jitter([faces[0] for faces in found[4:]]) < 0.5


def test_hands_are_drawn_where_they_are_wanted_and_nothing_else_changes(pose_model: Path) -> None:
    shown = film("balance", 2, start=10)
    plain, handed, with_face = (
        guides(Pose(), shown, people=1, **changed)[-1] for changed in ({}, {"hands": 1}, {"face": 1})
    )
    np.testing.assert_array_equal(plain, with_face)  # his own is blurred by those who published the film
    rainbow = set(BONE_COLORS) - set(COLORS)
    bones = [len(rainbow & {tuple(color) for color in guide.reshape(-1, 3).tolist()}) for guide in (plain, handed)]
    assert bones[0] <= 1 < 4 < bones[1]
    assert np.count_nonzero((handed == HAND_COLOR).all(axis=2)) > np.count_nonzero((plain == HAND_COLOR).all(axis=2))
    y, x = np.nonzero((plain != handed).any(axis=2))
    assert max(np.ptp(x), np.ptp(y)) < 60  # one hand


def test_a_face_is_drawn_where_it_is_wanted_and_nothing_else_changes(figure: Pixels) -> None:
    plain, faced = (
        Pose().guide(figure, 640, 360, 0.0, DEFAULTS | changed) for changed in ({"people": 1}, {"people": 1, "face": 1})
    )
    assert not (plain == FACE_COLOR).all(axis=2).any()
    assert (faced == FACE_COLOR).all(axis=2).any()
    y, x = np.nonzero((plain != faced).any(axis=2))
    assert 15 < min(np.ptp(x), np.ptp(y)) < max(np.ptp(x), np.ptp(y)) < 40


def test_the_source_shows_behind_as_bright_as_it_is_set(figure: Pixels) -> None:
    pose = Pose()
    black = pose.guide(figure, 320, 180, 0.0, DEFAULTS)
    over = pose.guide(figure, 320, 180, 0.0, DEFAULTS | {"source": 0.5})
    small = resized(figure, 320, 180)
    untouched = cv2.dilate(black.max(axis=2), np.ones((3, 3), np.uint8)) == 0
    assert np.abs(over[untouched] - 0.5 * small[untouched]).max() <= 1
    full = (black == COLORS[1]).all(axis=2)
    assert full.any()
    assert (over[full] == COLORS[1]).all()


def test_with_fading_a_person_goes_by_and_by(figure: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nobody is found any more, whatever mediapipe may make of the next picture."""
    pose = Pose()
    there = pose.guide(figure, 320, 180, 0.0, DEFAULTS | {"fade": 0.5})
    monkeypatch.setattr(Finder, "bodies", lambda self, picture, time: [])
    left = [pose.guide(figure, 320, 180, time, DEFAULTS | {"fade": 0.5}) for time in (0.2, 0.3, 0.4, 0.5, 1.1)]
    brightness = [int(guide.astype(int).max()) for guide in (there, *left)]
    assert brightness[:2] == [255, 255]
    assert 255 > brightness[2] > brightness[3] > brightness[4] > brightness[5] == 0


def test_a_turned_camera_turns_the_skeleton(figure: Pixels) -> None:
    height, width = figure.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 25, 0.8)
    turned = np.asarray(cv2.warpAffine(figure, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    upright, leaning = (details_of([picture] * 3)[-1][1][0] for picture in (figure, turned))
    expected = upright @ turn[:, :2].T + turn[:, 2]
    assert np.linalg.norm(leaning - expected, axis=1).max() < 3


def test_a_camera_that_is_put_on_its_side_loses_nobody_for_long(pose_model: Path) -> None:
    """A body that has turned by a quarter is found again within a second of pictures, where it is."""
    picture = still("balance", 10)
    upright = joints_in(guides(Pose(), [picture] * 12)[-1])[:READABLE]
    shown = [picture] * 8 + [np.ascontiguousarray(np.rot90(picture))] * RATE
    pose, drawn = Pose(), []
    for number, seen in enumerate(shown):
        height, width = seen.shape[:2]
        drawn.append(pose.guide(seen, width, height, number / RATE, DEFAULTS))
    expected = np.stack([upright[:, 1], picture.shape[1] - upright[:, 0]], axis=1)
    distance = np.linalg.norm(joints_in(drawn[-1])[:READABLE] - expected, axis=1)
    assert np.nanmedian(distance) < 6
    assert (distance < 20).mean() > 0.7


def test_without_a_hand_model_the_body_goes_on_and_it_says_what_to_do(tmp_path: Path, figure: Pixels) -> None:
    (tmp_path / hands.MODEL).write_bytes(b"not a model")
    stack = Stack(tmp_path)
    setting = ControlSetting("pose", values=(("hands", 1), ("face", 1)))
    guide = stack.guide(figure, 640, 360, 0.0, (setting,))
    assert "Pose draws no hands." in guide.troubles["pose"]
    assert str(tmp_path / hands.MODEL) in guide.troubles["pose"]
    colors = {tuple(color) for color in guide.rgb.reshape(-1, 3).tolist()}
    assert {COLORS[1], FACE_COLOR} <= colors
    assert stack.guide(figure, 640, 360, 0.1, (ControlSetting("pose"),)).troubles == {}
    stack.close()


def test_several_people_are_drawn(pose_model: Path) -> None:
    shown = film("two people", 4, start=10)
    assert [necks(guide) for guide in guides(Pose(), shown)] == [2, 2, 2, 2]
    assert [necks(guide) for guide in guides(Pose(), shown, people=1)] == [1, 1, 1, 1]


def beside_each_other(*shown: tuple[str, int, tuple[int, int, int, int]]) -> Pixels:
    """640x360: people of several films. shown: film, picture, and where he is in it: left, top, right, bottom."""
    tiles = []
    for name, number, (left, top, right, bottom) in shown:
        x, y, half = (left + right) / 2, (top + bottom) / 2, 0.72 * (bottom - top)
        rows = slice(max(0, round(y - half)), round(y + half))
        columns = slice(max(0, round(x - half * 160 / 360)), round(x + half * 160 / 360))
        tiles.append(resized(np.ascontiguousarray(still(name, number)[rows, columns]), 640 // len(shown), 360))
    return np.hstack(tiles)


HE, SHE = ("balance", 10, (97, 146, 194, 365)), ("two people", 10, (203, 290, 313, 557))
WALKER = ("walk", 100, (344, 201, 406, 327))


@pytest.mark.parametrize("shown", [(SHE, WALKER, HE, SHE), (WALKER, SHE, HE, WALKER)], ids=["first", "second"])
def test_four_people_beside_each_other_are_four_skeletons(pose_model: Path, shown: tuple[Any, ...]) -> None:
    picture = beside_each_other(*shown)

    def figures(guide: Pixels) -> int:
        """Quarters of the guide that show most of the joints."""
        seen = [sum((part == color).all(axis=2).any() for color in COLORS) for part in np.hsplit(guide, 4)]
        return sum(count >= 10 for count in seen)

    assert [figures(guide) for guide in guides(Pose(), [picture] * 4, people=4)] == [4] * 4
    assert figures(guides(Pose(), [picture] * 4, people=3)[-1]) == 3


@pytest.mark.parametrize(
    ("name", "number", "present"), [("two people", 10, 2), ("two people", 60, 2), ("balance", 10, 1)]
)
def test_where_fewer_are_there_nobody_is_made_up(pose_model: Path, name: str, number: int, present: int) -> None:
    assert [necks(guide) for guide in guides(Pose(), [still(name, number)] * 4, people=4)] == [present] * 4


class Eight(Landmarker):
    """mediapipe's own answer to one person, eight times side by side, however few it is asked for."""

    def landmarks(self, picture: Pixels, time: float) -> Landmarks:
        (own,) = super().landmarks(picture, time)
        places = np.arange(8)[:, None, None] * (1 / 8, 0, 0)
        return np.asarray(own * (1 / 8, 0.5, 1) + places)


def test_of_eight_people_four_are_drawn_and_they_stay_the_same(
    pose_model: Path, figure: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finder, "Landmarker", Eight)
    monkeypatch.setattr(finder, "_parts", lambda height, width: [])
    found = guides(Pose(), [figure] * 5, people=4)
    assert [necks(guide) for guide in found] == [4] * 5
    columns = [{int(x) // 80 for x in np.nonzero(guide.any(axis=2))[1]} for guide in found]
    assert columns[1:] == columns[:-1]


def test_a_crowd_of_eight_in_one_picture_is_no_trouble(pose_model: Path) -> None:
    """mediapipe finds few people who are so small; two of four who are larger."""
    two = still("two people", 10)
    pose = Pose()
    for across, least in ((4, 0), (2, 2)):
        crowd = np.tile(resized(two, two.shape[1] // across, len(two) // across), (1, across, 1))
        for number in range(2):
            time = (0.0 if across == 4 else 1.0) + number / RATE
            guide = pose.guide(crowd, crowd.shape[1], len(crowd), time, DEFAULTS | {"people": 4})
            assert least <= necks(guide) <= 4


def test_a_person_is_followed_through_a_sudden_change_of_size(figure: Pixels) -> None:
    pose = Pose()
    for number, (width, height) in enumerate([(640, 360), (320, 180), (641, 361)]):
        guide = pose.guide(resized(figure, width, height), width, height, number / RATE, WHOLE)
        assert guide.shape == (height, width, 3)
        y, x = np.nonzero((guide == FACE_COLOR).all(axis=2))
        assert abs(x.mean() / width - 0.5) < 0.1
        assert abs(y.mean() / height - 0.2) < 0.1


def test_nobody_is_an_empty_guide_and_any_size_is_taken(pose_model: Path) -> None:
    pose = Pose()
    for number, (width, height) in enumerate([(64, 48), (1, 1), (7, 301), (64, 48)]):
        guide = pose.guide(np.zeros((height, width, 3), np.uint8), height, width, number / RATE, WHOLE)
        assert guide.shape == (width, height, 3)
        assert not guide.any()


def test_close_gives_the_networks_back(pose_model: Path) -> None:
    before = threading.active_count()
    pose = Pose()
    guides(pose, film("balance", 1, start=10), hands=1, face=1)
    assert threading.active_count() > before
    pose.close()
    pose.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("people", [1, 2])
def test_reset_forgets_and_loads_nothing(pose_model: Path, monkeypatch: pytest.MonkeyPatch, people: int) -> None:
    shown = film("balance", 6, start=10)
    pose = Pose()
    guides(pose, shown[::-1], people=people)
    loaded: list[object] = []
    monkeypatch.setattr(finder, "Landmarker", lambda *arguments: loaded.append(arguments))
    pose.reset()
    # Not even those who stay for a moment when they are missed.
    nobody = np.zeros_like(shown[0])
    assert not pose.guide(nobody, WIDTH, HEIGHT, len(shown) / RATE, DEFAULTS | {"people": people}).any()
    guides(pose, shown[::-1], people=people)
    pose.reset()
    assert loaded == []
    monkeypatch.undo()
    new = Pose()
    for number, seen in enumerate(shown[:3]):
        time, values = 9 + number / RATE, DEFAULTS | {"people": people}
        again, anew = (one.guide(seen, WIDTH, HEIGHT, time, values) for one in (pose, new))
        np.testing.assert_array_equal(again, anew)


def test_another_number_of_people_is_followed_at_once(pose_model: Path) -> None:
    pose, shown = Pose(), film("two people", 4, start=10)
    assert [necks(guide) for guide in guides(pose, shown)] == [2] * 4
    values = DEFAULTS | {"people": 1}
    drawn = [pose.guide(seen, WIDTH, HEIGHT, 1 + number / RATE, values) for number, seen in enumerate(shown)]
    assert [necks(guide) for guide in drawn] == [1] * 4


def test_time_that_stands_still_or_goes_back_is_no_trouble(pose_model: Path) -> None:
    pose, picture = Pose(), film("balance", 1, start=10)[0]
    for time in (5.0, 5.0, 5.0004, 1.0, -3.0, 9.0):
        assert pose.guide(picture, WIDTH, HEIGHT, time, DEFAULTS).any()


def test_without_the_model_it_says_what_to_do(tmp_path: Path, pose_model: Path) -> None:
    (tmp_path / MODEL).write_bytes(b"not a model")
    with pytest.raises(ControlUnavailable) as caught:
        guides(Pose(tmp_path), [np.zeros((HEIGHT, WIDTH, 3), np.uint8)])
    assert str(tmp_path / MODEL) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_mediapipe_keeps_quiet_from_start_to_exit(tmp_path: Path, pose_model: Path) -> None:
    """In a process of its own, which ends while the networks are still there; other words on stderr get through."""
    np.save(tmp_path / "picture.npy", film("balance", 1, start=10)[0])
    code = f"""
import numpy as np, os, threading
import controls.landmarker
from controls.pose import Pose
picture = np.load({str(tmp_path / "picture.npy")!r})
controls.landmarker.kept = Pose()  # a module lets go of it only after mediapipe is half gone
stop, words = threading.Event(), []
def speak():
    while not stop.wait(0.005):
        words.append(os.write(2, b"a word\\n"))
speaker = threading.Thread(target=speak)
speaker.start()
for number in range(3):
    guide = controls.landmarker.kept.guide(picture, 90, 160, number / 25, {WHOLE!r})
stop.set()
speaker.join()
print(guide.any(), len(words))
"""
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    drawn, words = result.stdout.split()
    assert drawn == "True"
    assert result.stderr == "a word\n" * int(words)
