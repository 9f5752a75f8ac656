"""What must not go on while a device's work is recorded, and how errors are taken then. Knows no networks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


def is_captured(x: Tensor) -> bool:
    """Whether what is asked of x's device here and now is recorded and not done.

    An error then says nothing of the kernel that raises it: once a recording is spoiled, all that come after it fail.
    """
    return x.is_cuda and torch.cuda.is_current_stream_capturing()


class Undisturbed:
    """Recordings on the one side, on the other what ends a recording whatever thread it is on.

    That is all that waits for the whole device, and torch giving memory back. Any number may be at that side at a time,
    compilers for minutes: recordings are put off meanwhile. It waits for a recording, which lasts milliseconds.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._recording = False
        self._disturbing = 0

    @contextmanager
    def recording(self) -> Iterator[bool]:
        """Gives whether there may be one; nobody disturbs it then until it is left."""
        with self._changed:
            may = not self._recording and not self._disturbing
            self._recording = self._recording or may
        try:
            yield may
        finally:
            if may:
                with self._changed:
                    self._recording = False
                    self._changed.notify_all()

    @contextmanager
    def disturbing(self) -> Iterator[None]:
        """Waits for the recording under way; none begins until this is left."""
        with self._changed:
            self._changed.wait_for(lambda: not self._recording)
            self._disturbing += 1
        try:
            yield
        finally:
            with self._changed:
                self._disturbing -= 1


UNDISTURBED = Undisturbed()
"""Of the process, as torch's memory is."""
