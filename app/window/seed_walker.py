"""Goes to the next seed at the pace that each look asks for. A hand like any other: it asks the Show, on its thread."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer

from app.seed_walk import SeedWalk
from app.show import Show
from app.tempo import Tempo


class SeedWalker(QObject):
    """Follows ``seed_walk`` of the program and, while there is one, of the audition: each walks by itself.

    A new pace begins with a whole step, one in beats with the beat; other changes do not delay the next step.
    """

    def __init__(
        self, show: Show, parent: QObject | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """clock: what the tempo's beats are read from."""
        super().__init__(parent)
        self._show = show
        self._held = False
        self.program = Walk(show.next_program_seed, clock, self)
        self.audition = Walk(lambda: show.next_seed(step=False), clock, self)
        show.looks_changed.connect(self._follow)
        show.setup_changed.connect(self._follow)
        self._follow()

    def hold(self, held: bool) -> None:
        """While it is held it stands still, whatever the looks say: the performer's lock."""
        self._held = held
        self._follow()

    def _follow(self, _: object = None) -> None:
        looks, tempo = self._show.looks, self._show.setup.tempo
        audition = looks.audition.seed_walk if looks.audition is not None else SeedWalk()
        self.program.follow(SeedWalk() if self._held else looks.program.seed_walk, tempo)
        self.audition.follow(SeedWalk() if self._held else audition, tempo)


class Walk(QObject):
    """One look's walk: ``step`` is called again and again."""

    def __init__(self, step: Callable[[], None], clock: Callable[[], float], parent: QObject) -> None:
        super().__init__(parent)
        self._step, self._clock = step, clock
        self._walk, self._tempo = SeedWalk(), Tempo()
        self._stretch = 0
        self.timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self._due)

    def follow(self, walk: SeedWalk, tempo: Tempo) -> None:
        if (walk, tempo if walk.unit == "beats" else self._tempo) == (self._walk, self._tempo):
            return
        self._walk, self._tempo = walk, tempo
        if not walk.on:
            self.timer.stop()
        elif walk.unit == "seconds":
            self.timer.start(round(walk.every_s * 1000))
        else:
            self._stretch, seconds = self._where()
            self._wait(seconds)

    def _due(self) -> None:
        if self._walk.unit == "beats":
            before = self._stretch
            self._stretch, seconds = self._where()
            self._wait(seconds)
            if self._stretch == before:
                return  # a timer may be early by a little
        self._step()

    def _where(self) -> tuple[int, float]:
        return self._tempo.stretch(self._clock(), self._walk.every_beats)

    def _wait(self, seconds: float) -> None:
        self.timer.start(max(1, math.ceil(seconds * 1000)))
