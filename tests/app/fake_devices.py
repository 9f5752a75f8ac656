"""Devices that no test machine has: a camera whose picture changes all the time, and what a virtual camera sends to.

Small real things behind the real faces: ``app.inputs.Source`` and ``pyvirtualcam.Camera``.
"""

from __future__ import annotations

import time
from typing import Any

import cv2
import numpy as np

from app.frame import Frame, Pixels

CAMERA = "Fake Webcam"


class MovingCamera:
    """A ``Source``: a bright square that goes round over a plain ground, about 60 pictures a second."""

    paused = False
    title = f"{CAMERA}, 96x64 at 60"
    rate = 60.0

    def __init__(self) -> None:
        self._number = 0

    def open(self) -> None:
        pass

    def read(self) -> Frame:
        time.sleep(1 / self.rate)
        rgb = np.full((64, 96, 3), (20, 40, 90), np.uint8)
        turn = 2 * np.pi * self._number / 90
        at = (int(48 + 28 * np.cos(turn)), int(32 + 16 * np.sin(turn)))
        cv2.rectangle(rgb, (at[0] - 10, at[1] - 10), (at[0] + 10, at[1] + 10), (240, 200, 120), -1)
        self._number += 1
        return Frame(rgb, time.perf_counter())

    def close(self) -> None:
        pass


class SentCamera:
    """In the place of ``pyvirtualcam.Camera``: keeps what was sent last. ``opened`` are those that were made."""

    opened: list[SentCamera]
    backend = "fake"
    native_fmt = None

    def __init__(self, width: int, height: int, fps: float, fmt: Any, device: str | None) -> None:
        self.width, self.height, self.fps = width, height, fps
        self.device = device or "VACE Live"
        self.sent: list[Pixels] = []
        self.closed = False
        self.opened.append(self)

    def send(self, frame: Pixels) -> None:
        self.sent = [*self.sent[-30:], frame]

    def close(self) -> None:
        self.closed = True
