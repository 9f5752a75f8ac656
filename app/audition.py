"""One audition on its way from the controls to the preview: frames of its own, an output clock of its own.

Made when it begins and dropped when it ends, so that nothing of it is left in the next one. The threads of the show
share it; each part says whose it is. Knows no Qt, no engine and no device.
"""

from __future__ import annotations

from dataclasses import replace

from app.frame import Frame, Program
from app.look import Look
from app.looks import Looks
from app.mailbox import Inbox, Latest
from app.morph import Morph
from app.playout import Finish, Playout
from app.slate import slate
from app.words import show as words

_SPARE = 1
"""Guides beyond those that a chunk takes, so that a turn is not missed for one that comes late."""


class Demand:
    """How often a source picture is worth a guide: as many as the engine takes, evenly spaced, and no more.

    ``turn`` on the engine's thread, ``wants`` on the controls'. Times are seconds on one clock.
    """

    def __init__(self) -> None:
        self._interval_s = 0.0
        self._next = 0.0
        self._last_turn: float | None = None

    def turn(self, count: int, now: float) -> None:
        """It is the audition's turn to be painted, of ``count`` pictures, whether there are enough or not."""
        if self._last_turn is not None:
            self._interval_s = (now - self._last_turn) / (count + _SPARE)
        self._last_turn = now

    def wants(self, time: float) -> bool:
        """Whether the picture captured at ``time`` is to get a guide. Until a pace is known, each one is."""
        if time < self._next:
            return False
        self._next = max(self._next, time - self._interval_s) + self._interval_s
        return True


class Audition:
    """inbox: from the controls to the engine. demand: from the engine to the controls. playout: from the engine to the
    preview. shown: what the preview shows. morph: the way of what is brought in to it. trouble: why nothing is painted,
    in a sentence; "" while all is well."""

    def __init__(self, number: int, finish: Finish = lambda painted, plate: painted) -> None:
        """number: of ``Looks.auditions``. finish: see ``Playout``; as the outputs' own, so that what is seen here is
        what a take brings."""
        self.number = number
        self.inbox = Inbox(capacity=32)
        self.demand = Demand()
        self.playout = Playout(slate(*words.AUDITION_COMING), finish)
        self.shown: Latest[Program] = Latest()
        self.morph = Morph()
        self.trouble = ""

    def look(self, looks: Looks) -> Look | None:
        """What is tried out; None where this audition has ended and this thread has yet to hear of it."""
        return looks.audition if looks.auditions == self.number else None

    def play(self, looks: Looks, now: float) -> None:
        """Put what is due now into ``shown``. Blackout, freeze and bypass are the outputs' own: it goes on."""
        look = self.look(looks)
        if look is not None:
            program = self.playout.program(replace(look, treatment="live"), _no_bypass, now)
            if program is not self.shown.get():
                self.shown.put(program)


def _no_bypass() -> Frame | None:
    return None
