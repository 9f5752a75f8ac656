"""The mask over the picture: tinted inside, outlined so that no picture hides it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.frame import LEAST_SEEN
from app.mask_painting import Brush, MaskPainting, united
from app.window import theme
from app.window.mask_overlay import MaskOverlay, Tints, outline_reach


def overlay_of(mask: np.ndarray, *, tinted: bool = True) -> Tints:
    return MaskOverlay(mask, tinted=tinted).tints


def mask_of(width: int, height: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.where(np.hypot(x - width / 2, y - height / 2) < height / 4, np.uint8(255), np.uint8(0))


def channels(overlay: np.ndarray) -> np.ndarray:
    """(H, W, 4): alpha, red, green, blue."""
    return np.stack([overlay >> shift & 255 for shift in (24, 16, 8, 0)], axis=-1).astype(int)


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (320, 180)])
def test_the_outline_is_light_and_dark_on_any_mask(size: tuple[int, int]) -> None:
    overlay = channels(overlay_of(mask_of(*size)))
    assert overlay.shape[:2] == size[::-1]
    rim = overlay[overlay[..., 0] == 255]
    light, dark = (rim[:, 1:].mean(axis=1) > 128).sum(), (rim[:, 1:].mean(axis=1) < 128).sum()
    assert min(light, dark) > 0.25 * len(rim), "dashes of both"
    width, height = size
    assert overlay[height // 2, width // 2, 0] == round(0.55 * 255), "tinted inside"
    assert overlay[0, 0, 0] == 0, "nothing outside"


def test_the_outline_stands_out_where_the_tint_does_not() -> None:
    """Laid over a picture of the mask's own colour."""
    pink = np.array([int(theme.MASK[i : i + 2], 16) for i in (1, 3, 5)])
    overlay = channels(overlay_of(mask_of(640, 360)))
    alpha = overlay[..., :1] / 255
    shown = overlay[..., 1:] + (1 - alpha) * pink
    away = np.abs(shown - pink).max(axis=-1)
    inside, rim = away[180, 320], away[overlay[..., 0] == 255]
    assert inside <= 2, "the tint is lost on it"
    assert rim.min() > 60


def test_the_edge_of_the_picture_is_no_outline() -> None:
    overlay = channels(overlay_of(np.full((180, 320), 255, np.uint8)))
    assert (overlay[..., 0] < 255).all()


def test_the_outline_goes_where_the_engine_begins_to_repaint() -> None:
    """Of a soft border, and of what is painted so faintly that nothing of it is half."""
    for most in (255, 100):
        ramp = np.tile(np.linspace(0, most, 640).astype(np.uint8), (360, 1))
        rim = channels(overlay_of(ramp))[..., 0] == 255
        columns = np.flatnonzero(rim.any(axis=0))
        first = np.flatnonzero(ramp[0] >= LEAST_SEEN)[0]
        assert abs(columns.mean() - first) < 2
        assert len(columns) < 8
    faint = np.tile(np.linspace(0, LEAST_SEEN - 1, 640).astype(np.uint8), (360, 1))
    assert not overlay_of(faint).any(), "what shows nothing is not shown"


def test_the_outline_alone_hides_nothing() -> None:
    tinted, alone = (channels(overlay_of(mask_of(640, 360), tinted=tinted)) for tinted in (True, False))
    rim = tinted[..., 0] == 255
    assert (alone[rim] == tinted[rim]).all()
    assert not alone[~rim].any()


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([(160, 90), (90, 160), (1280, 40)]),
    st.lists(
        st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2), st.floats(1, 60), st.floats(0, 1), st.booleans()),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
)
def test_an_overlay_that_followed_is_the_one_made_anew(
    size: tuple[int, int], dabs: list[tuple[float, float, float, float, bool]], tinted: bool
) -> None:
    width, height = size
    painting = MaskPainting(width, height)
    painting.take(np.random.default_rng(0).integers(0, 60, (height, width), np.uint8))
    overlay = MaskOverlay(painting.pixels, tinted=tinted)
    for x, y, brush, hardness, erases in dabs:
        at = (x * width, y * height)
        changed = united(painting.press(Brush(brush, hardness, erases=erases), at), painting.release())
        if changed is None:
            continue
        before = overlay.tints.copy()
        drawn = overlay.follow(painting.pixels, changed)
        np.testing.assert_array_equal(overlay.tints, overlay_of(painting.pixels, tinted=tinted))
        outside = np.ones(before.shape, bool)
        outside[drawn.slices] = False
        assert (before == overlay.tints)[outside].all()
        reach = outline_reach(painting.pixels)
        assert drawn.left >= changed.left - reach, "no more than that is drawn anew"
        assert drawn.bottom <= changed.bottom + reach
