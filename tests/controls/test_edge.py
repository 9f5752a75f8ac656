from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from controls.control import Pixels, Values
from controls.edge import SETTINGS, Edge
from controls.picture import resized, within
from tests.clips import pictures

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
FIXED = {"low": 60.0, "high": 150.0}
WIDTH, HEIGHT = 320, 192


def values(**changed: float) -> Values:
    return DEFAULTS | changed


def lines(edge: Edge, picture: Pixels, **changed: float) -> Pixels:
    """One channel of the guide at the picture's own size."""
    height, width = picture.shape[:2]
    return edge.guide(picture, width, height, 0.0, values(**changed))[:, :, 0]


def scene() -> Pixels:
    """Shapes from strong to barely visible, slopes and fine texture: some of its edges lie near every threshold."""
    picture = np.linspace(60, 160, WIDTH, dtype=np.float32)[None, :].repeat(HEIGHT, 0)
    for i in range(12):
        center = (20 + 26 * i, 40 + (i * 37) % 120)
        cv2.circle(picture, center, 14, float(picture[center[1], center[0]] + 6 + 7 * i), -1, cv2.LINE_AA)
        cv2.line(picture, (10 * i, 190), (30 * i, 90), float(90 + 12 * i), 1, cv2.LINE_AA)
    texture = np.random.default_rng(1).normal(0, 9, (HEIGHT // 4, WIDTH // 4)).astype(np.float32)
    picture[96:] += cv2.resize(texture, (WIDTH, HEIGHT))[96:]
    return np.repeat(picture.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def noisy(picture: Pixels, sigma: float, count: int) -> Iterator[Pixels]:
    """The same picture ``count`` times with a camera's noise, in grey levels rms."""
    random = np.random.default_rng(2)
    for _ in range(count):
        yield np.clip(picture + random.normal(0, sigma, picture.shape), 0, 255).astype(np.uint8)


def covered(wanted: Pixels, found: Pixels) -> float:
    """The share of ``wanted`` lines that have a line of ``found`` within a pixel."""
    near = np.asarray(cv2.dilate(found, np.ones((3, 3), np.uint8)), np.uint8)
    return np.count_nonzero(near & wanted) / np.count_nonzero(wanted)


def standing_still(shown: Sequence[Pixels]) -> NDArray[np.bool_]:
    """Where nothing moves in a whole film, (H, W): blurred, no pixel nearby changes by 6 grey levels at any time."""
    blurred = [cv2.blur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (9, 9)) for picture in shown]
    steady = np.ptp(np.stack(blurred), axis=0) < 6
    return np.asarray(cv2.erode(steady.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)


def flicker(shown: Sequence[Pixels], **changed: float) -> float:
    """Edge pixels that change from picture to picture, on average, once the control has settled."""
    edge = Edge()
    guides = [lines(edge, picture, **changed) for picture in shown][8:]
    return float(np.mean([np.count_nonzero(a != b) for a, b in pairwise(guides)]))


@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 1000), st.integers(1, 1000), st.integers(0, 2**32 - 1))
def test_with_fixed_thresholds_and_no_smoothing_it_is_canny(w: int, h: int, low: int, high: int, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (h, w, 3), np.uint8)
    edge = Edge()
    for shown in (picture, picture[::-1].copy()):
        expected = cv2.Canny(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY), low, high)
        np.testing.assert_array_equal(lines(edge, shown, smoothing=0, low=low, high=high), expected)


@pytest.mark.parametrize(("name", "low", "high"), [("walk", 60, 150), ("balance", 100, 200)])
def test_on_a_real_picture_it_is_canny_with_fixed_thresholds(name: str, low: int, high: int) -> None:
    edge = Edge()
    for shown in (resized(picture, *within(picture, 640)) for picture in pictures(name, 2)):
        expected = cv2.Canny(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY), low, high)
        assert np.count_nonzero(expected) > 0.02 * expected.size
        np.testing.assert_array_equal(lines(edge, shown, smoothing=0, low=low, high=high), expected)


def test_the_picture_is_shrunk_by_area_before_anything_else() -> None:
    large = np.random.default_rng(3).integers(0, 256, (HEIGHT * 2, WIDTH * 2, 3), np.uint8)
    small = cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    expected = cv2.Canny(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), 100, 200)
    guide = Edge().guide(large, WIDTH, HEIGHT, 0.0, values(smoothing=0, low=100, high=200))
    np.testing.assert_array_equal(guide, np.repeat(expected[:, :, None], 3, axis=2))


@pytest.mark.parametrize("thresholds", [{}, FIXED], ids=["automatic", "fixed"])
@pytest.mark.parametrize("sigma", [2.0, 4.0, 8.0])
def test_smoothing_takes_away_most_flicker_of_a_still_noisy_camera(sigma: float, thresholds: dict[str, float]) -> None:
    shown = list(noisy(scene(), sigma, 24))
    raw = flicker(shown, smoothing=0, **thresholds)
    assert raw > 100  # there is something to take away
    assert flicker(shown, **thresholds) < 0.4 * raw


def seen_wide(name: str) -> list[Pixels]:
    """640x360 of the middle of an upright film, 20 pictures a second: the larger, the more is seen of compression."""
    cut = slice(363, 971)
    return [resized(np.ascontiguousarray(picture[cut]), 640, 360) for picture in pictures(name, 90)[::3]]


