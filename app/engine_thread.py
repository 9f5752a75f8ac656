"""The QThread that owns the engine: models are loaded, run and closed here and nowhere else.

It takes chunks from the inbox, hands pictures to the playout, and keeps the show going: a failure becomes a sentence,
the output holds, the engine starts again. Touches no widget.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from PySide6.QtCore import QObject, QThread, Signal

from app.frame import GuidedFrame
from app.look import Look
from app.mailbox import Inbox
from app.meter import Rate, Timings
from app.playout import Playout
from app.status import EngineState
from engine.errors import EngineError
from engine.params import ControlChunk, EngineChoice, ModelInfo, Params, Pixels

log = logging.getLogger(__name__)

_STACK_BYTES = 16 * 2**20  # macOS gives threads 512 KiB, too little for deep networks
_LONGEST_REST_S = 10.0


class Host(Protocol):
    """``engine.host.EngineHost``, or what stands in its place."""

    def load(self) -> ModelInfo: ...
    def wanted(self, params: Params) -> int: ...
    def step(self, chunk: ControlChunk, params: Params) -> Pixels: ...
    def settle(self) -> None: ...
    def close(self) -> None: ...


class EngineThread(QThread):
    """Runs until ``stop``. Its public attributes are read by the rig for the status line."""

    said = Signal(str, str)

    def __init__(
        self,
        make_host: Callable[[EngineChoice], Host],
        look: Callable[[], Look],
        choice: Callable[[], EngineChoice],
        inbox: Inbox,
        playout: Playout,
        parent: QObject | None = None,
    ) -> None:
        """look, choice: read the performer's current wishes; called on this thread."""
        super().__init__(parent)
        self.setStackSize(_STACK_BYTES)
        self.setObjectName("engine")
        self._make_host = make_host
        self._look = look
        self._choice = choice
        self._inbox = inbox
        self._playout = playout
        self._stopping = False
        self._told = ""
        self.state: EngineState = "stopped"
        self.model: ModelInfo | None = None
        self.pictures = Rate()
        self.chunk_ms = Timings()

    def stop(self) -> None:
        """Ask the thread to end after the chunk under way; ``wait`` tells when it has."""
        self._stopping = True

    def run(self) -> None:
        failures = 0
        while not self._stopping:
            choice, before = self._choice(), self.pictures.total
            host = self._make_host(choice)
            try:
                self._load(host)
                self._play(host, choice)
                failures = 0
            except Exception as error:  # nothing that an engine does may end the show
                log.exception("The engine failed")
                failures = 1 if self.pictures.total > before else failures + 1
                self._fail(error)
            finally:
                self._close(host)
            if failures:
                self._rest(min(_LONGEST_REST_S, 2.0 ** (failures - 1)), choice)
        self.state = "stopped"

    def _load(self, host: Host) -> None:
        self.state = "loading"
        self.model = host.load()
        if self.model.note:
            self.said.emit("info", f"Model {self.model.name} on {self.model.device}: {self.model.note}.")

    def _play(self, host: Host, choice: EngineChoice) -> None:
        """One chunk after the other, until another engine is wanted."""
        while not self._stopping and self._choice() == choice:
            frames = self._next_chunk(host, choice)
            if frames is None:
                continue
            chunk_frames, look = frames
            began = time.perf_counter()
            chunk = ControlChunk(
                guide=np.stack([frame.guide for frame in chunk_frames]),
                source=np.stack([frame.source for frame in chunk_frames]),
            )
            pictures = host.step(chunk, look.params)
            now = time.perf_counter()
            self._playout.put(list(pictures), [frame.time for frame in chunk_frames], look.params.cut, now)
            self.pictures.count(len(pictures), now)
            self._told = ""
            host.settle()
            self.chunk_ms.add((time.perf_counter() - began) * 1000)

    def _next_chunk(self, host: Host, choice: EngineChoice) -> tuple[list[GuidedFrame], Look] | None:
        """The next chunk's frames and the Look they are painted under; None when they are not there yet."""
        if not self._inbox.wait(host.wanted(self._look().params), timeout=0.1):
            self.state = "waiting"
            return None
        look = self._look()  # read once for this chunk, as late as can be
        frames = self._inbox.take(host.wanted(look.params), look.params.cut)
        size = (choice.height, choice.width)
        if frames is None or any(frame.guide.shape[:2] != size for frame in frames):
            return None  # left from before a cut or a change of size
        self.state = "running"
        return frames, look

    def _fail(self, error: Exception) -> None:
        """Tell it, once: an engine that fails again and again in one way has nothing new to say."""
        self.state = "failed"
        sentence = str(error)
        if not isinstance(error, EngineError):
            sentence = f"The engine failed ({error}); the last picture stays. It starts again."
        if sentence != self._told:
            self._told = sentence
            self.said.emit("error", sentence)

    def _close(self, host: Host) -> None:
        try:
            host.close()
        except Exception:  # a device that has failed may refuse even this; the next start tells whether it works
            log.exception("The engine could not be closed")

    def _rest(self, seconds: float, choice: EngineChoice) -> None:
        """Wait before trying again, unless something else is wanted meanwhile."""
        until = time.perf_counter() + seconds
        while not self._stopping and self._choice() == choice and time.perf_counter() < until:
            time.sleep(0.05)
