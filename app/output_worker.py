"""Drives one output: at its own fixed rate, or with each new picture. A failure is a sentence and hurts nothing else.

``run`` is the whole life of one switching-on; whoever starts a thread for it decides which. Knows no other output.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.errors import ShowError
from app.frame import Program
from app.latency import LatencyMeter
from app.mailbox import Latest
from app.meter import Timings
from app.outputs.output import Output
from app.outputs.pace import Pace
from app.status import OutputStatus
from app.words import outputs as words

log = logging.getLogger(__name__)


class OutputWorker(QObject):
    """One output, from being switched on to being switched off."""

    told = Signal(str, str)
    """(level, sentence), from the worker's thread."""
    gave_up = Signal(object)
    """The worker itself: its output failed, and is being closed."""

    def __init__(
        self, name: str, output: Output, program: Latest[Program], latency: LatencyMeter, wait: Callable[[], None]
    ) -> None:
        """program: what is on air. latency: is told what was handed over. wait: returns when the device is free, given
        back by the output's last worker."""
        super().__init__()
        self.name = name
        self._output, self._program, self._latency, self._wait = output, program, latency, wait
        self._pace: Pace | None = None
        self._stop = threading.Event()
        self._running = False
        self._trouble = ""
        self._written = self._repeated = 0
        self.latency = Timings()

    def stop(self) -> None:
        """Ask ``run`` to finish the output and return; from any thread."""
        self._stop.set()

    def status(self) -> OutputStatus:
        title = self._output.title if self._running else ""
        return OutputStatus(
            title,
            self._running,
            self._trouble,
            self._written,
            self._repeated,
            missed=self._pace.skipped if self._pace else 0,
            latency_ms=self.latency.timing(),
        )

    @property
    def running(self) -> bool:
        """Whether the output is open and taking pictures."""
        return self._running

    def run(self) -> None:
        """Open the output, feed it until ``stop`` or until it fails, close it."""
        self._wait()
        if self._stop.is_set():
            return
        try:
            self._output.open()
            self._running = True
            if self._output.rate > 0:
                self._pace = Pace(self._output.rate)
                self._write_at_rate(self._pace)
            else:
                self._write_each()
        except ShowError as error:
            self._fail(str(error))
        except Exception as error:
            log.exception("Output %s failed", self.name)
            self._fail(words.failed(self.name, error))
        finally:
            self._running = False
            self._close()

    def _write_at_rate(self, pace: Pace) -> None:
        last = -1
        while not self._stop.is_set():
            due = pace.next_due(time.perf_counter())
            if self._stop.wait(max(0.0, due - time.perf_counter())):
                return
            program = self._program.get()
            if program is not None:
                self._write(program, new=program.number != last)
                last = program.number

    def _write_each(self) -> None:
        seen = 0
        while not self._stop.is_set():
            number, program = self._program.wait(seen, timeout=0.1)
            if number != seen and program is not None:
                seen = number
                self._write(program, new=True)

    def _write(self, program: Program, new: bool) -> None:
        self._output.write(program, time.perf_counter())
        self._written += 1
        if not new:
            self._repeated += 1
        elif program.captured is not None and program.kind == "engine":  # the way past the engine is not the show's
            now = time.perf_counter()
            self.latency.add((now - program.captured) * 1000)
            self._latency.handed_over(program.captured, now)

    def _fail(self, sentence: str) -> None:
        self._trouble = sentence
        self.told.emit("error", sentence)
        self.gave_up.emit(self)

    def _close(self) -> None:
        try:
            self._output.close()
            if self._output.result:
                self.told.emit("info", self._output.result)
        except Exception as error:
            log.exception("Output %s could not be closed", self.name)
            self._trouble = str(error) if isinstance(error, ShowError) else words.not_closed(self.name)
            self.told.emit("error", self._trouble)
