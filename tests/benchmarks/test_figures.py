"""The table says what was reached, and survives JSON."""

from __future__ import annotations

import json
import math

import pytest

from benchmarks.starter.figures import Figure, Section, figures_of, table, to_json

CASES = [
    *((30, False, "goal"), (27, False, "floor"), (20, False, "no"), (math.nan, False, "no")),
    *((20, True, "goal"), (26, True, "goal"), (29, True, "floor"), (31, True, "no"), (math.nan, True, "no")),
]


@pytest.mark.parametrize(("value", "at_most", "met"), CASES)
def test_a_figure_meets_its_goal_its_floor_or_nothing(value: float, at_most: bool, met: str) -> None:
    floor, goal = (30.0, 26.0) if at_most else (26.0, 30.0)
    assert Figure("m", value, floor, goal, at_most=at_most).met == met


def test_without_a_goal_the_floor_decides_and_without_either_nothing_does() -> None:
    assert Figure("m", 0.2, 0.3, at_most=True).met == "floor"
    assert Figure("m", 0.4, 0.3, at_most=True).met == "no"
    assert Figure("m", 0.4).met == "-"


def test_the_table_has_a_line_for_each_figure() -> None:
    lines = table(
        [Figure("mask: PSNR", 27.345, 26, 30, " dB"), Figure("flicker", 1.2, 1.5, 1.1, "x", True)]
    ).splitlines()
    assert lines[2] == "| mask: PSNR | 27.3 dB | >= 26 dB | >= 30 dB | floor |"
    assert lines[3] == "| flicker | 1.200x | <= 1.500x | <= 1.100x | floor |"


def test_figures_come_back_from_json_as_they_went() -> None:
    figures = (Figure("a", 0.5, 0.4, 0.6), Figure("b", math.nan, 1.5, at_most=True), Figure("c", 3.0, unit=" dB"))
    section = Section(figures, {"by look": {0.25: math.inf, "neon": [1.0, (2.0,)]}})
    kept = json.loads(json.dumps(to_json(section), allow_nan=False))
    assert [str(figure) for figure in figures_of(kept)] == [str(figure) for figure in figures]
    assert kept["details"] == {"by look": {"0.25": None, "neon": [1.0, [2.0]]}}
