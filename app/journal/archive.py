"""Named pieces of bytes in a tar file that only ever grows: any archiver opens it, and a torn end costs no more than
what is torn.

Knows nothing of what is in the pieces. ``tarfile`` keeps every header in memory, which a show of hours would fill;
here its ``TarInfo`` makes and reads the headers, one at a time.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_END = bytes(2 * tarfile.BLOCKSIZE)


@dataclass(frozen=True)
class Member:
    """A piece: where its bytes stand in the file, and how many they are."""

    name: str
    offset: int
    size: int


def append(file: BinaryIO, name: str, data: bytes) -> None:
    """name: at most 100 ASCII characters. Raises OSError where the disk will not have it."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o644
    file.write(info.tobuf(tarfile.USTAR_FORMAT))
    file.write(data)
    file.write(bytes(-len(data) % tarfile.BLOCKSIZE))


def finish(file: BinaryIO) -> None:
    """The mark that every tar file ends with."""
    file.write(_END)


def members(file: BinaryIO) -> Iterator[Member]:
    """Those that are whole, in order: up to the end, or to where the file is torn or no tar file any more."""
    size = file.seek(0, 2)
    start = 0
    while True:
        file.seek(start)
        try:
            info = tarfile.TarInfo.frombuf(file.read(tarfile.BLOCKSIZE), "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            return
        offset = start + tarfile.BLOCKSIZE
        if offset + info.size > size:
            return
        yield Member(info.name, offset, info.size)
        start = offset + info.size + -info.size % tarfile.BLOCKSIZE
