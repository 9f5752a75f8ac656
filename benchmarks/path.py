"""What the live path costs by itself, and what it leaves to the window.

    python -m benchmarks.path cpu              CPU time a frame and latency, 1280x720, edge on, identity for an engine
    python -m benchmarks.path memory           growth of memory over ten minutes of the same
    python -m benchmarks.path window           frame time of the window with engine, edge, pose, virtual camera, preview
    python -m benchmarks.path painting         the same while a hand paints the mask, and what each of its events costs

Each prints one JSON object and, with ``--save``, puts it under ``benchmarks/results/``. The virtual camera is
pyvirtualcam's real v4l2loopback backend before the stand-in device of the tests (Linux with gcc).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QElapsedTimer, QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.look import GovernorChoice, Look, Setup, SourceChoice, VirtualCameraChoice
from app.meter import timing_of
from app.rig import Rig
from app.show import Show
from assets import CLIP
from controls.control import ControlSetting
from engine.errors import EngineError
from engine.host import EngineHost, SecondStream, Submit
from engine.params import ControlChunk, EngineChoice, GpuMemory, ModelInfo, Params, Pixels, Progress
from tests.standins.preload import compiled

if TYPE_CHECKING:
    from app.window.main_window import MainWindow

RESULTS = Path(__file__).parent / "results"
WIDTH, HEIGHT, RATE = 1280, 720, 30.0
WARM_UP_S = 5.0
FRAME_MS = 16
DEVICE = "/dev/video97"

HD = Setup(
    source=SourceChoice("testcard", width=WIDTH, height=HEIGHT, rate=RATE),
    engine=EngineChoice("identity", WIDTH, HEIGHT),
    virtual_camera=VirtualCameraChoice(on=True, device=DEVICE, width=WIDTH, height=HEIGHT, rate=RATE),
    governor=GovernorChoice(on=False),  # the same work throughout is measured
)
EDGE = Look(controls=(ControlSetting("edge"),))


class IdentityHost:
    """In the engine's place: a chunk of one picture, handed back as it came."""

    prompts_read = 0

    def __init__(self, choice: EngineChoice, submit: Submit) -> None:
        pass

    def bring_up(self, params: Params, beside: bool) -> Generator[Progress, None, ModelInfo]:
        yield Progress(0.0, "starting")
        return ModelInfo("identity", "none", "uint8")

    def fits_beside(self) -> bool:
        return True

    def troubles(self) -> tuple[str, ...]:
        return ()

    def follow_on(self, params: Params) -> None:
        pass

    def left_done(self, params: Params) -> Params:
        return params

    def wanted(self, params: Params) -> int:
        return 1

    def step(self, chunk: ControlChunk, params: Params) -> Pixels:
        return chunk.source

    def memory(self) -> GpuMemory | None:
        return None

    def settle(self) -> None:
        pass

    @property
    def preparing(self) -> Progress | None:
        return None

    @property
    def trailing_s(self) -> float:
        return 0.0

    def second_stream(self, after: Params | None = None) -> SecondStream:
        raise EngineError("The identity paints no audition.")

    def close(self) -> None:
        pass


def measure_cpu(seconds: float) -> dict[str, Any]:
    """CPU time of the whole process a source picture, and capture to hand-over at the virtual camera."""
    app = QCoreApplication(sys.argv[:1])
    rig = Rig(Show(EDGE, HD), IdentityHost)
    rig.start()
    _spin(app, WARM_UP_S)
    before, cpu, began = rig.status(), time.process_time(), time.perf_counter()
    _spin(app, seconds)
    after, cpu, wall = rig.status(), time.process_time() - cpu, time.perf_counter() - began
    rig.stop()
    frames = after.frames_in - before.frames_in
    latency = after.outputs["virtual camera"].latency_ms
    return {
        "cpu_ms_per_frame": round(1000 * cpu / frames, 2),
        "bar_cpu_ms_per_frame": 15,
        "source_fps": round(frames / wall, 2),
        "frames": frames,
        "latency_ms": asdict(latency),
        "latency_frames_p95": None if latency.p95 is None else round(latency.p95 * RATE / 1000, 2),
        "bar_latency_frames": 2,
        "edge_ms": asdict(after.controls["edge"].ms),
        "dropped": after.dropped - before.dropped,
        "written_fps": round(
            (after.outputs["virtual camera"].written - before.outputs["virtual camera"].written) / wall, 2
        ),
    }


