"""The bundled clip: what the window shows first where there is no camera, and what headless runs render."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from app.frame import Pixels
from app.inputs import open_source
from app.look import SourceChoice
from assets import CLIP
from assets.figure import figure_at
from assets.make_clip import HEIGHT, RATE, SECONDS, WIDTH, render


@pytest.fixture(scope="module")
def pictures() -> list[Pixels]:
    source = open_source(SourceChoice("clip", str(CLIP)), realtime=False)
    source.open()
    assert source.rate == RATE
    frames = [source.read() for _ in range(RATE * SECONDS + 1)]
    source.close()
    return [frame.rgb for frame in frames if frame is not None]


def difference(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def test_it_is_small_and_has_the_right_shape(pictures: list[Pixels]) -> None:
    assert CLIP.stat().st_size < 1_500_000
    assert {picture.shape for picture in pictures} == {(HEIGHT, WIDTH, 3)}
    assert len(pictures) == RATE * SECONDS + 1


def test_it_moves_and_loops_without_a_seam(pictures: list[Pixels]) -> None:
    steps = [difference(one, other) for one, other in pairwise(pictures[:-1])]
    assert min(steps) > 0.1
    seam = difference(pictures[-2], pictures[-1])
    assert seam < 1.5 * np.median(steps)
    assert difference(pictures[0], pictures[-1]) < 1.0


def test_it_is_what_its_script_renders(pictures: list[Pixels]) -> None:
    assert difference(pictures[100], render(100)) < 3.0


def test_the_figure_is_where_it_was_after_one_round() -> None:
    for phase in (0.0, 0.3, 0.7):
        for limb, later in zip(figure_at(phase).limbs, figure_at(phase + 1).limbs, strict=True):
            assert np.allclose(limb.start, later.start)
            assert np.allclose(limb.end, later.end)


def test_the_figure_stands_on_the_floor() -> None:
    for phase in np.linspace(0, 1, 50):
        lowest = min(min(limb.start[1] - limb.r0, limb.end[1] - limb.r1) for limb in figure_at(phase).limbs)
        assert abs(lowest) < 0.03
