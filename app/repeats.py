"""Repeats: what was made of a picture, for when the very same array comes again, as a still's does all the time.

So a still keeps its own size, of which a composite shows what the outputs have room for, and nobody scales 60
megapixels again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import ref

from app.frame import Pixels

T = TypeVar("T")


class Repeats(Generic[T]):
    """Holds what was made of the last picture, and not the picture: a large one goes when its source does.

    Used by one thread.
    """

    def __init__(self) -> None:
        self._last: tuple[ref[Pixels], object, T] | None = None

    def made(self, rgb: Pixels, asked: object, make: Callable[[], T]) -> T:
        """``make()`` of ``rgb``, or what it was the last time if that was of the same array and ``asked`` is equal."""
        last = self._last
        if last is None or last[0]() is not rgb or last[1] != asked:
            last = self._last = (ref(rgb), asked, make())
        return last[2]
