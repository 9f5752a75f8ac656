"""The rig: source -> controls -> engine -> playout -> outputs, wired by hand, here and nowhere else.

Follows ``Show`` by itself: what changes in the Setup is opened, closed or reloaded while everything else goes on. Runs
with a window or without one. All threads but the engine's are started here.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import cv2
from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.audition import Audition
from app.audition_guides import AuditionGuides
from app.audition_painter import AuditionPainter
from app.composite import Compositor
from app.engine_thread import EngineThread, MakeHost
from app.file_worker import SLOW_S, FileWorker, Work
from app.frame import Frame, Pixels, Program
from app.framing import framed
from app.governing import Governing
from app.guide_maker import Captured, GuideMaker
from app.input_reader import RETRY_S, Event, InputReader, Reading, Wish
from app.inputs.cameras import list_cameras
from app.inputs.screen import list_screens
from app.journal.journal import Journal
from app.latency import LatencyMeter
from app.look import RecorderChoice, Setup, SourceChoice, VirtualCameraChoice
from app.looks import Looks
from app.mailbox import Inbox, Latest
from app.meter import Timings, timing_of
from app.model_switch import Host
from app.morph import Morph
from app.output_size import output_size
from app.output_worker import OutputWorker
from app.outputs.output import Output
from app.outputs.recorder import Recorder
from app.outputs.virtual_camera import VirtualCamera
from app.plate import Plate, detail
from app.playout import Playout
from app.repeats import Repeats
from app.show import Show
from app.slate import slate
from app.status import Devices, OutputStatus, Status
from app.words import inputs as words_inputs
from app.words import show as words_show
from controls import mediapipe_task
from engine.device import compute_threads
from engine.host import EngineHost, Submit
from engine.params import EngineChoice

log = logging.getLogger(__name__)
T = TypeVar("T")

_STOP_S = 10.0
_PLAYOUT_S = 1 / 60  # how often bypass and the treatments are looked at
_MANY_CORES = 4
_PREPARED_S = 5.0  # between two looks at whether the show runs by itself


class Rig(QObject):
    """The running show. Made, started and stopped on the GUI thread; every call returns at once, but for ``stop``."""

    said = Signal(str, str)
    """(level, sentence): "info", "warning" or "error". Emitted from any thread."""
    source_ended = Signal()
    """A clip that does not loop is over."""
    _output_gave_up = Signal(object)
    _source_refused = Signal(object, object, bool)
    _structure_refused = Signal(object, object)
    _audition_refused = Signal(int)
    _cut_wished = Signal()

    def __init__(
        self, show: Show, make_host: MakeHost | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """make_host: what stands behind the engine's seam, in place of ``EngineHost``. clock: what the
        governor measures the engine by."""
        super().__init__()
        self._show = show
        self._stopping = threading.Event()
        self._captured: Latest[Captured] = Latest()
        self._structure: Latest[Reading] = Latest()
        self.program: Latest[Program] = Latest()
        self.devices: Latest[Devices] = Latest()
        self._inbox = Inbox(capacity=32)
        self._playout = Playout(slate(*words_show.STARTING), partial(self._composite, Compositor()))
        self._audition: Audition | None = None
        self._journal = Journal(lambda: show.setup, self.said.emit, self._cut_wished.emit)
        self._latency = LatencyMeter()
        self._reading = FileWorker(lambda name, slow: self._tell_slow(name, slow, words_show.slow_to_read))
        self._writing = FileWorker(lambda name, slow: self._tell_slow(name, slow, words_show.slow_to_write))
        self._morph = Morph()
        self._compiler = ThreadPoolExecutor(1, "compiler")
        self._compiling: Future[Any] | None = None
        self._governing = Governing(
            lambda: show.setup, lambda: self._source_input.frames.per_second(), self.said.emit, clock=clock
        )
        self._engine = EngineThread(
            make_host or partial(_host_beside_controls, compile_on=self._compile),
            lambda: show.looks,
            self._governing,
            self._inbox,
            self._playout,
            AuditionPainter(
                lambda: self._audition,
                lambda: show.looks,
                self.said.emit,
                self._audition_refused.emit,
                self._governing.applied,
            ),
            self._journal.put,
            self._latency,
            self._morph,
            parent=self,
        )
        self._engine.said.connect(self.said)
        self._guides = GuideMaker(
            show,
            lambda: self._engine.playing,
            lambda: self._audition,
            self._seen_structure,
            self._inbox,
            self._latency,
            self._morph,
            self.said.emit,
            lambda: self._journal.behind,
        )
        self.view, self.thumbnails = self._guides.view, self._guides.thumbnails
        self._source_input = InputReader(
            self._source_wish,
            lambda: show.setup.paused,
            self._capture,
            self._hear_source,
            self._refuse_source,
            self.later,
            self._stopping,
        )
        self._structure_input = InputReader(
            self._structure_wish,
            lambda: False,
            self._structure.put,
            self._hear_structure,
            self._refuse_structure,
            lambda name, work: self.later(words_inputs.of_second(name, unseen=False), work),
            self._stopping,
        )
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (
                ("input", self._source_input.read),
                ("second input", self._structure_input.read),
                ("controls", self._make_guides),
                ("playout", self._play_out),
                ("journal", lambda: self._journal.write(self._stopping)),
                ("slow reading", lambda: self._reading.watch(self._stopping)),
                ("slow writing", lambda: self._writing.watch(self._stopping)),
                ("devices", self._watch_devices),
                ("preparing", self._prepare_people),
            )
        ]
        self._workers: dict[str, OutputWorker] = {}
        self._worker_threads: dict[str, threading.Thread] = {}
        self._output_wishes: dict[str, VirtualCameraChoice | RecorderChoice] = {}

        self._window_latency: dict[str, Timings] = {}
        self._bypassed = Repeats[Pixels]()

        self._output_gave_up.connect(self._switch_off, Qt.ConnectionType.QueuedConnection)
        self._source_refused.connect(self._back_to_source, Qt.ConnectionType.QueuedConnection)
        self._structure_refused.connect(self._back_to_structure, Qt.ConnectionType.QueuedConnection)
        self._audition_refused.connect(show.refuse_audition, Qt.ConnectionType.QueuedConnection)
        self._cut_wished.connect(show.cut_program, Qt.ConnectionType.QueuedConnection)
        show.setup_changed.connect(self._follow)
        show.looks_changed.connect(self._follow_looks)

    def start(self) -> None:
        self._engine.start()
        # Cores are shared out, see ``_host_beside_controls``. OpenCV would start a thread for each core.
        cv2.setNumThreads(1)
        for thread in self._threads:
            thread.start()
        self._follow(self._show.setup)
        self._follow_looks(self._show.looks)

    def stop(self) -> bool:
        """End every thread, finish every output (a recording stays playable) and write what is to be kept, within ten
        seconds. A file that is still being read is left.

        False when something would not end, such as a prompt that takes longer to be read: the process must then be left
        by ``os._exit``, for a QThread that still runs must not be destroyed, and Python waits for all other threads.
        """
        until = time.perf_counter() + (0.0 if self._stopping.is_set() else _STOP_S)
        self._stopping.set()
        self._engine.stop()
        for worker in self._workers.values():
            worker.stop()
        threads = [*self._worker_threads.values(), *(thread for thread in self._threads if thread.ident)]
        for thread in threads:
            thread.join(max(0.0, until - time.perf_counter()))
        written = self._writing.wait(max(0.0, until - time.perf_counter()))
        if not written:
            log.warning("A file is still being written and is left behind")
        engine_ended = self._engine.wait(round(1000 * max(0.0, until - time.perf_counter())))
        if not engine_ended:
            log.warning("The engine thread is still busy and is left behind")
        self._compiler.shutdown(wait=False, cancel_futures=True)
        busy = self._engine.reading or (self._compiling is not None and self._compiling.running())
        files_ended = written and self._reading.wait(0)
        return files_ended and engine_ended and not busy and not any(map(_is_alive, threads))

    def _compile(self, work: Callable[[], T], /) -> Future[T]:
        future = self._compiler.submit(work)
        self._compiling = future
        return future

    def later(self, name: str, work: Work) -> None:
        """Have a file read, soon: see ``app.file_worker``. ``stop`` waits for none."""
        self._reading.later(name, work)

    def keep(self, name: str, work: Work) -> None:
        """Have a file written, soon. What waits is done before ``stop`` ends."""
        self._writing.later(name, work)

    def _tell_slow(self, name: str, slow: bool, sentence: Callable[[str, float], str]) -> None:
        if slow:
            self.said.emit("warning", sentence(name, SLOW_S))
        else:
            self.said.emit("info", words_show.slow_no_more(name))

    def handed_over(self, output: str, program: Program) -> None:
        """A window (``output``: "preview" or "stage") has painted ``program`` for the first time: latency ends here."""
        if program.captured is not None and program.kind == "engine":
            now = time.perf_counter()
            self._window_latency.setdefault(output, Timings()).add((now - program.captured) * 1000)
            self._latency.handed_over(program.captured, now)

    def audition(self) -> Program | None:
        """What the preview shows of the look that is tried out; None while none is."""
        audition = self._audition
        return None if audition is None else audition.shown.get()

    def status(self) -> Status:
        """A snapshot, cheap enough for several calls a second."""
        engine, workers = self._engine, list(self._workers.items())
        windows = list(self._window_latency.items())
        latency = [ms for _, timings in windows for ms in timings.values()]
        latency += [ms for _, worker in workers if worker.running for ms in worker.latency.values()]
        outputs = {name: OutputStatus(running=True, latency_ms=timings.timing()) for name, timings in windows}
        audition = self._audition
        return Status(
            source_title=self._source_input.title,
            source_trouble=self._source_input.trouble,
            source_refused=self._source_input.refused,
            source_rate=self._source_input.frames.per_second(),
            structure_title=self._structure_input.title,
            structure_trouble=self._structure_input.trouble,
            structure_refused=self._structure_input.refused,
            engine_state=engine.state,
            engine_rate=engine.pictures.per_second(),
            loading=engine.loading,
            preparing=engine.preparing,
            model=engine.model.name if engine.model else "",
            device=f"{engine.model.device} {engine.model.dtype}" if engine.model else "",
            note=engine.model.note if engine.model else "",
            frames_in=self._source_input.frames.total,
            frames_out=engine.pictures.total,
            dropped=self._inbox.dropped + self._guides.skipped + self._playout.skipped,
            chunk_ms=engine.chunk_ms.timing(),
            latency_ms=timing_of(latency),
            latency=self._latency.parts(time.perf_counter()),
            gpu_memory=engine.gpu_memory,
            outputs=outputs | {name: worker.status() for name, worker in workers},
            controls=self._guides.status(),
            audition_trouble=audition.trouble if audition is not None else "",
            governor=self._governing.status(),
        )

    def mean_engine_rate(self) -> float:
        """New pictures of the engine a second over the whole run."""
        return self._engine.pictures.mean()

    # -- the inputs

    def _source_wish(self) -> tuple[SourceChoice, int]:
        setup = self._show.setup
        return setup.source, setup.restarts

    def _structure_wish(self) -> tuple[SourceChoice | None, int]:
        setup = self._show.setup
        return second_input(setup), setup.structure_restarts

    def _capture(self, reading: Reading) -> None:
        looks = self._show.looks
        epoch, edited = looks.program.params.cut, looks.edited.params.cut
        self._captured.put(Captured(reading.frame, epoch, reading.opening, edited))

    def _hear_source(self, event: Event, sentence: str) -> None:
        self.said.emit("error" if event == "lost" else "info", sentence)
        if event == "ended":
            self.source_ended.emit()

    def _hear_structure(self, event: Event, sentence: str) -> None:
        unseen = event == "lost" and self._seen_structure(self._show.setup) is None
        self.said.emit("warning" if event == "lost" else "info", words_inputs.of_second(sentence, unseen))

    def _refuse_source(self, wish: Wish, running: SourceChoice, paused: bool, sentence: str) -> None:
        self.said.emit("warning", sentence)
        self._source_refused.emit(wish, running, paused)

    def _refuse_structure(self, wish: Wish, running: SourceChoice, paused: bool, sentence: str) -> None:
        self.said.emit("warning", words_inputs.of_second(sentence, unseen=False))
        self._structure_refused.emit(wish, running)

    @Slot(object, object, bool)
    def _back_to_source(self, wish: Wish, running: SourceChoice, paused: bool) -> None:
        """What could not be opened is no longer wished for, unless something else is by now."""
        if self._source_wish() == wish:
            self._show.set_setup(source=running, paused=paused)

    @Slot(object, object)
    def _back_to_structure(self, wish: Wish, running: SourceChoice) -> None:
        if self._structure_wish() == wish:
            self._show.set_setup(structure=running)

    def _seen_structure(self, setup: Setup) -> Reading | None:
        """The newest picture of the second input that is wished for; the last one of an input that has gone."""
        reading = self._structure.get()
        return reading if reading is not None and reading.choice == second_input(setup) else None

    def _watch_devices(self) -> None:
        while not self._stopping.is_set():
            try:
                cameras = tuple(camera.name for camera in list_cameras())
                screens = tuple(screen.name for screen in list_screens())
                self.devices.put(Devices(cameras, screens))
            except Exception:  # a list that cannot be had is an empty menu, not the end of the show
                log.exception("The devices could not be listed")
            self._stopping.wait(RETRY_S)

    # -- the controls

    def _prepare_people(self) -> None:
        """What tells people from the rest takes seconds to import: done once the show runs, before anyone asks."""
        while not self._stopping.wait(_PREPARED_S):
            if self._engine.pictures.total:
                mediapipe_task.prepare()
                return

    def _make_guides(self) -> None:
        with ThreadPoolExecutor(1, "slow controls") as worker, ThreadPoolExecutor(1, "slow audition") as other:
            self._guides.follow(self._captured, self._stopping, worker, AuditionGuides(other))

    # -- what is shown

    def _play_out(self) -> None:
        shown: Program | None = None
        while not self._stopping.is_set():
            self._playout.wait(time.perf_counter(), _PLAYOUT_S)
            audition = self._audition
            try:
                program = self._playout.program(self._show.program, self._bypass, time.perf_counter())
                if program is not shown:
                    shown = program
                    self.program.put(program)
                if audition is not None:
                    audition.play(self._show.looks, time.perf_counter())
            except Exception:  # a picture that cannot be shown is skipped: the outputs keep the last one
                log.exception("A picture could not be shown")
                self._stopping.wait(_PLAYOUT_S)

    def _bypass(self) -> Frame | None:
        """The newest source picture, framed as the engine sees it but not as small: as large as a composite of it.
        Called on the playout thread."""
        captured, setup = self._captured.get(), self._show.setup
        if captured is None:
            return None
        engine = self._engine.playing or setup.engine
        source, canvas = captured.frame.rgb, (engine.width, engine.height)
        size = output_size(setup, *canvas, detail(source, setup.framing, *canvas))
        asked = (setup.framing, *size)
        return Frame(self._bypassed.made(source, asked, lambda: framed(source, *asked)), captured.frame.time)

    def _composite(self, compositor: Compositor, painted: Pixels, plate: Plate | None) -> Pixels:
        """What the outputs, or the preview of an audition, show of the engine's picture. compositor: of its stream.
        Called on the playout thread."""
        height, width = painted.shape[:2]
        size = output_size(self._show.setup, width, height, 1.0 if plate is None else plate.detail)
        return compositor.picture(painted, plate, *size)

    # -- the outputs

    @Slot(object)
    def _follow(self, setup: Setup) -> None:
        """Start and stop outputs as the Setup wants them. On the GUI thread."""
        wish = setup.output_size
        size = (wish.width or setup.engine.width, wish.height or setup.engine.height)
        self._want("virtual camera", setup.virtual_camera, lambda: VirtualCamera(setup.virtual_camera))
        self._want("recorder", setup.recorder, lambda: self._recorder(_sized(setup.recorder, *size)))

    def _want(self, name: str, wish: VirtualCameraChoice | RecorderChoice, make: Callable[[], Output]) -> None:
        if self._output_wishes.get(name) == wish:
            return
        self._output_wishes[name] = wish
        if name in self._workers:
            self._workers[name].stop()
        if wish.on:
            before = self._worker_threads.get(name)
            # The device must have been given back before it can be opened again; that waiting is the new thread's.
            worker = OutputWorker(name, make(), self.program, self._latency, wait=before.join if before else _no_wait)
            worker.told.connect(self.said)
            worker.gave_up.connect(self._output_gave_up)
            self._workers[name] = worker
            self._worker_threads[name] = threading.Thread(target=worker.run, name=name, daemon=True)
            self._worker_threads[name].start()

    def _recorder(self, choice: RecorderChoice) -> Recorder:
        return Recorder(choice, beside=self._journal if choice.journal else None)

    @Slot(object)
    def _follow_looks(self, looks: Looks) -> None:
        """Begin and end what an audition needs. On the GUI thread."""
        if looks.audition is None:
            self._audition = None
        elif self._audition is None or self._audition.number != looks.auditions:
            self._audition = Audition(looks.auditions, partial(self._composite, Compositor()))

    @Slot(object)
    def _switch_off(self, worker: OutputWorker) -> None:
        """An output failed: its switch goes back to off, its sentence stays. One that was replaced is history."""
        if self._workers.get(worker.name) is not worker:
            return
        wish = self._output_wishes[worker.name] = replace(self._output_wishes[worker.name], on=False)
        if isinstance(wish, RecorderChoice):
            self._show.set_setup(recorder=wish)
        else:
            self._show.set_setup(virtual_camera=wish)


def _host_beside_controls(choice: EngineChoice, *, submit: Submit, compile_on: Submit) -> Host:
    """The engine, with cores left to the others: one to the controls' thread, and one to the worker that slow controls
    run on, unless the engine would be left with a single one then."""
    return EngineHost(choice, 2 if compute_threads(0) >= _MANY_CORES else 1, submit, compile_on=compile_on)


def second_input(setup: Setup) -> SourceChoice | None:
    """What is opened beside the source. No device is opened twice: as its own second input, the source is seen."""
    return None if setup.structure == setup.source else setup.structure


def _sized(choice: RecorderChoice, width: int, height: int) -> RecorderChoice:
    """A recording takes this size unless told otherwise: its first picture may be the slate or the camera."""
    return choice if choice.width else replace(choice, width=width, height=height)


def _is_alive(thread: threading.Thread) -> bool:
    return thread.is_alive()


def _no_wait() -> None:
    """For an output that nobody has to give back first."""
