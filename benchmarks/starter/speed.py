"""Pictures a second of the whole live path, and how long the first one takes.

``live --headless`` with edge and pose at 320x192, as a process of its own, in turn with a fixed matrix product: figures
of two machines, or of two hours on one, are compared by what the product came to beside them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import torch

from app.outputs.mp4 import Mp4Writer
from benchmarks.starter.bench import Bench, Size
from benchmarks.starter.clips import to_and_fro
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.first_picture import LIMIT_S

CLIP = "walk"
CAMERA = (640, 360)
CAMERA_RATE = 30
CAMERA_PICTURES = 300
PRODUCT = 1024
PRODUCT_S = 2.0
CORES = 2


def measure_speed(bench: Bench) -> Section:
    """The clip as a camera would give it, 640x360 at 30, without end; on two cores, whatever the machine has."""
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name, held_to(CORES) as cores:
        folder = Path(name)
        camera = folder / "camera.mp4"
        _write_camera(bench, camera)
        bench.close()  # nothing else in this process is to take memory or threads
        products = [_product_gflops()]
        for number in range(bench.effort.rounds):
            bench.say(f"speed: round {number + 1} of {bench.effort.rounds}")
            runs.append(_live(camera, folder, bench.effort.size, bench.effort.live_s))
            products.append(_product_gflops())
        states = [folder / f"first-{number}.json" for number in range(bench.effort.rounds + 1)]
        first = [_first_picture_s(camera, state) for state in states][1:]  # once to warm the disk
    rates = [run["fps"] for run in runs]
    return Section(
        (
            Figure("speed: pictures a second, edge and pose, 320x192", median(rates), 20, 20),
            Figure(
                "speed: one-thread matrix product beside it", median(p["float32"] for p in products), unit=" GFLOP/s"
            ),
            Figure("speed: seconds to the first picture of the window", median(first), 10, 10, at_most=True),
        ),
        {
            "runs": runs,
            "first picture in seconds": first,
            "one-thread 1024x1024x1024 product in GFLOP/s, before, between and after the runs": products,
            "cores": os.cpu_count(),
            "cores that the commands had": cores,
        },
    )


@contextmanager
def held_to(cores: int) -> Iterator[int]:
    """Processes that are started in here may use so many of the machine's cores; gives how many they have.

    So does this thread, and whatever it starts. Only Linux can do it: elsewhere they have all of them.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield os.cpu_count() or 1
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:cores])
    try:
        yield len(os.sched_getaffinity(0))
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def one_thread() -> Iterator[None]:
    """torch computes on one thread in here."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _write_camera(bench: Bench, path: Path) -> None:
    shot = bench.pictures(CLIP)
    writer = Mp4Writer(path, *CAMERA)
    for number, index in enumerate(islice(to_and_fro(len(shot)), CAMERA_PICTURES)):
        writer.write(shot[index], number / CAMERA_RATE)
    writer.close()


def _live(camera: Path, folder: Path, size: Size, seconds: float) -> dict[str, Any]:
    """What the report of a headless run says of its pace."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "app", "live", "--headless", "--fresh", "--state", str(folder / "state.json")]
    command += ["--governor", "off"]  # the same work throughout is measured
    command += [
        "--source",
        str(camera),
        "--size",
        "x".join(map(str, size)),
        "--control",
        "edge",
        "--control",
        "pose",
    ]
    command += ["--prompt", "neon teal lines on black", "--seconds", str(seconds), "--report", str(report)]
    subprocess.run(command, check=True, capture_output=True, timeout=seconds + LIMIT_S)
    told = json.loads(report.read_text("utf-8"))
    return {key: told[key] for key in ("fps", "frames_in", "frames_out", "dropped", "chunk_ms", "device", "troubles")}


def _first_picture_s(camera: Path, state: Path) -> float:
    """Of the window in its first show: ``state`` is not there yet."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    watched = [sys.executable, "-m", "benchmarks.starter.first_picture", str(time.monotonic())]
    command = [*watched, "live", "--state", str(state), "--source", str(camera)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=2 * LIMIT_S, env=environment)
    return float(done.stdout.split()[-1])


def _product_gflops() -> dict[str, float]:
    """Median rate of a square matrix product on one thread of the CPU, in both number types."""
    rates: dict[str, float] = {}
    with one_thread():
        for dtype in (torch.float32, torch.bfloat16):
            a = torch.randn(PRODUCT, PRODUCT).to(dtype)
            times = list[float]()
            until = time.perf_counter() + PRODUCT_S / 2
            while time.perf_counter() < until or len(times) < 3:
                began = time.perf_counter()
                a @ a
                times.append(time.perf_counter() - began)
            rates[str(dtype).removeprefix("torch.")] = 2 * PRODUCT**3 / median(times) / 1e9
    return rates
