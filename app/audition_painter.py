"""AuditionPainter: the engine thread's part of an audition. A chunk of the program, then one of the audition.

It has a second stream of the model that plays, made when an audition begins and freed when it ends. Whatever goes wrong
with it is told, and the program plays on. Used by the engine thread alone. Knows no Qt and no widget.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from app.audition import Audition
from app.composite import asked_of_engine
from app.frame import chunk_of
from app.look import Look
from app.looks import Looks
from app.model_switch import Playing
from app.status import Level
from app.words import show as words
from engine.errors import EngineError
from engine.host import SecondStream
from engine.params import Params

log = logging.getLogger(__name__)


class AuditionPainter:
    """``follow`` as often as can be, ``paint`` after each chunk of the program."""

    def __init__(
        self,
        audition: Callable[[], Audition | None],
        looks: Callable[[], Looks],
        say: Callable[[Level, str], None],
        refuse: Callable[[int], None],
        governed: Callable[[Look], Look],
    ) -> None:
        """audition: the one under way. say: to tell the performer. refuse: this audition, by its number, is not
        painted, at least not by the model that plays now. governed: a look as the outputs would get it."""
        self._audition, self._looks, self._say, self._refuse = audition, looks, say, refuse
        self._governed = governed
        self._at: tuple[Audition, Playing] | None = None
        self._stream: SecondStream | None = None
        self._painted_with: tuple[int, Params] | None = None
        self._failed = False

    def follow(self, playing: Playing | None) -> None:
        """Free the second stream when its audition is over, or its model no longer plays. Another model is tried."""
        audition = self._audition()
        at = None if audition is None or playing is None else (audition, playing)
        if at != self._at:
            self._close()
            self._at, self._failed = at, False
            if audition is not None:
                audition.trouble = ""

    def paint(self) -> None:
        """One chunk of the audition, where there is one and its pictures are there; the program never waits for it."""
        if self._at is None or self._failed:
            return
        audition, playing = self._at
        looks = self._looks()
        if audition.look(looks) is None:
            return
        try:
            if self._stream is None:
                number, after = self._painted_with or (0, None)
                self._stream = playing.host.second_stream(after if number == audition.number else None)
            self._paint(self._stream, audition, looks, (playing.choice.height, playing.choice.width))
        except Exception as error:  # nothing that an audition does may end the show
            log.exception("The audition failed")
            self._close()
            self._fail(audition, error)

    def _paint(self, stream: SecondStream, audition: Audition, looks: Looks, size: tuple[int, int]) -> None:
        look = looks.edited
        count = stream.wanted(look.params)
        audition.demand.turn(count, time.perf_counter())
        if not audition.inbox.wait(count, timeout=0.0):
            return
        frames = audition.inbox.take(count, look.params.cut)
        if frames is None or any(frame.guide.shape[:2] != size for frame in frames):
            return  # left from before a cut or a change of size
        look = self._governed(audition.morph.next(look, looks.audition_arrival))
        plates = [frame.plate for frame in frames]
        pictures = stream.step(chunk_of(frames), asked_of_engine(look.params, plates))
        self._painted_with = (audition.number, stream.left_done(look.params))
        captured = [frame.time for frame in frames]
        audition.playout.put(list(pictures), captured, look.params.cut, time.perf_counter(), plates)
        for sentence in stream.troubles():
            self._say("warning", sentence)
        stream.settle()

    def _fail(self, audition: Audition, error: Exception) -> None:
        self._failed = True
        sentence = str(error)
        if not isinstance(error, EngineError):
            sentence = words.audition_failed(error)
        audition.trouble = sentence
        self._say("warning", sentence)
        self._refuse(audition.number)

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
