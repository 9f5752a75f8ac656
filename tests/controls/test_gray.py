"""The gray guide: brightness and nothing else."""

from __future__ import annotations

import numpy as np

from controls.gray import Gray

PICTURE = np.random.default_rng(0).integers(0, 256, (40, 64, 3), np.uint8)


def test_the_guide_is_the_luma_in_three_equal_channels() -> None:
    guide = Gray().guide(PICTURE, 64, 40, 0.0, {})
    luma = PICTURE @ np.array([0.299, 0.587, 0.114])
    assert np.abs(guide[..., 0] - luma).max() <= 1
    assert (guide == guide[..., :1]).all()


def test_it_comes_at_the_guides_size() -> None:
    assert Gray().guide(PICTURE, 32, 16, 0.0, {}).shape == (16, 32, 3)
