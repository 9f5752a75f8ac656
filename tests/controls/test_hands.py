from __future__ import annotations

import math
from itertools import chain
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls import hands
from controls.closeup import CloseUp
from controls.control import Pixels
from controls.hands import POINTS, HandFinder, around_hand, around_wrist, forearm_length
from controls.landmarker import Landmarks, Task

# An open hand that points upwards, in any unit: wrist, thumb, and four fingers beside each other.
FINGERS = [[(x, 5.0), (x, 7.0), (x, 8.0), (x, 9.0)] for x in (-1.5, -0.5, 0.5, 1.5)]
HAND = np.array([(0, 0), (-1.5, 1), (-2.5, 2), (-3, 3), (-3.5, 4), *chain(*FINGERS)]) * (1.0, -1.0)
WHOLE = CloseUp(np.array([0.5, 0.5]), 1.0, np.array([0.0, -1.0]))


@given(st.floats(0, 2 * math.pi), st.floats(0.005, 0.1), st.floats(-1, 2), st.floats(-1, 2))
def test_hands_look_the_same_in_their_close_ups(angle: float, size: float, x: float, y: float) -> None:
    """Wherever they are, however large and turned: what one landmarker for all of them rests on."""
    turn = np.array([(math.cos(angle), -math.sin(angle)), (math.sin(angle), math.cos(angle))])
    moved = HAND * size @ turn.T + (x, y)
    seen = around_hand(moved).unplace(moved)
    np.testing.assert_allclose(seen, around_hand(HAND).unplace(HAND), atol=1e-6)
    assert (np.abs(seen - 0.5) < 0.5).all()
    wrist, middle_finger = seen[0], seen[12]
    assert wrist[1] > 0.55
    assert middle_finger[1] < 0.45
    assert abs(wrist[0] - middle_finger[0]) < 0.1


def test_around_a_wrist_it_looks_where_the_forearm_points() -> None:
    elbow, wrist = np.array([0.2, 0.5]), np.array([0.4, 0.5])
    closeup = around_wrist(elbow, wrist, 0.2)
    tip = wrist + np.array([0.2, 0.0])  # a hand is shorter than a forearm
    (seen,) = closeup.unplace(tip[None])
    np.testing.assert_allclose(seen[0], 0.5)
    assert 0 < seen[1] < 0.5
    assert 0.5 < closeup.unplace(wrist[None])[0, 1] < 1


def test_a_forearm_that_points_at_the_camera_keeps_its_length() -> None:
    shoulders = np.array([(0.0, 0.0), (0.4, 0.0)])
    elbow = np.array([0.0, 0.3])
    assert forearm_length(shoulders, elbow, elbow + np.array([0.25, 0.0])) == pytest.approx(0.25)
    assert forearm_length(shoulders, elbow, elbow) == pytest.approx(0.6 * 0.3)
    assert forearm_length(shoulders, shoulders[0], shoulders[0]) == pytest.approx(0.35 * 0.4)


class Network:
    """Stands in for mediapipe: finds what it is told to, and remembers as mediapipe does."""

    here: ClassVar[Network]

    def __init__(self, model: Path, most: int, task: Task) -> None:
        assert (most, task.landmarks, task.follows) == (1, POINTS, True)
        Network.here = self
        self.looks = 0
        self.found: list[bool] = []
        self.open = True

    def landmarks(self, picture: Pixels, time: float) -> Landmarks:
        assert picture.flags.c_contiguous
        self.looks += 1
        return np.full((int(self.found.pop(0)), POINTS, 3), 0.25)

    def close(self) -> None:
        self.open = False


def test_it_searches_again_only_where_it_remembered_a_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hands, "Landmarker", Network)
    finder, picture = HandFinder(Path()), np.zeros((20, 20, 3), np.uint8)
    for answers, looks, expected in (
        ([False], 1, False),  # the first look is a search
        ([True], 1, True),
        ([True], 1, True),
        ([False, True], 2, True),  # not where one was: a search
        ([False, False], 2, False),
        ([False], 1, False),
    ):
        Network.here.found, Network.here.looks = list(answers), 0
        found = finder.find(picture, WHOLE)
        assert (Network.here.looks, found is not None) == (looks, expected)
        if found is not None:
            np.testing.assert_allclose(found, np.full((POINTS, 2), 0.25))
    finder.close()
    assert not Network.here.open
