"""``bench engine``: one network at one size, stage by stage, with VACE and without it in turn."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

import torch

from benchmarks.engine.flop import Work, stage_work
from benchmarks.engine.medians import Stages, chunk_ms, interleaved, paired_ratio, stage_medians
from benchmarks.engine.networks import random_networks
from benchmarks.engine.painter import Inputs, Painter, fast
from benchmarks.engine.roofline import Peak, known_peak, measured_peak, product_rate
from benchmarks.engine.shapes import Shape
from engine.device import Device


@dataclass(frozen=True)
class Measured:
    """With VACE or without. stages: medians in ms; work: FLOP by stage; peak_bytes: the most memory that was taken."""

    stages: Stages
    work: dict[str, Work]
    ms: float
    pictures_per_second: float
    peak_bytes: int | None
    raw: list[Stages] = field(default_factory=list)

    @property
    def total_work(self) -> Work:
        return sum(self.work.values(), Work())


@dataclass(frozen=True)
class Overhead:
    """What VACE adds, as shares: to a chunk, and to the transformer's part of it alone; measured in paired runs, and
    counted in FLOP."""

    chunk: float
    counted_chunk: float
    transformer: float
    counted_transformer: float


@dataclass(frozen=True)
class EngineRun:
    """One shape. overhead: what VACE adds, None unless it was run both ways. peak: None where the device's is unknown.
    whole_process: whether the peak of memory is that of the whole process, both ways of running included.
    """

    shape: Shape
    chunks: int
    clock: str
    weights_bytes: int
    on: Measured | None
    off: Measured | None
    overhead: Overhead | None
    peak: Peak | None
    whole_process: bool

    @property
    def both(self) -> dict[str, Measured]:
        named = {"on": self.on, "off": self.off}
        return {name: measured for name, measured in named.items() if measured is not None}


def measure(
    shape: Shape, device: Device, vace: tuple[bool, ...], chunks: int, told: Callable[[str], None] = lambda _: None
) -> EngineRun:
    """``chunks`` of each way, in turn, once the window is full."""
    told("making weights")
    networks = random_networks(shape, device)
    inputs = Inputs(shape, networks)
    painter = Painter(fast(shape, networks, inputs), shape, networks, inputs)
    told("warming up")
    painter.fill()
    rollout = shape.config.rollout
    phases = -(-(rollout.window - rollout.sink) // rollout.chunk)
    for way in vace:  # each phase of the ring may be prepared for by itself, and only when it comes again
        for _ in range(2 * phases):
            painter.paint(way, steps=1)
        painter.paint(way)
    told("measuring")
    torch_device, peaks, rates = device.torch_device, dict.fromkeys(vace, 0), list[float]()

    def painted(way: bool) -> Stages:
        if torch_device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(torch_device)
        if torch_device.type == "cpu":
            rates.append(product_rate(torch_device, device.dtype))
        stages = painter.paint(way)
        if torch_device.type == "cuda":
            peaks[way] = max(peaks[way], torch.cuda.max_memory_allocated(torch_device))
        return stages

    forms: dict[str, Callable[[], Stages]] = {}
    for way in vace:
        forms["on" if way else "off"] = _of(painted, way)
    runs = interleaved(forms, chunks)
    ways = {
        name: _measured(shape, of, name == "on", peaks[name == "on"] or _process_peak()) for name, of in runs.items()
    }
    return EngineRun(
        shape,
        chunks,
        painter.clock.method,
        sum(parameter.nbytes for network in (networks.dit, networks.vae) for parameter in network.parameters()),
        ways.get("on"),
        ways.get("off"),
        _overhead(ways["on"], ways["off"]) if len(ways) == 2 else None,
        measured_peak(rates) if rates else known_peak(device.title),
        torch_device.type != "cuda",
    )


def _overhead(on: Measured, off: Measured) -> Overhead:
    coding = ("encode", "decode")

    def added(left_out: tuple[str, ...]) -> tuple[float, float]:
        ms = [[sum(ms for name, ms in run.items() if name not in left_out) for run in way.raw] for way in (on, off)]
        work = [sum(of.total for name, of in way.work.items() if name not in left_out) for way in (on, off)]
        return paired_ratio(*ms) - 1, work[0] / work[1] - 1

    return Overhead(*added(()), *added(coding))


def _of(painted: Callable[[bool], Stages], way: bool) -> Callable[[], Stages]:
    return lambda: painted(way)


def _measured(shape: Shape, runs: list[Stages], vace: bool, peak_bytes: int | None) -> Measured:
    ms = median(chunk_ms(run) for run in runs)
    return Measured(stage_medians(runs), stage_work(shape, vace), ms, 1000 * shape.pictures / ms, peak_bytes, runs)


def _process_peak() -> int | None:
    """Bytes that this process has had at most; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource  # not there on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
