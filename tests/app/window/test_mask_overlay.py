"""The mask over the picture: tinted inside, outlined so that no picture hides it."""

from __future__ import annotations

import numpy as np
import pytest

from app.window import theme
from app.window.mask_overlay import overlay_of


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


def test_a_soft_edge_is_outlined_at_its_half() -> None:
    ramp = np.tile(np.linspace(0, 255, 640).astype(np.uint8), (360, 1))
    rim = channels(overlay_of(ramp))[..., 0] == 255
    columns = np.flatnonzero(rim.any(axis=0))
    assert abs(columns.mean() - 320) < 3
    assert len(columns) < 8
