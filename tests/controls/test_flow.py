"""The flow guide: the benchmark's colours, true directions, and no colour where nothing moves."""

from __future__ import annotations

import colorsys
import math
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from controls.control import ControlSetting, Pixels, Values
from controls.flow import SETTINGS, Flow, wheel_colors
from controls.stack import Stack

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
WIDTH, HEIGHT = 320, 192
WHITE = 255


def values(**changed: float) -> Values:
    return DEFAULTS | changed


def shown(flow: Flow, picture: Pixels, **changed: float) -> Pixels:
    """The guide at the picture's own size."""
    height, width = picture.shape[:2]
    return flow.guide(picture, width, height, 0.0, values(**changed))


def texture(width: int = 2 * WIDTH, height: int = 2 * HEIGHT, seed: int = 1) -> Pixels:
    coarse = np.random.default_rng(seed).integers(30, 226, (height // 4, width // 4, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def moved(x: float, y: float, width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    """A texture that fills the picture and has moved this far, in pixels, to the right and down."""
    shift = np.array([[1, 0, x - width / 2], [0, 1, y - height / 2]])
    return np.asarray(cv2.warpAffine(texture(2 * width, 2 * height), shift, (width, height)), np.uint8)


def moving(x: float, y: float, count: int = 4, **changed: float) -> Pixels:
    """The last guide of a texture that moves this far with each picture."""
    flow = Flow()
    for number in range(count):
        guide = shown(flow, moved(number * x, number * y), **changed)
    return guide


def color(picture: Pixels) -> NDArray[np.float64]:
    """The median colour away from the border, where what comes in has no past."""
    return np.asarray(np.median(picture[24:-24, 24:-24].reshape(-1, 3), axis=0), np.float64)


def saturation(picture: Pixels) -> float:
    return float(255 - color(picture).min()) / 255


def noisy(picture: Pixels, sigma: float, count: int) -> list[Pixels]:
    random = np.random.default_rng(2)
    return [np.clip(picture + random.normal(0, sigma, picture.shape), 0, 255).astype(np.uint8) for _ in range(count)]


def benchmark_color(u: float, v: float) -> tuple[int, int, int]:
    """One colour of the benchmark's wheel, for a vector of length 1 at most, as its authors' colorcode.cpp goes:

    six runs of colours, each with one channel that rises or falls in whole numbers; interpolated by the angle; drawn
    towards white by what the vector lacks in length; cut down to whole numbers.
    """
    wheel = [(255, 255 * i // 15, 0) for i in range(15)]
    wheel += [(255 - 255 * i // 6, 255, 0) for i in range(6)]
    wheel += [(0, 255, 255 * i // 4) for i in range(4)]
    wheel += [(0, 255 - 255 * i // 11, 255) for i in range(11)]
    wheel += [(255 * i // 13, 0, 255) for i in range(13)]
    wheel += [(255, 0, 255 - 255 * i // 6) for i in range(6)]
    place = (math.atan2(-v, -u) / math.pi + 1.0) / 2.0 * (len(wheel) - 1)
    first = int(place)
    share = place - first
    mixed = []
    for a, b in zip(wheel[first], wheel[(first + 1) % len(wheel)], strict=True):
        full = (1.0 - share) * a / 255.0 + share * b / 255.0
        mixed.append(int(255.0 * (1.0 - math.hypot(u, v) * (1.0 - full))))
    red, green, blue = mixed
    return red, green, blue


def test_the_colors_are_those_of_the_benchmark() -> None:
    angles = np.arange(0, 2 * np.pi, 0.013)
    vectors = np.stack(
        [np.outer(np.cos(angles), (0.02, 0.3, 0.77, 0.999)), np.outer(np.sin(angles), (0.02, 0.3, 0.77, 0.999))], -1
    )
    expected = np.array([[benchmark_color(u, v) for u, v in row] for row in vectors])
    found = wheel_colors((vectors * 5).astype(np.float32), 5.0).astype(int)
    # Where the exact value is a whole number, the last bit decides on which side of it the cut falls.
    assert np.abs(found - expected).max() <= 1
    assert (found != expected).mean() < 0.02


def test_the_four_directions() -> None:
    vectors = np.array([[(0, 0), (1, 0), (0, 1), (-1, 0), (0, -1)]], np.float32)
    still, right, down, left, up = wheel_colors(vectors, 1.0)[0].tolist()
    assert still == [WHITE] * 3
    hues = [colorsys.rgb_to_hsv(*(channel / 255 for channel in c))[0] * 360 for c in (right, down, left, up)]
    assert hues == pytest.approx([0, 55, 190, 260], abs=6)


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.5, 20))
def test_longer_than_full_is_full(x: float, y: float, full: float) -> None:
    length = max(math.hypot(x, y), 1e-6)
    vectors = np.array([[(x, y), (x / length * full, y / length * full)]], np.float32)
    long, just = wheel_colors(vectors, full)[0].astype(int)
    if length > full:
        assert np.abs(long - just).max() <= 1
    else:
        assert (long >= just - 1).all()


def test_without_a_last_picture_nothing_moves() -> None:
    flow = Flow()
    assert (shown(flow, moved(0, 0)) == WHITE).all()
    assert (shown(flow, moved(6, 0)) != WHITE).any()
    flow.reset()
    assert (shown(flow, moved(12, 0)) == WHITE).all()
    assert (shown(flow, moved(0, 0, 160, 96)) == WHITE).all(), "another size has nothing to be compared with"


@pytest.mark.parametrize("smoothing", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("angle", range(0, 360, 45))
def test_a_direction_has_the_wheels_hue(angle: int, smoothing: float) -> None:
    x, y = 4 * math.cos(math.radians(angle + 10)), 4 * math.sin(math.radians(angle + 10))
    found = color(moving(x, y, range=4.0, smoothing=smoothing))
    length = 4.0 - 0.5 * smoothing  # less the dead zone
    expected = wheel_colors(np.array([[(x, y)]], np.float32) * np.float32(length / 4), 4.0)[0, 0]
    assert np.abs(found - expected).max() < 24


def test_range_is_the_motion_of_full_color() -> None:
    for speed in (2.0, 4.0, 6.0):
        assert saturation(moving(speed, 0, range=8.0, smoothing=0.0)) == pytest.approx(speed / 8, abs=0.05)
    assert saturation(moving(6.0, 0, range=3.0)) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("every", [1, 2, 4])
def test_however_rarely_it_runs_motion_is_that_of_one_picture(every: int) -> None:
    stack, values = Stack(), (("range", 4.0), ("smoothing", 0.0))
    setting = ControlSetting("flow", every=every, values=values)
    for number in range(3 * every + 1):
        guide = stack.guide(moved(2.0 * number, 0), WIDTH, HEIGHT, number / 30, (setting,))
    assert guide.ms.keys() == {"flow"}, "it has run just now"
    assert saturation(guide.rgb) == pytest.approx(0.5, abs=0.05)


def test_motion_is_a_share_of_the_picture_not_of_its_pixels() -> None:
    """The same scene has the same colours whatever the size it comes in and the guide's size."""
    small, large, shrunk = Flow(), Flow(), Flow()
    for number in range(4):
        picture = moved(8.0 * number, 0, 2 * WIDTH, 2 * HEIGHT)
        guides = (
            shrunk.guide(picture, WIDTH, HEIGHT, 0.0, values(range=8.0)),
            large.guide(picture, 2 * WIDTH, 2 * HEIGHT, 0.0, values(range=8.0)),
            small.guide(moved(2.0 * number, 0, WIDTH // 2, HEIGHT // 2), WIDTH, HEIGHT, 0.0, values(range=8.0)),
        )
    for guide in guides:
        assert guide.shape[1] in (WIDTH, 2 * WIDTH)
        assert saturation(guide) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("sigma", [0.0, 2.0, 4.0, 8.0])
def test_a_still_camera_is_white(sigma: float) -> None:
    flow = Flow()
    guides = [shown(flow, picture) for picture in noisy(moved(0, 0), sigma, 16)][6:]
    assert float(np.mean([WHITE - guide for guide in guides])) < 1.0


def test_smoothing_takes_the_flicker_away() -> None:
    """Of a plain wall, where noise is all there is to follow."""
    wall = np.asarray(cv2.GaussianBlur(texture(WIDTH, HEIGHT), (0, 0), 25), np.uint8)

    def flicker(smoothing: float) -> float:
        flow = Flow()
        guides = [shown(flow, picture, smoothing=smoothing) for picture in noisy(wall, 4, 16)][6:]
        return float(np.mean([cv2.absdiff(a, b) for a, b in pairwise(guides)]))

    raw = flicker(0.0)
    assert raw > 5
    assert flicker(0.7) < 0.2 * raw
    assert flicker(1.0) <= flicker(0.7) <= flicker(0.3)


def test_smoothing_calms_what_moves_evenly() -> None:
    def tremble(smoothing: float) -> float:
        flow = Flow()
        guides = [shown(flow, moved(3.0 * i, 0), smoothing=smoothing, range=6.0)[24:-24, 48:-24] for i in range(10)]
        return float(np.std(guides[4:], axis=0).mean())

    raw = tremble(0.0)
    assert raw > 2  # there is something to take away
    assert tremble(1.0) < tremble(0.7) < 0.8 * raw


def test_without_smoothing_each_pair_is_alone() -> None:
    flow, fresh = Flow(), Flow()
    for number in range(5):
        shown(flow, moved(3.0 * number, 0), smoothing=0.0, range=4.0)
    shown(fresh, moved(12, 0), smoothing=0.0, range=4.0)
    for one in (flow, fresh):
        last = shown(one, moved(12, 5), smoothing=0.0, range=4.0)
    shown(flow, moved(12, 0), smoothing=0.0, range=4.0)
    np.testing.assert_array_equal(shown(flow, moved(12, 5), smoothing=0.0, range=4.0), last)


def test_what_starts_or_turns_is_seen_at_once() -> None:
    """Smoothing must not make the guide late."""
    flow = Flow()
    for _ in range(6):
        guide = shown(flow, moved(0, 0), range=4.0)
    assert saturation(guide) == 0.0
    assert saturation(shown(flow, moved(4, 0), range=4.0)) > 0.7
    for number in range(2, 6):
        shown(flow, moved(4.0 * number, 0), range=4.0)
    turned = color(shown(flow, moved(16, 0), range=4.0))
    assert turned[0] < 100 < 200 < turned[2], "cyan: to the left"


def square_at(x: int, size: int = 48) -> Pixels:
    """A textured square on a textured ground that stands still."""
    picture = texture(WIDTH, HEIGHT).copy()
    picture[70 : 70 + size, x : x + size] = texture(size, size, seed=9)
    return picture


def test_colors_lie_where_things_are_now() -> None:
    """And outline them, within about a pixel and a half all around."""
    step, size = 5, 48
    flow = Flow()
    for number in range(5):
        x = 40 + step * number
        colored = shown(flow, square_at(x, size), range=5.0).min(axis=2) < 128
    now, before = np.zeros_like(colored), np.zeros_like(colored)
    now[70 : 70 + size, x : x + size] = True
    before[70 : 70 + size, x - step : x - step + size] = True
    assert np.count_nonzero(colored & now) > 0.9 * np.count_nonzero(now)
    assert np.count_nonzero(colored ^ now) < 1.5 * 4 * size
    assert np.count_nonzero(colored ^ now) < 0.7 * np.count_nonzero(colored ^ before)


def test_automatic_range_does_not_pump() -> None:
    """When something fast comes in, everything else pales little by little, and recovers more slowly still."""
    flow = Flow()
    slow: list[float] = []
    for number in range(40):
        picture = moved(4.0 * number, 0)
        if 10 <= number < 14:
            x = 20 + 14 * (number - 10)
            picture[120:180, x : x + 60] = texture(60, 60, seed=9)
        guide = shown(flow, picture)
        slow.append(float(255 - np.median(guide[24:90, 24:-24].reshape(-1, 3), axis=0).min()) / 255)
    settled = slow[9]
    assert settled > 0.7, "the fastest motion is in full colour, whatever it is"
    steps = np.abs(np.diff(slow[3:]))
    assert steps.max() < 0.2
    assert min(slow[10:]) < settled - 0.1, "there was something to pump for"
    assert steps[20:].max() < 0.02


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90)), min_size=2, max_size=5))
def test_any_size_may_follow_any_other(sizes: list[tuple[int, int]]) -> None:
    flow = Flow()
    for number, (width, height) in enumerate(sizes):
        for seed in (number, number + 9):
            picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
            guide = flow.guide(picture, height, width, float(number), values())
            assert guide.shape == (width, height, 3)
            assert guide.dtype == np.uint8


@pytest.mark.parametrize("size", [(1, 1), (1, 320), (320, 1), (13, 40), (14, 200), (15, 15), (24, 320), (330, 9)])
def test_sizes_that_are_too_small_for_dis(size: tuple[int, int]) -> None:
    """OpenCV 5 ends the process at some of them when it is asked for the picture as it is."""
    height, width = size
    flow = Flow()
    for seed in range(3):
        picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
        assert shown(flow, picture).shape == picture.shape
