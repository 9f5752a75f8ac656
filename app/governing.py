"""Governing: the governor at work on the engine's thread. Measures, applies what was decided on the way to the engine,
and tells it.

The performer's settings stay what they are. Nothing is decided while a model comes up or is on its way to its full
pace, an audition is painted, or the source gives less than it did: what is measured then is no measure. Knows no Qt.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from app.governor import Governor, Level, Offer
from app.look import GovernorChoice, Look, Setup
from app.status import GovernorChange, GovernorStatus
from app.status import Level as Weight
from app.words import governor as words
from engine.errors import EngineError
from engine.host import faster_autoencoders, least_steps
from engine.params import EngineChoice

BY_ITSELF = 16.0
"""Pictures a second that are held where nobody has said another rate, or the source's where that is slower. Wan 2.1 was
trained on videos of 16 (arXiv 2503.20314), so its motion reads as motion at that rate."""
MOST_CHANGES = 100
"""That are remembered: a show may last for days."""
_SOURCE_S = 20.0  # what the source gives is the most that it gave in this time
_SLOWER = 0.9  # of that: below it the source is slower than it was
_LEAST_RATE = 1.0  # of a source: below that it has stopped


class Governing:
    """``status`` may be called on any thread, all else on the engine's."""

    def __init__(
        self,
        setup: Callable[[], Setup],
        source_rate: Callable[[], float],
        say: Callable[[Weight, str], None],
        offered: Callable[[EngineChoice], Offer] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """source_rate: pictures a second that come in now. offered: what a choice has to give up. clock: seconds; what
        the engine takes is measured by it."""
        self._setup = setup
        self._source_rate = source_rate
        self._say = say
        self._offered = offered or offered_by_engine
        self._clock = clock
        self._wish: EngineChoice | None = None
        self._governor: Governor | None = None
        self._asked: EngineChoice | None = None
        self._reduced = self._trouble = ""
        self._rate = 0.0
        self._source: deque[tuple[float, float]] = deque()
        self._changes: tuple[GovernorChange, ...] = ()
        self._began = self._done = self._zero = clock()

    @property
    def choice(self) -> EngineChoice:
        """What shall paint: the performer's choice, or what the governor has in its place."""
        setup = self._setup()
        self._follow(setup)
        return setup.engine if self._governor is None else self._governor.choice

    def may_hold(self, choice: EngineChoice) -> bool:
        """Whether the output may be held until ``choice`` is up: for what the performer chose, and not to gain pace."""
        return choice != self._asked

    def applied(self, look: Look) -> Look:
        """``look`` as it is painted."""
        self._follow(self._setup())
        steps = look.params.steps if self._governor is None else self._governor.level(look.params.steps).steps
        return look if steps == look.params.steps else replace(look, params=replace(look.params, steps=steps))

    def wished(self, look: Look) -> Level:
        """What ``look``'s chunk would be painted with if there were no governor."""
        return Level(look.params.steps, self._setup().engine)

    def begin(self) -> None:
        """A chunk begins."""
        self._began = self._clock()

    def painted(self, pictures: int, look: Look, playing: EngineChoice, busy: bool, trailing_s: float = 0.0) -> None:
        """It is done, of ``look`` as it was wished for, by ``playing``. busy: with a model that comes up or gets
        faster, or with an audition.

        trailing_s: that a GPU went on with the chunk before, after that one was said to be done. Where this
        chunk began at once it waited for that, and its own time holds it; where there was nothing to do in between,
        it was over by then, and has to be counted in."""
        now = self._clock()
        seconds = now - self._began + min(trailing_s, max(0.0, self._began - self._done))
        self._done = now
        self._follow(self._setup())
        rate = self._wanted(now)
        governor, self._rate = self._governor, rate
        if governor is None:
            return
        if not busy and playing != governor.choice == self._asked:
            governor.refuse(playing)  # what it asked for could not be brought up
            self._asked = None
        change, before = None, governor.choice
        if busy or playing != governor.choice or self._source[-1][1] < max(_SLOWER * rate, _LEAST_RATE):
            governor.wait()
        else:
            change = governor.measured(seconds, pictures, look.params.steps, rate, now)
        if governor.choice != before:
            self._asked = governor.choice
        line = self._reduced = self._line(governor, look.params.steps)
        if change == "less":
            self._tell("info", words.less(line, rate), now)
        elif change == "more":
            self._tell("info", words.more(line), now)
        elif change == "least":
            self._trouble = words.least(line, rate)
            self._tell("warning", self._trouble, now)
        elif change == "held":
            self._tell("info", words.held(line, rate), now)
        if not governor.short:
            self._trouble = ""

    def status(self) -> GovernorStatus:
        on = self._setup().governor.on
        reduced, trouble = (self._reduced, self._trouble) if on else ("", "")
        return GovernorStatus(on, self._rate if on else 0.0, reduced, self._changes, trouble)

    def _follow(self, setup: Setup) -> None:
        """Begin anew where the performer has chosen another engine, or has switched the governor."""
        if setup.governor.on and (self._governor is None or setup.engine != self._wish):
            self._wish, self._asked = setup.engine, None
            self._governor = Governor(setup.engine, self._offered(setup.engine))
            self._reduced = self._trouble = ""
        elif not setup.governor.on and self._governor is not None:
            self._governor = self._asked = None
            self._trouble = ""
            if self._reduced:
                self._reduced = ""
                self._tell("info", words.OFF, self._clock())

    def _wanted(self, now: float) -> float:
        """Pictures a second; never more than the source gives. 0 while it gives none."""
        self._source.append((now, self._source_rate()))
        while self._source[0][0] < now - _SOURCE_S:
            self._source.popleft()
        choice: GovernorChoice = self._setup().governor
        return min(choice.rate or BY_ITSELF, max(rate for _, rate in self._source))

    def _line(self, governor: Governor, steps: int) -> str:
        """What is in force in place of what is wished for."""
        return words.reduced(governor.level(steps), Level(steps, self._setup().engine))

    def _tell(self, weight: Weight, sentence: str, now: float) -> None:
        self._changes = (*self._changes, GovernorChange(round(now - self._zero, 1), sentence))[-MOST_CHANGES:]
        self._say(weight, sentence)


def offered_by_engine(choice: EngineChoice) -> Offer:
    """Nothing but sizes of a model that nobody knows."""
    try:
        return Offer(least_steps(choice), faster_autoencoders(choice))
    except EngineError:
        return Offer()
