"""What an output is. Each one runs in a worker thread of its own, so that a slow one never delays another."""

from __future__ import annotations

from typing import Protocol

from app.frame import Program


class Output(Protocol):
    """A virtual camera, a recorder or a window's feed behind one face: ``open``, ``write`` many times, ``close``."""

    @property
    def title(self) -> str:
        """What the window calls it, e.g. "/dev/video10, 1280x720 at 30"; known after ``open``."""
        ...

    @property
    def rate(self) -> float:
        """Above 0: ``write`` is called that often a second, with the last picture again when there is no new one.
        0: ``write`` is called once for each new picture."""
        ...

    @property
    def result(self) -> str:
        """After ``close``: what came of it, in one sentence for the performer; "" where there is nothing to tell."""
        ...

    def open(self) -> None:
        """Raises OutputError in one sentence."""
        ...

    def write(self, program: Program, now: float) -> None:
        """Hand one picture over. now: ``time.perf_counter()`` seconds. Raises OutputError when it can no longer."""
        ...

    def close(self) -> None:
        """Finish what was begun (a file stays playable). May be called twice, and after a failed ``open``."""
        ...
