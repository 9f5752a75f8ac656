from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from controls.face import BROWS, EYES, JAW, LANDMARKS, LIPS, NOSE, around_head, head_size, is_turned_away
from controls.skeleton import Points

NECK = np.array([0.5, 0.5])
HEAD = np.array([(0.5, 0.34), (0.47, 0.30), (0.53, 0.30), (0.44, 0.32), (0.56, 0.32)])
SHOULDERS = np.array([(0.35, 0.5), (0.65, 0.5)])


def turned(points: Points, degrees: float) -> Points:
    angle = np.radians(degrees)
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    return np.asarray((points - NECK) @ turn.T + NECK)


def test_the_points_are_in_the_parts_of_the_face_that_mediapipe_names() -> None:
    from mediapipe.tasks.python.vision import FaceLandmarksConnections as Face

    def members(*groups: list[Any]) -> set[int]:
        return {end for group in groups for line in group for end in (line.start, line.end)}

    assert set(JAW) < members(Face.FACE_LANDMARKS_FACE_OVAL)
    assert set(BROWS) <= members(Face.FACE_LANDMARKS_LEFT_EYEBROW, Face.FACE_LANDMARKS_RIGHT_EYEBROW)
    assert set(NOSE) - {168} <= members(Face.FACE_LANDMARKS_NOSE) | {197}  # the bridge has no outline
    assert set(EYES[:6]) <= members(Face.FACE_LANDMARKS_RIGHT_EYE)
    assert set(EYES[6:]) <= members(Face.FACE_LANDMARKS_LEFT_EYE)
    assert set(LIPS) <= members(Face.FACE_LANDMARKS_LIPS)
    assert [len(part) for part in (JAW, BROWS, NOSE, EYES, LIPS)] == [17, 10, 9, 12, 20]
    assert len(set(LANDMARKS)) == 68


@pytest.mark.parametrize("degrees", [0, 35, -80, 180])
def test_a_head_is_upright_in_its_close_up_and_knows_its_front(degrees: float) -> None:
    head = turned(HEAD, degrees)
    closeup = around_head(NECK, head, head_size(NECK, head, turned(SHOULDERS, degrees)))
    nose, right_eye, left_eye, *_ = closeup.unplace(head)
    assert right_eye[0] < 0.5 < left_eye[0]
    assert nose[1] > right_eye[1]
    assert (np.abs(closeup.unplace(head) - 0.5) < 0.3).all()
    assert not is_turned_away(NECK, head)
    assert is_turned_away(NECK, head[[0, 2, 1, 4, 3]])


def test_a_head_from_the_side_is_no_smaller() -> None:
    flat = HEAD.copy()
    flat[:, 0] = 0.5 + 0.3 * (flat[:, 0] - 0.5)
    narrow = np.array([(0.49, 0.5), (0.51, 0.5)])
    assert head_size(NECK, flat, narrow) > 0.8 * head_size(NECK, HEAD, narrow)
