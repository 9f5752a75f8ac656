"""A journal that is read: what it says of the show, and its chunks in order, one at a time. Knows no engine.

A file whose end is torn ends with its last whole chunk.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, TypeVar

from app.errors import ShowError
from app.frame import GuidedFrame, Pixels
from app.journal.archive import Member, members
from app.journal.chunk_film import TRACKS, frames_of, picture_in, pictures_in
from app.journal.records import KINDS, VERSION, ChunkRecord, EndRecord, Head, LookRecord, Record, StreamRecord, Track
from app.look import from_json
from app.outputs.mp4 import reason
from app.png import picture_in as picture_of_png
from app.words import journal as words
from engine.params import Picture

R = TypeVar("R")

_LOOKS, _PICTURES = 2, 8
"""Whole looks, and pictures of looks, that are held: a mask that is painted on is another one for each chunk."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """One step of the engine. stream: the same object as long as the stream is the same. sketch: its look without the
    pictures in it; ``JournalReader.look`` has them. look, film: where its look and its pictures are."""

    stream: StreamRecord
    sketch: LookRecord
    record: ChunkRecord
    look: Member
    film: Member


class JournalReader:
    """An open journal file. head, end: its first and last record; ``end`` is None where the file is torn.

    Holds a few kilobytes for each chunk and each look, without their pictures. Use it in ``with``.
    """

    def __init__(self, path: Path) -> None:
        """Raises ShowError in words where there is no journal, or one that cannot be read."""
        self.path = path
        self.end: EndRecord | None = None
        self.chunks: list[Chunk] = []
        self._pictures: dict[str, Member] = {}
        self._films: dict[str, tuple[Member, int]] = {}
        self._whole = lru_cache(_LOOKS)(self._look_in)
        self._decoded = lru_cache(_PICTURES)(self._picture_in)
        self._again = lru_cache(len(TRACKS))(self._filmed_before)
        try:
            self._file = path.open("rb")
        except FileNotFoundError:
            raise ShowError(words.missing(path)) from None
        except OSError as error:
            raise ShowError(words.unreadable(path, reason(error))) from error
        try:
            self.head = self._read()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> JournalReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def pictures(self) -> int:
        """How many pictures were painted."""
        return sum(len(chunk.record.times) for chunk in self.chunks)

    @property
    def reduced(self) -> int:
        """Of how many the camera's own picture, or the second input's, is here smaller than it came."""
        return sum(sum(chunk.record.reduced) for chunk in self.chunks)

    @property
    def left_out(self) -> int:
        """Of how many the camera's own is not here at all."""
        return self.pictures - sum(
            place is not None
            for chunk in self.chunks
            for track in chunk.record.tracks
            if track.name == "captured"
            for place in track.places
        )

    def frames(self, chunk: Chunk) -> list[GuidedFrame]:
        """What the engine was handed. Raises ShowError where it is damaged."""
        record = chunk.record
        try:
            if len(record.plated) != len(record.times):
                raise ValueError(words.NOT_PLATED)
            own = [track for track in record.tracks if not track.film]
            rows = dict(zip(own, pictures_in(self._film(chunk.film, record.checksum)), strict=True))

            def at(track: Track, place: int) -> Pixels:
                return self._again(track.film, track.row, place) if track.film else rows[track][place]

            frames = frames_of(record.tracks, record.times, chunk.sketch.look.params.cut, at)
        except (ValueError, LookupError, OSError) as error:  # a place that is beyond a track, too
            raise ShowError(words.damaged_there(self.path.name, error)) from error
        reduced = record.reduced or (False,) * len(frames)
        return [replace(frame, reduced=less) for frame, less in zip(frames, reduced, strict=False)]

    def look(self, chunk: Chunk) -> LookRecord:
        """The whole look that it was painted under. Raises ShowError where it is damaged."""
        return self._whole(chunk.look)

    def _read(self) -> Head:
        """All records; the first one."""
        pieces = members(self._file)
        first = next(pieces, None)
        head = None if first is None or _kind(first) is not Head else self._record(Head, first, self._left_out)
        if not isinstance(head, Head) or not head.version:
            raise ShowError(words.no_such_thing(self.path.name))
        if head.version > VERSION:
            raise ShowError(words.newer(self.path.name, head.program))
        stream, sketch = StreamRecord(), LookRecord()
        look = film = first
        assert look is not None
        assert film is not None
        for piece in pieces:
            kind = _kind(piece)
            if piece.name.endswith(".png"):
                self._pictures[piece.name] = piece
            elif piece.name.endswith(".avi"):
                film = piece
            elif kind is StreamRecord:
                stream = self._record(StreamRecord, piece, self._decoded)
            elif kind is LookRecord:
                look, sketch = piece, self._record(LookRecord, piece, self._left_out)
            elif kind is ChunkRecord:
                chunk = Chunk(stream, sketch, self._record(ChunkRecord, piece, self._left_out), look, film)
                self.chunks.append(chunk)
                self._films[film.name] = (film, chunk.record.checksum)
            elif kind is EndRecord:
                self.end = self._record(EndRecord, piece, self._left_out)
        return head

    def _film(self, piece: Member, checksum: int) -> bytes:
        film = _bytes(self._file, piece)
        if zlib.crc32(film) != checksum:
            raise ValueError(words.CHECKSUM_WRONG)
        return film

    def _filmed_before(self, film: str, row: int, place: int) -> Pixels:
        return picture_in(self._film(*self._films[film]), row, place)

    def _look_in(self, piece: Member) -> LookRecord:
        return self._record(LookRecord, piece, self._decoded)

    def _record(self, kind: type[R], piece: Member, picture: Callable[[str], Picture]) -> R:
        """The record of ``piece``. ValueError for text that is none is a ShowError here."""
        try:
            return from_json(kind, json.loads(_bytes(self._file, piece)), picture)
        except (ValueError, RecursionError) as error:
            raise self._damaged(str(error)) from error

    def _left_out(self, name: str) -> Picture:
        """For a sketch. That the picture is there is seen at once."""
        self._place(name)
        raise ValueError("pictures are left out")

    def _picture_in(self, name: str) -> Picture:
        try:
            return picture_of_png(_bytes(self._file, self._place(name)))
        except ValueError as error:
            raise self._damaged(f"{name}: {error}") from error

    def _place(self, name: str) -> Member:
        if name not in self._pictures:
            raise self._damaged(words.is_missing(name))
        return self._pictures[name]

    def _damaged(self, what: str) -> ShowError:
        return ShowError(words.damaged(self.path.name, what))


def recordings_of(path: Path) -> tuple[Path, Path] | None:
    """Where the film of the journal at ``path`` is: by its first name, and by the journal's where both were renamed.
    None where there is no journal that says so; ``JournalReader`` tells why."""
    try:
        with path.open("rb") as file:
            first = next(members(file), None)
            if first is None or _kind(first) is not Head:
                return None
            head = from_json(Head, json.loads(_bytes(file, first)))
    except (OSError, ValueError, RecursionError):
        return None
    return path.parent / head.recording, path.with_suffix(".mp4")


def _kind(piece: Member) -> type[Record] | None:
    """What ``00000012.look.json`` is; None for what is no record, or of a kind that is not known."""
    number, _, rest = piece.name.partition(".")
    word, _, ending = rest.partition(".")
    return KINDS.get(word) if number.isdecimal() and ending == "json" else None


def _bytes(file: BinaryIO, piece: Member) -> bytes:
    file.seek(piece.offset)
    return file.read(piece.size)
