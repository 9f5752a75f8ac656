"""What the window needs of the rig, and nothing more. The window polls and listens; it never touches a device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import SignalInstance

from app.frame import Frame, Program
from app.mailbox import Latest
from app.status import Devices, Status, Thumbnails


class Rig(Protocol):
    """The running show. It follows ``Show`` by itself; every call here returns at once, but for ``stop``."""

    @property
    def said(self) -> SignalInstance:
        """(level, sentence): "info", "warning" or "error"; emitted from any thread."""
        ...

    @property
    def program(self) -> Latest[Program]:
        """What the outputs show."""
        ...

    def audition(self) -> Program | None:
        """What is painted of the look that is tried out; None while none is."""
        ...

    @property
    def view(self) -> Latest[Frame]:
        """The framed source picture at engine size, as the edited look has it."""
        ...

    @property
    def thumbnails(self) -> Latest[Thumbnails]:
        """The newest guide of each running control of the edited look, and the mix."""
        ...

    @property
    def devices(self) -> Latest[Devices]:
        """Cameras and screens that are there now, renewed about once a second."""
        ...

    def start(self) -> None: ...

    def stop(self) -> bool:
        """Finish every output (a recording stays playable) and end the threads, within ten seconds; whether it did."""
        ...

    def later(self, name: str, work: Callable[[], None]) -> None:
        """Have a file read on another thread, soon; of what waits under one name, the latest alone. ``stop`` waits for
        none."""
        ...

    def keep(self, name: str, work: Callable[[], None]) -> None:
        """The same of a file that is written. What was asked for before ``stop`` is done when that returns."""
        ...

    def status(self) -> Status:
        """A snapshot, cheap enough for several calls a second."""
        ...

    def handed_over(self, output: str, program: Program) -> None:
        """A window has painted ``program`` for the first time: latency ends here."""
        ...
