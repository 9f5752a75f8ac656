"""One input of the show: opens what is wished for, reads it, tells its loss and its return, and tries again for ever.

Runs on the thread of whoever calls ``read``. Knows neither what the pictures are for nor who else reads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.errors import ShowError, SourceEnded
from app.frame import Frame
from app.inputs import open_source
from app.look import SourceChoice
from app.meter import Rate
from app.words import inputs as words

log = logging.getLogger(__name__)

RETRY_S = 1.0
"""Between two tries to open a source that is not there."""

_POLL_S = 0.05

Wish = tuple[SourceChoice | None, int]
"""What is to be open, None for nothing, and a counter: a wish that differs is opened anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A picture, the choice that it was read of, and how many sources had been opened by then."""

    frame: Frame
    choice: SourceChoice
    opening: int


Event = Literal["lost", "back", "ended"]
"""A source cannot be had or has gone; it is there again; a clip that does not loop is over."""


class InputReader:
    """wish: what the performer wants to be open now. paused: whether a clip stands still. take: gets each picture.

    tell: gets what happened and the sentence about it; a loss once, for trying again every second is no news.
    stopping: ends ``read``.

    title: of what is open or was last. trouble: the sentence while no picture comes for a reason. frames: the pictures
    read, over all sources. All three may be looked at on any thread.
    """

    def __init__(
        self,
        wish: Callable[[], Wish],
        paused: Callable[[], bool],
        take: Callable[[Reading], None],
        tell: Callable[[Event, str], None],
        stopping: threading.Event,
    ) -> None:
        self._wish, self._paused, self._take, self._tell = wish, paused, take, tell
        self._stopping = stopping
        self._openings = 0
        self._opened: Wish | None = None
        self.title = self.trouble = ""
        self.frames = Rate()

    def read(self) -> None:
        """Read what is wished for until ``stopping`` is set."""
        while not self._stopping.is_set():
            wish = self._wish()
            try:
                self._read_one(wish)
            except SourceEnded as end:
                self._tell("ended", words.ended(str(end)))
                self._wait_for_other(wish, timeout=None)
            except ShowError as error:
                self._lose(str(error))
                self._wait_for_other(wish, RETRY_S)
            except Exception as error:  # a driver may throw anything; the show goes on
                log.exception("The source failed")
                self._lose(words.failed(error))
                self._wait_for_other(wish, RETRY_S)
            if self._wish() != wish:
                self.trouble = ""  # that was the old source's

    def _read_one(self, wish: Wish) -> None:
        """Read one source until another one is wanted or it fails."""
        if wish != self._opened:
            self._opened = wish
            self.title = ""
        choice = wish[0]
        if choice is None:
            self._wait_for_other(wish, timeout=None)
            return
        source = open_source(choice, realtime=True)
        self._openings += 1
        try:
            source.open()
            self.title = source.title
            while not self._stopping.is_set() and self._wish() == wish:
                source.paused = self._paused()
                frame = source.read()
                if frame is None:
                    continue
                if self.trouble:
                    self._tell("back", words.is_back(source.title))
                    self.trouble = ""
                self.frames.count()
                self._take(Reading(frame, choice, self._openings))
        finally:
            source.close()

    def _lose(self, sentence: str) -> None:
        if sentence != self.trouble:
            self.trouble = sentence
            self._tell("lost", sentence)

    def _wait_for_other(self, wish: Wish, timeout: float | None) -> None:
        until = None if timeout is None else time.perf_counter() + timeout
        while not self._stopping.wait(_POLL_S) and self._wish() == wish:
            if until is not None and time.perf_counter() > until:
                return
