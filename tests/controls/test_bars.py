"""Black bars: of a film and of "fit" they are gone, and the dark of a stage is no bar."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.bars import Bars
from controls.control import Pixels

WIDTH, HEIGHT = 160, 90
RGB = np.random.default_rng(0).integers(40, 256, (HEIGHT, WIDTH, 3), np.uint8)
WHOLE = slice(0, HEIGHT), slice(0, WIDTH)


def barred(across: int, down: int, level: int = 4, picture: Pixels = RGB) -> Pixels:
    """``picture`` between bars, as black as compression leaves them."""
    return np.pad(picture, ((down, down), (across, across), (0, 0)), constant_values=level)


def between(across: int, down: int) -> tuple[slice, slice]:
    return slice(down, down + HEIGHT), slice(across, across + WIDTH)


def dancer(x: float, y: float, radius: int = 30) -> Pixels:
    """Somebody in a spotlight on a black stage."""
    lit = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(lit, (round(x), round(y)), radius, (255,), -1)
    return np.where(cv2.GaussianBlur(lit, (0, 0), 3)[..., None] > 127, RGB, np.uint8(0))


@given(st.integers(0, 200), st.integers(0, 100))
def test_bars_of_a_film_or_a_fit_picture_are_gone_at_once(across: int, down: int) -> None:
    inside = Bars().inside(barred(across, down), 0.0)
    for span, (bar, side) in zip(inside, ((down, HEIGHT), (across, WIDTH)), strict=True):
        is_thin = bar <= 0.02 * (side + 2 * bar)
        assert span == (slice(0, side + 2 * bar) if is_thin else slice(bar, bar + side))


def test_a_spotlight_that_moves_changes_nothing() -> None:
    bars = Bars()
    for number in range(120):
        x, y = 80 + 60 * np.sin(number / 9), 45 + 20 * np.sin(number / 5)
        assert bars.inside(dancer(x, y), number / 30) == WHOLE


@pytest.mark.parametrize("radius", [12, 20, 30, 40])
def test_nor_does_one_that_stands_in_the_middle(radius: int) -> None:
    bars = Bars()
    for number in range(90):
        assert bars.inside(dancer(80, 45, radius), number / 30) == WHOLE


def test_a_lit_floor_below_the_dark_is_no_picture_between_bars() -> None:
    stage = RGB.copy()
    stage[:50] = 0
    bars = Bars()
    for number in range(90):
        assert bars.inside(stage, number / 30) == WHOLE


def test_what_is_lit_once_is_no_bar() -> None:
    """A subtitle below the picture, and after it the bars again once they have been black for a second."""
    bars, film = Bars(), barred(0, 20)
    with_words = film.copy()
    with_words[115:125, 40:120] = 200
    assert bars.inside(film, 0.0) == between(0, 20)
    assert bars.inside(with_words, 0.1) == (slice(20, 125), slice(0, WIDTH))
    seen = [bars.inside(film, 0.2 + number / 10)[0].stop for number in range(15)]
    assert seen[:10] == [125] * 10
    assert seen[11:] == [20 + HEIGHT] * 4


def test_bars_that_come_later_are_bars_after_a_second() -> None:
    bars = Bars()
    plain = np.asarray(cv2.resize(RGB, (WIDTH, HEIGHT + 40)), np.uint8)
    assert bars.inside(plain, 0.0) == (slice(0, HEIGHT + 40), slice(0, WIDTH))
    seen = [bars.inside(barred(0, 20), 0.1 + number / 10)[0] for number in range(15)]
    assert seen[:9] == [slice(0, HEIGHT + 40)] * 9
    assert seen[11:] == [slice(20, 20 + HEIGHT)] * 4


def test_a_dark_scene_of_a_film_keeps_its_bars() -> None:
    """And so does black between two scenes."""
    bars = Bars()
    for number, picture in enumerate([RGB, dancer(40, 30), np.zeros_like(RGB), dancer(120, 60), RGB] * 12):
        assert bars.inside(barred(30, 0, picture=picture), number / 10) == between(30, 0)


def test_a_black_picture_has_no_bars() -> None:
    assert Bars().inside(np.zeros((3, 5, 3), np.uint8), 0.0) == (slice(0, 3), slice(0, 5))


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=5), st.integers(0, 12))
def test_any_size_may_follow_any_other(sizes: list[tuple[int, int]], darkness: int) -> None:
    bars, random = Bars(), np.random.default_rng(darkness)
    for number, (width, height) in enumerate(sizes * 2):
        rows, columns = bars.inside(random.integers(0, darkness + 1, (height, width, 3), np.uint8), number * 0.7)
        assert 0 <= rows.start < rows.stop <= height
        assert 0 <= columns.start < columns.stop <= width


def test_reset_forgets() -> None:
    bars = Bars()
    bars.inside(RGB, 0.0)
    bars.reset()
    small = np.asarray(cv2.resize(RGB, (WIDTH, HEIGHT - 40)), np.uint8)
    assert bars.inside(barred(0, 20, picture=small), 0.1) == (slice(20, HEIGHT - 20), slice(0, WIDTH))
