"""``bench compare``: the plain form beside the engine, and each waste by itself, in one process, run by run in turn.

Three forms of one network with the same weights: *fast* is the engine, *plain* has all wastes, *lean* is the plain code
with none. A waste's own ratio is that of lean with it to lean without, so that it is not mixed with what the engine's
own kernels gain.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from statistics import median

import torch

from benchmarks.engine.drive import EAGER, drive_of_the_show
from benchmarks.engine.flop import fused_bytes_bound
from benchmarks.engine.in_the_show import InTheShow
from benchmarks.engine.medians import Stages, chunk_ms, handed_ms, interleaved, paired_ratio, stage_medians
from benchmarks.engine.networks import Networks, random_networks
from benchmarks.engine.painter import Inputs, Painter, fast, plain
from benchmarks.engine.plain import RANK, PlainRollout
from benchmarks.engine.shapes import Shape
from benchmarks.engine.traffic import Traffic, traffic_of
from benchmarks.engine.wastes import BY_NAME, OF_THE_NETWORK, WASTES, Waste
from engine.device import Device
from engine.rollout import Rollout

NEEDS_CUDA = "not run: needs CUDA"
LONGEST_TABLE = 1021
"""Latent frames that waste 11's rotary table holds."""


@dataclass(frozen=True)
class Row:
    """One waste by itself. ms, beside_ms: medians with it and without it; None where it was not run. ratio: of paired
    runs. of: what was measured. difference: of the latents, relative (rms). note: what else there is to say."""

    waste: Waste
    ms: float | None = None
    beside_ms: float | None = None
    ratio: float | None = None
    of: str = "a chunk"
    difference: float | None = None
    note: str = ""


@dataclass(frozen=True)
class BlockBytes:
    """What one block of the main network moves in one pass, by kind of operator, and the least that it must. Bytes."""

    product: float
    copy: float
    elementwise: float
    bound: float

    @property
    def beside_products(self) -> float:
        return self.copy + self.elementwise

    @property
    def total(self) -> float:
        return self.product + self.beside_products


@dataclass(frozen=True)
class Comparison:
    """ms: medians of a chunk by form, its stages one behind the other; handed_ms: until its pictures are there. ratio,
    handed_ratio: plain to fast. show_ms: of the engine as in the show, show_ratio: plain to that. lean_ratio: lean to
    fast. difference: of plain's latents from fast's, relative (rms). stages: medians by form. drive: of fast."""

    shape: Shape
    chunks: int
    clock: str
    ms: dict[str, float]
    handed_ms: dict[str, float]
    stages: dict[str, Stages]
    ratio: float
    handed_ratio: float
    show_ms: float
    show_ratio: float
    drive: str
    lean_ratio: float
    difference: float
    rows: tuple[Row, ...]
    block_bytes: dict[str, BlockBytes] = field(default_factory=dict)
    raw: dict[str, list[Stages]] = field(default_factory=dict)


