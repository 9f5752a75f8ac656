"""Files that are whole or not there: written beside, then swapped in, and what they replace is kept if that is wished.

Knows nothing of what is in them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def with_ending(path: Path, ending: str) -> Path:
    """``path``, ending in ``ending`` (".vlive"). Whatever else is in its name stays: dots belong to dates, too."""
    return path if path.name.lower().endswith(ending) else path.with_name(path.name + ending)


def aside(path: Path) -> Path:
    """Where ``swapped_in`` keeps what stood at ``path``."""
    return path.with_name(f"{path.name}~")


def reason_of(error: Exception) -> str:
    """Why a file could not be written, or read, in the system's words."""
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror or str(error) or type(error).__name__


@contextmanager
def swapped_in(path: Path, keeps_old: bool = False) -> Iterator[BinaryIO]:
    """A file to write to, which becomes ``path`` at the end; after an exception or a crash the old one is still there.

    keeps_old: what stands at ``path`` stays as ``aside(path)``. OSError where any of that cannot be done.
    """
    part, old = path.with_name(f".{path.name}.part"), path.with_name(f".{aside(path).name}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if keeps_old and path.exists():
            shutil.copy2(path, old)  # in two steps: a copy that breaks off must not cost the one before it
            old.replace(aside(path))
        part.replace(path)
    finally:
        for left in (part, old):
            left.unlink(missing_ok=True)
