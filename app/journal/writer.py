"""One journal file, written chunk by chunk: what a killed process was about to write is lost, and nothing before it.

Used by one thread. Knows no queue, no show and no engine.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from app import __version__
from app.errors import OutputError
from app.frame import GuidedFrame, Pixels
from app.journal import archive
from app.journal.camera_pictures import is_large
from app.journal.chunk_film import ChunkFilms
from app.journal.records import (
    KINDS,
    SUFFIX,
    VERSION,
    ChunkRecord,
    EndRecord,
    Head,
    LookRecord,
    Record,
    StreamRecord,
    digest_of,
)
from app.look import to_json
from app.outputs.mp4 import reason
from app.png import png_of
from app.words import journal as words
from engine.params import Picture

KEPT_FREE = 2 * 2**30
"""Bytes of the disk that are left to the recording: a journal takes many times the room of its film."""

_NAMES = {kind: name for name, kind in KINDS.items()}


@dataclass(frozen=True, eq=False)
class Step:
    """One step of the engine: what it was handed, under which look, and the pictures that came of it.

    stream: the same object as long as the stream is the same.
    """

    stream: StreamRecord
    look: LookRecord
    frames: tuple[GuidedFrame, ...]
    pictures: Pixels
    prompts_read: int

    @property
    def nbytes(self) -> int:
        """What is held until it is written; ``CameraPictures`` has room of its own for large ones that came so."""
        held = {id(array): array for frame in self.frames for array in _counted(frame)}
        return self.pictures.nbytes + sum(array.nbytes for array in held.values())

    def as_handed(self) -> Step:
        """Without the pictures as they came, which the engine was never handed."""
        handed = (replace(frame, captured=None, second=None, reduced=False) for frame in self.frames)
        return replace(self, frames=tuple(handed))


class JournalWriter:
    """Writes one file. What a disk refuses is an OutputError in words that follow "because" and end in a full stop.

    pictures: how many were painted. reduced: of how many the camera's own picture, or the second input's, is smaller
    than it came. left_out: of how many the camera's own is not there at all.
    """

    def __init__(self, recording: Path) -> None:
        """Begins the journal of ``recording`` beside it, under the next free name."""
        self.chunks = self.pictures = self.reduced = self.left_out = 0
        self._films = ChunkFilms()
        self._stream: StreamRecord | None = None
        self._look: LookRecord | None = None
        self._looks_pictures: set[str] = set()
        self._records = 0
        try:
            self.path, self._file = _begun(recording)
            self._record(Head(VERSION, __version__, recording.name))
        except OSError as error:
            raise OutputError(reason(error)) from error

    def write(self, step: Step) -> None:
        """Append one step; when this returns, the operating system has it."""
        try:
            if shutil.disk_usage(self.path.parent).free < KEPT_FREE:
                raise OutputError(words.disk_kept_free(KEPT_FREE / 2**30))
            if step.stream is not self._stream:
                self._record(step.stream)
                self._stream = step.stream
            if step.look != self._look:
                self._record(step.look)
                self._look = step.look
            name = f"{self._records:08d}.avi"
            film, tracks = self._films.encoded(step.frames, name)
            archive.append(self._file, name, film)
            times = tuple(frame.time for frame in step.frames)
            digest = digest_of(list(step.pictures))
            # Last of all: a chunk that has its record is whole.
            plated = tuple(frame.plate is not None for frame in step.frames)
            reduced = tuple(frame.reduced for frame in step.frames)
            self._record(ChunkRecord(times, tracks, plated, step.prompts_read, digest, zlib.crc32(film), reduced))
            self._file.flush()
        except OSError as error:
            raise OutputError(reason(error)) from error
        self.chunks += 1
        self.pictures += len(step.frames)
        self.reduced += sum(reduced)
        self.left_out += sum(frame.captured is None for frame in step.frames)

    def close(self, why: str = "") -> None:
        """Finish the file; one without a chunk is removed. why: the journal ends before the recording does.

        When this returns the disk has it, so that a power failure after a show costs nothing of it.
        """
        # A disk that is full refuses this, too: what is whole stays readable without it.
        with contextlib.suppress(OSError):
            self._record(EndRecord(why))
            archive.finish(self._file)
        with contextlib.suppress(OSError):
            self._file.flush()
            os.fsync(self._file.fileno())
        with contextlib.suppress(OSError):
            self._file.close()
        if not self.chunks:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def _record(self, record: Record) -> None:
        text = json.dumps(to_json(record, self._kept), ensure_ascii=False)
        archive.append(self._file, f"{self._records:08d}.{_NAMES[type(record)]}.json", text.encode())
        self._records += 1

    def _kept(self, picture: Picture) -> str:
        """The name of a picture of a look, which is written once."""
        name = f"pictures/{picture.digest}.png"
        if picture.digest not in self._looks_pictures:
            self._looks_pictures.add(picture.digest)
            archive.append(self._file, name, png_of(picture))
        return name


def _begun(recording: Path) -> tuple[Path, BinaryIO]:
    """A new file beside ``recording``; one that exists is never touched."""
    path = recording.with_suffix(SUFFIX)
    names = (path if number == 1 else path.with_stem(f"{path.stem}-{number}") for number in itertools.count(1))
    for name in names:
        with contextlib.suppress(FileExistsError):
            return name, name.open("xb")
    raise AssertionError("names never end")


def _counted(frame: GuidedFrame) -> list[Pixels]:
    """Pictures of ``frame``: those that the engine was handed, of whatever size, and of the others those not large."""
    handed = (frame.source, frame.guide, frame.mask, frame.structure)
    came = (frame.captured, frame.second)
    counted = [array for array in handed if array is not None]
    return counted + [array for array in came if array is not None and not is_large(array)]
