"""Targets are what training paints for the same lines, and what the measures take them for."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.starter.color import nearest_color
from benchmarks.starter.fidelity import blockiness
from benchmarks.starter.prompting import GROUND_LOOKS, bare
from benchmarks.starter.repeating import GRID_LOOKS, GRID_PERIODS
from benchmarks.starter.structure import edge_f1, line_contrast
from benchmarks.starter.targets import target
from benchmarks.starter.words import usual_prompt, usual_wish
from controls.control import Pixels
from training.palettes import GROUNDS
from training.prompts import LOOKS, Wish


def guide() -> Pixels:
    """Two pictures of slanted lines, white on black."""
    y, x = np.mgrid[:96, :160]
    lines = np.stack([(x + y // 3 + shift) % 53 == 0 for shift in (0, 5)])
    return np.where(lines[..., None], 255, 0).astype(np.uint8).repeat(3, axis=-1)


@pytest.mark.parametrize("look", LOOKS)
def test_a_target_shows_the_guide_s_lines(look: str) -> None:
    painted = target(usual_wish(look), guide())
    assert painted.shape == guide().shape
    assert line_contrast(painted, guide()) > 20


@pytest.mark.parametrize("look", GRID_LOOKS)
def test_looks_that_a_grid_is_looked_for_in_have_none_of_their_own(look: str) -> None:
    painted = target(usual_wish(look), guide())
    assert edge_f1(painted, guide()) > 0.9
    for period in GRID_PERIODS:
        # Fewer lines of a wider grid, so that those of the guide weigh more.
        assert blockiness(painted, period) == pytest.approx(blockiness(guide(), period), rel=0.00625 * period)


@pytest.mark.parametrize("look", GROUND_LOOKS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_grounds_are_seen_where_the_target_leaves_them_bare(look: str, ground: str) -> None:
    where = bare(guide())
    assert where.any()
    assert nearest_color(target(Wish("", look, None, ground), guide()), GROUNDS, where) == ground


def test_the_usual_wish_says_what_the_usual_prompt_says() -> None:
    for look in LOOKS:
        wish, words = usual_wish(look), usual_prompt(look).replace(",", "").split()
        assert wish.prompt == usual_prompt(look)
        assert {wish.look, wish.color} <= set(words)
        assert [word for word in words if word in GROUNDS] == [word for word in (wish.ground,) if word]
