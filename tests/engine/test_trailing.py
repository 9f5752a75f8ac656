"""What a device does behind the host's back, on a device that is a queue of work with times."""

from __future__ import annotations

import pytest
import torch

from engine.trailing import Trailing, trailing_on


class Gpu:
    """now: the host's time. free: when the device has done all that it was told."""

    def __init__(self) -> None:
        self.now = self.free = 0.0

    def tell(self, seconds: float) -> None:
        self.free = max(self.now, self.free) + seconds

    def wait(self) -> None:
        self.now = max(self.now, self.free)

    def event(self) -> GpuEvent:
        return GpuEvent(self)

    def paint(self, trailing: Trailing) -> None:
        """A chunk in a tenth of a second, and its clean pass, which nobody waits for before the next one."""
        self.tell(0.1)
        trailing.handing_out()
        self.wait()
        trailing.handed_out()
        self.tell(0.04)
        trailing.over()
        self.wait()


class GpuEvent:
    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu

    def record(self) -> None:
        self.at = max(self._gpu.now, self._gpu.free)

    def query(self) -> bool:
        return self.at <= self._gpu.now

    def elapsed_time(self, end: GpuEvent) -> float:
        assert self.query()
        assert end.query(), "an event must have been reached"
        return 1000 * (end.at - self.at)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("idle", [0.0, 0.01, 0.5])
@pytest.mark.parametrize("handing_out", [0.002, 0.1])
def test_what_goes_on_behind_a_chunk_is_known_with_the_next_one(at_once: bool, idle: float, handing_out: float) -> None:
    """Whether the clean pass was told before the pictures were waited for or after, and whatever the host does."""
    clean_s, gpu = 0.04, Gpu()
    trailing = Trailing(gpu.event, lambda: gpu.now)
    spans, done, chunks = 0.0, 0.0, 12
    for number in range(chunks):
        gpu.now += idle
        began = gpu.now
        gpu.tell(0.15)
        trailing.handing_out()
        ready = gpu.free
        if at_once:
            gpu.tell(clean_s)
        gpu.now = ready
        trailing.handed_out()
        gpu.now += handing_out
        if not at_once:
            gpu.tell(clean_s)
        trailing.over()
        behind = clean_s if not at_once else max(0.0, clean_s - handing_out)
        assert trailing.seconds == pytest.approx(behind if number else 0.0)
        # As ``app.governing`` adds them up.
        spans += gpu.now - began + min(trailing.seconds, began - done)
        done = gpu.now
    whole = 0.15 + (max(clean_s, handing_out) if at_once else clean_s + handing_out)
    assert spans / chunks == pytest.approx(whole, rel=0.03), "the device's time, or the host's where that is longer"


def test_a_device_without_events_leaves_nothing_behind() -> None:
    trailing = trailing_on(torch.device("cpu"))
    for _ in range(3):
        trailing.handing_out()
        trailing.handed_out()
        trailing.over()
    assert trailing.seconds == 0.0


@pytest.mark.parametrize("kind", ["cuda", "xpu", "mps"])
def test_each_gpu_is_timed_by_its_own_events(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = Gpu()

    def event(*, enable_timing: bool) -> GpuEvent:
        assert enable_timing
        return gpu.event()

    monkeypatch.setattr(getattr(torch, kind), "Event", event)
    trailing = trailing_on(torch.device(kind))
    trailing._clock = lambda: gpu.now
    for _ in range(2):
        gpu.paint(trailing)
    trailing.handing_out()
    trailing.handed_out()
    assert trailing.seconds == pytest.approx(0.04)


@pytest.mark.parametrize("deed", ["record", "query", "elapsed_time"])
def test_events_that_fail_leave_nothing_behind(deed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu, tried = Gpu(), []
    trailing = Trailing(gpu.event, lambda: gpu.now)

    def fail(*_: object) -> None:
        tried.append(deed)
        raise NotImplementedError("no time in this version")

    for number in range(4):
        if number == 2:
            monkeypatch.setattr(GpuEvent, deed, fail)
        gpu.paint(trailing)
    assert tried == [deed]
    assert trailing.seconds == 0.0


def test_a_chunk_that_failed_is_not_measured() -> None:
    gpu = Gpu()
    trailing = Trailing(gpu.event, lambda: gpu.now)
    trailing.handing_out()
    gpu.tell(1.0)
    trailing.over()  # nobody was handed anything
    trailing.handed_out()  # and the device is still at it
    assert trailing.seconds == 0.0
    gpu.wait()
    trailing.over()
    trailing.handed_out()
    assert trailing.seconds == 0.0
