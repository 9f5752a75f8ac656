"""Tensors on their way to the device and back, beside what the device is at work on. Knows no pictures.

A copy from ordinary memory of the host waits until the device has done all that it was told before; from pinned memory
it does not. torch keeps pinned memory that was let go for the next copy, once the device is done with it. Where the
host is the device, nothing is copied and nothing waits. The CUDA branches have not been run: no GPU was at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """``tensor``, of the host, on ``device``. It may be written to again at once."""
    if device.type != "cuda" or tensor.device.type != "cpu":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


class Fetch:
    """Brings tensors of one device to the host, on a stream of its own, while the device goes on."""

    def __init__(self, device: torch.device) -> None:
        self._side: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self._side = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def start(self, tensor: Tensor) -> Callable[[], Tensor]:
        """Returns what waits for the copy, and for no later work, and gives it: memory of its own, for as long as
        anybody holds it, arrays over it too. torch takes pinned memory back for another copy only then."""
        if self._side is None:
            here = tensor.cpu()
            return lambda: here
        there = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        self._side.wait_stream(torch.cuda.current_stream(tensor.device))
        with torch.cuda.stream(self._side):
            there.copy_(tensor, non_blocking=True)
            done = self._side.record_event()
        tensor.record_stream(self._side)

        def wait() -> Tensor:
            done.synchronize()
            return there

        return wait


class Beside:
    """Work of its own that the device does beside the rest, such as encoding while it still remembers the last chunk.

    All that such work reads must have been made before this was, or in such work.
    """

    def __init__(self, device: torch.device) -> None:
        self._side: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self._side = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
            self._side.wait_stream(torch.cuda.current_stream(device))

    @contextmanager
    def work(self) -> Iterator[None]:
        """What is asked of the device inside waits for nothing that was asked outside."""
        with torch.cuda.stream(self._side):  # without one, this does nothing
            yield

    def join(self, *made: Tensor | None) -> None:
        """What is asked outside from now on waits for this work, of which it may read ``made``."""
        if self._side is None:
            return
        now = torch.cuda.current_stream(self._side.device)
        now.wait_stream(self._side)
        for tensor in made:
            if tensor is not None:
                tensor.record_stream(now)