def compare(
    shape: Shape,
    device: Device,
    chunks: int,
    wastes: Collection[str] = tuple(BY_NAME),
    told: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """``chunks`` of each form, with VACE on. wastes: which of them are measured by themselves, too.

    ValueError for a model that has no plain form.
    """
    networks = random_networks(shape, device)
    inputs = Inputs(shape, networks)
    told("making the device ready")
    drive = drive_of_the_show(shape, networks)
    rank = max(4, RANK * shape.config.dit.dim // 1536)

    def lean(*wastes: str) -> PlainRollout:
        return plain(shape, networks, inputs, frozenset(wastes), rank)

    def painter(rollout: Rollout | PlainRollout, **wastes: bool) -> Painter:
        return Painter(rollout, shape, networks, inputs, **wastes)

    rollout = shape.config.rollout
    painters = {
        "fast": painter(fast(shape, networks, inputs, drive)),
        "lean": painter(lean()),
        "plain": painter(lean(*OF_THE_NETWORK), encodes_zeros=True, waits_for_clean=True),
        **{name: painter(lean(name)) for name in sorted(OF_THE_NETWORK.intersection(wastes))},
    }
    if "zeros" in wastes:
        painters["zeros"] = painter(lean(), encodes_zeros=True)
    if "order" in wastes:
        painters["order"] = painter(lean(), waits_for_clean=True)
    if "eager" in wastes and device.torch_device.type == "cuda":
        painters["eager"] = painter(fast(shape, networks, inputs, EAGER))
    if "reset" in wastes:
        turning = fast(shape, networks, inputs, drive, horizon=rollout.window + rollout.chunk)
        painters["turned back"] = painter(turning)
        painters["reset"] = painter(fast(shape, networks, inputs, drive))
    for name, each in painters.items():
        told(f"warming up: {name}")
        each.fill()
    told("warming up: as in the show")
    show = InTheShow(shape, networks, inputs, drive)
    show.warm_up((True,))
    told("measuring")
    forms: dict[str, Callable[[], Stages]] = {name: _paints(each) for name, each in painters.items()}
    forms["show"] = lambda: {"chunk": show.run(True)[0]}
    if "reset" in forms:
        forms["reset"] = _begins_anew(painters["reset"])
    runs = interleaved(forms, chunks)
    told("counting bytes")
    latents = {name: each.latents for name, each in painters.items()}
    bytes_of = {
        name: block_bytes(form, shape, networks, inputs)
        for name, form in (
            ("fast", fast(shape, networks, inputs, EAGER)),  # nothing is seen of what is recorded or compiled
            ("lean", lean()),
            ("plain", lean(*OF_THE_NETWORK)),
        )
    }
    chunk = {name: [chunk_ms(run) for run in of] for name, of in runs.items()}
    handed = {name: [handed_ms(run) for run in of] for name, of in runs.items() if name != "show"}
    main = ("fast", "lean", "plain")
    return Comparison(
        shape,
        chunks,
        painters["fast"].clock.method,
        {name: median(chunk[name]) for name in main},
        {name: median(handed[name]) for name in main},
        {name: stage_medians(runs[name]) for name in main},
        paired_ratio(chunk["plain"], chunk["fast"]),
        paired_ratio(handed["plain"], handed["fast"]),
        median(chunk["show"]),
        paired_ratio(chunk["plain"], chunk["show"]),
        drive.title,
        paired_ratio(chunk["lean"], chunk["fast"]),
        difference(latents["plain"], latents["fast"]),
        tuple(_row(waste, shape, drive.title, chunk, handed, latents) for waste in WASTES if waste.name in wastes),
        bytes_of,
        runs,
    )


def block_bytes(form: Rollout | PlainRollout, shape: Shape, networks: Networks, inputs: Inputs) -> BlockBytes:
    """What a pass more moves, shared out over the blocks: embedding and head, which are small, are among it."""
    rollout = shape.config.rollout

    def moved(steps: int) -> Traffic:
        traffic = traffic_of(lambda: form.denoise(inputs.noise.__getitem__, form.sampler.steps(steps)))
        with torch.inference_mode():
            form.settle()
        return traffic

    for _ in range(-(-rollout.window // rollout.chunk) + 1):
        moved(1)
    one, two = moved(1).bytes, moved(2).bytes
    layers, itemsize = shape.config.dit.layers, networks.device.dtype.itemsize
    bound = fused_bytes_bound(shape.config.dit, shape.tokens, shape.seen_tokens) * itemsize / 2
    product, copy, elementwise = ((two[kind] - one[kind]) / layers for kind in ("product", "copy", "elementwise"))
    return BlockBytes(product, copy, elementwise, bound)


def difference(a: torch.Tensor, b: torch.Tensor) -> float:
    """Relative, rms."""
    return float((a.float() - b.float()).norm() / b.float().norm())


def _paints(painter: Painter) -> Callable[[], Stages]:
    return lambda: painter.paint(True)


def _begins_anew(painter: Painter) -> Callable[[], Stages]:
    def paint() -> Stages:
        painter.reset()
        return painter.paint(True)

    return paint


def _row(
    waste: Waste,
    shape: Shape,
    driven: str,
    chunk: dict[str, list[float]],
    handed: dict[str, list[float]],
    latents: dict[str, torch.Tensor],
) -> Row:
    if waste.name == "eager":
        if "eager" not in chunk:
            return Row(waste, note=NEEDS_CUDA)
        apart = difference(latents["eager"], latents["fast"])
        ratio = paired_ratio(chunk["eager"], chunk["fast"])
        note = f"the engine itself, not lean; beside it: {driven}; what lies side by side is in the show's figure"
        return Row(waste, median(chunk["eager"]), median(chunk["fast"]), ratio, difference=apart, note=note)
    if waste.name == "reset":
        return _reset_row(waste, shape, chunk)
    if waste.name == "order":
        of, runs, beside = "until handed out", handed["order"], handed["lean"]
    else:
        of, runs, beside = "a chunk", chunk[waste.name], chunk["lean"]
    apart = difference(latents[waste.name], latents["lean"])
    return Row(waste, median(runs), median(beside), paired_ratio(runs, beside), of, apart)


def _reset_row(waste: Waste, shape: Shape, chunk: dict[str, list[float]]) -> Row:
    """Of the one chunk where positions run out: a picture of a stream that begins anew beside one of a stream turned
    back."""
    first, later = shape.config.rollout.pictures(first=True), shape.pictures
    anew = [ms / first for ms in chunk["reset"]]
    turned = [ms / later for ms in chunk["turned back"]]
    cost = median(a - b for a, b in zip(chunk["turned back"], chunk["fast"], strict=True))
    every = LONGEST_TABLE // shape.config.rollout.chunk
    return Row(
        waste,
        median(anew),
        median(turned),
        paired_ratio(anew, turned),
        f"a picture, once in {every} chunks",
        note=f"{waste.differs}; turning back takes {cost:.1f} ms",
    )
