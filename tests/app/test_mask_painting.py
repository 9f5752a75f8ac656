"""Strokes, shapes, fills and steps back, on masks of any size."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import count, pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.frame import Pixels
from app.mask_fill import climbed, filled
from app.mask_painting import Brush, MaskPainting, Point, Rect, united

HARD = Brush(size=20, hardness=1.0)


def drawn(painting: MaskPainting, brush: Brush, *points: Point, pressure: float = 1.0) -> Rect | None:
    boxes = [painting.press(brush, points[0], pressure), *(painting.move(point, pressure) for point in points[1:])]
    return united(*boxes, painting.release())


def distances(width: int, height: int, *points: Point) -> np.ndarray:
    """Of each pixel's middle from the nearest of some points close together on a line."""
    y, x = np.mgrid[:height, :width] + 0.5
    return np.asarray(np.min([np.hypot(x - px, y - py) for px, py in points], axis=0))


def test_a_dab_is_a_disc_with_a_soft_rim() -> None:
    painting = MaskPainting(64, 48)
    drawn(painting, HARD, (30.0, 20.0))
    away = distances(64, 48, (30, 20))
    assert (painting.pixels[away < 9.4] == 255).all()
    assert (painting.pixels[away > 10.6] == 0).all()
    soft = MaskPainting(64, 48)
    drawn(soft, Brush(size=20, hardness=0.0), (30.0, 20.0))
    rings = [soft.pixels[(away >= r) & (away < r + 1)].mean() for r in range(12)]
    assert rings == sorted(rings, reverse=True)
    assert 100 < rings[5] < 155
    assert rings[11] == 0


def test_a_stroke_leaves_no_gaps_however_fast_it_is() -> None:
    slow, fast = MaskPainting(320, 180), MaskPainting(320, 180)
    way = [(10 + 300 * i / 200, 20 + 140 * i / 200) for i in range(201)]
    drawn(slow, HARD, *way)
    drawn(fast, HARD, way[0], way[-1])
    assert np.abs(slow.pixels.astype(int) - fast.pixels).max() <= 24
    assert (fast.pixels[distances(320, 180, *way) < 9] == 255).all()
    assert (fast.pixels[distances(320, 180, *way) > 12] == 0).all()


def test_a_stroke_that_crosses_itself_is_no_denser() -> None:
    painting = MaskPainting(64, 64)
    half = Brush(size=16, hardness=1.0, opacity=0.5)
    drawn(painting, half, (8, 32), (56, 32), (8, 32), (32, 8), (32, 56))
    assert painting.pixels.max() == 128
    drawn(painting, half, (32, 32))
    assert painting.pixels.max() == 192, "a second stroke is"


def test_the_eraser_takes_away_what_was_painted() -> None:
    painting = MaskPainting(64, 64)
    drawn(painting, HARD, (8, 32), (56, 32))
    drawn(painting, Brush(size=200, hardness=1.0, erases=True), (32, 32))
    assert painting.is_empty


def test_a_light_touch_of_the_pen_paints_less() -> None:
    areas = []
    for pressure in (0.0, 0.25, 0.5, 1.0, 7.0):
        painting = MaskPainting(64, 64)
        drawn(painting, HARD, (32, 32), pressure=pressure)
        areas.append(int(painting.pixels.astype(int).sum() / 255))
    assert 0 < areas[0] < areas[1] < areas[2] < areas[3] == areas[4]
    assert areas[2] == pytest.approx(math.pi * 25, rel=0.15)


def test_shapes_fill_what_they_enclose() -> None:
    painting = MaskPainting(64, 48)
    assert painting.rectangle((40, 30), (10, 8), HARD) == (10, 8, 40, 30)
    assert (painting.pixels[8:30, 10:40] == 255).all()
    assert painting.pixels.sum() == 255 * 22 * 30
    painting.ellipse((15, 10), (35, 28), Brush(erases=True))
    assert painting.pixels.sum() / 255 == pytest.approx(22 * 30 - math.pi * 10 * 9, rel=0.02)
    painting.clear()
    painting.lasso([(0, 0), (64, 0), (0, 48)], HARD)
    assert painting.pixels.sum() / 255 == pytest.approx(64 * 48 / 2, rel=0.02)
    assert painting.lasso([(0, 0), (64, 48)], HARD) is None
    painting.rectangle((-1e9, -1e9), (1e9, 1e9), HARD)
    assert (painting.pixels == 255).all()


