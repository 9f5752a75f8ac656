"""The scribble guide: few, thick, round lines where the shapes are, that hold still."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.control import Pixels, Values
from controls.scribble import SETTINGS, Scribble

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
WIDTH, HEIGHT = 320, 192


def values(**changed: float) -> Values:
    return DEFAULTS | changed


def drawn(control: Scribble, picture: Pixels, width: int = 0, height: int = 0, **changed: float) -> Pixels:
    """One channel of the guide, at the picture's own size if no other is given."""
    guide = control.guide(picture, width or picture.shape[1], height or picture.shape[0], 0.0, values(**changed))
    assert (guide == guide[:, :, :1]).all()
    return guide[:, :, 0]


def gray(picture: Pixels) -> Pixels:
    return np.repeat(picture.astype(np.uint8)[:, :, None], 3, axis=2)


def disc(radius: int = 60, scale: int = 1) -> Pixels:
    picture = np.full((HEIGHT * scale, WIDTH * scale), 60, np.uint8)
    cv2.circle(picture, (160 * scale, 96 * scale), radius * scale, 180, -1, cv2.LINE_AA)
    return gray(picture)


def bar(length: int) -> Pixels:
    """A bright bar, ``length`` long and 6 high: half its contour is as long and a little more."""
    picture = np.full((HEIGHT, WIDTH), 60, np.uint8)
    picture[90:96, 100 : 100 + length] = 200
    return gray(picture)


