from __future__ import annotations

import numpy as np
import pytest

from app.errors import SourceError
from app.frame import Pixels
from app.inputs import open_source
from app.inputs.testcard import CODE_BITS, TestCard, code_fields
from app.look import SourceChoice


def number_on(rgb: Pixels) -> int:
    fields = code_fields(rgb.shape[1])
    return sum(
        int(rgb[-1, (left + right) // 2, 0] > 125) << (CODE_BITS - 1 - bit) for bit, (left, right) in enumerate(fields)
    )


@pytest.mark.parametrize("size", [(1280, 720), (320, 192), (33, 77), (16, 16), (1000, 20)])
def test_any_size_moves_and_carries_its_number(size: tuple[int, int]) -> None:
    card = TestCard(*size, 30)
    pictures = [card.picture(number) for number in (0, 1, 700, 40000)]
    for number, rgb in zip((0, 1, 700, 40000), pictures, strict=True):
        assert rgb.shape == (size[1], size[0], 3)
        assert rgb.dtype == np.uint8
        assert number_on(rgb) == number
    assert any((pictures[0] != other).any() for other in pictures[1:])


def test_offline_every_picture_comes_once_and_equal_in_every_run() -> None:
    runs = []
    for _ in range(2):
        source = open_source(SourceChoice("testcard", width=160, height=90, rate=25), realtime=False)
        source.open()
        assert source.title == "Test card, 160x90 at 25"
        frames = [source.read() for _ in range(30)]
        runs.append([frame for frame in frames if frame is not None])
        source.close()
    for i, (one, other) in enumerate(zip(*runs, strict=True)):
        assert number_on(one.rgb) == i
        assert one.time == pytest.approx(i / 25)
        assert (one.rgb == other.rgb).all()


def test_an_earlier_picture_is_never_drawn_over() -> None:
    card = TestCard(160, 90, 30)
    first = card.picture(5)
    copy = first.copy()
    card.picture(6)
    assert (first == copy).all()


def test_live_numbers_rise_and_stamps_follow_the_clock() -> None:
    source = open_source(SourceChoice("testcard", width=160, height=90, rate=200), realtime=True)
    source.open()
    frames = [frame for frame in (source.read() for _ in range(10)) if frame is not None]
    numbers = [number_on(frame.rgb) for frame in frames]
    assert numbers == sorted(set(numbers))
    times = [frame.time for frame in frames]
    assert times == sorted(times)


@pytest.mark.parametrize("choice", [SourceChoice("testcard", width=4, height=4), SourceChoice("testcard", rate=0.001)])
def test_what_cannot_be_drawn_is_told_in_a_sentence(choice: SourceChoice) -> None:
    source = open_source(choice, realtime=False)
    with pytest.raises(SourceError, match="cannot be drawn"):
        source.open()
    source.close()
