"""What ``vace-live bench engine`` and ``vace-live bench compare`` do, once their options are understood."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch

from benchmarks.engine import report
from benchmarks.engine.compare import NEEDS_CUDA, compare
from benchmarks.engine.shapes import SET, Shape
from benchmarks.engine.stages import measure
from benchmarks.engine.wastes import BY_NAME
from engine.device import Device, best_device, compute_threads
from engine.errors import EngineError

RESULTS = Path(__file__).parents[1] / "results"


@dataclass(frozen=True)
class EngineBenchWish:
    """vace: which ways are measured. frames: pictures of each way, rounded up to whole chunks. everything: the set
    that is measured on a GPU, in place of ``shape``. threads: of a CPU; 0 = as many as the live path has. precision:
    "" = the device's own number type. wastes: that are measured by themselves. figures: where the JSON goes."""

    shape: Shape
    vace: tuple[bool, ...] = (True, False)
    frames: int = 60
    everything: bool = False
    threads: int = 0
    precision: str = ""
    wastes: tuple[str, ...] = tuple(BY_NAME)
    figures: Path | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= 100_000:
            raise ValueError(f"frames is {self.frames}, expected 1 to 100000")
        if not 0 <= self.threads <= 1024:
            raise ValueError(f"threads is {self.threads}, expected 1 to 1024")

        if unknown := set(self.wastes) - set(BY_NAME):
            raise ValueError(f"no waste is called {', '.join(sorted(unknown))}; there are {', '.join(BY_NAME)}")

    @property
    def chunks(self) -> int:
        """Of each way, at least two: one run is no median."""
        return max(2, -(-self.frames // self.shape.pictures))


def bench_engine(wish: EngineBenchWish) -> str:
    """The table. EngineError where it cannot be measured."""
    with _device(wish) as device:
        machine_facts = report.facts(device)
        if not wish.everything:
            run = measure(wish.shape, device, wish.vace, wish.chunks, _tell)
            _keep(wish.figures, "bench engine", machine_facts, report.engine_json(run))
            return report.engine_text(run, machine_facts)
        shapes = [Shape(*each) for each in SET]
        if device.torch_device.type != "cuda":
            return report.not_run_text(shapes, NEEDS_CUDA)
        return _bench_set(wish, shapes, device, machine_facts)


def _bench_set(wish: EngineBenchWish, shapes: list[Shape], device: Device, machine_facts: dict[str, Any]) -> str:
    texts, runs = list[str](), list[dict[str, Any]]()
    for shape in shapes:
        torch.cuda.empty_cache()
        try:
            run = measure(shape, device, wish.vace, replace(wish, shape=shape).chunks, _tell)
        except (EngineError, torch.OutOfMemoryError) as error:
            runs.append({**report.shape_json(shape), "not_run": str(error)})
            texts.append(report.not_run_text([shape], f"not run: {error}"))
            continue
        runs.append(report.engine_json(run))
        texts.append(report.engine_text(run, machine_facts))
        # What is there already is kept should a later shape end the process.
        file = wish.figures or RESULTS / f"engine-{report.slug(device)}.json"
        _keep(file, "bench engine --all", machine_facts, {"runs": runs})
    return "\n\n".join(texts)


def bench_compare(wish: EngineBenchWish) -> str:
    """The table. ValueError for a model that has no plain form."""
    with _device(wish) as device:
        told = compare(wish.shape, device, wish.chunks, wish.wastes, _tell)
        machine_facts = report.facts(device)
        _keep(wish.figures, "bench compare", machine_facts, report.compare_json(told))
        return report.compare_text(told, machine_facts)


@contextmanager
def _device(wish: EngineBenchWish) -> Iterator[Device]:
    """The best one, in the wished number type; on a CPU with the wished threads meanwhile."""
    device = best_device()
    if wish.precision:
        device = Device(device.torch_device, {"bf16": torch.bfloat16, "fp32": torch.float32}[wish.precision])
    threads = torch.get_num_threads()
    # The live path leaves a core to controls and window.
    torch.set_num_threads(wish.threads or compute_threads(reserved=1))
    try:
        yield device
    finally:
        torch.set_num_threads(threads)


def _keep(file: Path | None, command: str, machine_facts: dict[str, Any], figures: dict[str, Any]) -> None:
    if file is not None:
        told = {"command": command, "machine": machine_facts, **figures}
        file.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def _tell(doing: str) -> None:
    if sys.stderr.isatty():
        print(doing, file=sys.stderr)


def share_of(text: str) -> Fraction:
    """Of "1/8", "0.125" or "1". ValueError in words."""
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"the share of the width {text!r} is not a number such as 1/8") from None
