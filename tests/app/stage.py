"""A running rig for tests: real source, real controls, the real network at a tiny size."""

from __future__ import annotations

import time
from collections.abc import Callable

from pytestqt.qtbot import QtBot

from app.engine_thread import MakeHost
from app.frame import Program
from app.look import GovernorChoice, Look, Setup, SourceChoice
from app.rig import Rig
from app.show import Show
from controls.control import ControlSetting
from engine.params import EngineChoice, Params
from tests.fakes import Witness

PATIENCE_MS = 60_000  # not a measure of speed: how long a loaded machine may take before a test gives up
TINY = Setup(
    source=SourceChoice("testcard", width=96, height=64, rate=60),
    engine=EngineChoice("tiny", 48, 32),
    governor=GovernorChoice(on=False),  # how fast the machine is decides nothing
)
LOOK = Look(Params(prompt="ink", steps=1), controls=(ControlSetting("edge"),))


class Stage:
    """A running rig and what it said."""

    def __init__(
        self,
        qtbot: QtBot,
        setup: Setup,
        witness: Witness,
        make_host: MakeHost | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """make_host: what stands behind the engine's seam in place of the witness. clock: the governor's."""
        self.qtbot = qtbot
        self.witness = witness
        self.show = Show(LOOK, setup)
        self.rig = Rig(self.show, make_host or witness.make_host, clock)
        self.said: list[tuple[str, str]] = []
        self.rig.said.connect(lambda level, sentence: self.said.append((level, sentence)))
        self.rig.start()

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=PATIENCE_MS)

    def painted(self, more: int = 1) -> None:
        """Wait for ``more`` further pictures of the engine."""
        target = self.rig.status().frames_out + more
        self.until(lambda: self.rig.status().frames_out >= target)

    def program(self, kind: str) -> Program:
        """Wait until the outputs show such a picture."""
        self.until(lambda: (program := self.rig.program.get()) is not None and program.kind == kind)
        program = self.rig.program.get()
        assert program is not None
        return program

    def troubles(self) -> list[str]:
        return [sentence for level, sentence in self.said if level == "error"]


StageMaker = Callable[..., Stage]
