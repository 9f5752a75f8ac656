"""Pictures from files, and as text in kept settings."""

from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from app.errors import SourceError
from app.pictures import LONGEST_SIDE, MASK_SIDE, load_mask, load_picture
from app.png import picture_of, png_text
from engine.params import Picture

shapes = st.tuples(st.integers(1, 20), st.integers(1, 20))
pixels = shapes.flatmap(lambda shape: arrays.arrays(np.uint8, shape) | arrays.arrays(np.uint8, (*shape, 3)))


@given(pixels)
def test_a_picture_survives_as_text(content: np.ndarray) -> None:
    picture = Picture(content)
    again = picture_of(png_text(picture))
    assert again == picture
    np.testing.assert_array_equal(again.pixels, content)


@pytest.mark.parametrize("text", ["", "no base64!", "aGVsbG8=", base64.b64encode(b"\x89PNG\r\n\x1a\nhalf").decode()])
def test_text_that_is_no_picture_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no PNG"):
        picture_of(text)


def saved(path: Path, bgr: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), bgr)
    return path


def test_a_picture_is_rgb_and_not_larger_than_needed(tmp_path: Path) -> None:
    bgr = np.zeros((100, 2 * LONGEST_SIDE, 3), np.uint8)
    bgr[..., 2] = 200
    picture = load_picture(saved(tmp_path / "wide.png", bgr)).pixels
    assert picture.shape == (50, LONGEST_SIDE, 3)
    assert (picture == (200, 0, 0)).all()
    small = saved(tmp_path / "small.png", bgr[:, :30])
    assert load_picture(small).pixels.shape == (100, 30, 3)


def test_a_mask_is_brightness_or_what_is_opaque(tmp_path: Path) -> None:
    light = np.zeros((6, 8, 3), np.uint8)
    light[:, 4:] = 255
    for name, content in (
        ("colour.png", light),
        ("gray.png", light[..., 0]),
        ("opaque.png", np.dstack([light, np.full((6, 8), 255, np.uint8)])),
        ("cut out.png", np.dstack([np.full_like(light, 40), light[..., 0]])),
    ):
        mask = load_mask(saved(tmp_path / name, content)).pixels
        np.testing.assert_array_equal(mask, light[..., 0], name)
    soft = np.arange(48, dtype=np.uint8).reshape(6, 8)
    np.testing.assert_array_equal(load_mask(saved(tmp_path / "soft.png", soft)).pixels, soft)


@pytest.mark.parametrize("load", [load_picture, load_mask])
def test_what_cannot_be_read_is_a_sentence_with_its_name(load: object, tmp_path: Path) -> None:
    assert callable(load)
    (tmp_path / "broken.png").write_bytes(b"nothing")
    for path in (tmp_path / "gone.png", tmp_path / "broken.png", tmp_path):
        with pytest.raises(SourceError, match=path.name) as caught:
            load(path)
        assert str(caught.value).endswith(".")


def test_a_mask_keeps_its_own_pixels(tmp_path: Path) -> None:
    lines = np.zeros((1080, 1920), np.uint8)
    lines[:, ::2] = 255
    np.testing.assert_array_equal(load_mask(saved(tmp_path / "hd.png", lines)).pixels, lines)
    assert load_mask(saved(tmp_path / "vast.png", np.zeros((30, 2 * MASK_SIDE), np.uint8))).pixels.shape == (
        15,
        MASK_SIDE,
    )
