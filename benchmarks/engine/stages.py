"""``bench engine``: one network at one size, stage by stage, with VACE and without it in turn."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from statistics import median

import torch

from benchmarks.engine.drive import Drive, drive_of_the_show
from benchmarks.engine.flop import Work, stage_work
from benchmarks.engine.in_the_show import InTheShow
from benchmarks.engine.in_the_show import Peak as DevicePeak
from benchmarks.engine.medians import Stages, chunk_ms, interleaved, paired_ratio, stage_medians
from benchmarks.engine.networks import Networks, random_networks
from benchmarks.engine.painter import Inputs, Painter, fast
from benchmarks.engine.roofline import Peak, known_peak, measured_peak, product_rate
from benchmarks.engine.shapes import Shape
from engine.device import Device

_NAMES = {True: "on", False: "off"}


@dataclass(frozen=True)
class Measured:
    """With VACE or without. stages: medians in ms, one behind the other; work: FLOP by stage. ms, pictures_per_second:
    of all stages. show_ms: of a chunk as in the show, where some of it lies side by side. peak_bytes: the most memory
    that was taken; allocated_bytes: of that, what was in tensors, None where it is that of the process."""

    stages: Stages
    work: dict[str, Work]
    ms: float
    pictures_per_second: float
    show_ms: float
    show_pictures_per_second: float
    peak_bytes: int | None
    allocated_bytes: int | None = None
    raw: list[Stages] = field(default_factory=list)
    raw_show_ms: list[float] = field(default_factory=list)

    @property
    def total_work(self) -> Work:
        return sum(self.work.values(), Work())


@dataclass(frozen=True)
class Overhead:
    """What VACE adds, as shares: to a chunk, to one in the show, and to the transformer's part of it alone; measured in
    paired runs, and counted in FLOP."""

    chunk: float
    show: float
    counted_chunk: float
    transformer: float
    counted_transformer: float


@dataclass(frozen=True)
class EngineRun:
    """One shape. overhead: what VACE adds, None unless it was run both ways. peak: None where the device's is unknown.
    whole_process: whether the peak of memory is that of the whole process, both ways of running included.
    drive: how the device was driven.
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
    drive: str

    @property
    def both(self) -> dict[str, Measured]:
        named = {"on": self.on, "off": self.off}
        return {name: measured for name, measured in named.items() if measured is not None}


def measure(
    shape: Shape, device: Device, vace: tuple[bool, ...], chunks: int, told: Callable[[str], None] = lambda _: None
) -> EngineRun:
    """``chunks`` of each way, in turn, once the window is full: stage by stage, and then as in the show."""
    told("making weights")
    networks = random_networks(shape, device)
    inputs = Inputs(shape, networks)
    told("making the device ready")
    drive = drive_of_the_show(shape, networks)
    on_cpu = device.torch_device.type == "cpu"
    rates = list[float]()

    def between() -> None:
        if on_cpu:
            rates.append(product_rate(device.torch_device, device.dtype))

    told("stage by stage")
    runs, clock, rows = _by_stages(shape, networks, inputs, drive, vace, chunks, between)
    if device.torch_device.type == "cuda":  # what that took is no part of the show
        gc.collect()
        torch.cuda.empty_cache()
    told("as in the show")
    show_ms, peaks = _in_the_show(shape, networks, inputs, drive, vace, max(2, chunks // 2))
    ways = {name: _measured(shape, runs[name], show_ms[name], name == "on", peaks[name], rows) for name in runs}
    return EngineRun(
        shape,
        chunks,
        clock,
        sum(parameter.nbytes for network in (networks.dit, networks.vae) for parameter in network.parameters()),
        ways.get("on"),
        ways.get("off"),
        _overhead(ways["on"], ways["off"]) if len(ways) == 2 else None,
        measured_peak(rates) if rates else known_peak(device.title),
        device.torch_device.type != "cuda",
        drive.title,
    )


def _by_stages(
    shape: Shape,
    networks: Networks,
    inputs: Inputs,
    drive: Drive,
    vace: tuple[bool, ...],
    chunks: int,
    between: Callable[[], None],
) -> tuple[dict[str, list[Stages]], str, int]:
    """Runs by way, the clock's method, and how many rows of text were attended to. between: called before each run."""
    denoiser = fast(shape, networks, inputs, drive)
    painter = Painter(denoiser, shape, networks, inputs)
    painter.fill()
    rollout = shape.config.rollout
    phases = -(-(rollout.window - rollout.sink) // rollout.chunk)
    for way in vace:  # each phase of the ring may be prepared for by itself, and only when it comes again
        for _ in range(2 * phases):
            painter.paint(way, steps=1)
        painter.paint(way)

    def painted(way: bool) -> Stages:
        between()
        return painter.paint(way)

    return interleaved(_ways(painted, vace), chunks), painter.clock.method, denoiser.text_rows


def _in_the_show(
    shape: Shape, networks: Networks, inputs: Inputs, drive: Drive, vace: tuple[bool, ...], rounds: int
) -> tuple[dict[str, list[float]], dict[str, list[DevicePeak]]]:
    """Milliseconds a chunk and peaks of memory, by way."""
    show = InTheShow(shape, networks, inputs, drive)
    show.warm_up(vace)
    peaks: dict[str, list[DevicePeak]] = {_NAMES[way]: [] for way in vace}

    def shown(way: bool) -> Stages:
        ms, peak = show.run(way)
        if peak is not None:
            peaks[_NAMES[way]].append(peak)
        return {"chunk": ms}

    runs = interleaved(_ways(shown, vace), rounds)
    return {name: [run["chunk"] for run in of] for name, of in runs.items()}, peaks


def _overhead(on: Measured, off: Measured) -> Overhead:
    coding = ("encode", "decode")

    def added(left_out: tuple[str, ...]) -> tuple[float, float]:
        ms = [[sum(ms for name, ms in run.items() if name not in left_out) for run in way.raw] for way in (on, off)]
        work = [sum(of.total for name, of in way.work.items() if name not in left_out) for way in (on, off)]
        return paired_ratio(*ms) - 1, work[0] / work[1] - 1

    chunk, counted = added(())
    return Overhead(chunk, paired_ratio(on.raw_show_ms, off.raw_show_ms) - 1, counted, *added(coding))


def _ways(painted: Callable[[bool], Stages], vace: tuple[bool, ...]) -> dict[str, Callable[[], Stages]]:
    return {_NAMES[way]: partial(painted, way) for way in vace}


def _measured(
    shape: Shape, runs: list[Stages], show_ms: list[float], vace: bool, peaks: list[DevicePeak], text_rows: int
) -> Measured:
    ms, show = median(chunk_ms(run) for run in runs), median(show_ms)
    return Measured(
        stage_medians(runs),
        stage_work(shape, vace, text_rows),
        ms,
        1000 * shape.pictures / ms,
        show,
        1000 * shape.pictures / show,
        max(peak.reserved for peak in peaks) if peaks else _process_peak(),
        max(peak.allocated for peak in peaks) if peaks else None,
        runs,
        show_ms,
    )


def _process_peak() -> int | None:
    """Bytes that this process has had at most; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource  # not there on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
