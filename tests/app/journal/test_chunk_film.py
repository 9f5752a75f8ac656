"""The pictures of a chunk, written and read again: every one comes back to the bit, and none is written twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.frame import GuidedFrame, Pixels
from app.journal.chunk_film import TRACKS, decoded, encoded

sizes = st.tuples(st.integers(1, 70), st.integers(1, 70))


def noise(height: int, width: int, seed: int, colours: int = 256) -> Pixels:
    """Camera noise down to flat colour: what lossless codecs find hard, and what they treat in ways of its own."""
    return np.random.default_rng(seed).integers(0, colours, (height, width, 3), np.uint8)


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


def test_a_size_that_changes_within_a_chunk_leaves_pictures_out() -> None:
    source = noise(32, 48, 0)
    frames = [
        GuidedFrame(source, source, 0.0, 0, captured=noise(90, 160, 1)),
        GuidedFrame(source, source, 1.0, 0, captured=noise(60, 90, 2)),
    ]
    film, tracks = encoded(frames)
    first, second = decoded(film, tracks, [0.0, 1.0], 0)
    assert first.captured is not None
    assert first.captured.shape == (90, 160, 3)
    assert second.captured is None
    assert np.array_equal(second.source, source)


def test_a_film_that_lacks_a_picture_is_refused() -> None:
    source = noise(32, 48, 0)
    film, tracks = encoded([GuidedFrame(source, source, 0.0, 0)])
    longer = [type(track)(track.name, (0, 1)) for track in tracks]
    with pytest.raises(ValueError):
        decoded(film, longer, [0.0, 1.0], 0)
