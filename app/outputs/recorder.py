"""The recorder: each new picture of the show with its real time, in an MP4 file (``app.outputs.mp4``).

A file that exists is never touched: the recording takes the next free name. Knows nothing of the rig.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

import platformdirs

from app.errors import OutputError
from app.frame import Program
from app.look import RecorderChoice
from app.outputs.mp4 import Mp4Writer, best_encoder, reason
from app.words import outputs as words

Size = tuple[int, int]


def video_folder() -> Path:
    """Where recordings go that were given no path."""
    return Path(platformdirs.user_videos_dir()) / "VACE Live"


def dated_name(moment: datetime) -> str:
    # Dots, not colons: Windows forbids colons in file names.
    return f"VACE Live {moment:%Y-%m-%d %H.%M.%S}.mp4"


def reserve(path: Path) -> Path:
    """Make an empty file at ``path``, or at "name-2", "name-3" and so on where that is taken, and say where.

    Makes the default folder too, and adds ".mp4" to a name with another ending; in a folder that exists the file is
    named by date and time. Raises OutputError where it cannot.
    """
    try:
        if path.is_dir():
            path /= dated_name(datetime.now())
        elif path.suffix.lower() != ".mp4":
            path = path.with_name(f"{path.name}.mp4")
        if path.parent == video_folder():
            path.parent.mkdir(parents=True, exist_ok=True)
        names = (path if number == 1 else path.with_stem(f"{path.stem}-{number}") for number in itertools.count(1))
        return next(name for name in names if _made(name))
    except OSError as error:
        raise OutputError(words.cannot_begin(path, reason(error))) from error


def _made(path: Path) -> bool:
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


class Beside(Protocol):
    """What begins and ends with the recording at ``path``: its journal. Returns at once, and never raises."""

    def begin(self, path: Path) -> None: ...
    def end(self) -> None: ...


class Recorder:
    """An ``Output`` that takes each new picture once. Its size is the choice's, or that of the first picture; where
    that is odd, and the file's is not, ``result`` says so."""

    def __init__(
        self, choice: RecorderChoice, clock: Callable[[], float] = time.perf_counter, beside: Beside | None = None
    ) -> None:
        """clock: what ``now`` of ``write`` is read from; it tells at the end how long the last picture stood."""
        self._beside = beside
        self._choice = choice
        self._clock = clock
        self._title = words.RECORDER
        self._path: Path | None = None
        self._writer: Mp4Writer | None = None
        self._evened: tuple[Size, Size] | None = None
        self._seconds = 0.0

    @property
    def title(self) -> str:
        return self._title

    @property
    def rate(self) -> float:
        return 0.0

    @property
    def result(self) -> str:
        return words.recorded(self._seconds, self._path, self._evened) if self._seconds else ""

    @property
    def path(self) -> Path | None:
        """The file, known after ``open``; stays known after ``close``."""
        return self._path

    def open(self) -> None:
        encoder = best_encoder()
        choice = self._choice.path
        self._path = reserve(Path(choice).expanduser() if choice else video_folder() / dated_name(datetime.now()))
        self._title = words.recording(self._path.name, encoder.title)
        if self._beside is not None:
            self._beside.begin(self._path)

    def write(self, program: Program, now: float) -> None:
        if self._path is None:
            raise OutputError(words.RECORDER_NOT_OPEN)
        if self._writer is None:
            height, width = program.rgb.shape[:2]
            wanted = (self._choice.width or width, self._choice.height or height)
            writer = self._writer = Mp4Writer(self._path, *wanted, self._choice.fit)
            if wanted != (writer.width, writer.height):
                self._evened = (wanted, (writer.width, writer.height))
        self._writer.write(program.rgb, now)

    def close(self) -> None:
        """Finish the file; without a picture there is none. Raises OutputError when the file cannot be finished: what
        was recorded stays playable."""
        if self._beside is not None:
            self._beside.end()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close(self._clock())
            self._seconds = writer.seconds
        elif self._path is not None:
            with contextlib.suppress(OSError):
                if self._path.stat().st_size == 0:
                    self._path.unlink()
