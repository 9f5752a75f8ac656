"""What a steady chunk asks of host and memory, counted on the eager form (arXiv 2602.14381's runtimes ask for more)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import _disable_current_modes

from benchmarks.engine.traffic import Traffic, traffic_of
from engine import fused
from engine.config import RolloutConfig
from engine.rollout import Rollout
from engine.rope import RotaryTable, rotate
from tests.tiny import tiny_model

ROWS, COLUMNS = 4, 6
CHUNK = 3


class Counted:
    """A roll-out on the tiny network, one chunk of it counted at a time."""

    def __init__(self, window: int = 12, dtype: torch.dtype = torch.float32) -> None:
        model = tiny_model()
        rollout = RolloutConfig(CHUNK, window, CHUNK, sink_distance_max=max(21, window))
        self.rollout = Rollout(model.dit.to(dtype), replace(model.config, rollout=rollout), ROWS, COLUMNS, dtype)
        generator = torch.Generator().manual_seed(0)
        self._noise = torch.randn(2, 1, CHUNK, 16, ROWS, COLUMNS, generator=generator)
        self._context = torch.randn(1, CHUNK, 96, ROWS, COLUMNS, generator=generator)
        with torch.inference_mode():
            self.rollout.read_text(torch.randn(1, 3, 12, generator=generator))

    def chunk(self) -> Traffic:
        """Two steps with VACE, and the clean pass."""
        schedule = self.rollout.sampler.schedule  # its table lies on the host, whatever the device
        cache = self.rollout.cache.storage

        def paint() -> None:
            steps = self.rollout.sampler.steps(2)
            self.rollout.denoise(self._noise.__getitem__, steps, self._context)
            self.rollout.settle()

        return traffic_of(paint, cache, (schedule.sigmas, schedule.timesteps))

    def pointers(self) -> list[int]:
        return [tensor.data_ptr() for tensor in self.rollout.cache.storage]


class Kernels:
    """In the place of the kernels of GPUs: a rotation is one operator, which is not counted."""

    def __init__(self) -> None:
        self.calls = 0

    def turn(self, x: Tensor, turns: Tensor, into: Tensor) -> None:
        self.calls += 1
        with _disable_current_modes():
            rotate(x, RotaryTable(turns), into)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("has_kernels", [False, True], ids=["plain", "kernels"])
def test_a_chunk_waits_for_nothing_and_copies_no_cache(
    dtype: torch.dtype, has_kernels: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty chunks: the first four fill the window, later ones overwrite what is oldest, from the eighth on the sink,
    as old as it may look, comes along with the window."""
    kernels = Kernels() if has_kernels else None
    monkeypatch.setattr(fused, "_kernels", lambda x, name: kernels if name == "turn" else None)
    counted = Counted(dtype=dtype)
    pointers = counted.pointers()
    chunks, alive = list[Traffic](), list[int]()
    for _ in range(20):
        if kernels is not None:
            kernels.calls = 0
        chunks.append(counted.chunk())
        alive.append(chunks[-1].alive_bytes)
    steady = chunks[4:]
    assert not any(chunk.waits for chunk in steady)
    # PyTorch has no rotation of bfloat16, so for that the sink's keys are widened, in each of the three blocks.
    widened = {"_to_copy": 3} if kernels is None and dtype == torch.bfloat16 else {}
    assert not any(chunk.watched_copies for chunk in (chunks[:7] if widened else chunks))
    assert all(chunk.watched_copies == widened for chunk in chunks[8:])
    assert kernels is None or kernels.calls == 3, "the sink's keys in each of the three blocks"
    assert counted.pointers() == pointers
    assert len({chunk.peak_bytes for chunk in steady}) == 1, "memory is flat"
    assert len(set(alive[4:])) == 1, "what a chunk leaves behind replaces what the one before it left"
    assert not {"roll", "index_put_", "nonzero"} & set(steady[-1].operators)


def test_a_longer_window_copies_no_more() -> None:
    """Only attention itself reads more: what is written is the chunk."""
    short, long = Counted(window=6), Counted(window=24)
    for _ in range(8):
        short.chunk(), long.chunk()  # until both are full
    one, other = short.chunk(), long.chunk()
    assert one.operators == other.operators
    latents = 16 * ROWS * COLUMNS * 4  # of a frame: the clean ones are remembered for a change of the prompt
    assert 0 <= other.bytes["copy"] - one.bytes["copy"] <= 2 * (24 - 6) * latents
    assert one.bytes["elementwise"] == other.bytes["elementwise"]
    assert one.bytes["product"] < other.bytes["product"]


@pytest.mark.parametrize("spoil", ["item", "clone", "roll", "cat", "grow"])
def test_the_counter_would_notice(spoil: str) -> None:
    counted = Counted()
    keys = counted.rollout.cache.keys[0]
    deeds: dict[str, Callable[[], object]] = {
        "item": lambda: keys[0, 0, 0, 0].item(),
        "clone": lambda: keys[:, :4].clone(),
        "roll": lambda: keys.roll(4, 1),
        "cat": lambda: torch.cat([keys[:, :4], keys[:, 4:]], dim=1),
        "grow": lambda: torch.empty(1000),
    }
    kept = list[object]()
    traffic = traffic_of(lambda: kept.append(deeds[spoil]()), counted.rollout.cache.storage)
    assert bool(traffic.waits) == (spoil == "item")
    assert bool(traffic.watched_copies) == (spoil in ("clone", "roll", "cat"))
    assert bool(traffic.alive_bytes) == isinstance(kept[0], torch.Tensor)
    kept.clear()
    assert traffic.alive_bytes == 0


def test_bytes_are_those_that_move() -> None:
    a, b, row = torch.ones(8, 10), torch.ones(8, 10), torch.ones(10)

    def move() -> None:
        torch.add(a, row.expand(8, 10))  # reads the row once
        a[:4].add_(b[:4])
        b[:, :5].copy_(a[:, 5:])
        a.t().view(2, 5, 8)  # nothing moves
        torch.mm(a, b.t())

    traffic = traffic_of(move)
    assert traffic.bytes["elementwise"] == 4 * (80 + 10 + 80) + 4 * (40 + 40 + 40)
    assert traffic.bytes["copy"] == 4 * (40 + 40)
    assert traffic.bytes["product"] == 4 * (80 + 80 + 64)
    assert sum(traffic.operators.values()) == 4
    assert traffic.peak_bytes >= 4 * 80
