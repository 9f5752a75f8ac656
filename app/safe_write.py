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

_kept: set[Path] = set()
"""What was replaced in this run of the program and is kept."""


def with_ending(path: Path, ending: str) -> Path:
    """``path``, ending in ``ending`` (".vlive"). Whatever else is in its name stays: dots belong to dates, too."""
    return path if path.name.lower().endswith(ending) else path.with_name(path.name + ending)


def aside(path: Path) -> Path:
    """Where ``swapped_in`` keeps what stood at ``path``."""
    return path.with_name(f"{path.name}~")


def keeps_aside(path: Path) -> bool:
    """Whether ``swapped_in`` will keep what stands at ``path``. Of all that is written there in this run of the
    program, only what stood there before it is kept: the second save must not cost what the first one replaced."""
    return path.exists() and not (path.absolute() in _kept and aside(path).exists())


def reason_of(error: Exception) -> str:
    """Why a file could not be written, or read, in the system's words."""
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror or str(error) or type(error).__name__


@contextmanager
def swapped_in(path: Path, keeps_old: bool = False) -> Iterator[BinaryIO]:
    """A file to write to, which becomes ``path`` at the end; after an exception or a crash the old one is still there.

    keeps_old: what stands at ``path`` stays as ``aside(path)``, see ``keeps_aside``. OSError where that cannot be done.
    """
    part, old = path.with_name(f".{path.name}.part"), path.with_name(f".{aside(path).name}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if keeps_old and keeps_aside(path):
            shutil.copy2(path, old)  # in two steps: a copy that breaks off must not cost the one before it
            old.replace(aside(path))
            _kept.add(path.absolute())
        part.replace(path)
    finally:
        for left in (part, old):
            left.unlink(missing_ok=True)
