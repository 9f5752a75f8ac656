"""A control of one colour, for tests of the stack."""

from __future__ import annotations

import threading

import numpy as np

from controls.control import Pixels, Values


class Painted:
    """Fills its guide with one colour, counts its calls, and can be told to fail. threads: where it was called."""

    def __init__(self, color: tuple[int, int, int]) -> None:
        self.color = color
        self.calls = 0
        self.resets = self.closes = 0
        self.failure: Exception | None = None
        self.seen: list[tuple[tuple[int, ...], Values]] = []
        self.threads: set[str] = set()

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        self.calls += 1
        self.seen.append((picture.shape, values))
        self.threads.add(threading.current_thread().name)
        if self.failure is not None:
            raise self.failure
        return np.full((height, width, 3), self.color, np.uint8)

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closes += 1