@pytest.mark.parametrize("hardness", [0.0, 0.5, 1.0])
def test_fill_leaves_nothing_thin_beside_a_stroke(hardness: float) -> None:
    painting = MaskPainting(120, 90)
    ring = Brush(size=24, hardness=hardness)
    painting.press(ring, (25, 20))
    for corner in ((95, 20), (95, 70), (25, 70), (25, 20)):
        painting.move(corner)
    painting.release()
    before = painting.pixels.copy()
    painting.fill((60, 45), HARD)
    assert painting.pixels[20:71, 25:96].min() == 255, "up to the middle of the ring"
    np.testing.assert_array_equal(painting.pixels[:8], before[:8])
    assert painting.pixels[45, 5] == 0, "outside the ring"
    painting.fill((60, 45), Brush(size=24, hardness=hardness, erases=True))
    assert painting.is_empty


def test_fill_stops_at_what_is_painted() -> None:
    painting = MaskPainting(64, 48)
    painting.rectangle((0, 20), (64, 24), HARD)
    painting.fill((5, 5), HARD)
    assert (painting.pixels[:24] == 255).all()
    assert not painting.pixels[24:].any()
    painting.fill((5, 5), Brush(erases=True))
    assert painting.is_empty
    assert painting.fill((64, 5), HARD) is None


@pytest.mark.parametrize("erases", [False, True])
def test_a_fill_of_what_is_filled_already_is_nothing(erases: bool) -> None:
    """Not even in the soft edge around it, or it would be a step back that nobody sees."""
    painting = MaskPainting(120, 90)
    drawn(painting, Brush(size=30, hardness=0.3), (60, 20), (60, 70))
    before = painting.pixels.copy()
    assert painting.fill((5, 5) if erases else (60, 45), replace(HARD, erases=erases)) is None
    np.testing.assert_array_equal(painting.pixels, before)


@pytest.mark.parametrize("falls", [False, True])
def test_a_fill_takes_all_that_its_rule_gives_pixel_by_pixel(falls: bool) -> None:
    """Slopes of every width, plateaus and ridges, whose feet are not all in the area."""
    random = np.random.default_rng(0)
    beyond = 0
    for number in range(40):
        painting = MaskPainting(120, 90)
        for _ in range(1 + number % 4):
            brush = Brush(random.uniform(3, 100), random.choice([0, 0.4, 1]), random.choice([0.4, 1]))
            drawn(painting, brush, *zip(random.uniform(0, 120, 3), random.uniform(0, 90, 3), strict=True))
        mask = painting.pixels
        (x, y), heights = random.integers(90, size=2).tolist(), np.asarray(255 - mask if falls else mask)
        result = filled(mask, x, y, falls=falls)
        area = cv2.inRange(mask, max(0, int(mask[y, x]) - 64), min(255, int(mask[y, x]) + 64))
        labels = cv2.connectedComponents(area, connectivity=4)[1]
        area = inside = (labels == labels[y, x]).astype(np.uint8) * np.uint8(255)
        for _ in range(200):
            inside = climbed(inside, area, heights)
        assert (result[inside > 0] == 255).all(), number
        assert np.count_nonzero(result > inside) <= 2, number
        beyond += int(np.count_nonzero(result > area))
    assert beyond > 10_000, "there were slopes"


def test_a_fill_up_a_wide_edge_looks_at_the_whole_mask_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, erode = count(), cv2.erode
    monkeypatch.setattr(cv2, "erode", lambda *given: (next(looks), erode(*given))[1])
    painting = MaskPainting(480, 320)
    drawn(painting, Brush(size=300, hardness=0), (240, 160))
    painting.fill((3, 3), HARD)
    assert painting.pixels.min() > 250, "up to its middle"
    assert next(looks) <= 8


def test_a_stroke_under_way_can_be_given_up() -> None:
    painting = MaskPainting(64, 48)
    painting.rectangle((0, 0), (10, 10), HARD)
    before = painting.pixels.copy()
    painting.press(HARD, (40, 30))
    painting.move((50, 40))
    assert painting.cancel() == (30, 20, 60, 48)
    assert not painting.is_stroking
    assert (painting.pixels == before).all()
    assert painting.move((3, 3)) is None, "that stroke is over"
    assert painting.cancel() is None


def test_another_mask_comes_in_whatever_its_size() -> None:
    painting = MaskPainting(64, 48)
    drawn(painting, HARD, (20, 20))
    other = np.full((30, 40), 9, np.uint8)
    assert painting.take(other) == (0, 0, 40, 30)
    other[:] = 0
    assert (painting.pixels == 9).all()
    assert painting.size == (40, 30)
    painting.press(HARD, (20, 15))
    painting.take(np.zeros((30, 40), np.uint8))
    assert painting.move((30, 15)) is None, "the stroke is over"


