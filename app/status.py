"""What the rig tells of itself: one frozen snapshot that the window's status line and ``report.json`` are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from app.frame import Pixels
from engine.params import GpuMemory, Progress

EngineState = Literal["loading", "running", "waiting", "failed", "stopped"]
Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Timing:
    """Median and 95th percentile in milliseconds over the recent past; None before there is anything to tell."""

    p50: float | None = None
    p95: float | None = None


@dataclass(frozen=True)
class LatencyParts:
    """Milliseconds from lens to output, in their order; they add up to the whole, as far as it is known.

    capture: from the lens until the controls take the picture up. control: until its guide is made. engine: until it is
    painted, with the wait for the rest of its chunk. playout: until an output has it; None while none takes any.
    """

    capture_ms: float
    control_ms: float
    engine_ms: float
    playout_ms: float | None

    @property
    def whole_ms(self) -> float:
        return self.capture_ms + self.control_ms + self.engine_ms + (self.playout_ms or 0.0)


@dataclass(frozen=True)
class OutputStatus:
    """One output.

    trouble: a sentence when it was wanted but does not run. Of an output with a fixed rate, repeated: pictures shown
    more than once because no new one was there; missed: moments at which the output itself came too late.
    """

    title: str = ""
    running: bool = False
    trouble: str = ""
    written: int = 0
    repeated: int = 0
    missed: int = 0
    latency_ms: Timing = Timing()


@dataclass(frozen=True)
class ControlStatus:
    """One control that is on.

    ms: of its last runs. trouble: a sentence when it cannot run and an empty picture goes on in its place, or when it
    draws less than was asked of it. every: it runs on each n-th picture and is carried by motion to those between.
    """

    ms: Timing = Timing()
    trouble: str = ""
    every: int = 1


@dataclass(frozen=True)
class GovernorChange:
    """at_s: seconds since the show began. said: what the governor did then, in a sentence."""

    at_s: float
    said: str


@dataclass(frozen=True)
class GovernorStatus:
    """on: whether it may act. rate: the pictures a second that it holds; 0 while there is nothing to go by.
    reduced: what is painted instead of what is asked for, in words; "" where that is the same. changes: the last
    hundred. trouble: while the rate cannot be held, the sentence that said so."""

    on: bool = False
    rate: float = 0.0
    reduced: str = ""
    changes: tuple[GovernorChange, ...] = ()
    trouble: str = ""


@dataclass(frozen=True)
class Status:
    """A snapshot of the running rig.

    Rates are pictures a second over the last two seconds. source: the first input. structure: the second. frames_in:
    pictures read from the source. frames_out: new pictures of the engine. dropped: pictures that nobody had time for,
    of the source before the engine and of the engine before the outputs. loading: how far a model has come up, beside
    the one that plays or in its place; None where none does. preparing: how far the one that plays is on its way to its
    full pace, in words; None once it has that. latency_ms: from capture to hand-over of the engine's
    pictures, over all outputs that run. latency: its mean parts over the last two seconds; None while the engine
    paints none. gpu_memory: None without a GPU. note: of the model, e.g. "untrained weights". outputs: by
    name; the window's own are "preview" and "stage". audition_trouble: why what is auditioned
    is not painted, in a sentence. source_refused, structure_refused: why another source could not be opened, in a
    sentence, for as long as the one before it goes on.
    """

    source_title: str = ""
    source_trouble: str = ""
    source_refused: str = ""
    source_rate: float = 0.0
    structure_title: str = ""
    structure_trouble: str = ""
    structure_refused: str = ""
    engine_state: EngineState = "stopped"
    engine_rate: float = 0.0
    loading: Progress | None = None
    preparing: Progress | None = None
    model: str = ""
    device: str = ""
    note: str = ""
    frames_in: int = 0
    frames_out: int = 0
    dropped: int = 0
    chunk_ms: Timing = Timing()
    latency_ms: Timing = Timing()
    latency: LatencyParts | None = None
    gpu_memory: GpuMemory | None = None
    outputs: dict[str, OutputStatus] = field(default_factory=dict)
    controls: dict[str, ControlStatus] = field(default_factory=dict)
    audition_trouble: str = ""
    governor: GovernorStatus = GovernorStatus()


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """The newest guide of each control that runs, and the mix, each (H, W, 3) uint8 at engine size; of the edited look.

    structure: the picture of the second input that they were made from; None where it was the source. source: width
    and height of the source's own picture, before it was framed. mask: (H, W) uint8, as it acts, of people and all:
    255 = repaint; None = everything is.
    """

    parts: dict[str, Pixels]
    guide: Pixels
    structure: Pixels | None = None
    source: tuple[int, int] = (0, 0)
    mask: Pixels | None = None


@dataclass(frozen=True)
class Devices:
    """What can be picked right now, by the names that a source is opened with."""

    cameras: tuple[str, ...] = ()
    screens: tuple[str, ...] = ()
