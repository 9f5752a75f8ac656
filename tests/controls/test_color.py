"""The colour guide: blocks of the picture's own colours that hold still."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.color import SETTINGS, Color
from controls.control import Pixels, Values

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
WIDTH, HEIGHT = 320, 192
PICTURE = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def values(**changed: float) -> Values:
    return DEFAULTS | changed


def shown(control: Color, picture: Pixels, **changed: float) -> Pixels:
    """The guide at 320x192."""
    return control.guide(picture, WIDTH, HEIGHT, 0.0, values(**changed))


def plain(*color: int) -> Pixels:
    return np.full((HEIGHT, WIDTH, 3), color, np.uint8)


@pytest.mark.parametrize(("blocks", "columns", "rows"), [(1, 1, 1), (5, 5, 3), (10, 10, 6), (16, 16, 10), (40, 40, 24)])
def test_each_block_has_the_mean_color_of_what_is_there(blocks: int, columns: int, rows: int) -> None:
    guide = shown(Color(), PICTURE, blocks=blocks)
    tops, lefts = np.linspace(0, HEIGHT, rows + 1), np.linspace(0, WIDTH, columns + 1)
    for top, bottom in pairwise(tops):
        for left, right in pairwise(lefts):
            area = np.s_[round(top) : round(bottom), round(left) : round(right)]
            inner = np.s_[round(top + 1) : round(bottom - 1), round(left + 1) : round(right - 1)]
            assert (guide[inner] == guide[inner][0, 0]).all(), "flat"
            # Where a border goes through a pixel, each block counts its part of it.
            assert np.abs(guide[inner][0, 0] - PICTURE[area].mean(axis=(0, 1))).max() < 8


def test_blocks_are_about_square_whichever_side_is_longer() -> None:
    for width, height in ((320, 192), (192, 320), (256, 256)):
        guide = Color().guide(PICTURE, width, height, 0.0, values(blocks=8))
        across = 1 + np.count_nonzero((guide[:, 1:] != guide[:, :-1]).any(axis=(0, 2)))
        down = 1 + np.count_nonzero((guide[1:] != guide[:-1]).any(axis=(1, 2)))
        assert max(across, down) == 8
        assert width / across == pytest.approx(height / down, rel=0.15)


def test_a_small_change_is_followed_slowly_and_to_its_end() -> None:
    control = Color()
    shown(control, plain(100, 120, 140))
    shades = [int(shown(control, plain(110, 120, 140))[0, 0, 0]) for _ in range(40)]
    assert 100 < shades[0] < 109
    assert shades == sorted(shades)
    assert shades[-1] == 110


def test_a_large_change_is_followed_at_once() -> None:
    control = Color()
    shown(control, plain(30, 30, 30), smoothing=1)
    assert (shown(control, plain(200, 30, 30), smoothing=1) == (200, 30, 30)).all()


def test_smoothing_takes_the_flicker_away() -> None:
    random = np.random.default_rng(3)
    # Light that flutters, as of a lamp: noise alone is lost in the mean of a block.
    pictures = [
        np.clip(PICTURE.astype(np.float32) * light, 0, 255).astype(np.uint8) for light in random.normal(0.8, 0.02, 30)
    ]

    def flicker(smoothing: float) -> float:
        control = Color()
        guides = [shown(control, picture, smoothing=smoothing).astype(int) for picture in pictures]
        return float(np.mean([np.abs(a - b).mean() for a, b in pairwise(guides)]))

    raw = flicker(0)
    assert raw > 1
    assert flicker(1.0) < flicker(0.5) < 0.7 * raw
    assert flicker(1.0) < 0.4 * raw


def test_without_smoothing_or_after_a_reset_the_past_is_forgotten() -> None:
    control, other = Color(), PICTURE[::-1, ::-1].copy()
    shown(control, other)
    np.testing.assert_array_equal(shown(control, PICTURE, smoothing=0), shown(Color(), PICTURE))
    shown(control, other)
    control.reset()
    np.testing.assert_array_equal(shown(control, PICTURE), shown(Color(), PICTURE))


def test_another_number_of_blocks_begins_anew() -> None:
    control = Color()
    shown(control, plain(90, 90, 90), blocks=4)
    assert (shown(control, plain(100, 100, 100), blocks=9) == 100).all()


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90)), min_size=1, max_size=5), st.integers(1, 64))
def test_any_size_may_follow_any_other(sizes: list[tuple[int, int]], blocks: int) -> None:
    control = Color()
    for number, (width, height) in enumerate(sizes):
        picture = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
        guide = control.guide(picture, height, width, float(number), values(blocks=blocks))
        assert guide.shape == (width, height, 3)
        assert guide.dtype == np.uint8
