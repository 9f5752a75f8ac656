"""Small real things in place of large ones: they honour the interface and do the work, at a tiny size."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.errors import EngineError
from engine.params import ControlChunk, EngineChoice, ModelInfo, Params, Pixels
from engine.stream import Stream
from tests.tiny import tiny_model


class TinyHost:
    """The real network at a tiny size behind the engine's seam."""

    def __init__(self, choice: EngineChoice) -> None:
        self._choice = choice
        self._stream: Stream | None = None

    def load(self) -> ModelInfo:
        self._stream = Stream(tiny_model(), self._choice)
        return ModelInfo("tiny", "CPU", "float32", "untrained weights")

    def wanted(self, params: Params) -> int:
        return self._loaded().wanted(params)

    def step(self, chunk: ControlChunk, params: Params) -> Pixels:
        return self._loaded().step(chunk, params)

    def settle(self) -> None:
        self._loaded().settle()

    def close(self) -> None:
        self._stream = None

    def _loaded(self) -> Stream:
        if self._stream is None:
            raise EngineError("The engine has no model loaded.")
        return self._stream


@dataclass
class Witness:
    """What went through the engine's seam, and what is to go wrong there.

    before_step: called on the engine thread with the number of the step over all hosts, from 0; may raise.
    before_settle: the same, before the clean pass. before_close: called when a host is closed; may raise.
    may_load: while it is not set, models take for ever to load.
    """

    before_step: Callable[[int], None] = lambda number: None
    before_settle: Callable[[], None] = lambda: None
    before_close: Callable[[], None] = lambda: None
    may_load: threading.Event = field(default_factory=threading.Event)
    steps: list[tuple[ControlChunk, Params]] = field(default_factory=list)
    loads: int = 0
    closes: int = 0

    def __post_init__(self) -> None:
        self.may_load.set()

    def make_host(self, choice: EngineChoice) -> WitnessedHost:
        return WitnessedHost(choice, self)


class WitnessedHost(TinyHost):
    """A ``TinyHost`` that tells its witness."""

    def __init__(self, choice: EngineChoice, witness: Witness) -> None:
        super().__init__(choice)
        self._witness = witness

    def load(self) -> ModelInfo:
        self._witness.may_load.wait(60)
        self._witness.loads += 1
        return super().load()

    def step(self, chunk: ControlChunk, params: Params) -> Pixels:
        self._witness.before_step(len(self._witness.steps))
        self._witness.steps.append((chunk, params))
        return super().step(chunk, params)

    def settle(self) -> None:
        self._witness.before_settle()
        super().settle()

    def close(self) -> None:
        self._witness.closes += 1
        self._witness.before_close()
        super().close()
