"""Growing and feathering, at any size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.expand import Area
from app.frame import Pixels
from app.framing import Framing
from app.mask_shape import MaskShape
from app.source_mask import canvas_mask


def disc(radius: float, width: int = 320, height: int = 192) -> Pixels:
    y, x = np.mgrid[:height, :width] + 0.5
    away = np.hypot(x - width / 2, y - height / 2)
    return np.asarray(np.clip(radius + 0.5 - away, 0, 1) * 255, np.uint8)


def radius_of(mask: Pixels) -> float:
    return float(np.sqrt(mask.astype(float).sum() / 255 / np.pi))


def test_nothing_to_do_gives_the_mask_itself() -> None:
    mask = disc(30)
    assert MaskShape().of(mask) is mask


@pytest.mark.parametrize("grow", [-20.0, -6.0, 6.0, 20.0, 40.0])
def test_it_grows_as_far_as_it_says_at_every_size(grow: float) -> None:
    for scale in (1, 2):
        grown = MaskShape(grow=grow).of(disc(40 * scale, 320 * scale, 192 * scale))
        assert radius_of(grown) == pytest.approx((40 + grow) * scale, abs=(0.5 + 0.07 * abs(grow)) * scale)
        half = 192 * scale // 2
        column = grown[:, 160 * scale]
        assert (column[half : half + round((40 + grow) * scale) - 2] == 255).all()


def test_what_reaches_the_border_of_the_picture_stays_there() -> None:
    mask = np.zeros((192, 320), np.uint8)
    mask[:, :100] = 255
    for shape in (MaskShape(grow=-20), MaskShape(feather=30), MaskShape(20, 30)):
        assert (shape.of(mask)[:, 0] == 255).all()


@given(st.floats(1, 80))
def test_a_feather_is_as_wide_as_it_says_and_keeps_the_middle(feather: float) -> None:
    mask = np.zeros((192, 320), np.uint8)
    mask[:, 160:] = 255
    row = MaskShape(feather=feather).of(mask)[90].astype(int)
    assert (np.diff(row) >= 0).all()
    assert abs(int(row[159]) + int(row[160]) - 255) <= 4
    assert np.count_nonzero((row > 8) & (row < 247)) == pytest.approx(0.9 * feather, abs=2 + 0.15 * feather)


def test_soft_borders_stay_soft() -> None:
    ramp = np.tile(np.linspace(0, 255, 320).astype(np.uint8), (192, 1))
    grown = MaskShape(grow=10).of(ramp)
    np.testing.assert_array_equal(grown[:, :300], ramp[:, 10:310])


@pytest.mark.parametrize("wrong", [{"grow": 41.0}, {"feather": -1.0}, {"feather": float("nan")}])
def test_out_of_range_is_told(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"the mask's {next(iter(wrong))} is .* expected"):
        MaskShape(**wrong)


def test_next_to_no_feather_is_none() -> None:
    mask = disc(30)
    np.testing.assert_array_equal(MaskShape(feather=5e-324).of(mask), mask)


def test_a_mask_is_grown_and_feathered_at_the_canvass_own_size() -> None:
    """A line of two pixels stays one, where nothing moves it and where it grows."""
    lines = np.zeros((216, 1920), np.uint8)
    lines[:, 1::40] = lines[:, 2::40] = 255

    def on_canvas(shape: MaskShape) -> Pixels:
        mask = canvas_mask(lines, False, shape, Framing(), Area(0, 0, 1920, 216), 1920, 216)
        assert mask is not None
        return mask

    np.testing.assert_array_equal(on_canvas(MaskShape(grow=-0.05)), lines)
    for shape in (MaskShape(grow=0.5), MaskShape(feather=0.5), MaskShape(grow=1, feather=1)):
        mask = on_canvas(shape)
        np.testing.assert_array_equal(mask, shape.of(lines))
        assert np.ptp(mask[100, 400:440]) > 180


@pytest.mark.parametrize("feather", [1.0, 12.0, 40.0])
def test_a_wide_feather_is_the_gaussian_it_says(feather: float) -> None:
    """Made of a smaller copy or not."""
    mask = np.asarray(disc(150, 1283, 727))
    deviation = feather * 1283 / 320 / 4
    plain = cv2.GaussianBlur(mask, (0, 0), deviation, borderType=cv2.BORDER_REPLICATE)
    assert cv2.norm(plain, MaskShape(feather=feather).of(mask), cv2.NORM_INF) <= 4
