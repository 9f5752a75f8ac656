"""Scenes: what is drawn is where its truth says, at any size, and the same every time."""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from controls.control import Pixels
from controls.skeleton import JOINTS, LIMBS
from tests.training.pictures_folder import filled, texture, thing
from training import actions, camera, figures, people, scenes, solids, sprites
from training.canvas import Canvas
from training.photographs import Photographs

WIDTH, HEIGHT, PICTURES = 96, 64, 5
GROUND = 117


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Photographs:
    return Photographs.open(filled(tmp_path_factory.mktemp("pictures")), held_out=False)


def canvas(width: int = WIDTH, height: int = HEIGHT) -> Canvas:
    return Canvas(np.full((height, width, 3), GROUND, np.uint8), np.zeros((height, width), np.uint8))


def painted(pose: people.Pose, person: people.Person, view: figures.Camera, width: int, height: int) -> Canvas:
    look = figures.Appearance.any(np.random.default_rng(1), person.action)
    result = canvas(width, height)
    painter = figures.Painter(result, pose, person.build, look, view, 0.0, lambda z: 200.0, np.array([-0.7, -0.7]))
    painter.paint()
    return result


def whole_body(pose: people.Pose, width: int, height: int) -> figures.Camera:
    """A camera that has all of a person in its picture."""
    low, high = pose.points.min(axis=0), pose.points.max(axis=0)
    scale = 0.6 * min(height / (high[1] - low[1] + 0.3), width / (high[0] - low[0] + 0.3))
    look_at = 0.5 * (low + high)[:2]
    return figures.Camera(np.array([width / 2, height / 2]), look_at, float(scale), 4.0)


@pytest.mark.parametrize("kind", scenes.SHARES)
@pytest.mark.parametrize("size", [(96, 64), (83, 61), (64, 112)])
def test_a_scene_is_the_same_every_time_at_any_size(kind: str, size: tuple[int, int], photographs: Photographs) -> None:
    width, height = size
    first, again, other = (
        scenes.scene(np.random.default_rng([seed, 4]), kind, photographs, width, height, PICTURES) for seed in (3, 3, 8)
    )
    assert first.pictures.shape == (PICTURES, height, width, 3)
    assert first.pictures.dtype == np.uint8
    assert np.array_equal(first.pictures, again.pictures)
    assert not np.array_equal(first.pictures, other.pictures)
    assert len(first.people) == PICTURES
    assert all(bool(found) == (kind == "people") for found in first.people)
    if kind == "photo":
        assert first.depth is None
    else:
        assert first.depth is not None
        assert again.depth is not None
        assert first.depth.shape == (PICTURES, height, width)
        assert np.array_equal(first.depth, again.depth)


def test_the_shares_of_kinds_are_whole() -> None:
    assert math.isclose(sum(scenes.SHARES.values()), 1.0)


@pytest.mark.parametrize("action", actions.ACTIONS)
def test_joints_lie_on_the_drawn_person(action: str) -> None:
    width, height = 320, 240
    for seed in range(4):
        person = people.Person.any(np.random.default_rng([seed, 1]), action)
        pose = person.pose(0.3 * seed)
        view = whole_body(pose, width, height)
        drawn = painted(pose, person, view, width, height)
        inside = cv2.dilate((drawn.depth > 0).astype(np.uint8), np.ones((3, 3), np.uint8))
        at = view.pixels(pose.points[: len(JOINTS)])
        for start, end in LIMBS[:12]:
            if pose.hidden[[start, end]].any():
                continue
            for share in np.linspace(0, 1, 7):
                # Between neck and hips the skeleton's line may leave a thin waist: the ends are what counts.
                if (start, end) in ((1, 8), (1, 11)) and 0 < share < 1:
                    continue
                x, y = at[start] + share * (at[end] - at[start])
                assert inside[int(y), int(x)], (seed, JOINTS[start], JOINTS[end], share)
        eyes = [i for i in (people.R_EYE, people.L_EYE, people.NOSE) if not pose.hidden[i]]
        assert all(inside[int(y), int(x)] for x, y in at[eyes])


