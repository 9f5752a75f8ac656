from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from controls.control import Pixels
from controls.matte import Decision, Inside, feathered, whole

WIDTH, HEIGHT = 96, 64
Confidence = NDArray[np.float32]


def disc(x: float, radius: float = 16) -> Inside:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray(np.hypot(columns - x, rows - HEIGHT / 2) < radius)


def seen(inside: Inside) -> Pixels:
    """A picture in which something bright stands before a pattern."""
    pattern = np.random.default_rng(0).integers(60, 90, (HEIGHT, WIDTH))
    return np.where(inside, 180, pattern).astype(np.uint8)


def unsure(inside: Inside, spread: float, seed: int) -> Confidence:
    """What a network says that is not sure of the border: each time another one."""
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 2)
    trembling = np.random.default_rng(seed).normal(0, spread, (HEIGHT // 4, WIDTH // 4)).astype(np.float32)
    return np.asarray(np.clip(soft + cv2.resize(trembling, (WIDTH, HEIGHT)), 0, 1), np.float32)


def changes(hold: float, threshold: float = 0.5) -> float:
    decision, picture = Decision(), seen(disc(48))
    answers = [decision.inside(unsure(disc(48), 0.15, n), picture, threshold, hold, 0.0) for n in range(24)]
    return float(np.mean([np.count_nonzero(a != b) for a, b in pairwise(answers[8:])]))


def test_what_stands_still_is_calm() -> None:
    raw, held = changes(0.0), changes(0.7)
    assert raw > 20
    assert held < 0.1 * raw
    assert changes(0.0) > changes(0.2) > held


@pytest.mark.parametrize("speed", [1.0, 3.0, 9.0])
def test_what_moves_is_never_late(speed: float) -> None:
    """The matte is that of this very picture, where it moves and where it has just been."""
    decision = Decision()
    for number in range(16):
        x = 24.0 if number < 8 else min(24.0 + speed * (number - 7), 80.0)
        confidence = np.where(disc(x), np.float32(0.6), np.float32(0.4))  # what stands still would hold
        answer = decision.inside(confidence, seen(disc(x)), 0.5, 0.7, 0.0)
        np.testing.assert_array_equal(answer, disc(x), err_msg=f"picture {number}")


def test_what_stands_still_is_averaged() -> None:
    """A network that cannot make up its mind, and is surer that somebody is there."""
    decision = Decision()
    answers = []
    for number in range(24):
        confidence = np.full((HEIGHT, WIDTH), 1.0 if number % 2 else 0.2, np.float32)
        answers.append(decision.inside(confidence, seen(disc(48)), 0.5, 0.7, 0.0))
    assert all(answer.all() for answer in answers[8:])


def test_what_was_decided_holds_until_it_is_clearly_wrong() -> None:
    for first, then, held in ((0.9, 0.4, True), (0.9, 0.1, False), (0.1, 0.6, False), (0.1, 0.9, True)):
        decision, picture = Decision(), seen(disc(48))
        answers = []
        for value in [first] * 4 + [then] * 60:
            confidence = np.full((HEIGHT, WIDTH), value, np.float32)
            answers.append(decision.inside(confidence, picture, 0.5, 0.7, 0.0).all())
        assert answers[0] == (first > 0.5)
        assert answers[-1] == held
        alone = Decision().inside(np.full((HEIGHT, WIDTH), then, np.float32), picture, 0.5, 0.7, 0.0)
        assert alone.all() == (then > 0.5), "which it would not have said by itself" if held else ""


@given(st.floats(0.05, 0.95), st.integers(0, 99))
def test_without_hold_each_picture_stands_alone(threshold: float, seed: int) -> None:
    decision = Decision()
    for number in range(3):
        confidence = unsure(disc(48), 0.3, seed + number)
        answer = decision.inside(confidence, seen(disc(48)), threshold, 0.0, 0.0)
        np.testing.assert_array_equal(answer, confidence > threshold)


def test_reset_and_another_size_forget() -> None:
    decision = Decision()
    high, low = (np.full((HEIGHT, WIDTH), value, np.float32) for value in (0.9, 0.45))
    decision.inside(high, seen(disc(48)), 0.5, 0.7, 0.0)
    decision.reset()
    assert not decision.inside(low, seen(disc(48)), 0.5, 0.7, 0.0).any()
    decision.inside(high, seen(disc(48)), 0.5, 0.7, 0.0)
    smaller = decision.inside(low[:40], seen(disc(48))[:40], 0.5, 0.7, 0.0)
    assert smaller.shape == (40, WIDTH)
    assert not smaller.any()


def test_gaps_are_filled_and_crumbs_dropped() -> None:
    given_mask = disc(48, 20)
    hole, notch, crumb, piece = (slice(30, 36), slice(45, 51)), (slice(50, 64), slice(46, 50)), (60, 2), slice(0, 5)
    broken = given_mask.copy()
    broken[hole] = False  # 36 pixels
    broken[0:3, 0:20] = True
    broken[0:2, 8:12] = False  # at the picture's border: nobody knows whether it is enclosed
    broken[notch] = False  # open to the outside: no gap
    broken[crumb] = True
    broken[piece, 90:95] = True  # 25 pixels: more than a quarter of 40
    result = whole(broken, 40 / broken.size)
    expected = given_mask.copy()
    expected[notch] = False
    expected[0:3, 0:20] = True
    expected[0:2, 8:12] = False
    expected[piece, 90:95] = True
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(whole(broken, 30 / broken.size)[hole], np.zeros((6, 6), bool))
    np.testing.assert_array_equal(whole(broken, 0.0), broken)


masks = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).random((24, 32)) < 0.55)


@given(masks, st.floats(0, 0.3))
def test_what_is_whole_stays_as_it_is(mask: Inside, largest_gap: float) -> None:
    once = whole(mask, largest_gap)
    np.testing.assert_array_equal(whole(once, largest_gap), once)


@pytest.mark.parametrize("grow", [-6.0, -3.0, 0.0, 3.0, 8.0])
@pytest.mark.parametrize("softness", [0.0, 4.0, 12.0])
def test_the_border_stands_and_fades_as_it_is_told(grow: float, softness: float) -> None:
    half = np.zeros((HEIGHT, WIDTH), bool)
    half[:, :40] = True
    row = feathered(half, grow, softness, WIDTH, HEIGHT)[HEIGHT // 2].astype(float)
    assert (np.diff(row) <= 0).all()
    assert row.sum() / 255 == pytest.approx(40 + grow, abs=0.6), "where the border stands"
    fading = np.count_nonzero((row > 5) & (row < 250))
    assert fading == pytest.approx(softness, abs=0.6 if softness else 1.0)


@given(masks, st.floats(-20, 20), st.floats(0, 40), st.integers(1, 70), st.integers(1, 70))
def test_any_mask_makes_a_matte_of_any_size(
    mask: Inside, grow: float, softness: float, width: int, height: int
) -> None:
    matte = feathered(mask, grow, softness, width, height)
    assert matte.shape == (height, width)
    assert matte.dtype == np.uint8
    wider = feathered(mask, grow + 1, softness, width, height)
    assert (wider >= matte).all()


@pytest.mark.parametrize("value", [True, False])
def test_all_or_nothing_has_no_border(value: bool) -> None:
    assert (feathered(np.full((9, 16), value), 5, 20, 32, 18) == (255 if value else 0)).all()