def measure_memory(seconds: float) -> dict[str, Any]:
    """Resident memory of the same path: after warming up, and after each tenth of ``seconds``."""
    app = QCoreApplication(sys.argv[:1])
    rig = Rig(Show(EDGE, HD), IdentityHost)
    rig.start()
    _spin(app, 2 * WARM_UP_S)
    readings = [_resident_mb()]
    for _ in range(10):
        _spin(app, seconds / 10)
        readings.append(_resident_mb())
    frames = rig.status().frames_in
    rig.stop()
    return {
        "seconds": seconds,
        "frames": frames,
        "resident_mb": [round(reading, 1) for reading in readings],
        "growth_mb": round(max(readings) - readings[0], 1),
        "bar_growth_mb": 50,
    }


def measure_window(seconds: float) -> dict[str, Any]:
    """Time between the frames of the GUI's own event loop, and the engine's rate, with everything on."""
    return _in_window(seconds, None)


def measure_painting(seconds: float) -> dict[str, Any]:
    """The same during strokes of 4,000 pixels of the mask, and how long the canvas is busy with each event of one."""
    hand = _Hand()
    measured = _in_window(seconds, hand)
    spent = {
        name: {"mean": round(fmean(ms), 2)} | asdict(timing_of(ms)) | {"max": round(max(ms), 2)}
        for name, ms in (("event_ms", hand.event_ms), ("event_cpu_ms", hand.event_cpu_ms))
    }
    return {"events": len(hand.event_ms), "strokes": hand.strokes, **spent, "bar_event_ms_mean": 4, **measured}


