"""One input of the show: opens what is wished for, reads it, tells its loss and its return, and tries again for ever.

Runs on the thread of whoever calls ``read``. A file or a stream is opened beside what plays, which goes on until that
is done, and for good where it cannot be opened; a device only once the one before it has been given back, for it may be
the same. Knows neither what the pictures are for nor who else reads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from app.errors import ShowError, SourceEnded
from app.file_worker import Later
from app.frame import Frame
from app.inputs import Source, open_source
from app.look import SourceChoice, SourceKind
from app.meter import Rate
from app.words import inputs as words

log = logging.getLogger(__name__)

RETRY_S = 1.0
"""Between two tries to open a source that is not there."""

_POLL_S = 0.05
_BESIDE: tuple[SourceKind, ...] = ("clip", "still")  # can be open while any other source is

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

    tell: gets what happened and the sentence about it; a loss once, for trying again every second is no news. refuse:
    gets a wish that could not be opened, the choice that goes on in its place, whether that is paused, and the
    sentence. later: where a file is opened beside what plays. stopping: ends ``read``.

    title: of what is open or was last. trouble: the sentence while no picture comes for a reason. refused: the sentence
    that ``refuse`` got last, for as long as what it says goes on does. frames: the pictures read, over all sources. All
    of them may be looked at on any thread.
    """

    def __init__(
        self,
        wish: Callable[[], Wish],
        paused: Callable[[], bool],
        take: Callable[[Reading], None],
        tell: Callable[[Event, str], None],
        refuse: Callable[[Wish, SourceChoice, bool, str], None],
        later: Later,
        stopping: threading.Event,
    ) -> None:
        self._wish, self._paused, self._take, self._tell, self._refuse = wish, paused, take, tell, refuse
        self._later, self._stopping = later, stopping
        self._beside: _Opening | None = None
        self._openings = 0
        self._opened: Wish | None = None
        self.title = self.trouble = self.refused = ""
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
            self.title = self.refused = ""
        choice = wish[0]
        if choice is None:
            self._wait_for_other(wish, timeout=None)
            return
        source = self._source(wish, choice)
        self._openings += 1
        stands = False
        try:
            self.title = source.title
            while not self._stopping.is_set() and not self._gives_way(wish, choice, source.paused):
                own, paused = self._wish() == wish, self._paused()
                if own and self._wish() == wish:  # asked twice: a wish and its pause come at once, between two lines
                    stands = paused
                source.paused = stands or paused  # that another one is to run lets this one not go on
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
            if self._stopping.is_set():
                self._drop_beside()

    def _source(self, wish: Wish, choice: SourceChoice) -> Source:
        """Of ``choice``, open: the one that was opened beside the last one, or a new one."""
        opening, self._beside = self._beside, None
        if opening is not None and opening.wish == wish and opening.done and opening.source is not None:
            return opening.source
        if opening is not None:
            opening.drop()
        source = open_source(choice, realtime=True)
        try:
            source.open()
        except BaseException:
            source.close()
            raise
        return source

    def _gives_way(self, wish: Wish, choice: SourceChoice, paused: bool) -> bool:
        """Whether what is read for ``wish`` ends now: because another one is there, or can be only then."""
        wanted = self._wish()
        if wanted == wish:
            self._drop_beside()
            return False
        if wanted[0] is None or wanted[0].kind not in _BESIDE:
            return True
        opening = self._beside
        if opening is None or opening.wish != wanted:
            self._drop_beside()
            self._beside = _Opening(wanted)
            self._later(words.opening(wanted[0].target), partial(self._beside.open, wanted[0]))
            return False
        if not opening.done:
            return False
        if opening.source is None and not opening.told:
            opening.told = True
            self.refused = words.refused(opening.sentence, self.title)
            self._refuse(wanted, choice, paused, self.refused)
        return opening.source is not None

    def _drop_beside(self) -> None:
        if self._beside is not None:
            self._beside.drop()
            self._beside = None

    def _lose(self, sentence: str) -> None:
        if sentence != self.trouble:
            self.trouble = sentence
            self._tell("lost", sentence)

    def _wait_for_other(self, wish: Wish, timeout: float | None) -> None:
        until = None if timeout is None else time.perf_counter() + timeout
        while not self._stopping.wait(_POLL_S) and self._wish() == wish:
            if until is not None and time.perf_counter() > until:
                return


class _Opening:
    """A source that is opened on another thread. source: it, once it is open. sentence: why it is not."""

    def __init__(self, wish: Wish) -> None:
        self.wish, self.told = wish, False
        self.source: Source | None = None
        self.sentence = ""
        self.done = self._dropped = False
        self._lock = threading.Lock()

    def drop(self) -> None:
        """Nobody wants it any more: it is closed, as soon as it is open."""
        with self._lock:
            self._dropped = True
            source, self.source = self.source, None
        if source is not None:
            source.close()

    def open(self, choice: SourceChoice) -> None:
        source: Source | None = None
        try:
            source = open_source(choice, realtime=True)
            source.open()
        except Exception as error:  # a decoder may throw anything; the show goes on
            if not isinstance(error, ShowError):
                log.exception("The source failed")
            self.sentence = str(error) if isinstance(error, ShowError) else words.failed(error)
            if source is not None:
                source.close()
            source = None
        with self._lock:
            if not self._dropped:
                self.source, source = source, None
            self.done = True
        if source is not None:
            source.close()
