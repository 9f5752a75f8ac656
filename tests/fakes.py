"""Small real things in place of large ones: they honour the interface and do the work, at a tiny size."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Literal

from engine.errors import EngineError
from engine.host import SecondStream, Submit
from engine.params import ControlChunk, EngineChoice, GpuMemory, ModelInfo, Params, Pixels, Progress
from engine.stream import Stream
from tests.tiny import tiny_model


class TinyHost:
    """The real network at a tiny size behind the engine's seam."""

    def __init__(self, choice: EngineChoice, submit: Submit | None = None) -> None:
        self._choice = choice
        self._submit = submit
        self._stream: Stream | None = None

    def fits_beside(self) -> bool:
        return True

    def bring_up(self, params: Params, beside: bool) -> Generator[Progress, None, ModelInfo]:
        yield Progress(0.0, "checking")
        yield Progress(0.1, "loading")
        self._stream = Stream(tiny_model(), self._choice, self._submit)
        return ModelInfo(self._choice.model, "CPU", "float32", "untrained weights")

    def follow_on(self, params: Params) -> None:
        self._loaded().follow_on(params)

    def left_done(self, params: Params) -> Params:
        return self._loaded().left_done(params)

    def wanted(self, params: Params) -> int:
        return self._loaded().wanted(params)

    def step(self, chunk: ControlChunk, params: Params) -> Pixels:
        return self._loaded().step(chunk, params)

    @property
    def prompts_read(self) -> int:
        return self._loaded().prompts_read

    def troubles(self) -> tuple[str, ...]:
        return self._loaded().troubles()

    def memory(self) -> GpuMemory | None:
        return None

    def settle(self) -> None:
        self._loaded().settle()

    @property
    def preparing(self) -> Progress | None:
        return None

    @property
    def trailing_s(self) -> float:
        return self._loaded().trailing_s

    def second_stream(self, after: Params | None = None) -> SecondStream:
        return SecondStream(self._second(after))

    def close(self) -> None:
        self._stream = None

    def _second(self, after: Params | None) -> Stream:
        second = self._loaded().second()
        if after is not None:
            second.follow_on(after)
        return second

    def _loaded(self) -> Stream:
        if self._stream is None:
            raise EngineError("The engine has no model loaded.")
        return self._stream


@dataclass
class Witness:
    """What went through the engine's seam, and what is to go wrong there.

    before_step: called on the engine thread with the number of the step over all hosts, from 0; may raise.
    before_settle: the same, before the clean pass. before_close: called when a host is closed; may raise.
    before_second: called when a second stream is asked for; may raise. before_audition: called before each of its steps
    with their number, from 0; may raise. auditioned: its steps. order: of all steps. seconds: the streams, while they
    live.
    before_load: called when a model's files have been checked; may raise. fits: whether it fits beside another.
    may_load: while it is not set, models take for ever to load, slice after slice. before_slice: called in each.
    begun: what was tried, in order. loaded: what is in memory. submit: what hosts were handed to have prompts read.
    followed: what hosts and second streams were told to go on after. slices, loads, closes: how many there were.
    """

    before_step: Callable[[int], None] = lambda number: None
    before_settle: Callable[[], None] = lambda: None
    before_close: Callable[[], None] = lambda: None
    before_second: Callable[[], None] = lambda: None
    before_audition: Callable[[int], None] = lambda number: None
    before_load: Callable[[EngineChoice], None] = lambda choice: None
    before_slice: Callable[[], None] = lambda: None
    fits: Callable[[EngineChoice], bool] = lambda choice: True
    may_load: threading.Event = field(default_factory=threading.Event)
    steps: list[tuple[ControlChunk, Params]] = field(default_factory=list)
    auditioned: list[tuple[ControlChunk, Params]] = field(default_factory=list)
    order: list[Literal["program", "audition"]] = field(default_factory=list)
    seconds: weakref.WeakSet[Stream] = field(default_factory=weakref.WeakSet)
    begun: list[EngineChoice] = field(default_factory=list)
    loaded: list[EngineChoice] = field(default_factory=list)
    submit: Submit | None = None
    followed: list[tuple[Literal["program", "audition"], Params | None]] = field(default_factory=list)
    slices: int = 0
    loads: int = 0
    closes: int = 0

    def __post_init__(self) -> None:
        self.may_load.set()

    def make_host(self, choice: EngineChoice, *, submit: Submit | None = None) -> WitnessedHost:
        self.submit = submit
        return WitnessedHost(choice, self, submit)


class WitnessedHost(TinyHost):
    """A ``TinyHost`` that tells its witness."""

    def __init__(self, choice: EngineChoice, witness: Witness, submit: Submit | None = None) -> None:
        super().__init__(choice, submit)
        self._witness = witness

    def fits_beside(self) -> bool:
        return self._witness.fits(self._choice)

    def bring_up(self, params: Params, beside: bool) -> Generator[Progress, None, ModelInfo]:
        self._witness.begun.append(self._choice)
        slices = super().bring_up(params, beside)
        yield next(slices)
        yield next(slices)
        self._witness.before_load(self._choice)
        while not self._witness.may_load.wait(0.001):
            self._witness.slices += 1
            self._witness.before_slice()
            yield Progress(0.5, "waiting for leave to load")
        info = yield from slices
        self._witness.loads += 1
        self._witness.loaded.append(self._choice)
        return info

    def step(self, chunk: ControlChunk, params: Params) -> Pixels:
        self._witness.before_step(len(self._witness.steps))
        self._witness.steps.append((chunk, params))
        self._witness.order.append("program")
        return super().step(chunk, params)

    def second_stream(self, after: Params | None = None) -> SecondStream:
        self._witness.before_second()
        self._witness.followed.append(("audition", after))
        return WitnessedSecond(self._second(after), self._witness)

    def follow_on(self, params: Params) -> None:
        self._witness.followed.append(("program", params))
        super().follow_on(params)

    def settle(self) -> None:
        self._witness.before_settle()
        super().settle()

    def close(self) -> None:
        self._witness.closes += 1
        if self._stream is not None:
            self._witness.loaded.remove(self._choice)
        self._witness.before_close()
        super().close()


class WitnessedSecond(SecondStream):
    """A second stream that tells its witness."""

    def __init__(self, stream: Stream, witness: Witness) -> None:
        super().__init__(stream)
        self._witness = witness
        witness.seconds.add(stream)

    def step(self, chunk: ControlChunk, params: Params) -> Pixels:
        self._witness.before_audition(len(self._witness.auditioned))
        self._witness.auditioned.append((chunk, params))
        self._witness.order.append("audition")
        return super().step(chunk, params)
