"""Pose on films of real people, with the real networks."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from controls.control import ControlUnavailable, Pixels, Values
from controls.finder import openpose_joints
from controls.landmarker import Landmarker
from controls.models import model_file
from controls.picture import resized
from controls.pose import MODEL, SETTINGS, Pose
from controls.skeleton import COLORS, JOINTS, Points
from tests.clips import missed, pictures

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
WIDTH, HEIGHT = 360, 640
RATE = 25
BODY = [JOINTS.index(side + part) for side in ("right ", "left ") for part in ("elbow", "wrist", "knee", "ankle")]


@pytest.fixture(scope="session")
def model() -> Path:
    try:
        return model_file(MODEL)
    except ControlUnavailable as error:
        missed(str(error))
        raise


def film(name: str, count: int, start: int = 0) -> list[Pixels]:
    return [resized(picture, WIDTH, HEIGHT) for picture in pictures(name, count, start)]


def guides(pose: Pose, shown: list[Pixels], **changed: float) -> list[Pixels]:
    values: Values = DEFAULTS | changed
    return [pose.guide(picture, WIDTH, HEIGHT, number / RATE, values) for number, picture in enumerate(shown)]


def joints_in(guide: Pixels) -> Points:
    """(18, 2): the middle of each joint's disc in pixels, found by its colour; NaN where there is none."""
    middles = np.full((18, 2), np.nan)
    for joint, color in enumerate(COLORS):
        y, x = np.nonzero((guide == color).all(axis=2))
        if len(x):
            middles[joint] = x.mean() + 0.5, y.mean() + 0.5
    return middles


def necks(guide: Pixels) -> int:
    spots = (guide == COLORS[JOINTS.index("neck")]).all(axis=2).astype(np.uint8)
    return int(cv2.connectedComponents(spots)[0]) - 1


def test_a_person_in_motion_is_found_and_drawn_where_he_is(model: Path) -> None:
    """Against mediapipe's own outline of him, made picture by picture without any tracking."""
    from mediapipe import Image, ImageFormat
    from mediapipe.tasks.python import BaseOptions, vision

    shown = film("balance", 24, start=10)
    found = guides(Pose(), shown)
    drawn = [guide.any(axis=2) for guide in found]
    assert np.mean([picture.mean() > 0.005 for picture in drawn]) >= 0.9

    options = vision.PoseLandmarkerOptions(BaseOptions(str(model)), output_segmentation_masks=True)
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        for picture, limbs in list(zip(shown, drawn, strict=True))[::6]:
            mask = landmarker.detect(Image(ImageFormat.SRGB, picture)).segmentation_masks[0].numpy_view()
            person = cv2.dilate((mask.reshape(HEIGHT, WIDTH) > 0.3).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
            assert np.count_nonzero(limbs & person) > 0.95 * np.count_nonzero(limbs)


def test_his_colours_are_those_of_the_table(model: Path) -> None:
    guide = guides(Pose(), film("balance", 1, start=10))[0]
    assert np.isfinite(joints_in(guide)).sum() >= 2 * 15  # of 18; some lie under others
    colors = {tuple(color) for color in guide.reshape(-1, 3)[guide.any(axis=2).ravel()].tolist()}
    table = {*COLORS, *(tuple(int(value * 0.6) for value in color) for color in COLORS[:17])}
    assert len(colors & table) >= 30


def test_on_a_still_the_joints_are_mediapipes_own(model: Path) -> None:
    (picture,) = film("balance", 1, start=10)
    joints = joints_in(guides(Pose(), [picture] * 12)[-1])
    landmarker = Landmarker(model, people=1)
    for number in range(12):
        own = landmarker.landmarks(picture, number / RATE)
    landmarker.close()
    expected = openpose_joints(own[0])[:, :2] * (WIDTH, HEIGHT)
    seen = np.isfinite(joints[:, 0])
    assert seen[BODY].all()
    # The discs of eyes and ears cover each other in part: their middles cannot be read off the picture.
    distance = np.linalg.norm(joints - expected, axis=1)[:14]
    assert np.nanmax(distance) < 2.0


def test_on_a_noisy_still_the_joints_are_calm(model: Path) -> None:
    (picture,) = film("balance", 1, start=10)
    random = np.random.default_rng(0)
    noisy = [np.clip(picture + random.normal(0, 4, picture.shape), 0, 255).astype(np.uint8) for _ in range(20)]
    joints = np.stack([joints_in(guide) for guide in guides(Pose(), noisy)])[6:, BODY]
    assert np.isfinite(joints).all()
    rms = np.sqrt(((joints - joints.mean(axis=0)) ** 2).sum(axis=-1).mean(axis=0))
    assert np.median(rms) < 0.5


def test_several_people_are_drawn(model: Path) -> None:
    shown = film("two people", 4, start=10)
    assert [necks(guide) for guide in guides(Pose(), shown)] == [2, 2, 2, 2]
    assert [necks(guide) for guide in guides(Pose(), shown, people=1)] == [1, 1, 1, 1]


def test_nobody_is_an_empty_guide_and_any_size_is_taken(model: Path) -> None:
    pose = Pose()
    for number, (width, height) in enumerate([(64, 48), (1, 1), (7, 301), (64, 48)]):
        guide = pose.guide(np.zeros((height, width, 3), np.uint8), height, width, number / RATE, DEFAULTS)
        assert guide.shape == (width, height, 3)
        assert not guide.any()


def test_reset_forgets_and_gives_the_networks_back(model: Path) -> None:
    shown = film("balance", 6, start=10)
    before = threading.active_count()
    pose = Pose()
    guides(pose, shown[::-1])
    assert threading.active_count() > before
    pose.reset()
    assert threading.active_count() == before
    # Not even those who stay for a moment when they are missed.
    nobody = np.zeros_like(shown[0])
    assert not pose.guide(nobody, WIDTH, HEIGHT, len(shown) / RATE, DEFAULTS).any()
    pose.reset()
    np.testing.assert_array_equal(guides(pose, shown[:2]), guides(Pose(), shown[:2]))


def test_time_that_stands_still_or_goes_back_is_no_trouble(model: Path) -> None:
    pose, picture = Pose(), film("balance", 1, start=10)[0]
    for time in (5.0, 5.0, 5.0004, 1.0, -3.0, 9.0):
        assert pose.guide(picture, WIDTH, HEIGHT, time, DEFAULTS).any()


def test_without_the_model_it_says_what_to_do(tmp_path: Path, model: Path) -> None:
    (tmp_path / MODEL).write_bytes(b"not a model")
    with pytest.raises(ControlUnavailable) as caught:
        guides(Pose(tmp_path), [np.zeros((HEIGHT, WIDTH, 3), np.uint8)])
    assert str(tmp_path / MODEL) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_mediapipe_keeps_quiet_from_start_to_exit(tmp_path: Path, model: Path) -> None:
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
    guide = controls.landmarker.kept.guide(picture, 90, 160, number / 25, {DEFAULTS!r})
stop.set()
speaker.join()
print(guide.any(), len(words))
"""
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    drawn, words = result.stdout.split()
    assert drawn == "True"
    assert result.stderr == "a word\n" * int(words)
