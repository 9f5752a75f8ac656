"""Carrying: drawings follow the picture, hold still with it, and know a cut from a movement."""

from __future__ import annotations

from itertools import pairwise
from weakref import ref

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controls import motion
from controls.control import Pixels
from controls.view import View

WIDTH, HEIGHT = 640, 360


def scene(x: int, y: int, noise: float = 0.0, seed: int = 0) -> Pixels:
    """A disc and a pole before a plain wall, the disc moved by ``x`` and ``y``."""
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    cv2.rectangle(picture, (440, 60), (540, 300), (40, 160, 90), -1)
    cv2.circle(picture, (200 + x, 160 + y), 70, (180, 120, 60), -1, cv2.LINE_AA)
    return np.asarray(picture + np.random.default_rng(seed).normal(0, noise, picture.shape), np.uint8)


def outlines(x: int, y: int) -> Pixels:
    """What a control draws of ``scene``."""
    lines = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    cv2.rectangle(lines, (440, 60), (540, 300), (255, 255, 255), 2)
    cv2.circle(lines, (200 + x, 160 + y), 70, (255, 255, 255), 2)
    return lines


def cross(x: int, y: int) -> Pixels:
    """What a control draws in the middle of the disc."""
    lines = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    cv2.line(lines, (170 + x, 160 + y), (230 + x, 160 + y), (255, 255, 255), 3)
    cv2.line(lines, (200 + x, 130 + y), (200 + x, 190 + y), (255, 255, 255), 3)
    return lines


def since(old: Pixels, new: Pixels) -> motion.Vectors:
    found = View(new, 1.0).motion_since(View(old, 0.0))
    assert found is not None
    return found


def farthest(lines: Pixels, other: Pixels) -> float:
    """How far the lines of ``lines`` are from one of ``other``, in pixels: 99 % are nearer."""
    away = cv2.distanceTransform((other[:, :, 0] < 128).astype(np.uint8), cv2.DIST_L2, 5)
    return float(np.quantile(away[lines[:, :, 0] > 127], 0.99))


@pytest.mark.parametrize("noise", [0.0, 6.0])
@pytest.mark.parametrize(("x", "y"), [(1, 0), (3, 2), (-8, 5), (20, -10), (30, 0)])
def test_a_drawing_follows_what_moves_and_what_stands_stays(x: int, y: int, noise: float) -> None:
    carried = motion.carried(outlines(0, 0), since(scene(0, 0, noise, 1), scene(x, y, noise, 2)))
    expected = outlines(x, y)
    assert farthest(carried, expected) <= 2.0, "nothing lies where it should not"
    assert farthest(expected, carried) <= 2.0, "nothing is left out"


@settings(max_examples=12)
@given(st.integers(-14, 14), st.integers(-14, 14))
def test_vectors_tell_where_each_place_came_from(x: int, y: int) -> None:
    coarse = np.random.default_rng(3).integers(30, 226, (36, 54), np.uint8)
    wide = np.asarray(cv2.resize(coarse, (540, 360), interpolation=cv2.INTER_CUBIC), np.uint8)
    old, new = wide[90:270, 110:430], wide[90 - y : 270 - y, 110 - x : 430 - x]
    vectors = motion.motion_since(np.ascontiguousarray(old), np.ascontiguousarray(new))
    assert vectors.shape == (90, 160, 2)
    wrong = np.hypot(vectors[..., 0] + x / 2, vectors[..., 1] + y / 2)[15:-15, 15:-15]
    assert np.median(wrong) < 0.25
    assert np.quantile(wrong, 0.95) < 0.5


def test_what_stands_still_is_carried_untouched() -> None:
    drawing = outlines(0, 0)
    assert motion.carried(drawing, since(scene(0, 0), scene(0, 0))) is drawing


@pytest.mark.parametrize("noise", [2.0, 5.0, 10.0])
def test_the_noise_of_a_camera_moves_nothing(noise: float) -> None:
    """Not along lines, and not in the middle of a bare surface, where noise is all there is to follow."""
    for drawing in (outlines(0, 0), cross(0, 0)):
        carried = motion.carried(drawing, since(scene(0, 0, noise, 1), scene(0, 0, noise, 2)))
        assert np.abs(carried.astype(int) - drawing).sum() < 0.08 * drawing.sum()


@pytest.mark.parametrize("noise", [0.0, 6.0])
@pytest.mark.parametrize(("x", "y"), [(3, 2), (-8, 5), (20, -10)])
def test_what_is_drawn_on_a_bare_surface_moves_with_its_borders(x: int, y: int, noise: float) -> None:
    carried = motion.carried(cross(0, 0), since(scene(0, 0, noise, 1), scene(x, y, noise, 2)))
    assert max(farthest(carried, cross(x, y)), farthest(cross(x, y), carried)) <= 2.5


def test_a_cut_is_told_from_a_movement_a_flash_and_the_dark() -> None:
    random = np.random.default_rng(5)
    coarse = random.integers(0, 256, (2, 9, 16, 3), np.uint8)
    room, street = (
        np.asarray(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8) for picture in coarse
    )
    assert View(street, 1.0).motion_since(View(room, 0.0)) is None
    moved = np.roll(room, 24, axis=1)
    flash = np.asarray(cv2.convertScaleAbs(room, alpha=0.6, beta=100), np.uint8)
    assert View(moved, 1.0).motion_since(View(room, 0.0)) is not None
    assert View(flash, 1.0).motion_since(View(room, 0.0)) is not None
    for grey in (0, 255):
        assert View(np.full_like(room, grey), 1.0).motion_since(View(room, 0.0)) is None
        assert View(room, 1.0).motion_since(View(np.full_like(room, grey), 0.0)) is None
    dark, darker = (random.normal(12, 6, (HEIGHT, WIDTH, 3)).clip(0, 255).astype(np.uint8) for _ in range(2))
    assert View(darker, 1.0).motion_since(View(dark, 0.0)) is not None


@settings(max_examples=20)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_any_sizes_can_be_carried(w: int, h: int, width: int, height: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    old, new = random.integers(0, 256, (2, h, w), np.uint8)
    for drawing in random.integers(0, 256, (1, height, width, 3), np.uint8), np.zeros((1, height, width), np.uint8):
        carried = motion.carried(drawing[0], motion.motion_since(old, new))
        assert carried.shape == drawing[0].shape
        assert carried.dtype == np.uint8


def test_a_view_that_shows_nothing_is_told_from_a_dark_stage() -> None:
    random = np.random.default_rng(5)
    dark = random.normal(10, 4, (HEIGHT, WIDTH, 3)).clip(0, 255).astype(np.uint8)
    lamp, dancer = dark.copy(), dark.copy()
    lamp[20:26, 30:42] = 255
    dancer[150:250, 300:340] = 90
    shown = {"dark": dark, "lamp": lamp, "flash": 255 - dark, "dancer": dancer, "room": scene(0, 0)}
    assert [name for name, rgb in shown.items() if View(rgb, 0.0).is_blank] == ["dark", "lamp", "flash"]


def test_a_view_makes_each_thing_once_and_does_not_keep_earlier_views() -> None:
    picture = scene(0, 0)
    views = [View(picture, float(number)) for number in range(3)]
    assert views[0].at(64, 36) is views[0].at(64, 36)
    assert views[0].within(100).shape == (56, 100, 3)
    assert views[0].gray is views[0].gray
    assert views[0].size == (WIDTH, HEIGHT)
    for old, new in pairwise(views):
        assert new.motion_since(old) is new.motion_since(old)
    gone = ref(views[0])
    del views[0], old, new
    assert gone() is None
