"""The engine's own stream of random pictures, chunk behind chunk as in the show: with all that lies side by side there.

Pictures go in and come out as bytes of the host; the next chunk is encoded beside the last one's clean pass, which the
device is told of before the pictures are waited for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from benchmarks.engine.clock import Clock
from benchmarks.engine.drive import Drive
from benchmarks.engine.networks import Networks
from benchmarks.engine.painter import Inputs
from benchmarks.engine.shapes import Shape
from engine.catalog import Model
from engine.params import ControlChunk, EngineChoice, Params
from engine.resting import settling_chunks
from engine.stream import Stream

_AT_A_TIME = 3
"""Chunks behind each other in a run. The first one has nothing to lie beside, so what is told is rather too long."""


@dataclass(frozen=True)
class Peak:
    """Bytes on a CUDA device. allocated: in tensors at a time. reserved: taken by torch, which the memory of recorded
    passes is among: nothing in it counts as allocated while they are played."""

    allocated: int
    reserved: int


class InTheShow:
    """``device`` is driven by ``drive``."""

    def __init__(self, shape: Shape, networks: Networks, inputs: Inputs, drive: Drive) -> None:
        def read(prompt: str) -> Tensor:
            return inputs.embeds

        model = Model(shape.config, networks.dit, networks.vae, read, networks.device)
        choice = EngineChoice(shape.model, shape.width, shape.height)
        self._stream = Stream(model, choice, recorder=drive.recorder)
        if drive.call is not None:
            self._stream.call_blocks(drive.call)
        self._device = networks.device.torch_device
        self._shape, self._steps = shape, shape.config.rollout.steps
        self._clock = Clock(self._device)
        guide = inputs.guide[0].permute(0, 2, 3, 1).cpu().float().add(1).mul(127.5)
        self._pictures = np.ascontiguousarray(guide.to(torch.uint8).numpy())

    def warm_up(self, ways: tuple[bool, ...]) -> None:
        """Until the window is full, the encoders are at rest, and each pass of each of ``ways`` is recorded."""
        chunk = self._shape.config.rollout.chunk
        rests = (settling_chunks(self._stream._model.vae, chunk) or 0) + 2
        for way in ways:
            for _ in range(max(self._stream.chunks_to_warm, rests)):
                self._paint(way, steps=1)

    def run(self, vace: bool) -> tuple[float, Peak | None]:
        """Milliseconds a chunk, until the device is done with it, and the most memory that was taken meanwhile."""
        if self._device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self._device)
        self._clock.start()
        for _ in range(_AT_A_TIME):
            self._paint(vace, self._steps)
        self._clock.over("chunks")
        ms = self._clock.ms()["chunks"] / _AT_A_TIME
        if self._device.type != "cuda":
            return ms, None
        allocated, reserved = torch.cuda.max_memory_allocated, torch.cuda.max_memory_reserved
        return ms, Peak(allocated(self._device), reserved(self._device))

    def _paint(self, vace: bool, steps: int) -> None:
        params = Params(steps=steps, control_strength=1.0 if vace else 0.0)
        pictures = self._pictures[-self._stream.wanted(params) :]
        self._stream.step(ControlChunk(pictures, pictures), params)
        self._stream.settle()
