"""What can happen to a file on a bad disk."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path


def damage_contents(path: Path, member: str = "set.json") -> None:
    """Flip bits in the packed bytes of a member of the zip at ``path``, past its header."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(member)
    data = bytearray(path.read_bytes())
    name, extra = struct.unpack("<HH", data[info.header_offset + 26 : info.header_offset + 30])
    start = info.header_offset + 30 + name + extra
    for place in range(start, start + info.compress_size):
        data[place] ^= 0xFF
    path.write_bytes(bytes(data))
