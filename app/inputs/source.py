"""What a source is. Sources are read by one thread and know nothing of the rest of the path."""

from __future__ import annotations

from typing import Protocol

from app.frame import Frame


class Source(Protocol):
    """A camera, a screen, a clip, a still or a test card behind one face.

    Made by ``app.inputs.open_source``; used by one thread at a time: ``open``, then ``read`` many times, then
    ``close``.
    A live source (``realtime=True``) paces itself and stamps frames with ``time.perf_counter()``; an offline one gives
    its pictures as fast as they are asked for, stamped with media time from 0.
    """

    paused: bool
    """Set by the rig: a paused clip repeats its picture; a device ignores it."""

    @property
    def title(self) -> str:
        """What the window calls it, e.g. "Logitech BRIO, 1280x720 at 30"; known after ``open``."""
        ...

    @property
    def rate(self) -> float:
        """Frames a second it delivers or was recorded at; 0 when it does not know."""
        ...

    def open(self) -> None:
        """Raises SourceError in one sentence when it cannot be had."""
        ...

    def read(self) -> Frame | None:
        """The next picture, or None when none came within half a second (never longer: the rig must be able to stop).

        Raises SourceError when the device has gone away, SourceEnded at the end of a clip that does not loop.
        """
        ...

    def close(self) -> None:
        """Give the device back. May be called twice, and after a failed ``open``."""
        ...
