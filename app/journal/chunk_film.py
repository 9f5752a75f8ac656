"""The pictures of one chunk as a small film, without loss: MagicYUV in AVI, a track for each kind of picture.

Each picture stands alone in it, and one that is the same as before is not written again. Why MagicYUV:
docs/decisions/0006-journal.md.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

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


def encoded(frames: Sequence[GuidedFrame]) -> tuple[bytes, tuple[Track, ...]]:
    """A film of all pictures of ``frames``, and where in it each one is; one that is not as large as the first of its
    kind is left out."""
    film = io.BytesIO()
    tracks: list[Track] = []
    with av.open(film, "w", format="avi") as container:
        rows: list[tuple[av.VideoStream, list[Pixels]]] = []
        for name in TRACKS:
            pictures, places = _distinct([getattr(frame, name) for frame in frames])
            if pictures:
                tracks.append(Track(name, places))
                rows.append((_stream(container, pictures[0].shape, name), pictures))
        for stream, pictures in rows:
            for number, picture in enumerate(pictures):
                image = av.VideoFrame.from_ndarray(
                    np.ascontiguousarray(picture), format="gray" if picture.ndim == 2 else "rgb24"
                )
                image.pts, image.time_base = number, Fraction(1)
                container.mux(stream.encode(image))
            container.mux(stream.encode())
    return film.getvalue(), tuple(tracks)


def decoded(film: bytes, tracks: Sequence[Track], times: Sequence[float], epoch: int) -> list[GuidedFrame]:
    """The inverse of ``encoded``. ValueError, or OSError from libav, where the film is not whole."""
    pictures: dict[str, list[Pixels]] = {track.name: [] for track in tracks}
    with av.open(io.BytesIO(film), "r") as container:
        names = dict(zip(container.streams.video, pictures, strict=True))
        for packet in container.demux():
            for image in packet.decode():
                assert isinstance(image, av.VideoFrame)
                assert isinstance(packet.stream, av.VideoStream)
                grey = packet.stream.codec_context.pix_fmt == _GREY
                pixels = image.to_ndarray(format="gray" if grey else "rgb24")
                pictures[names[packet.stream]].append(np.asarray(pixels, np.uint8))
    frames = []
    for number, time in enumerate(times):
        at = {track.name: _at(pictures[track.name], track.places[number]) for track in tracks}
        source, guide = at.get("source"), at.get("guide")
        if source is None or guide is None:
            raise ValueError(words.PICTURE_MISSING)
        frame = GuidedFrame(source, guide, time, epoch, at.get("mask"), at.get("structure"))
        frames.append(replace(frame, captured=at.get("captured"), second=at.get("second")))
    return frames


def _distinct(pictures: Sequence[Pixels | None]) -> tuple[list[Pixels], tuple[int | None, ...]]:
    """The pictures without repeats, and for each of ``pictures`` which of them it is."""
    found: list[Pixels] = []
    places: list[int | None] = []
    for picture in pictures:
        if picture is None or (found and picture.shape != found[0].shape):
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


def _at(pictures: Sequence[Pixels], place: int | None) -> Pixels | None:
    if place is None:
        return None
    if place >= len(pictures):
        raise ValueError(words.PICTURE_MISSING)
    return pictures[place]
