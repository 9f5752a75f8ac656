"""A show without a window and without a clock: the real network at a tiny size, and the real journal beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from app.composite import asked_of_engine
from app.frame import Frame, GuidedFrame, Pixels, chunk_of
from app.governor import Level
from app.journal.camera_pictures import CameraPictures
from app.journal.journal import Journal
from app.look import Look, Setup
from app.model_switch import Playing
from app.plate import plate_of
from engine.catalog import finished
from engine.host import Submit
from engine.params import EngineChoice, Params
from tests.fakes import TinyHost

T = TypeVar("T")
LOOK = Look(Params(prompt="ink", steps=1), controls=())
SMALL = EngineChoice("tiny", 48, 32)


class Performance:
    """painted: all pictures of the engine, in order. came: the camera's own, in order. said: what the journal said.
    cuts_wished: how often it asked for one; whether it comes, and when, is the test's hand. wished: what the governor
    has taken from; None = nothing."""

    def __init__(self, folder: Path, choice: EngineChoice = SMALL, submit: Submit | None = None) -> None:
        """submit: where prompts are read beside the stream; None reads them at once."""
        folder.mkdir(exist_ok=True)
        self.said: list[tuple[str, str]] = []
        self.painted: list[Pixels] = []
        self.came: list[Pixels] = []
        self.look = LOOK
        self.recording = folder / "show.mp4"
        self.setup = Setup()
        self.cuts_wished = 0
        self.wished: Level | None = None
        self.journal = Journal(
            lambda: self.setup, lambda level, sentence: self.said.append((level, sentence)), self._cut_wished
        )
        self._camera_pictures = CameraPictures(lambda: self.journal.behind)
        self._submit = submit or read_at_once
        self._time = 100.0
        self._painted_with: Params | None = None
        self._random = np.random.default_rng(7)
        self.load(choice)

    @property
    def path(self) -> Path:
        return self.recording.with_suffix(".vjournal")

    def load(self, choice: EngineChoice) -> None:
        """Another model, or the same one again: a stream begins."""
        host = TinyHost(choice, self._submit)
        info = finished(host.bring_up(self.look.params, beside=False))
        if self._painted_with is not None:
            host.follow_on(self._painted_with)
        self.playing = Playing(host, choice, info, self.look.params, self._painted_with)

    def _cut_wished(self) -> None:
        self.cuts_wished += 1

    def change(self, **params: Any) -> None:
        self.look = replace(self.look, params=replace(self.look.params, **params))

    def play(
        self,
        chunks: int = 1,
        mask: Pixels | None = None,
        captured: tuple[int, int] = (90, 60),
        plated: bool | None = None,
    ) -> None:
        """Paint so many chunks of a camera that changes all the time. captured: its width and height, 0 for none.

        plated: whether the source is put back around the mask by the outputs; None = as the look now says.
        """
        host, choice = self.playing.host, self.playing.choice
        put_back = self.look.params.composite if plated is None else plated
        for _ in range(chunks):
            frames = [self._frame(choice, mask, captured, put_back) for _ in range(host.wanted(self.look.params))]
            params = asked_of_engine(self.look.params, (frame.plate for frame in frames))
            pictures = host.step(chunk_of(frames), params)
            self.painted += list(pictures)
            self._painted_with = host.left_done(self.look.params)
            self.journal.put(self.playing, frames, self.look, pictures, self.wished)
            host.settle()

    def finish(self) -> None:
        """The recording ends."""
        self.journal.end()
        self.journal.write_waiting()

    def _frame(
        self, choice: EngineChoice, mask: Pixels | None, captured: tuple[int, int], put_back: bool
    ) -> GuidedFrame:
        self._time += 0.04
        width, height = captured
        source = self._noise(choice.width, choice.height)
        guided = GuidedFrame(
            source=source,
            guide=self._noise(choice.width, choice.height),
            time=self._time,
            epoch=self.look.params.cut,
            mask=mask,
            plate=plate_of(source, mask) if mask is not None and put_back else None,
        )
        if not width:
            return guided
        self.came.append(self._noise(width, height))
        return self._camera_pictures.beside(guided, Frame(self.came[-1], self._time), None)

    def _noise(self, width: int, height: int) -> Pixels:
        return self._random.integers(0, 256, (height, width, 3), np.uint8)


def read_at_once(work: Callable[[], T], /) -> Future[T]:
    future: Future[T] = Future()
    future.set_result(work())
    return future


def same(a: Sequence[Pixels], b: Sequence[Pixels]) -> bool:
    return len(a) == len(b) and all(np.array_equal(one, other) for one, other in zip(a, b, strict=True))