def scene() -> Pixels:
    """Shapes from strong to barely visible, and fine texture: some of its contours lie near every threshold."""
    picture = np.linspace(60, 160, WIDTH, dtype=np.float32)[None, :].repeat(HEIGHT, 0)
    for i in range(12):
        center = (20 + 26 * i, 40 + (i * 37) % 120)
        cv2.circle(picture, center, 14, float(picture[center[1], center[0]] + 6 + 7 * i), -1, cv2.LINE_AA)
    texture = np.random.default_rng(1).normal(0, 12, (HEIGHT // 4, WIDTH // 4)).astype(np.float32)
    picture[96:] += cv2.resize(texture, (WIDTH, HEIGHT))[96:]
    return gray(picture.clip(0, 255))


def noisy(picture: Pixels, sigma: float, count: int) -> Iterator[Pixels]:
    random = np.random.default_rng(2)
    for _ in range(count):
        yield np.clip(picture + random.normal(0, sigma, picture.shape), 0, 255).astype(np.uint8)


def ink(guide: Pixels) -> float:
    """How many pixels are white."""
    return float(guide.sum()) / 255


def test_a_shape_becomes_a_ring_along_its_border() -> None:
    guide = drawn(Scribble(), disc())
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    off = np.abs(np.hypot(x - 160, y - 96) - 60)
    assert (guide[off < 0.5] > 127).mean() > 0.97
    assert not guide[off > 4.5].any()


def border(angle: float, scale: int = 1) -> Pixels:
    """Dark and bright halves, parted by a straight line through the middle, so many degrees from upright."""
    y, x = np.mgrid[: HEIGHT * scale, : WIDTH * scale] - np.array([HEIGHT, WIDTH])[:, None, None] * scale / 2 + 0.5
    distance = x * np.cos(np.radians(angle)) + y * np.sin(np.radians(angle))
    return gray(60 + 120 * np.clip(distance + 0.5, 0, 1))


@pytest.mark.parametrize("angle", [0, 30, 45, 80])
@pytest.mark.parametrize(("thickness", "scale"), [(1.0, 1), (2.0, 1), (1.0, 2), (0.5, 2), (1.0, 4)])
def test_lines_are_three_pixels_at_320x192_and_in_proportion(angle: float, thickness: float, scale: int) -> None:
    guide = drawn(Scribble(), border(angle, scale), thickness=thickness)
    inner = guide[40 * scale : -40 * scale, 40 * scale : -40 * scale]
    height, width = inner.shape
    length = min(height / np.cos(np.radians(angle)), width / max(np.sin(np.radians(angle)), 1e-6))
    assert ink(inner) / length == pytest.approx(3 * thickness * scale, abs=0.5 * scale)


def test_lines_are_smooth() -> None:
    """No steps, neither of the guide's pixels nor of the smaller picture's."""
    assert len(np.unique(drawn(Scribble(), disc()))) >= 8
    scale = 4
    rows, columns = np.nonzero(drawn(Scribble(), disc(), scale * WIDTH, scale * HEIGHT) > 127)
    y, x = rows - scale * 96 + 0.5, columns - scale * 160 + 0.5
    angle = (np.degrees(np.arctan2(y, x)) % 360).astype(int)
    outside = np.array([np.hypot(x, y)[angle == degree].max() for degree in range(360)])
    assert np.abs(np.diff(outside)).max() < 0.5 * scale


def test_the_same_curves_at_any_size_of_the_guide() -> None:
    small, large = (drawn(Scribble(), scene(), WIDTH * scale, HEIGHT * scale) for scale in (1, 3))
    shrunk = np.asarray(cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
    assert np.abs(small.astype(int) - shrunk).mean() < 0.15 * small.mean()


def test_a_larger_picture_brings_no_texture() -> None:
    large = np.asarray(cv2.resize(scene(), (3 * WIDTH, 3 * HEIGHT), interpolation=cv2.INTER_NEAREST), np.uint8)
    np.testing.assert_array_equal(drawn(Scribble(), large, WIDTH, HEIGHT), drawn(Scribble(), scene()))


def test_texture_is_left_out_and_steps_are_not() -> None:
    fine = np.random.default_rng(4).integers(-16, 17, (HEIGHT, WIDTH)) + np.where(np.arange(WIDTH) < 160, 90, 140)
    guide = drawn(Scribble(), gray(fine.clip(0, 255)))
    assert (guide[8:-8, 157:163].max(axis=1) > 127).all()
    guide[:, 154:166] = 0
    assert ink(guide) < 0.002 * guide.size


def test_more_detail_means_more_lines() -> None:
    discs = np.full((HEIGHT, WIDTH), 60, np.uint8)
    for number in range(24):  # from faint to strong
        cv2.circle(discs, (25 + 38 * (number % 8), 32 + 64 * (number // 8)), 14, 70 + 5 * number, -1, cv2.LINE_AA)
    amounts = [ink(drawn(Scribble(), gray(discs), detail=detail)) for detail in (0.0, 0.5, 1.0)]
    assert amounts[0] < 0.9 * amounts[1] < 0.81 * amounts[2]


def test_simplicity_leaves_short_contours_out() -> None:
    lengths = (8, 14, 24, 36, 60)
    for simplicity, least in ((0.0, 8), (0.5, 24), (1.0, 60)):
        found = [length for length in lengths if drawn(Scribble(), bar(length), simplicity=simplicity).any()]
        assert found == [length for length in lengths if length >= least]


def test_simplicity_rounds_off() -> None:
    """A border with teeth is drawn with smaller ones."""
    rows = np.arange(HEIGHT)
    teeth = 160 + 5 * np.abs((rows / 10) % 2 - 1)
    picture = gray(np.where(np.arange(WIDTH)[None, :] < teeth[:, None], 60, 180))
    sizes = []
    for simplicity in (0.0, 0.5, 1.0):
        guide = drawn(Scribble(), picture, simplicity=simplicity)[20:-20].astype(float)
        middle = (guide * np.arange(WIDTH)).sum(axis=1) / guide.sum(axis=1)
        sizes.append(float(middle.std()))
    assert sizes[0] > 1
    assert sizes[2] < 0.8 * sizes[1] < 0.8 * sizes[0]


def flicker(pictures: list[Pixels], smoothing: float) -> float:
    """The mean change from picture to picture once the control has settled."""
    control = Scribble()
    guides = [drawn(control, picture, smoothing=smoothing) for picture in pictures][8:]
    return float(np.mean([cv2.absdiff(a, b) for a, b in pairwise(guides)]))


@pytest.mark.parametrize("sigma", [2.0, 4.0, 8.0])
def test_smoothing_takes_away_most_flicker_of_a_still_noisy_camera(sigma: float) -> None:
    pictures = list(noisy(scene(), sigma, 24))
    raw = flicker(pictures, 0.0)
    assert raw > 1  # there is something to take away
    assert flicker(pictures, DEFAULTS["smoothing"]) < 0.4 * raw
    assert flicker(pictures, 1.0) < 0.4 * raw


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize(("contrast", "sigma"), [(120, 0), (120, 6), (60, 3), (30, 0)])
def test_a_moving_contour_lags_by_one_picture_at_most(contrast: float, sigma: float, speed: float) -> None:
    """And leaves nothing behind it."""
    control = Scribble()
    for number in range(36):
        position = 40 + speed * max(0, number - 10)
        row = 80 + contrast * np.clip(np.arange(WIDTH) - position + 0.5, 0, 1)
        noise = np.random.default_rng(number).normal(0, sigma, (HEIGHT, WIDTH, 3))
        guide = drawn(control, np.clip(row[None, :, None] + noise, 0, 255).astype(np.uint8))[12:-12]
        if number > 10:
            middle = np.median(np.nonzero(guide > 127)[1])
            # Half a pixel for the grid that edges lie on, half for the middle of the line.
            assert position - speed - 1 <= middle <= position + 1
            assert ink(guide[:, : int(max(0, position - speed - 12))]) < 0.01 * len(guide)


def test_a_contour_that_is_drawn_does_not_blink() -> None:
    """One that becomes too short to begin stays until it is much shorter; one that was never there stays away."""
    control = Scribble()
    assert not drawn(control, bar(18)).any()
    assert drawn(control, bar(30)).any()
    for length in (18, 20, 16, 18):
        assert drawn(control, bar(length)).any()
    assert not drawn(control, bar(8)).any()
    assert not drawn(control, bar(18)).any()


def test_nothing_to_draw_is_black() -> None:
    assert not drawn(Scribble(), np.full((HEIGHT, WIDTH, 3), 110, np.uint8)).any()


def test_reset_forgets_the_past() -> None:
    control = Scribble()
    for picture in noisy(scene(), 6, 6):
        drawn(control, picture)
    control.reset()
    picture = next(noisy(scene()[:, ::-1], 6, 1))
    np.testing.assert_array_equal(drawn(control, picture), drawn(Scribble(), picture))


@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90)), min_size=1, max_size=5),
    st.floats(0, 1),
    st.floats(0.25, 4),
)
def test_any_size_may_follow_any_other(sizes: list[tuple[int, int]], simplicity: float, thickness: float) -> None:
    control = Scribble()
    for number, (width, height) in enumerate(sizes):
        picture = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
        wanted = values(simplicity=simplicity, thickness=thickness, detail=1.0)
        guide = control.guide(picture, height, width, float(number), wanted)
        assert guide.shape == (width, height, 3)
        assert guide.dtype == np.uint8