@pytest.mark.parametrize("opacity", [0.1, 0.15, 0.25, 0.5])
def test_what_is_painted_faintly_is_painted(opacity: float) -> None:
    for painting in (MaskPainting(64, 48), MaskPainting(64, 48)):
        drawn(painting, Brush(size=20, hardness=1.0, opacity=opacity), (20, 20))
        assert not painting.is_empty
        assert painting.pixels.max() == pytest.approx(255 * opacity, abs=1)


WAY = [(30.0, 40.0), (90.0, 50.0), (120.0, 90.0), (60.0, 100.0)]


@pytest.mark.parametrize("hardness", [0.0, 0.3, 0.7, 1.0])
def test_an_eraser_on_the_way_of_a_brush_like_it_leaves_nothing(hardness: float) -> None:
    painting = MaskPainting(160, 120)
    drawn(painting, Brush(size=40, hardness=hardness), *WAY)
    erasing = drawn(painting, Brush(size=40, hardness=hardness, erases=True), *WAY)
    assert erasing is not None
    assert not painting.pixels.any()
    assert painting.is_empty


def test_an_eraser_beside_the_way_leaves_no_more_than_is_seen() -> None:
    """A hand that goes the same way again goes a pixel beside it."""
    painting = MaskPainting(160, 120)
    drawn(painting, Brush(size=40, hardness=0.5), *WAY)
    drawn(painting, Brush(size=44, hardness=0.5, erases=True), *[(x + 0.7, y - 0.7) for x, y in WAY])
    assert painting.is_empty


def test_an_eraser_leaves_faint_paint_beside_it_as_it_is() -> None:
    wash, soft = Brush(size=60, hardness=0.0, opacity=0.2), Brush(size=30, hardness=0.2, erases=True)
    painting = MaskPainting(160, 120)
    drawn(painting, wash, (20, 60), (140, 60))
    before = painting.pixels.copy()
    drawn(painting, soft, (80, 60))
    edge = (painting.pixels > 0) & (painting.pixels < before)
    assert edge.any(), "it fades into what is erased"
    untouched = distances(160, 120, (80, 60)) > 17
    assert (painting.pixels == before)[untouched].all()


def test_an_eraser_leaves_the_soft_border_of_what_stays() -> None:
    painting = MaskPainting(160, 120)
    painting.rectangle((0, 0), (160, 120), HARD)
    drawn(painting, Brush(size=60, hardness=0.0, erases=True), (80, 60))
    away = distances(160, 120, (80, 60))
    rings = [painting.pixels[(away >= r) & (away < r + 1)].mean() for r in range(34)]
    assert rings == sorted(rings)
    assert all(after - before < 16 for before, after in pairwise(rings)), "no step in it"


def test_an_eraser_that_takes_a_part_leaves_the_other() -> None:
    painting = MaskPainting(160, 120)
    drawn(painting, Brush(size=40, hardness=1.0), *WAY)
    drawn(painting, Brush(size=60, hardness=1.0, opacity=0.8, erases=True), *WAY)
    assert painting.pixels.max() == pytest.approx(51, abs=1)


def test_a_shape_that_erases_leaves_no_rims_either() -> None:
    painting = MaskPainting(160, 120)
    drawn(painting, Brush(size=40, hardness=0.2), (60, 60), (100, 60))
    painting.rectangle((44, 43), (116, 77), Brush(size=40, hardness=0.2, erases=True))
    assert painting.is_empty


@given(
    st.lists(st.tuples(st.floats(-50, 150), st.floats(-50, 150)), min_size=1, max_size=6),
    st.floats(1, 120),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.booleans(),
)
def test_only_what_is_told_changes(
    points: list[Point], size: float, hardness: float, opacity: float, pressure: float, erases: bool
) -> None:
    painting = MaskPainting(100, 70)
    painting.take(np.random.default_rng(0).integers(0, 256, (70, 100), np.uint8))
    before = painting.pixels.copy()
    box = drawn(painting, Brush(size, hardness, opacity, erases), *points, pressure=pressure)
    after: Pixels = painting.pixels
    assert ((after <= before) if erases else (after >= before)).all()
    outside = np.ones(before.shape, bool)
    if box is not None:
        outside[box.slices] = False
    assert (after[outside] == before[outside]).all()


@pytest.mark.parametrize("wrong", [{"size": 0.5}, {"hardness": 1.1}, {"opacity": -0.1}, {"size": math.nan}])
def test_a_brush_out_of_range_says_what_was_expected(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"the brush's {next(iter(wrong))} is .* expected"):
        Brush(**wrong)  # type: ignore[arg-type]
