"""The QThread that owns the engine: models are loaded, run and closed here and nowhere else.

It takes chunks from the inbox, hands pictures to the playout, lets another model come up (``ModelSwitch``) and an
audition be painted (``AuditionPainter``) in between, and keeps the show going: a failure becomes a sentence, the output
holds, the engine starts again. Touches no widget.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject, QThread, Signal

from app.audition_painter import AuditionPainter
from app.composite import asked_of_engine
from app.frame import GuidedFrame, chunk_of
from app.governing import Governing
from app.governor import Level as Quality
from app.latency import LatencyMeter
from app.look import Look
from app.looks import Looks
from app.mailbox import Inbox
from app.meter import Rate, Timings
from app.model_switch import Host, ModelSwitch, Playing
from app.morph import Morph
from app.playout import Playout
from app.status import EngineState
from app.words import show as words
from engine.errors import EngineError
from engine.host import Submit
from engine.params import EngineChoice, GpuMemory, ModelInfo, Params, Pixels, Progress

log = logging.getLogger(__name__)
T = TypeVar("T")

_STACK_BYTES = 16 * 2**20  # macOS gives threads 512 KiB, too little for deep networks
_LONGEST_REST_S = 10.0
_MEMORY_S = 1.0  # between two looks at the GPU's memory
_LOADING_SHARE = 0.25  # of a chunk's time goes to the model that comes up, so that the one that plays keeps its pace


class MakeHost(Protocol):
    """``engine.host.EngineHost``, or what stands in its place. submit: for prompts, which take seconds to be read."""

    def __call__(self, choice: EngineChoice, *, submit: Submit) -> Host: ...


Keep = Callable[[Playing, list[GuidedFrame], Look, Pixels, Quality], None]
"""Takes what entered one step, the pictures that came of it and what it would have been painted with if there were no
governor, and returns at once: the journal."""


class EngineThread(QThread):
    """Runs until ``stop``. Its public attributes are read by the rig for the status line."""

    said = Signal(str, str)

    def __init__(
        self,
        make_host: MakeHost,
        looks: Callable[[], Looks],
        governing: Governing,
        inbox: Inbox,
        playout: Playout,
        audition: AuditionPainter,
        keep: Keep,
        latency: LatencyMeter,
        morph: Morph,
        parent: QObject | None = None,
    ) -> None:
        """looks: reads the performer's current wishes; called on this thread, as ``keep`` and ``morph.next``.
        governing: says what paints, and by what of the look."""
        super().__init__(parent)
        self.setStackSize(_STACK_BYTES)
        self.setObjectName("engine")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="prompts")
        self._reading: Future[Any] | None = None
        self._models = ModelSwitch(
            lambda choice: make_host(choice, submit=self._submit),
            lambda: governing.choice,
            lambda: looks().program.params,
            self.said.emit,
            governing.may_hold,
            lambda: self._painted_with,
        )
        self._painted_with: Params | None = None
        self._governing = governing
        self._looks = looks
        self._morph = morph
        self._inbox = inbox
        self._playout = playout
        self._audition = audition
        self._keep = keep
        self._latency = latency
        self._looked_at_memory = 0.0
        self._stopping = False
        self._told = self._told_forgetting = ""
        self.state: EngineState = "stopped"
        self.pictures = Rate()
        self.chunk_ms = Timings()
        self.gpu_memory: GpuMemory | None = None
        self.preparing: Progress | None = None

    @property
    def playing(self) -> EngineChoice | None:
        """What paints now: the size that frames must have. None while nothing does."""
        playing = self._models.playing
        return None if playing is None else playing.choice

    @property
    def model(self) -> ModelInfo | None:
        """Of the model that plays, or played last."""
        return self._models.info

    @property
    def loading(self) -> Progress | None:
        """How far the next model has come up."""
        return self._models.progress

    @property
    def reading(self) -> bool:
        """Whether a prompt is being read on the other thread."""
        return self._reading is not None and not self._reading.done()

    def stop(self) -> None:
        """Ask the thread to end after the chunk under way; ``wait`` tells when it has."""
        self._stopping = True

    def run(self) -> None:
        failures = 0
        while not self._stopping:
            before = self.pictures.total
            try:
                self._play()
            except Exception as error:  # nothing that an engine does may end the show
                log.exception("The engine failed")
                failures = 1 if self.pictures.total > before else failures + 1
                self._fail(error)
            self._models.lose()
            if not self._stopping and not self._models.loading:
                self._rest(min(_LONGEST_REST_S, 2.0 ** (failures - 1)))
        self._models.close()
        self._reader.shutdown(wait=False, cancel_futures=True)
        self.state = "stopped"

    def _play(self) -> None:
        """One chunk after the other, and between them a part of the way to another model, if one is wanted."""
        while not self._stopping:
            playing = self._models.playing
            self._audition.follow(playing)
            if playing is None:
                self.state, self.preparing = "loading", None
                self._models.advance(until=0.0)
                continue
            frames = self._next_chunk(playing)
            if frames is not None:
                seconds = self._paint(playing, *frames)
                self._audition.paint()
                self._models.advance(until=time.perf_counter() + _LOADING_SHARE * seconds)

    def _paint(self, playing: Playing, frames: list[GuidedFrame], wished: Look) -> float:
        """Returns the seconds that the chunk took."""
        host, look = playing.host, self._governing.applied(wished)
        # Before the chunk: the one that brings it to its full pace takes its time as well.
        self.preparing = host.preparing
        began = time.perf_counter()
        self._governing.begin()
        plates = [frame.plate for frame in frames]
        pictures = host.step(chunk_of(frames), asked_of_engine(look.params, plates))
        self._painted_with = host.left_done(look.params)
        now = time.perf_counter()
        self._playout.put(list(pictures), [frame.time for frame in frames], look.params.cut, now, plates)
        self._latency.painted((frame.time for frame in frames), now)
        self._keep(playing, frames, look, pictures, self._governing.wished(wished))
        self.pictures.count(len(pictures), now)
        self._told = ""
        for sentence in host.troubles():
            self.said.emit("warning", sentence)
        self._settle(host)
        busy = self._models.busy or self._looks().audition is not None or self.preparing is not None
        self._governing.painted(len(pictures), wished, playing.choice, busy, host.trailing_s)
        if now - self._looked_at_memory >= _MEMORY_S:
            self.gpu_memory, self._looked_at_memory = host.memory(), now
        seconds = time.perf_counter() - began
        self.chunk_ms.add(seconds * 1000)
        return seconds

    def _settle(self, host: Host) -> None:
        """The pictures are out. That the engine cannot remember them costs the next ones their past, not the show its
        model; it is told once."""
        try:
            host.settle()
        except Exception as error:  # whatever is broken for good fails in the next chunk as well
            log.exception("The engine could not remember a chunk")
            self._models.begin_anew()
            sentence = _sentence_of(error)
            if sentence != self._told_forgetting:
                self._told_forgetting = sentence
                self.said.emit("warning", sentence)
        else:
            self._told_forgetting = ""

    def _next_chunk(self, playing: Playing) -> tuple[list[GuidedFrame], Look] | None:
        """The next chunk's frames and the Look they are painted under; None when they are not there yet."""
        host, busy = playing.host, self._models.busy
        if not self._inbox.wait(host.wanted(self._looks().program.params), timeout=0.0 if busy else 0.1):
            self.state = self.state if busy else "waiting"
            self._models.advance(until=0.0)
            return None
        looks = self._looks()  # read once for this chunk, as late as can be
        look = looks.program
        frames = self._inbox.take(host.wanted(look.params), look.params.cut)
        size = (playing.choice.height, playing.choice.width)
        if frames is None or any(frame.guide.shape[:2] != size for frame in frames):
            return None  # left from before a cut or a change of size
        self.state = "running"
        return frames, self._morph.next(look, looks.arrival)

    def _fail(self, error: Exception) -> None:
        """Tell it, once: an engine that fails again and again in one way has nothing new to say."""
        self.state = "failed"
        sentence = _sentence_of(error)
        if sentence != self._told:
            self._told = sentence
            self.said.emit("error", sentence)

    def _rest(self, seconds: float) -> None:
        """Wait before trying again, unless something else is wanted meanwhile."""
        until = time.perf_counter() + seconds
        while not self._stopping and self._models.target == self._models.latest and time.perf_counter() < until:
            time.sleep(0.05)

    def _submit(self, work: Callable[[], T], /) -> Future[T]:
        future = self._reader.submit(work)
        self._reading = future
        return future


def _sentence_of(error: Exception) -> str:
    return str(error) if isinstance(error, EngineError) else words.engine_failed(error)
