"""A source offline: all of its pictures in a row, as fast as they are asked for."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from app.errors import SourceEnded, SourceError, UsageError
from app.frame import Frame
from app.inputs.notation import source_text
from app.inputs.source import Source
from app.look import SourceChoice
from app.words import inputs as words


def check_it_ends(choice: SourceChoice, seconds: float | None) -> None:
    """Raises UsageError where nothing says how much is wanted of a source that never ends."""
    if seconds is None and choice.kind != "clip":
        raise UsageError(words.never_ends(source_text(choice)))


def frames_of(source: Source, seconds: float | None, tell: Callable[[str], None]) -> Iterator[Frame]:
    """The source's pictures until its end, until ``seconds`` of its own time have passed, or until it breaks off.

    tell: takes the sentence about a break.
    """
    first: float | None = None
    while True:
        try:
            frame = source.read()
        except SourceEnded:
            return
        except SourceError as error:
            if first is None:
                raise
            tell(str(error))  # a damaged file: what came before the damage is kept
            return
        if frame is None:
            continue
        first = frame.time if first is None else first
        # A thousandth of a second of tolerance: time stamps are rounded, and 2 s at 30 a second are 60 pictures.
        if seconds is not None and frame.time - first >= seconds - 1e-3:
            return
        yield frame


def held(frames: Iterator[Frame]) -> Iterator[Frame]:
    """``frames``, and then the last one again and again."""
    last = None
    for frame in frames:
        last = frame
        yield frame
    if last is not None:
        yield from itertools.repeat(last)
