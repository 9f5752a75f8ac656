"""The live commands: the window, the same path without one, and what happens where there is no display."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QApplication

from app.doctor import Machine, check_window
from app.inputs import list_cameras, source_text
from app.look import Look, Setup, SourceChoice
from app.render import render
from app.report import Report, settings_of
from app.rig import Rig
from app.show import Show, load_state
from app.status import Status
from app.words import commands
from app.words import show as words
from assets import CLIP

INTERRUPTED = 130
_MOST_TROUBLES = 100  # in a report: a run may last for days
_LISTEN_MS = 100  # how often Python gets to see Ctrl-C while Qt's loop runs


def display_missing() -> str:
    """Why no window can open here, in one sentence; "" where one can."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return ""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return words.NO_DISPLAY
    # A display that is named may still be gone, and Qt would abort the whole process to say so.
    window = check_window(Machine())
    if window.state != "missing":
        return ""
    return words.window_refused(window.detail, window.mend)


def render_instead(reason: str, look: Look, setup: Setup, folder: Path) -> int:
    """Where there is no display: the bundled clip through the real engine, as files to look at elsewhere."""
    video, sheet = folder / "vace-live-demo.mp4", folder / "vace-live-demo.png"
    print(commands.rendering_instead(reason), file=sys.stderr)
    look = replace(look, controls=tuple(replace(control, on=True) for control in look.controls))
    result = render(look, replace(setup, source=SourceChoice("clip", str(CLIP))), video, sheet, seconds=None)
    print(commands.rendered_instead(video, sheet))
    print(commands.OPENS_WITH_A_DISPLAY)
    return INTERRUPTED if result.interrupted else 0


def first_source() -> SourceChoice:
    """What the very first launch shows: the first camera, or the bundled clip where there is none."""
    return SourceChoice("camera") if list_cameras() else SourceChoice("clip", str(CLIP))


def open_window(look: Look, setup: Setup, state: Path, notice: str) -> int:
    """The live window, until it is closed. notice: what it says first, "" for nothing."""
    # Imported here: the offline and headless commands need neither widgets nor theme.
    from app.window.main_window import MainWindow
    from app.window.theme import apply_theme, dressed_once

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    apply_theme(app)
    show = Show(look, setup)
    rig = Rig(show)
    with dressed_once(app):
        window = MainWindow(show, rig, state)
    window.show()
    if notice:
        window.messages.say("warning", notice)
    rig.start()
    code = 0

    def interrupt() -> None:
        nonlocal code
        code = INTERRUPTED
        window.end_show()

    with _CtrlC(interrupt):
        app.exec()
    if not rig.stop():
        _leave(code)
    return code


def run_headless(look: Look, setup: Setup, seconds: float | None, report: Path | None) -> int:
    """The real-time path without a window, until the clip ends, ``seconds`` have passed, or Ctrl-C.

    Exit code 0; 1 when something failed on the way, even if it came back; 130 after Ctrl-C. The report is written in
    any case.
    """
    app = QCoreApplication.instance() or QCoreApplication(sys.argv[:1])
    rig = Rig(Show(look, setup))
    run = _HeadlessRun(rig, app)
    began = time.perf_counter()
    rig.start()
    timer = QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(app.quit)
    if seconds is not None:
        timer.start(round(seconds * 1000))
    with _CtrlC(run.interrupt):
        app.exec()
        # The status is read before the outputs close, their files are counted on to be whole after it.
        status = rig.status()
        seconds_run = time.perf_counter() - began
        ended = rig.stop()
        app.processEvents()
        run.clear_line()
        if report is not None:
            report_of(status, rig, look, setup, seconds_run, tuple(run.troubles)).save(report)
    code = INTERRUPTED if run.interrupted else 1 if run.failed else 0
    if not ended:
        _leave(code)
    return code


def report_of(status: Status, rig: Rig, look: Look, setup: Setup, seconds: float, troubles: tuple[str, ...]) -> Report:
    return Report(
        source=status.source_title or source_text(setup.source),
        model=status.model,
        note=status.note,
        device=status.device,
        seconds=round(seconds, 3),
        frames_in=status.frames_in,
        frames_out=status.frames_out,
        fps=round(rig.mean_engine_rate(), 2),
        chunk_ms=status.chunk_ms,
        latency_ms=status.latency_ms,
        dropped=status.dropped,
        repeated=sum(output.repeated for output in status.outputs.values()),
        troubles=troubles,
        governor=status.governor.changes,
        **settings_of(look, setup),
    )


class _HeadlessRun:
    """Tells on stderr what happens, and ends the run when there is nothing left to do.

    troubles: the warnings and errors that were told, each once. failed: whether an error was among them.
    """

    def __init__(self, rig: Rig, app: QCoreApplication) -> None:
        self._rig, self._app = rig, app
        self._terminal = sys.stderr.isatty()
        self.troubles: list[str] = []
        self.failed = False
        self.interrupted = False
        rig.said.connect(self._told)
        rig.source_ended.connect(app.quit)
        self._timer = QTimer()
        self._timer.timeout.connect(self._show_status)
        self._timer.start(500)

    def interrupt(self) -> None:
        self.interrupted = True
        self._app.quit()

    def clear_line(self) -> None:
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr)

    def _told(self, level: str, sentence: str) -> None:
        self.clear_line()
        print(f"{'' if level == 'info' else '! '}{sentence}", file=sys.stderr)
        if level != "info" and sentence not in self.troubles and len(self.troubles) < _MOST_TROUBLES:
            self.troubles.append(sentence)
        if level == "error":
            self.failed = True
            status = self._rig.status()
            # A source that never came will not come by waiting unattended.
            if status.source_trouble and status.frames_in == 0:
                self._app.quit()

    def _show_status(self) -> None:
        if not self._terminal:
            return
        status = self._rig.status()
        loading = None if status.loading is None else status.loading.part
        preparing = "" if status.preparing is None else status.preparing.doing
        rates, latency = (status.source_rate, status.engine_rate), status.latency_ms.p50
        line = commands.status_line(*rates, status.engine_state, loading, preparing, latency, status.dropped)
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


class _CtrlC:
    """While inside, Ctrl-C and a polite kill call ``work`` in Qt's loop instead of tearing the program apart."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        # Python sees signals only while it runs: Qt's loop must come back to it now and then.
        self._timer = QTimer()
        self._timer.timeout.connect(_nothing)

    def __enter__(self) -> None:
        def handle(*_: object) -> None:
            self._work()

        self._before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
        self._timer.start(_LISTEN_MS)

    def __exit__(self, *_: object) -> None:
        self._timer.stop()
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _nothing() -> None:
    """Any call into Python lets it look at its signals."""


def starting_values(state: Path, fresh: bool) -> tuple[Look, Setup, str]:
    """Look and setup that a run begins with, kept from the last one or new; and what the performer must know of it."""
    kept = None if fresh else load_state(state)
    if kept is not None:
        return *kept, ""
    notice = ""
    if not fresh and state.exists():
        aside = state.with_suffix(".damaged")
        state.replace(aside)
        notice = words.settings_unreadable(aside)
    return Look(), replace(Setup(), source=first_source()), notice


def _leave(code: int) -> None:
    """End the process although a thread will not: all files are closed, and Qt would abort for less."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