def test_relief_covers_what_is_painted() -> None:
    person = people.Person.any(np.random.default_rng(2), "stand")
    pose = person.pose(0.0)
    drawn = painted(pose, person, whole_body(pose, 320, 240), 320, 240)
    changed = (np.abs(drawn.picture.astype(int) - GROUND) > 12).any(axis=2)
    near = cv2.dilate((drawn.depth > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert changed.any()
    assert not (changed & ~near).any()


@given(seed=st.integers(0, 10_000), time=st.floats(-2, 2))
def test_bodies_keep_their_lengths_and_stand_on_the_floor(seed: int, time: float) -> None:
    person = people.Person.any(np.random.default_rng(seed))
    pose, rest = person.pose(time), person.pose(0.0)
    for start, end in (*LIMBS[:6], (people.R_HIP, people.R_KNEE), (people.R_KNEE, people.R_ANKLE), (0, 14), (0, 15)):
        lengths = [float(np.linalg.norm(p.points[start] - p.points[end])) for p in (pose, rest)]
        assert math.isclose(*lengths, rel_tol=1e-6)
    feet = pose.points[[people.R_ANKLE, people.L_ANKLE, people.R_TOE, people.L_TOE], 1]
    assert math.isclose(feet.min(), 0.07 * person.build.height / 1.72, rel_tol=1e-6)
    assert np.isfinite(pose.points).all()


def test_left_and_right_are_the_persons_own() -> None:
    for seed in range(20):
        person = people.Person.any(np.random.default_rng(seed), "stand")
        points = person.pose(0.0)
        faces_us = points.head[2, 2] > 0.5
        across = points.points[people.L_SHOULDER, 0] - points.points[people.R_SHOULDER, 0]
        if faces_us:
            assert across > 0
            assert not points.hidden[people.NOSE]
        elif points.head[2, 2] < -0.5:
            assert across < 0
            assert points.hidden[[people.NOSE, people.R_EYE, people.L_EYE]].all()


def test_only_joints_within_the_picture_are_seen(photographs: Photographs) -> None:
    some = hidden = 0
    for seed in range(12):
        made = scenes.scene(np.random.default_rng(seed), "people", photographs, WIDTH, HEIGHT, 2)
        for found in made.people[0]:
            seen = np.isfinite(found).all(axis=1)
            assert (np.isfinite(found).any(axis=1) == seen).all()
            assert (found[seen] > -0.03).all()
            assert (found[seen] < 1.03).all()
            some += int(seen.sum())
            hidden += int((~seen).sum())
    assert some > 0
    assert hidden > 0


def moved(pictures: Pixels) -> NDArray[np.float64]:
    """Pixels of global shift between each picture and the next."""
    grays = [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float64) for p in pictures]
    window = cv2.createHanningWindow(grays[0].shape[::-1], cv2.CV_64F)
    return np.array([math.hypot(*cv2.phaseCorrelate(a, b, window)[0]) for a, b in itertools.pairwise(grays)])


def test_the_camera_is_mostly_slow_now_and_then_still_and_never_stands_between() -> None:
    speeds = np.array([camera.speed(np.random.default_rng(seed), 320) for seed in range(400)])
    assert 0.09 < (speeds == 0).mean() < 0.22
    assert (speeds <= 6).mean() > 0.85
    assert speeds.max() > 6
    assert math.isclose(camera.speed(np.random.default_rng(1), 640), 2 * camera.speed(np.random.default_rng(1), 320))


def test_a_course_goes_at_its_speed() -> None:
    path = camera.course(np.random.default_rng(3), 40, 2.0)
    steps = np.hypot(*np.diff(path, axis=0).T)
    assert np.allclose(path[0], 0)
    assert (steps > 0.9).all()
    assert (steps < 3.1).all()


def test_views_move_over_the_photograph_as_the_speeds_say() -> None:
    grain = np.random.default_rng(7).integers(0, 256, (150, 225, 3), dtype=np.uint8)
    photograph = np.asarray(cv2.resize(grain, (900, 600), interpolation=cv2.INTER_CUBIC), np.uint8)
    shifts = np.array(
        [moved(camera.views(np.random.default_rng(seed), photograph, 320, 192, 3)).mean() for seed in range(40)]
    )
    assert 2 <= (shifts < 0.05).sum() <= 18
    assert 0.3 < np.median(shifts) < 3.0
    assert 4 < shifts.max() < 40


def test_a_view_shows_the_photograph_itself() -> None:
    photograph = np.dstack([np.full((200, 300), level, np.uint8) for level in (10, 120, 230)])
    shown = camera.views(np.random.default_rng(0), photograph, WIDTH, HEIGHT, 3)
    assert (shown == (10, 120, 230)).all()


def test_the_lens_is_mild() -> None:
    picture = texture(5, WIDTH, HEIGHT)
    worst = []
    for seed in range(30):
        seen = camera.through_lens(np.random.default_rng(seed), np.stack([picture] * 2))
        assert seen.shape == (2, HEIGHT, WIDTH, 3)
        worst.append(float(cv2.absdiff(seen[0], picture).mean()))
    assert min(worst) == 0.0
    assert 4 < np.median(worst) < 45


@settings(max_examples=30)
@given(seed=st.integers(0, 2000), level=st.floats(60, 230))
def test_a_shape_is_painted_with_its_relief(seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    flight = sprites.flight(rng, sprites.shape(rng, 40.0), 40.0, WIDTH, HEIGHT, PICTURES, level)
    for picture in range(PICTURES):
        drawn = canvas()
        flight.paint(drawn, picture)
        changed = (np.abs(drawn.picture.astype(int) - GROUND) > 70).any(axis=2)  # where it covers more than half
        near = cv2.dilate((drawn.depth > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        assert not (changed & ~near).any()
        covered = drawn.depth[drawn.depth > 0]
        assert (covered >= int(level) - 1).all()
        assert (covered <= level + flight.thickness + 1).all()


def test_a_cutout_is_what_it_was_before_whatever_ground() -> None:
    cut = sprites.cutout(np.random.default_rng(9), thing(0), texture(1), 60.0)
    flight = sprites.Flight(cut, np.full((1, 2), 32.0), np.full((1, 2), 0.5), np.zeros(1), depth=100.0, thickness=0.0)
    shown = []
    for ground in (0, 255):
        drawn = Canvas(np.full((64, 64, 3), ground, np.uint8), np.zeros((64, 64), np.uint8))
        flight.paint(drawn, 0)
        shown.append(drawn.picture)
    assert np.abs(shown[0][32, 32].astype(int) - shown[1][32, 32]).max() <= 1
    assert shown[0][0, 0].tolist() == [0, 0, 0]
    assert shown[1][0, 0].tolist() == [255, 255, 255]


@settings(max_examples=30)
@given(seed=st.integers(0, 2000))
def test_a_solids_relief_is_nearest_where_it_comes_forward(seed: int) -> None:
    rng = np.random.default_rng(seed)
    body = solids.solid(rng, 40.0, WIDTH, HEIGHT, 2, 128.0)
    drawn = canvas()
    body.paint(drawn, 0)
    points = body.corners @ body.turns[0].T
    covered = drawn.depth[drawn.depth > 0]
    if covered.size:
        assert covered.max() <= 128 + body.thickness * points[:, 2].max() + 1
        assert covered.min() >= 128 + body.thickness * points[:, 2].min() - 2


def test_every_face_of_a_solid_looks_outwards() -> None:
    for seed in range(30):
        body = solids.solid(np.random.default_rng(seed), 40.0, WIDTH, HEIGHT, 1, 128.0)
        for face in body.faces:
            corners = body.corners[list(face)]
            normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
            assert float(normal @ corners.mean(axis=0)) > 0
