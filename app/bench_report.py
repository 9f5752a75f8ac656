"""The figures of ``bench controls`` as a table for people and as JSON for programs, with the machine they belong to."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.bench import BAR_LEFT, LOAD_RATE, LOAD_SIZE, SIZES, BenchWish, Cost, Load
from app.status import Timing
from app.words import bench as words
from assets import CLIP

_PACKAGES = ("opencv-contrib-python", "mediapipe", "onnxruntime", "numpy")


def bench_json(wish: BenchWish, costs: list[Cost]) -> str:
    """For programs: the figures, and the machine they belong to."""
    return json.dumps(
        {
            "machine": machine(),
            "clip": CLIP.name,
            "clip_is_scaled": True,
            "pictures": wish.pictures,
            "opencv_threads": 1,
            "ms": {c.name: _timings(c.ms) for c in costs if c.ms},
            "carried_ms": {c.name: _timings(c.carried_ms) for c in costs if c.carried_ms},
            "load": {c.name: _load_json(c.load) for c in costs if c.load is not None},
            "draws_less": {c.name: homeless(c.trouble) for c in costs if c.trouble and c.ms},
            "not_here": {c.name: homeless(c.trouble) for c in costs if c.trouble and not c.ms},
        },
        indent=2,
    )


def bench_text(wish: BenchWish, costs: list[Cost]) -> str:
    """For people: a table, the load, and what does not run here."""
    sizes = [f"{width}x{height}" for width, height in SIZES]
    measured = [cost for cost in costs if cost.ms]
    rows = [
        (name, ms) for cost in measured for name, ms in ((cost.name, cost.ms), (words.CARRIED, cost.carried_ms)) if ms
    ]
    width = max((len(name) for name, _ in rows), default=0) + 2
    facts = machine()
    lines = [
        words.heading(wish.pictures),
        words.OF_THE_CLIP,
        words.processor(facts["cpu"], facts["cores"]),
        "",
        " " * width + "".join(f"{size:>20}" for size in sizes),
    ]
    for name, ms in rows:
        cells = (f"{ms[size].p50:.2f} ({ms[size].p95:.2f})" if size in ms else "-" for size in sizes)
        lines.append(f"{name:<{width}}" + "".join(f"{cell:>20}" for cell in cells))
    for cost in measured:
        if cost.load is not None:
            lines += ["", _load_text(cost, cost.load)]
    lines += ["", *(f"{cost.name}: {homeless(cost.trouble)}" for cost in costs if cost.trouble)]
    return "\n".join(lines).rstrip()


def _timings(ms: dict[str, Timing]) -> dict[str, Any]:
    return {size: asdict(timing) for size, timing in ms.items()}


def homeless(sentence: str) -> str:
    """``sentence`` with ~ for the home folder: figures are shown around, and the folder's name is often a person's."""
    home = str(Path.home())
    if home == Path(home).anchor:
        return sentence
    return re.sub(rf"(?<![\w.-]){re.escape(home)}(?![\w-])", "~", sentence)


def _load_text(cost: Cost, load: Load) -> str:
    size, rate = f"{LOAD_SIZE[0]}x{LOAD_SIZE[1]}", load.pictures_per_second
    kept = None if rate > 0.98 * LOAD_RATE else rate
    return words.load(cost.name, size, LOAD_RATE, kept, load.cpu_seconds_per_second, load.left_of_two_cores)


def _load_json(load: Load) -> dict[str, Any]:
    return {
        "size": f"{LOAD_SIZE[0]}x{LOAD_SIZE[1]}",
        "wanted_pictures_per_second": LOAD_RATE,
        **asdict(load),
        "left_of_two_cores": load.left_of_two_cores,
        "bar_left_of_two_cores": BAR_LEFT,
    }


def machine() -> dict[str, Any]:
    """What the figures depend on: processor, system, and the packages that do the work."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        **versions,
    }


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")  # where Linux tells what Python does not
    if sys.platform.startswith("linux") and cpuinfo.exists():
        for line in cpuinfo.read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