@pytest.mark.parametrize("name", ["balance", "balance, wide", "two people", "walk"])
def test_smoothing_takes_away_most_flicker_where_a_real_film_stands_still(name: str) -> None:
    film, _, wide = name.partition(", ")
    shown = seen_wide(film) if wide else [resized(seen, *within(seen, 640)) for seen in pictures(film, 32)]
    still = standing_still(shown)
    assert still.mean() > (0.2 if wide else 0.5)
    found = {}
    for smoothing in (0.0, DEFAULTS["smoothing"]):
        edge = Edge()
        drawn = [lines(edge, picture, smoothing=smoothing) for picture in shown][8:]
        found[smoothing] = np.mean([np.count_nonzero((a != b) & still) for a, b in pairwise(drawn)])
    assert found[0.0] > 50  # there is something to take away
    assert found[DEFAULTS["smoothing"]] < 0.4 * found[0.0]


def test_more_smoothing_means_less_flicker() -> None:
    shown = list(noisy(scene(), 5, 24))
    falls = [flicker(shown, smoothing=smoothing) for smoothing in (0.0, 0.3, 0.7, 1.0)]
    assert falls == sorted(falls, reverse=True)


def test_what_is_smooth_keeps_its_lines() -> None:
    """Calming the lines must not wipe them out: those of a noisy camera are where the clean picture has them."""
    edge, clean = Edge(), lines(Edge(), scene(), smoothing=0, **FIXED)
    for picture in noisy(scene(), 4, 24):
        found = lines(edge, picture, **FIXED)
    assert covered(clean, found) > 0.9


def moving_border(position: float, contrast: float, sigma: float, seed: int) -> Pixels:
    """Dark left of ``position``, bright right of it, sharp to a fraction of a pixel, with noise."""
    row = 80 + contrast * np.clip(np.arange(WIDTH) - position + 0.5, 0, 1)
    picture = row[None, :, None] + np.random.default_rng(seed).normal(0, sigma, (HEIGHT, WIDTH, 3))
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize(("contrast", "sigma"), [(120, 0), (120, 6), (60, 3), (30, 0)])
def test_a_moving_edge_lags_by_one_picture_at_most(contrast: float, sigma: float, speed: float) -> None:
    """And leaves nothing behind it."""
    edge = Edge()
    for number in range(40):
        position = 40 + speed * max(0, number - 10)
        found = lines(edge, moving_border(position, contrast, sigma, number))[8:-8]
        if number > 10:
            middle = np.median(np.nonzero(found)[1])
            # Half a pixel for the grid that lines lie on.
            assert position - speed - 0.5 <= middle <= position + 0.5
            # Right beside what moves noise passes, as it must.
            behind = found[:, : int(position - speed - 10)]
            assert np.count_nonzero(behind) < 0.01 * len(found)


def test_noise_alone_draws_nothing() -> None:
    """Automatic thresholds know how much noise there is; they do not turn a bare wall into lines."""
    for sigma in (3, 10):
        edge = Edge()
        for picture in noisy(np.full((HEIGHT, WIDTH, 3), 110, np.uint8), sigma, 10):
            found = lines(edge, picture)
        assert np.count_nonzero(found) < 0.001 * found.size


def test_automatic_thresholds_find_the_same_lines_in_a_paler_picture() -> None:
    pale = (128 + (scene().astype(np.float32) - 128) * 0.5).astype(np.uint8)
    full, half = lines(Edge(), scene()), lines(Edge(), pale)
    assert covered(full, half) > 0.8
    assert np.count_nonzero(lines(Edge(), pale, **FIXED)) < 0.7 * np.count_nonzero(lines(Edge(), scene(), **FIXED))


def test_automatic_thresholds_do_not_jump() -> None:
    """When the picture turns pale at once, lines come back little by little, not all in the next picture."""
    pale = (128 + (scene().astype(np.float32) - 128) * 0.5).astype(np.uint8)
    edge = Edge()
    for _ in range(10):
        lines(edge, scene())
    counts = [np.count_nonzero(lines(edge, pale)) for _ in range(60)]
    settled = np.count_nonzero(lines(Edge(), pale))
    assert counts[0] < 0.8 * settled
    assert counts[-1] == pytest.approx(settled, rel=0.05)
    assert max(np.abs(np.diff(counts))) < 0.25 * settled


def test_more_detail_means_more_lines() -> None:
    counts = [np.count_nonzero(lines(Edge(), scene(), detail=detail)) for detail in (0.0, 0.5, 1.0)]
    assert counts[0] < counts[1] < counts[2]


@pytest.mark.parametrize("thickness", [2, 3, 5, 9])
def test_thickness_is_the_width_of_a_line_in_pixels(thickness: int) -> None:
    found = lines(Edge(), moving_border(100, 120, 0, 0), thickness=thickness)
    assert set(np.unique(found)) == {0, 255}
    assert (np.count_nonzero(found[20:-20], axis=1) == thickness).all()


def test_reset_forgets_the_past() -> None:
    edge = Edge()
    for picture in noisy(scene(), 6, 6):
        lines(edge, picture)
    edge.reset()
    picture = next(noisy(scene()[:, ::-1], 6, 1))
    np.testing.assert_array_equal(lines(edge, picture), lines(Edge(), picture))


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90)), min_size=2, max_size=5))
def test_any_size_may_follow_any_other(sizes: list[tuple[int, int]]) -> None:
    edge = Edge()
    for number, (width, height) in enumerate(sizes):
        picture = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
        guide = edge.guide(picture, height, width, float(number), values(thickness=3))
        assert guide.shape == (width, height, 3)
        assert guide.dtype == np.uint8
        assert set(np.unique(guide)) <= {0, 255}
