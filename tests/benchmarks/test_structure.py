"""Edges and limbs with known answers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.starter.structure import distance, edge_f1, edges, levels, limb_iou, line_contrast, within
from controls import skeleton
from controls.control import Pixels

SIZE = (192, 320)


def lines(*columns: int, level: int = 255) -> Pixels:
    """One picture with vertical lines one pixel wide on black."""
    picture = np.zeros((1, *SIZE, 3), np.uint8)
    for column in columns:
        picture[0, 20:170, column] = level
    return picture


def drawn(*columns: int, ground: int = 0, ink: int = 255) -> Pixels:
    """The same lines as a look would paint them: three pixels wide, on a ground of its own."""
    picture = np.full((1, *SIZE, 3), ground, np.uint8)
    for column in columns:
        picture[0, 20:170, column - 1 : column + 2] = ink
    return picture


def limbs(x: float = 0.5) -> Pixels:
    """The guide of somebody who stands with arms spread."""
    points = np.full((18, 2), np.nan)
    for joint, (dx, y) in {1: (0, 0.3), 2: (-0.08, 0.3), 5: (0.08, 0.3), 4: (-0.2, 0.35), 3: (-0.14, 0.3)}.items():
        points[joint] = x + dx, y
    points[8], points[9], points[10] = (x - 0.05, 0.6), (x - 0.06, 0.75), (x - 0.06, 0.9)
    return skeleton.draw([points], SIZE[1], SIZE[0])[None]


@pytest.mark.parametrize(("ground", "ink"), [(0, 255), (230, 20), (100, 160)])
def test_lines_painted_where_they_belong_count_in_full(ground: int, ink: int) -> None:
    assert edge_f1(drawn(40, 160, 280, ground=ground, ink=ink), lines(40, 160, 280)) > 0.98


def test_a_missing_line_lowers_recall_and_a_false_one_precision() -> None:
    missing = edge_f1(drawn(40), lines(40, 160))
    false = edge_f1(drawn(40, 160), lines(40))
    assert missing == pytest.approx(2 / 3, abs=0.02)  # precision 1, recall 1/2
    assert false == pytest.approx(2 / 3, abs=0.02)  # precision 1/2, recall 1


def test_lines_may_lie_two_pixels_off_and_no_farther() -> None:
    # The outer edges of a line three pixels wide lie a pixel or two outside it.
    assert edge_f1(drawn(41), lines(40)) > 0.6
    assert edge_f1(drawn(48), lines(40)) == 0.0


def test_nothing_painted_scores_nothing() -> None:
    flat = np.full((1, *SIZE, 3), 90, np.uint8)
    assert edge_f1(flat, lines(40)) == 0.0
    assert np.isnan(edge_f1(drawn(40), np.zeros_like(flat)))


def test_faint_noise_is_no_edge() -> None:
    noisy = np.random.default_rng(0).normal(90, 2, (*SIZE, 3)).clip(0, 255).astype(np.uint8)
    assert edges(noisy).mean() < 0.01


def test_counts_only_where_it_is_told_to() -> None:
    left = np.zeros((1, *SIZE), np.bool_)
    left[:, :, :100] = True
    assert edge_f1(drawn(40, 250), lines(40, 160), left) > 0.98


@given(st.integers(0, 255), st.integers(0, 255))
def test_line_contrast_is_the_step_from_the_ground_to_the_lines(ground: int, ink: int) -> None:
    control = lines(40, 160)
    painted = drawn(40, 160, ground=ground, ink=ink)
    assert line_contrast(painted, control) == pytest.approx(abs(ink - ground), abs=0.5)
    assert line_contrast(255 - painted, control) == pytest.approx(line_contrast(painted, control), abs=0.5)


def test_a_faint_line_counts_in_full_as_an_edge_and_in_part_as_contrast() -> None:
    control = lines(40, 160, 280)
    faint, full = drawn(40, 160, 280, ink=100), drawn(40, 160, 280, ink=250)
    assert edge_f1(faint, control) == edge_f1(full, control)
    assert line_contrast(faint, control) / line_contrast(full, control) == pytest.approx(0.4, abs=0.01)


def test_by_the_levels_of_a_full_picture_a_faint_one_has_no_edges() -> None:
    control = lines(40, 160, 280)
    faint, full = drawn(40, 160, 280, ink=30), drawn(40, 160, 280, ink=250)
    assert edge_f1(faint, control) > 0.98
    assert edge_f1(faint, control, stretch=levels(full)) == 0.0
    assert edge_f1(full, control, stretch=levels(full)) == edge_f1(full, control)


def test_line_contrast_looks_neither_at_other_lines_nor_far_away() -> None:
    # A second line of the guide in the ring of the first, and anything else at 10 px, change nothing.
    assert line_contrast(drawn(40, 45, ink=200), lines(40, 45)) == pytest.approx(200, abs=0.5)
    assert line_contrast(drawn(40, 50, ink=200), lines(40)) == pytest.approx(200, abs=0.5)
    assert line_contrast(drawn(200), lines(40)) == 0


def test_line_contrast_has_no_answer_without_lines_and_leaves_out_pictures_that_have_none() -> None:
    nothing = np.zeros((1, *SIZE, 3), np.uint8)
    assert np.isnan(line_contrast(drawn(40), nothing))
    assert np.isnan(line_contrast(nothing, np.full_like(nothing, 255)))
    both = line_contrast(np.concatenate([drawn(40), drawn(40)]), np.concatenate([lines(40), nothing]))
    assert both == line_contrast(drawn(40), lines(40))


def test_the_distance_to_nothing_is_infinite() -> None:
    mask = np.zeros((5, 8), np.bool_)
    assert np.isinf(distance(mask)).all()
    mask[2, 3] = True
    assert distance(mask)[2].tolist() == [3, 2, 1, 0, 1, 2, 3, 4]


def test_within_measures_from_middle_to_middle() -> None:
    mask = np.zeros((9, 9), np.bool_)
    mask[4, 4] = True
    near = within(mask, 2.0)
    assert near[4, 6]
    assert near[2, 4]
    assert not near[2, 5]  # the root of 5 away
    assert not within(np.zeros_like(mask), 100.0).any()


@pytest.mark.parametrize("radius", [3, 8, 16])
def test_a_body_along_the_limbs_is_found_at_its_own_thickness(radius: int) -> None:
    guide = limbs()
    body = within(guide[0].max(axis=-1) > 0, radius)
    painted = np.where(body[..., None], (240, 90, 20), (12, 20, 40)).astype(np.uint8)[None]
    iou, found = limb_iou(painted, guide)
    assert iou > 0.95
    assert found == radius


def test_an_outline_shows_what_it_encloses() -> None:
    guide = limbs()
    body = within(guide[0].max(axis=-1) > 0, 8).astype(np.uint8)
    outline = np.asarray(cv2.dilate(body, np.ones((3, 3), np.uint8))) - body
    painted = np.where(outline[..., None] > 0, (20, 20, 20), (240, 238, 220)).astype(np.uint8)[None]
    assert limb_iou(painted, guide)[0] > 0.85


def test_a_body_elsewhere_and_a_picture_of_noise_do_not_lie_on_the_limbs() -> None:
    body = within(limbs(0.2)[0].max(axis=-1) > 0, 6)
    painted = np.where(body[..., None], 240, 10).astype(np.uint8)[None].repeat(3, axis=-1)
    noise = np.random.default_rng(0).integers(0, 256, (1, *SIZE, 3)).astype(np.uint8)
    assert limb_iou(painted, limbs(0.75))[0] == 0.0
    assert limb_iou(noise, limbs())[0] < 0.35


def test_the_same_guide_turned_round_is_not_lain_on() -> None:
    guide = limbs(0.3)
    body = within(guide[0].max(axis=-1) > 0, 8)
    painted = np.where(body[..., None], 240, 10).astype(np.uint8)[None].repeat(3, axis=-1)
    assert limb_iou(painted, guide[:, ::-1, ::-1])[0] < 0.2 < 0.9 < limb_iou(painted, guide)[0]


def test_without_anybody_there_is_no_answer() -> None:
    empty = np.zeros((2, *SIZE, 3), np.uint8)
    assert np.isnan(limb_iou(empty, empty)[0])
