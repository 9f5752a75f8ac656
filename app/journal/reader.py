"""A journal that is read: what it says of the show, and its chunks in order, one at a time. Knows no engine.

A file whose end is torn ends with its last whole chunk.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.errors import ShowError
from app.frame import GuidedFrame
from app.journal.archive import Member, members
from app.journal.chunk_film import decoded
from app.journal.records import KINDS, VERSION, ChunkRecord, EndRecord, Head, LookRecord, Record, StreamRecord
from app.look import from_json
from app.outputs.mp4 import reason
from app.png import picture_in
from engine.params import Picture


@dataclass(frozen=True, eq=False)
class Chunk:
    """One step of the engine. stream, look: the same objects as long as they are the same. film: where its pictures
    are."""

    stream: StreamRecord
    look: LookRecord
    record: ChunkRecord
    film: Member


class JournalReader:
    """An open journal file. head, end: its first and last record; ``end`` is None where the file is torn.

    Holds a few hundred bytes for each chunk. Use it in ``with``.
    """

    def __init__(self, path: Path) -> None:
        """Raises ShowError in words where there is no journal, or one that cannot be read."""
        self.path = path
        self.end: EndRecord | None = None
        self.chunks: list[Chunk] = []
        try:
            self._file = path.open("rb")
        except FileNotFoundError:
            raise ShowError(f"There is no journal {path}; check the name.") from None
        except OSError as error:
            raise ShowError(f"The journal {path} cannot be read: {reason(error)}") from error
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

    def frames(self, chunk: Chunk) -> list[GuidedFrame]:
        """What the engine was handed. Raises ShowError where it is damaged."""
        film, record = _bytes(self._file, chunk.film), chunk.record
        try:
            if zlib.crc32(film) != record.checksum:
                raise ValueError("its checksum is wrong")
            return decoded(film, record.tracks, record.times, chunk.look.look.params.cut)
        except (ValueError, OSError) as error:
            raise ShowError(f"The journal {self.path.name} is damaged ({error}); the replay ends there.") from error

    def _read(self) -> Head:
        """All records; the first one."""
        pieces = members(self._file)
        first = next(pieces, None)
        head = None if first is None or _kind(first) is not Head else self._record(first, {})
        if not isinstance(head, Head) or not head.version:
            raise ShowError(f"{self.path.name} is no journal of VACE Live, or is damaged from its first byte on.")
        if head.version > VERSION:
            raise ShowError(
                f"{self.path.name} was written by a newer version of this program ({head.program}); replay it there."
            )
        pictures: dict[str, Picture] = {}
        stream, look, film = StreamRecord(), LookRecord(), None
        for piece in pieces:
            if piece.name.endswith(".png"):
                pictures[piece.name] = self._picture(piece)
            elif piece.name.endswith(".avi"):
                film = piece
            elif _kind(piece) is not None:
                record = self._record(piece, pictures)
                if isinstance(record, StreamRecord):
                    stream = record
                elif isinstance(record, LookRecord):
                    look = record
                elif isinstance(record, ChunkRecord) and film is not None:
                    self.chunks.append(Chunk(stream, look, record, film))
                elif isinstance(record, EndRecord):
                    self.end = record
        return head

    def _record(self, piece: Member, pictures: dict[str, Picture]) -> Record:
        """The record of ``piece``, which has a kind. ValueError for text that is none is a ShowError here."""
        kind = _kind(piece)
        assert kind is not None

        def picture(name: str) -> Picture:
            if name not in pictures:
                raise self._damaged(f"{name} is missing")
            return pictures[name]

        try:
            return from_json(kind, json.loads(_bytes(self._file, piece)), picture)
        except ValueError as error:
            raise self._damaged(str(error)) from error

    def _picture(self, piece: Member) -> Picture:
        try:
            return picture_in(_bytes(self._file, piece))
        except ValueError as error:
            raise self._damaged(f"{piece.name}: {error}") from error

    def _damaged(self, what: str) -> ShowError:
        return ShowError(f"The journal {self.path.name} is damaged ({what}), so it cannot be replayed.")


def _kind(piece: Member) -> type[Record] | None:
    """What ``00000012.look.json`` is; None for what is no record, or of a kind that is not known."""
    number, _, rest = piece.name.partition(".")
    word, _, ending = rest.partition(".")
    return KINDS.get(word) if number.isdecimal() and ending == "json" else None


def _bytes(file: BinaryIO, piece: Member) -> bytes:
    file.seek(piece.offset)
    return file.read(piece.size)
