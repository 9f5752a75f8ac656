from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SourceError
from app.inputs import parse_source, source_text
from app.look import SourceChoice

sizes = st.one_of(st.just((0, 0)), st.tuples(st.integers(1, 9999), st.integers(1, 9999)))
rates = st.one_of(st.just(0.0), st.integers(1, 240).map(float), st.decimals(1, 240, places=3).map(float))
# A name that itself ends like a size, a region or a rate cannot be told from one.
names = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=30).filter(
    lambda name: not re.search(r"@[-0-9.,x]*$", name)
)


@given(names, sizes, rates)
def test_a_camera_is_read_as_it_was_written(name: str, size: tuple[int, int], rate: float) -> None:
    choice = SourceChoice("camera", name, size[0], size[1], rate)
    assert parse_source(source_text(choice)) == choice


@given(st.integers(1, 9), rates, st.tuples(*[st.integers(-5000, 5000)] * 2, *[st.integers(0, 9999)] * 2) | st.none())
def test_a_screen_is_read_as_it_was_written(number: int, rate: float, region: tuple[int, int, int, int] | None) -> None:
    choice = SourceChoice("screen", str(number), rate=rate, region=region)
    assert parse_source(source_text(choice)) == choice


@given(sizes, rates)
def test_a_test_card_is_read_as_it_was_written(size: tuple[int, int], rate: float) -> None:
    choice = SourceChoice("testcard", "", size[0], size[1], rate)
    assert parse_source(source_text(choice)) == choice


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("camera", SourceChoice("camera")),
        ("camera:0", SourceChoice("camera", "0")),
        ("camera:/dev/video2", SourceChoice("camera", "/dev/video2")),
        ("camera:Logitech BRIO: main@1280x720@30", SourceChoice("camera", "Logitech BRIO: main", 1280, 720, 30.0)),
        ("camera:@60", SourceChoice("camera", rate=60.0)),
        ("camera@640x480", SourceChoice("camera", "", 640, 480)),
        ("camera:A@B@59.94", SourceChoice("camera", "A@B", rate=59.94)),
        ("screen", SourceChoice("screen")),
        ("screen:2@10,20,300,200@15", SourceChoice("screen", "2", rate=15.0, region=(10, 20, 300, 200))),
        ("testcard@1280x720@30", SourceChoice("testcard", "", 1280, 720, 30.0)),
        ("rtsp://10.0.0.5:554/live@1280x720", SourceChoice("clip", "rtsp://10.0.0.5:554/live@1280x720")),
        ("https://example.org/a.m3u8", SourceChoice("clip", "https://example.org/a.m3u8")),
    ],
)
def test_the_forms_of_the_manual(text: str, choice: SourceChoice) -> None:
    assert parse_source(text) == choice
    assert parse_source(source_text(choice)) == choice


def test_files_are_told_apart_by_their_ending(tmp_path: Path) -> None:
    for name, kind in (("a.PNG", "still"), ("b.mp4", "clip"), ("c.gif", "clip"), ("camera", "clip"), ("a@1x1", "clip")):
        path = tmp_path / name
        path.touch()
        choice = parse_source(str(path))
        assert (choice.kind, choice.target) == (kind, str(path))
        assert source_text(choice) == str(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "No source is named"),
        ("nothing.mp4", "There is no file nothing.mp4"),
        ("cameras", "There is no file cameras"),
        ("camera@fast", "not understood as a source; write camera:NAME"),
        ("screen:1@640x480", "not understood as a source; write screen:1"),
        ("testcard:big", "not understood as a source; write testcard"),
        ("camera:X@1,2,3,4", "not understood"),
    ],
)
def test_what_means_nothing_is_told_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(SourceError, match=re.escape(words)):
        parse_source(text)


def test_a_folder_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder"):
        parse_source(str(tmp_path))