class _Hand:
    """Paints one stroke after the other, 125 events a second as an ordinary mouse, 20 pixels of the mask each."""

    STEP, STEPS, BRUSH = 20.0, 200, 80.0
    ACROSS, DOWN = 900.0, 100.0
    """Pixels of the mask: the hand goes to and fro between sides, and a row down at each."""

    def __init__(self) -> None:
        self.event_ms, self.event_cpu_ms = list[float](), list[float]()
        """What an event takes, and what of it the GUI thread computes: the rest it waits for a core."""
        self.strokes = self._at = 0
        self._timer = QTimer(interval=8, timerType=Qt.TimerType.PreciseTimer)

    def begin(self, window: MainWindow) -> None:
        self._canvas, self._editor = window.program.preview, window.editor
        self._editor.choose("brush")
        self._editor.set_brush(size=self.BRUSH)
        self._timer.timeout.connect(self._go)
        self._timer.start()

    def end(self) -> None:
        self._timer.stop()

    def _go(self) -> None:
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        step = self._at % (self.STEPS + 1)
        if step == 0:
            if self._at:
                self._send(QEvent.Type.MouseButtonRelease, left, none)
                self._editor.clear()
                self.strokes += 1
            self._send(QEvent.Type.MouseButtonPress, left, left)
        else:
            self._send(QEvent.Type.MouseMove, none, left)
        self._at += 1

    def _send(self, kind: QEvent.Type, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        gone = (self._at % (self.STEPS + 1)) * self.STEP
        row, along = divmod(gone, self.ACROSS)
        x, y = 190 + (along if row % 2 == 0 else self.ACROSS - along), 120 + row * self.DOWN
        room = self._canvas.placing(WIDTH, HEIGHT)[1]
        place = QPointF(room.x() + x / WIDTH * room.width(), room.y() + y / HEIGHT * room.height())
        everywhere = self._canvas.mapToGlobal(place)
        event = QMouseEvent(kind, place, everywhere, button, held, Qt.KeyboardModifier.NoModifier)
        began, computed = time.perf_counter(), time.thread_time()
        QCoreApplication.sendEvent(self._canvas, event)
        self.event_ms.append(1000 * (time.perf_counter() - began))
        self.event_cpu_ms.append(1000 * (time.thread_time() - computed))


def _in_window(seconds: float, hand: _Hand | None) -> dict[str, Any]:
    # Imported here: the other measurements have no window.
    from app.window.main_window import MainWindow
    from app.window.theme import apply_theme

    app = QApplication(sys.argv[:1])
    setup = replace(
        HD, source=SourceChoice("clip", str(CLIP)), engine=EngineChoice(), virtual_camera=replace(HD.virtual_camera)
    )
    look = Look(Params(prompt="neon teal lines"), controls=(ControlSetting("edge"), ControlSetting("pose")))
    show = Show(look, setup)
    rig = Rig(show, EngineHost)
    with tempfile.TemporaryDirectory() as folder:
        apply_theme(app)
        window = MainWindow(show, rig, Path(folder) / "state.json")
        window.show()
        rig.start()
        _spin(app, WARM_UP_S)
        while rig.status().frames_out < 8:
            _spin(app, 0.5)
        if hand is not None:
            hand.begin(window)
        before, began = rig.status(), time.perf_counter()
        frames = _frame_times(app, seconds)
        if hand is not None:
            hand.end()
        after, wall = rig.status(), time.perf_counter() - began
        window.end_show()
        rig.stop()
    timing = timing_of(frames)
    return {
        "platform": app.platformName(),
        "frames": len(frames),
        "frame_ms": asdict(timing) | {"max": round(max(frames), 2)},
        "bar_frame_ms_p95": 33,
        "engine_fps": round((after.frames_out - before.frames_out) / wall, 2),
        "source_fps": round((after.frames_in - before.frames_in) / wall, 2),
        "virtual_camera_fps": round(
            (after.outputs["virtual camera"].written - before.outputs["virtual camera"].written) / wall, 2
        ),
        "latency_ms": asdict(after.latency_ms),
        "chunk_ms": asdict(after.chunk_ms),
        "controls_ms": {name: asdict(control.ms) for name, control in after.controls.items()},
    }


def _frame_times(app: QCoreApplication, seconds: float) -> list[float]:
    """How long after one another a 60 Hz timer of the GUI thread gets its turn: what a performer feels as stutter."""
    times, clock = list[float](), QElapsedTimer()
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)

    def turn() -> None:
        times.append(clock.nsecsElapsed() / 1e6)
        clock.restart()

    timer.timeout.connect(turn)
    clock.start()
    timer.start(FRAME_MS)
    _spin(app, seconds)
    timer.stop()
    return times


def _spin(app: QCoreApplication, seconds: float) -> None:
    # Not quit: that closes the window, and with it the show.
    QTimer.singleShot(round(seconds * 1000), lambda: app.exit())
    app.exec()


def _resident_mb() -> float:
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


MEASUREMENTS: dict[str, tuple[Callable[[float], dict[str, Any]], float]] = {
    "cpu": (measure_cpu, 60.0),
    "memory": (measure_memory, 600.0),
    "window": (measure_window, 60.0),
    "painting": (measure_painting, 60.0),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.path")
    parser.add_argument("measurement", choices=MEASUREMENTS)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--save", action="store_true", help=f"keep the result under {RESULTS}")
    options = parser.parse_args()
    if "STANDIN_DEVICE" not in os.environ:
        return _again_with_virtual_camera()
    measure, usual = MEASUREMENTS[options.measurement]
    seconds = options.seconds or usual
    result = {
        "command": f"python -m benchmarks.path {options.measurement} --seconds {seconds:g}",
        "machine": f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}",
        "numpy": np.__version__,
        **measure(seconds),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if options.save:
        (RESULTS / f"path-{options.measurement}.json").write_text(text + "\n", "utf-8")
    return 0


def _again_with_virtual_camera() -> int:
    """Run this program again in a process in which the stand-in device exists."""
    with tempfile.TemporaryDirectory() as folder:
        library = compiled("v4l2_output.c", Path(folder))
        standin = {"LD_PRELOAD": str(library), "STANDIN_DEVICE": DEVICE, "STANDIN_FRAMES": os.devnull}
        command = [sys.executable, "-m", "benchmarks.path", *sys.argv[1:]]
        return subprocess.run(command, env=os.environ | standin, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
