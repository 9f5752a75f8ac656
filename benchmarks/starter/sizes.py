"""What a larger starter would cost: the time of a chunk with a wider and with a deeper transformer.

Weights are random, which changes no time. One thread, as beside the controls on two cores; chunk by chunk in turn, so
that whatever else the machine does meets them all alike.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.starter.bench import Bench
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.speed import one_thread
from engine.catalog import untrained_model
from engine.config import STARTER
from engine.device import best_device
from engine.params import EMPTY_GUIDE, ControlChunk, EngineChoice, Params
from engine.stream import Stream
from training.__main__ import sized

VARIANTS: dict[str, tuple[int, int]] = {
    "as shipped": (STARTER.dit.dim, STARTER.dit.layers),
    "384 wide": (384, STARTER.dit.layers),
    "7 layers": (STARTER.dit.dim, 7),
}
"""Width and layers of the transformer: the next sizes of each that its heads allow."""
ROUNDS_A_CHUNK = 5
"""Of the effort: chunks are all that is made here."""


def measure_sizes(bench: Bench) -> Section:
    """A chunk is the step and the clean pass after it, with a full memory."""
    width, height = bench.effort.size
    choice = EngineChoice(width=width, height=height)
    with one_thread():
        device = best_device()
        models = {name: untrained_model(sized(*variant), device) for name, variant in VARIANTS.items()}
        streams = {name: Stream(model, choice) for name, model in models.items()}
        times_ms = _chunk_times_ms(streams, choice, ROUNDS_A_CHUNK * bench.effort.chunks)
    middle = {name: median(times) for name, times in times_ms.items()}
    shipped = middle["as shipped"]
    return Section(
        tuple(
            Figure(f"sizes: time of a chunk with {name}, times the shipped", ms / shipped)
            for name, ms in middle.items()
            if name != "as shipped"
        ),
        {
            "chunk in ms": middle,
            "parameters of the transformer": {
                name: sum(parameter.numel() for parameter in model.dit.parameters()) for name, model in models.items()
            },
        },
    )


def _chunk_times_ms(streams: dict[str, Stream], choice: EngineChoice, rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in streams}
    rollout = STARTER.rollout
    filling = rollout.sink + rollout.window
    for number in range(filling + rounds):
        shape = (rollout.pictures(first=number == 0), choice.height, choice.width, 3)
        chunk = ControlChunk(np.full(shape, EMPTY_GUIDE, np.uint8), np.zeros(shape, np.uint8))
        for name, stream in streams.items():
            began = perf_counter()
            stream.step(chunk, Params("neon", steps=rollout.steps))
            stream.settle()
            if number >= filling:
                times[name].append(1000 * (perf_counter() - began))
    return times
