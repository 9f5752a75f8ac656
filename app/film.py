"""A film written while its pictures are made: how far it is, a contact sheet, and an early end that loses nothing.

Knows neither where the pictures come from nor what they show.
"""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from tqdm import tqdm

from app.errors import OutputError
from app.frame import Pixels
from app.outputs.contact_sheet import ContactSheet
from app.outputs.mp4 import Mp4Writer
from app.words import commands as words
from app.words.outputs import film_evened

LINE_S = 10.0
"""Between two lines that say how far a film is, where no bar can be drawn."""
_ROWS = 24
"""tqdm is told a height, for it draws nothing at all on a terminal that does not know its own."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One picture of a film, (H, W, 3), its time in seconds, and what the contact sheet shows of it, by row."""

    rgb: Pixels
    time: float
    rows: Mapping[str, Pixels]


@dataclass(frozen=True)
class Filmed:
    """How many pictures the film has, and whether Ctrl-C or SIGTERM ended it."""

    frames: int
    interrupted: bool


class _Asked:
    """Whether Ctrl-C or SIGTERM asked for the end. The second time it is no longer asked: KeyboardInterrupt."""

    def __init__(self) -> None:
        self.once = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.once:
            signal.default_int_handler(number, frame)
        self.once = True


@contextmanager
def _asked_to_end() -> Iterator[_Asked]:
    # Not by an exception: out of the middle of an encoder or of a network it can take the process with it.
    asked = _Asked()
    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def ending_by_sigterm() -> Iterator[None]:
    """While inside, a polite kill does what Ctrl-C does. On the main thread only, as are all signals of Python's."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def film(
    shots: Iterator[Shot],
    out: Path,
    size: tuple[int, int],
    sheet: ContactSheet,
    total: int | None,
    tell: Callable[[str], None],
    *,
    made: str = words.PAINTED,
    quiet: bool = False,
) -> Filmed:
    """Write ``shots`` to ``out`` and show them to ``sheet``, until they end or Ctrl-C does it: what is done is kept.

    The first Ctrl-C or SIGTERM ends it after the picture that is being made, a second one at once.

    size: width and height of the film. total: how many shots there will be, None where nobody knows. tell: takes the
    sentences about a size that cannot be, and about what is left of a film that broke, in which pictures were ``made``,
    in one word. Without a single shot nothing is written.
    """
    # Written beside and then swapped in: an older film of that name lives until there is a new one.
    part = out.with_name(f"{out.stem}.part.mp4")
    writer = Mp4Writer(part, *size)
    if (writer.width, writer.height) != size:
        tell(film_evened(size, (writer.width, writer.height)))
    interrupted = False
    try:
        with _asked_to_end() as asked, tqdm(total=total, unit=words.PICTURES_UNIT, **bar(quiet)) as progress:
            lines = _Lines(total, quiet or sys.stderr.isatty())
            for shot in shots:
                writer.write(shot.rgb, shot.time)
                sheet.add(shot.time, shot.rows)
                progress.update()
                lines.update(writer.frames)
                if asked.once:
                    interrupted = True
                    break
    except KeyboardInterrupt:
        interrupted = True
    except Exception as error:
        if writer.frames and not isinstance(error, OutputError):  # the writer tells where its film is
            tell(words.broken_off(made, part))
        raise
    finally:
        writer.close()
    if writer.frames:
        part.replace(out)
    return Filmed(writer.frames, interrupted)


class _Lines:
    """How far a film is, as a line now and then: for a log, in which a bar would be noise."""

    def __init__(self, total: int | None, quiet: bool) -> None:
        self._total, self._quiet = total, quiet
        self._said = time.monotonic()

    def update(self, frames: int) -> None:
        now = time.monotonic()
        if not self._quiet and now - self._said >= LINE_S:
            self._said = now
            print(words.so_far(frames, self._total), file=sys.stderr, flush=True)


class Told:
    """Says a sentence on the error output, once. sentences: all that were said."""

    def __init__(self) -> None:
        self.sentences: tuple[str, ...] = ()

    def __call__(self, sentence: str) -> None:
        if sentence not in self.sentences:
            self.sentences += (sentence,)
            tqdm.write(f"! {sentence}", file=sys.stderr)


def bar(quiet: bool = False) -> dict[str, Any]:
    """How every progress bar is drawn, for tqdm: on a terminal's error output, and nowhere else."""
    # 80 where the terminal does not tell its width, for tqdm would draw nothing into a width of 0.
    columns = shutil.get_terminal_size((80, 24)).columns or 80
    return {"file": sys.stderr, "ncols": columns, "nrows": _ROWS, "disable": quiet or None}
