from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from controls.passthrough import Passthrough


@given(*[st.integers(1, 70)] * 4)
def test_it_is_the_picture_at_the_guides_size(w: int, h: int, width: int, height: int) -> None:
    picture = np.full((h, w, 3), (10, 200, 90), np.uint8)
    guide = Passthrough().guide(picture, width, height, 0.0, {})
    assert guide.shape == (height, width, 3)
    assert (guide == (10, 200, 90)).all()


def test_it_shrinks_by_averaging_and_changes_nothing_else() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    control = Passthrough()
    np.testing.assert_array_equal(control.guide(picture, 60, 40, 0.0, {}), picture)
    control.reset()
    smaller = cv2.resize(picture, (30, 20), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(control.guide(picture, 30, 20, 0.1, {}), smaller)
