"""The pictures of a chunk, written and read again: every one comes back to the bit, and none is written twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.frame import GuidedFrame, Pixels
from app.journal.chunk_film import TRACKS, ChunkFilms, frames_of, picture_in, pictures_in
from app.journal.records import Track

sizes = st.tuples(st.integers(1, 70), st.integers(1, 70))


def noise(height: int, width: int, seed: int, colours: int = 256) -> Pixels:
    """Camera noise down to flat colour: what lossless codecs find hard, and what they treat in ways of its own."""
    return np.random.default_rng(seed).integers(0, colours, (height, width, 3), np.uint8)


def encoded(frames: list[GuidedFrame]) -> tuple[bytes, tuple[Track, ...]]:
    return ChunkFilms().encoded(frames, "0.avi")


def decoded(film: bytes, tracks: Sequence[Track], times: list[float], epoch: int) -> list[GuidedFrame]:
    rows = dict(zip(tracks, pictures_in(film), strict=True))
    return frames_of(tracks, times, epoch, lambda track, place: rows[track][place])


def kept_at(own: Mapping[Track, Sequence[Pixels]], before: Mapping[str, bytes], track: Track, place: int) -> Pixels:
    return picture_in(before[track.film], track.row, place) if track.film else own[track][place]


@settings(max_examples=25)
@given(size=sizes, captured=sizes, count=st.integers(1, 5), colours=st.sampled_from((1, 2, 256)), masked=st.booleans())
def test_every_picture_comes_back(
    size: tuple[int, int], captured: tuple[int, int], count: int, colours: int, masked: bool
) -> None:
    frames = [
        GuidedFrame(
            source=noise(*size, seed, colours),
            guide=noise(*size, seed + 10, 2),
            time=seed / 3,
            epoch=4,
            mask=noise(*size, seed, colours)[..., 0].copy() if masked else None,
            structure=noise(*size, seed + 20) if seed % 2 else None,
            captured=noise(*captured, seed + 30, colours),
        )
        for seed in range(count)
    ]
    film, tracks = encoded(frames)
    again = decoded(film, tracks, [frame.time for frame in frames], 4)
    for frame, other in zip(frames, again, strict=True):
        assert (frame.time, frame.epoch) == (other.time, other.epoch)
        for name in TRACKS:
            picture, copy = getattr(frame, name), getattr(other, name)
            assert (picture is None) == (copy is None), name
            assert picture is None or np.array_equal(picture, copy), name


def test_what_does_not_change_is_written_once() -> None:
    picture, mask = noise(48, 64, 0), noise(48, 64, 1)[..., 0].copy()
    once = encoded([GuidedFrame(picture, picture, 0.0, 0, mask)])[0]
    often, tracks = encoded([GuidedFrame(picture, picture, float(i), 0, mask) for i in range(20)])
    assert len(often) == len(once)
    again = decoded(often, tracks, [float(i) for i in range(20)], 0)
    for frame in again:
        assert frame.mask is not None
        assert np.array_equal(frame.source, picture)
        assert np.array_equal(frame.mask, mask)


def test_what_the_chunk_before_had_is_not_written_again() -> None:
    """A still beside a camera that changes all the time, one that comes after it, and one that is the same again."""
    films, still, other = ChunkFilms(), noise(90, 160, 1), noise(90, 160, 2)
    written: dict[str, bytes] = {}
    for number, captured in enumerate((still, still, other, other, still)):
        source = noise(32, 48, 10 + number)
        frames = [GuidedFrame(source, source, float(i), 0, captured=captured) for i in range(3)]
        film, tracks = films.encoded(frames, name := f"{number}.avi")
        written[name] = film
        assert {track.name: track.film for track in tracks} == {
            "source": "",
            "guide": "",
            "captured": {1: "0.avi", 3: "2.avi"}.get(number, ""),
        }
        rows = iter(pictures_in(film))
        at = partial(kept_at, {track: next(rows) for track in tracks if not track.film}, written)
        for frame in frames_of(tracks, [0.0, 1.0, 2.0], 0, at):
            assert frame.captured is not None
            assert np.array_equal(frame.captured, captured)
            assert np.array_equal(frame.source, source)


def test_a_chunk_that_is_as_the_one_before_needs_no_film() -> None:
    picture, films = noise(32, 48, 0), ChunkFilms()
    frames = [GuidedFrame(picture, picture, 0.0, 0)]
    first, _ = films.encoded(frames, "0.avi")
    second, tracks = films.encoded(frames, "1.avi")
    assert second == b""
    assert pictures_in(second) == []
    again = frames_of(tracks, [0.0], 0, lambda track, place: picture_in(first, track.row, place))
    assert np.array_equal(again[0].guide, picture)


def test_a_size_that_changes_within_a_chunk_and_back_keeps_every_picture() -> None:
    source = noise(32, 48, 0)
    sizes = ((90, 160), (60, 90), (90, 160), (60, 90))
    frames = [
        GuidedFrame(source, source, float(number), 0, captured=noise(*size, number))
        for number, size in enumerate(sizes)
    ]
    film, tracks = encoded(frames)
    for frame, copy in zip(frames, decoded(film, tracks, [0.0, 1.0, 2.0, 3.0], 0), strict=True):
        assert frame.captured is not None
        assert copy.captured is not None
        assert np.array_equal(frame.captured, copy.captured)


def test_a_film_that_lacks_a_picture_is_refused() -> None:
    source = noise(32, 48, 0)
    film, tracks = encoded([GuidedFrame(source, source, 0.0, 0)])
    longer = [type(track)(track.name, (0, 1)) for track in tracks]
    with pytest.raises(LookupError):
        decoded(film, longer, [0.0, 1.0], 0)
