"""When each stage of a chunk was over, by the device's own clock where it has one."""

from __future__ import annotations

import time

import torch


class Clock:
    """Stamps of one chunk after the other. On CUDA they are events, read once the chunk is done, so that nothing waits
    in between; on other accelerators each stamp waits for the device. On a CPU with one thread it is that thread's own
    time, which others on the machine disturb least; with several it is the wall's."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        alone = device.type == "cpu" and torch.get_num_threads() == 1
        self._now = time.thread_time if alone else time.perf_counter
        self.start()

    @property
    def method(self) -> str:
        """For people."""
        if self._device.type == "cuda":
            return "CUDA events"
        if self._now is time.thread_time:
            return "the thread's own time, one thread"
        return "wall time on the CPU" if self._device.type == "cpu" else "wall time, the device awaited at each stage"

    def start(self) -> None:
        """What comes next is a chunk's first stage."""
        self._names: list[str] = []
        self._times: list[float] = []
        self._events: list[torch.cuda.Event] = []
        self._wait()
        self._stamp()

    def over(self, stage: str) -> None:
        """``stage`` began with the last stamp and is over now."""
        self._names.append(stage)
        self._stamp()

    def ms(self) -> dict[str, float]:
        """Milliseconds by stage, in their order."""
        self._wait()
        if self._events:
            pairs = zip(self._events, self._events[1:], strict=False)
            took = [float(began.elapsed_time(ended)) for began, ended in pairs]
        else:
            took = [1000 * (b - a) for a, b in zip(self._times, self._times[1:], strict=False)]
        return dict(zip(self._names, took, strict=True))

    def _stamp(self) -> None:
        if self._device.type == "cuda":
            event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
            event.record()
            self._events.append(event)
            return
        self._wait()
        self._times.append(self._now())

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        elif self._device.type == "mps":
            torch.mps.synchronize()
        elif self._device.type == "xpu":
            torch.xpu.synchronize()
