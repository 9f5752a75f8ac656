from __future__ import annotations

import math

import numpy as np
import pytest

from controls.one_euro import OneEuro

NEVER = np.zeros(1, bool)


def along_a_line(values: list[float], seconds: float, cutoff_hz: float, beta: float) -> list[float]:
    """The filter of the paper, written out for one number, as a second opinion."""
    filtered, speed, results = values[0], 0.0, [values[0]]
    for value in values[1:]:
        rate = 1 / (1 + 1 / (2 * math.pi * 1.0 * seconds))
        speed += rate * ((value - filtered) / seconds - speed)
        cutoff = cutoff_hz + beta * abs(speed)
        filtered += (value - filtered) / (1 + 1 / (2 * math.pi * cutoff * seconds))
        results.append(filtered)
    return results


@pytest.mark.parametrize("direction", [0.0, 0.7, 2.0])
def test_it_is_the_filter_of_the_paper_in_every_direction(direction: float) -> None:
    values = np.cumsum(np.random.default_rng(0).normal(0, 1, 50)).tolist()
    unit = np.array([[math.cos(direction), math.sin(direction)]])
    points = OneEuro(values[0] * unit)
    results = [
        values[0],
        *(float((points.update(v * unit, 0.04, 0.8, 0.3, NEVER) @ unit.T).item()) for v in values[1:]),
    ]
    np.testing.assert_allclose(results, along_a_line(values, 0.04, 0.8, 0.3), atol=1e-9)


def test_an_infinite_cutoff_switches_it_off() -> None:
    random = np.random.default_rng(1)
    points = OneEuro(random.normal(size=(5, 2)))
    for _ in range(10):
        new = random.normal(size=(5, 2))
        np.testing.assert_allclose(points.update(new, 0.03, math.inf, 1.0, np.zeros(5, bool)), new)


def test_a_point_that_restarts_or_was_lost_begins_at_its_input() -> None:
    points = OneEuro(np.array([[0.0, 0.0], [0.0, 0.0], [np.nan, np.nan]]))
    new = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    result = points.update(new, 0.04, 1.0, 0.0, np.array([False, True, False]))
    assert (result[0] < 0.5).all()
    np.testing.assert_array_equal(result[1:], new[1:])
    assert np.isfinite(points.update(new, 0.04, 1.0, 0.0, np.zeros(3, bool))).all()


def test_slack_holds_what_is_near_and_lets_go_of_what_is_far() -> None:
    near, far = np.array([[0.1, 0.0]]), np.array([[0.0, 5.0]])
    plain, slack = OneEuro(np.zeros((1, 2))), OneEuro(np.zeros((1, 2)))
    pulled = slack.update(near, 0.04, 1.0, 0.0, NEVER, slack=1.0)
    np.testing.assert_allclose(pulled, plain.update(near, 0.04, 1.0, 0.0, NEVER) * 0.1**2)
    plain, slack = OneEuro(np.zeros((1, 2))), OneEuro(np.zeros((1, 2)))
    np.testing.assert_array_equal(
        slack.update(far, 0.04, 1.0, 0.0, NEVER, slack=1.0), plain.update(far, 0.04, 1.0, 0.0, NEVER)
    )
