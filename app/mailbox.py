"""What threads hand each other: ``Latest`` keeps one value, ``Inbox`` a bounded row of frames and counts what it drops.

A writer never waits. Neither knows Qt, tensors or devices.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

from app.frame import GuidedFrame

T = TypeVar("T")


class Latest(Generic[T]):
    """One slot: a writer never waits, a reader gets the newest value and can tell whether it has seen it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._value: T | None = None
        self._number = 0

    def put(self, value: T) -> None:
        with self._changed:
            self._value = value
            self._number += 1
            self._changed.notify_all()

    def get(self) -> T | None:
        return self._value

    def wait(self, seen: int, timeout: float) -> tuple[int, T | None]:
        """The newest value and its number, as soon as the number passes ``seen``; after ``timeout`` seconds, as it is.

        A reader starts with ``seen=0`` and hands back the number it got.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._number > seen, timeout)
            return self._number, self._value


class Inbox:
    """Guided frames on their way to the engine. Holds at most ``capacity``; the oldest goes first, and is counted."""

    def __init__(self, capacity: int = 64) -> None:
        self._changed = threading.Condition()
        self._frames: deque[GuidedFrame] = deque()
        self._capacity = capacity
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many frames were thrown away because the engine had no time for them."""
        return self._dropped

    def put(self, frame: GuidedFrame) -> None:
        with self._changed:
            self._frames.append(frame)
            while len(self._frames) > self._capacity:
                self._frames.popleft()
                self._dropped += 1
            self._changed.notify_all()

    def wait(self, count: int, timeout: float) -> bool:
        """Whether ``count`` frames of any epoch are there, waiting up to ``timeout`` seconds for them.

        An inbox that is too small for ``count`` grows, to twice that: a chunk must find room beside its successor.
        """
        with self._changed:
            if count > self._capacity:
                self._capacity = 2 * count
            return self._changed.wait_for(lambda: len(self._frames) >= count, timeout)

    def take(self, count: int, epoch: int) -> list[GuidedFrame] | None:
        """``count`` frames of ``epoch``, evenly spaced, ending with the newest; None while there are too few.

        All waiting frames are consumed: those between the chosen ones count as dropped. Frames of an older epoch are
        flushed (not counted: a cut throws them away on purpose); a newer one means that the caller's Look is no longer
        the current one, so the answer is None. Spacing stays even across calls when the backlog is the same each time,
        because chosen frame i is the last of the i-th of ``count`` equal parts.
        """
        with self._changed:
            self._frames = deque(frame for frame in self._frames if frame.epoch >= epoch)
            waiting = len(self._frames)
            if waiting < count or self._frames[-1].epoch > epoch:
                return None
            chosen = [self._frames[-(-(i + 1) * waiting // count) - 1] for i in range(count)]
            self._dropped += waiting - count
            self._frames.clear()
            return chosen
