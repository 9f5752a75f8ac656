"""Pictures that come through Qt from other programs."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage

from app.errors import SourceError
from app.pictures import LONGEST_SIDE, load_picture
from app.window.picture_data import image_of, may_hold_pictures, pictures_in, rgb_of
from engine.params import Picture
from tests.app.window.hands import files
from tests.app.window.rig import quarters

shapes = st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3))


@given(shapes.flatmap(lambda shape: arrays.arrays(np.uint8, shape)))
def test_an_image_survives_both_ways(rgb: np.ndarray) -> None:
    np.testing.assert_array_equal(rgb_of(image_of(Picture(rgb))), rgb)


def png(path: Path, rgb: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return path


def test_a_copied_image_is_a_picture_with_transparent_parts_on_black() -> None:
    image = QImage(4, 2, QImage.Format.Format_ARGB32)
    image.fill(0x00FF0000)
    image.setPixel(1, 0, 0xFF204060)
    data = QMimeData()
    data.setImageData(image)
    (picture,) = pictures_in(data)()
    expected = np.zeros((2, 4, 3), np.uint8)
    expected[0, 1] = 0x20, 0x40, 0x60
    np.testing.assert_array_equal(picture.pixels, expected)


def test_files_are_read_by_content_in_their_order(tmp_path: Path) -> None:
    one, other = png(tmp_path / "one.png", quarters()), png(tmp_path / "other.png", quarters()[::-1])
    assert pictures_in(files(one, other))() == [load_picture(one), load_picture(other)]


def test_a_file_counts_more_than_the_icon_that_comes_with_it(tmp_path: Path) -> None:
    path = png(tmp_path / "one.png", quarters())
    data = files(path)
    data.setImageData(QImage(8, 8, QImage.Format.Format_RGB888))
    assert pictures_in(data)() == [load_picture(path)]


@pytest.mark.parametrize("form", ["path", "address"])
def test_the_copied_name_of_a_file_names_its_picture(tmp_path: Path, form: str) -> None:
    path = png(tmp_path / "a face.png", quarters())
    data = QMimeData()
    data.setText(str(path) if form == "path" else QUrl.fromLocalFile(str(path)).toString())
    assert may_hold_pictures(data)
    assert pictures_in(data)() == [load_picture(path)]


def test_a_large_image_is_reduced() -> None:
    data = QMimeData()
    data.setImageData(QImage(2 * LONGEST_SIDE, 20, QImage.Format.Format_RGB888))
    (picture,) = pictures_in(data)()
    assert picture.pixels.shape == (10, LONGEST_SIDE, 3)


def test_what_holds_no_picture_is_told_in_one_sentence(tmp_path: Path) -> None:
    text, address, nothing = QMimeData(), QMimeData(), QMimeData()
    text.setText("a dancer of glass, in rain")
    address.setUrls([QUrl("https://example.org/picture.png")])
    assert not may_hold_pictures(text)
    assert not may_hold_pictures(nothing)
    for data in (text, address, nothing):
        with pytest.raises(SourceError, match="no picture in it"):
            pictures_in(data)()
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no picture")
    with pytest.raises(SourceError, match=r"notes\.txt is not a picture"):
        pictures_in(files(wrong))()
