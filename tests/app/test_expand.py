"""Where the source stands on a canvas that is larger than it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.expand import Area, Expand, placed, source_area

sides = st.floats(0, 1)
expands = st.builds(Expand, sides, sides, sides, sides)
sizes = st.integers(1, 90)


@pytest.mark.parametrize(
    ("expand", "area"),
    [
        (Expand(), Area(0, 0, 320, 192)),
        (Expand(1.0, 0.0, 1.0, 0.0), Area(107, 0, 106, 192)),
        (Expand(0.0, 0.5, 0.0, 0.0), Area(0, 64, 320, 128)),
        (Expand(0.5, 0.5, 0.5, 0.5), Area(80, 48, 160, 96)),
    ],
)
def test_a_border_has_its_share_of_the_canvas(expand: Expand, area: Area) -> None:
    assert source_area(expand, 320, 192) == area


@given(expands, sizes, sizes, st.none() | st.floats(0.05, 20))
def test_the_source_is_always_on_the_canvas(expand: Expand, width: int, height: int, aspect: float | None) -> None:
    area = source_area(expand, width, height, aspect)
    assert area.width >= 1
    assert area.height >= 1
    canvas = placed(np.full((area.height, area.width, 3), 7, np.uint8), area, width, height, 200)
    assert canvas.shape == (height, width, 3)
    assert (canvas == 7).all(axis=2).sum() == area.width * area.height


@given(expands, st.floats(0.2, 5))
def test_an_aspect_is_kept(expand: Expand, aspect: float) -> None:
    area = source_area(expand, 960, 720, aspect)
    assert abs(area.width - aspect * area.height) <= 1 + aspect


def test_a_canvas_without_border_is_the_picture_itself() -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    assert placed(picture, source_area(Expand(), 6, 4), 6, 4, 200) is picture


@pytest.mark.parametrize("wrong", [(-0.1, 0, 0, 0), (0, 0, 1.1, 0), (0, float("nan"), 0, 0)])
def test_nonsense_is_refused(wrong: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="expected fractions"):
        Expand(*wrong)


def test_only_a_border_counts_as_one() -> None:
    assert not Expand()
    assert Expand(top=0.1)
