from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.inputs.size import covering

sides = st.integers(1, 5000)


@given(sides, sides, st.integers(0, 5000), st.integers(0, 5000))
def test_covers_what_is_wanted_without_growing(width: int, height: int, wanted_w: int, wanted_h: int) -> None:
    new_w, new_h = covering(width, height, wanted_w, wanted_h)
    assert 1 <= new_w <= width
    assert 1 <= new_h <= height
    assert new_w >= min(width, wanted_w)
    assert new_h >= min(height, wanted_h)
    if wanted_w and wanted_h and (new_w, new_h) != (width, height):
        # as small as it can be: one side fits exactly
        assert new_w == wanted_w or new_h == wanted_h
        assert abs(new_w / width - new_h / height) <= 0.5 / width + 0.5 / height + 1e-9


def test_nothing_wanted_changes_nothing() -> None:
    assert covering(1920, 1080, 0, 0) == (1920, 1080)
    assert covering(1920, 1080, 0, 540) == (960, 540)
