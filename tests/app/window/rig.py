"""A rig that stands still until a test moves it: real mailboxes, real signals, no threads and no devices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.frame import Frame, Kind, Pixels, Program
from app.mailbox import Latest
from app.status import Devices, Status, Thumbnails


class StillRig(QObject):
    """``app.window.rig.Rig`` with everything in the test's hand, and a record of what the window told it."""

    said = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.program: Latest[Program] = Latest()
        self.auditioned: Program | None = None
        self.view: Latest[Frame] = Latest()
        self.thumbnails: Latest[Thumbnails] = Latest()
        self.devices: Latest[Devices] = Latest()
        self.now = Status()
        self.started = self.stopped = 0
        self.handed: list[tuple[str, int]] = []
        self._number = 0

    def audition(self) -> Program | None:
        return self.auditioned

    def start(self) -> None:
        self.started += 1

    def stop(self) -> bool:
        self.stopped += 1
        return True

    def later(self, name: str, work: Callable[[], None]) -> None:
        work()

    def keep(self, name: str, work: Callable[[], None]) -> None:
        work()

    def status(self) -> Status:
        return self.now

    def handed_over(self, output: str, program: Program) -> None:
        self.handed.append((output, program.number))

    def play(self, rgb: Pixels, kind: Kind = "engine") -> Program:
        """Put the next picture on the air."""
        self._number += 1
        program = Program(rgb, float(self._number), kind, self._number)
        self.program.put(program)
        return program


def plain(red: int, green: int, blue: int, width: int = 32, height: int = 16) -> Pixels:
    """A picture of one colour, read-only as every published one."""
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[:] = (red, green, blue)
    rgb.flags.writeable = False
    return rgb


def quarters(width: int = 64, height: int = 48) -> Pixels:
    """Red and green above blue and white: tells up from down and left from right."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 2, : width // 2, 0] = 255
    rgb[: height // 2, width // 2 :, 1] = 255
    rgb[height // 2 :, : width // 2, 2] = 255
    rgb[height // 2 :, width // 2 :] = 255
    return rgb
