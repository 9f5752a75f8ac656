"""The pictures of one chunk as a small film, without loss: MagicYUV in AVI, a track for each kind and size of picture.

Each picture stands alone in it, and one that is the same array as before is not written again. Why MagicYUV:
docs/decisions/0006-journal.md.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from weakref import ref

import av
import numpy as np

from app.frame import GuidedFrame, Pixels
from app.journal.records import Track
from app.words import journal as words

TRACKS = ("source", "guide", "mask", "structure", "captured", "second")
"""Of ``GuidedFrame``. The first four are what the engine was handed; without the others it paints the
same."""

_ENCODER, _OPTIONS = "magicyuv", {"pred": "median"}
_COLOUR, _GREY = "gbrp", "gray"


class ChunkFilms:
    """Films of chunk after chunk of one journal. What the chunk before had as well is not in them again: a still, which
    may have 60 megapixels, is written once for as long as it stays. Used by one thread."""

    def __init__(self) -> None:
        self._last: dict[str, _Kept] = {}

    def encoded(self, frames: Sequence[GuidedFrame], film: str) -> tuple[bytes, tuple[Track, ...]]:
        """The film of ``frames``, and where in it, or in an earlier one, each picture is.

        film: the name that it is kept by. A film without a picture of its own is empty.
        """
        tracks: list[Track] = []
        rows: list[tuple[str, list[Pixels]]] = []
        for name in TRACKS:
            pictures = [getattr(frame, name) for frame in frames]
            shapes = dict.fromkeys(picture.shape for picture in pictures if picture is not None)
            for shape in shapes:
                found, places = _distinct(pictures, shape)
                last = self._last.get(name)
                if last is not None and len(shapes) == len(found) == 1 and last.picture() is found[0]:
                    again = tuple(None if place is None else last.place for place in places)
                    tracks.append(Track(name, again, last.film, last.row))
                    continue
                self._last[name] = _Kept(ref(found[-1]), film, len(rows), len(found) - 1)
                tracks.append(Track(name, places))
                rows.append((name, found))
        return _written(rows), tuple(tracks)


def frames_of(
    tracks: Sequence[Track], times: Sequence[float], epoch: int, at: Callable[[Track, int], Pixels]
) -> list[GuidedFrame]:
    """The frames of a chunk. at: the picture at this place of that track. Raises ValueError where one is missing, and
    what ``at`` raises."""
    frames = []
    for number, time in enumerate(times):
        found: dict[str, Pixels] = {}
        for track in tracks:
            place = track.places[number]
            if place is not None:
                found[track.name] = at(track, place)
        source, guide = found.get("source"), found.get("guide")
        if source is None or guide is None:
            raise ValueError(words.PICTURE_MISSING)
        frame = GuidedFrame(source, guide, time, epoch, found.get("mask"), found.get("structure"))
        frames.append(replace(frame, captured=found.get("captured"), second=found.get("second")))
    return frames


def pictures_in(film: bytes) -> list[list[Pixels]]:
    """Of each track. ValueError, or OSError from libav, where the film is not whole."""
    if not film:
        return []
    with av.open(io.BytesIO(film), "r") as container:
        rows: list[list[Pixels]] = [[] for _ in container.streams.video]
        for packet in container.demux():
            for image in packet.decode():
                assert isinstance(image, av.VideoFrame)
                rows[packet.stream.index].append(_pixels(image))
    return rows


def picture_in(film: bytes, row: int, place: int) -> Pixels:
    """That of one track alone. ValueError, LookupError, or OSError from libav, where it is not there."""
    with av.open(io.BytesIO(film), "r") as container:
        images = container.decode(container.streams.video[row])
        image = next(islice((image for image in images if isinstance(image, av.VideoFrame)), place, None), None)
        if image is None:
            raise ValueError(words.PICTURE_MISSING)
        return _pixels(image)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The last picture of a kind, and where it was written."""

    picture: ref[Pixels]
    film: str
    row: int
    place: int


def _written(rows: Sequence[tuple[str, Sequence[Pixels]]]) -> bytes:
    film = io.BytesIO()
    if not rows:
        return b""
    with av.open(film, "w", format="avi") as container:
        streams = [_stream(container, pictures[0].shape, name) for name, pictures in rows]
        for stream, (_, pictures) in zip(streams, rows, strict=True):
            for number, picture in enumerate(pictures):
                image = av.VideoFrame.from_ndarray(
                    np.ascontiguousarray(picture), format="gray" if picture.ndim == 2 else "rgb24"
                )
                image.pts, image.time_base = number, Fraction(1)
                container.mux(stream.encode(image))
            container.mux(stream.encode())
    return film.getvalue()


def _pixels(image: av.VideoFrame) -> Pixels:
    return np.asarray(image.to_ndarray(format="gray" if image.format.name == _GREY else "rgb24"), np.uint8)


def _distinct(pictures: Sequence[Pixels | None], shape: tuple[int, ...]) -> tuple[list[Pixels], tuple[int | None, ...]]:
    """The pictures of ``shape`` without repeats, and for each of ``pictures`` which of them it is."""
    found: list[Pixels] = []
    places: list[int | None] = []
    for picture in pictures:
        if picture is None or picture.shape != shape:
            places.append(None)
            continue
        if not found or picture is not found[-1]:
            found.append(picture)
        places.append(len(found) - 1)
    return found, tuple(places)


def _stream(container: av.container.OutputContainer, shape: tuple[int, ...], name: str) -> av.VideoStream:
    stream = container.add_stream(_ENCODER, rate=1, options=dict(_OPTIONS))
    assert isinstance(stream, av.VideoStream)
    stream.height, stream.width = shape[:2]
    stream.pix_fmt = _GREY if len(shape) == 2 else _COLOUR
    stream.codec_context.thread_count = 1  # the other cores are the show's
    stream.metadata["title"] = name
    return stream
