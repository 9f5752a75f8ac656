"""``replay``: a recorded show is painted again from its journal.

With the settings of the show the engine is handed what it was handed then, and paints the same pictures, bit for bit,
where the same processor computes on as many threads. With other settings the guides are made anew, each from its own
picture and in its own time, and the same performance becomes another film: of the steps, the size and the autoencoder
that the performer had asked for, not of those that the governor allowed. Blackouts, freezes and bypasses were the
performer's hand on the outputs: they are not replayed.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from app.errors import ShowError
from app.film import Filmed, Shot, Told, ending_by_sigterm, film
from app.frame import Frame, GuidedFrame, Pixels
from app.framing import resized
from app.journal.reader import Chunk, JournalReader
from app.journal.records import LookRecord, StreamRecord, digest_of
from app.look import Look, Setup
from app.mask_shape import MaskShape
from app.meter import Timings
from app.model_switch import Host
from app.outputs.contact_sheet import ContactSheet, save_picture
from app.painting import Guided, Painted, Painting, brought_up
from app.plate import plate_of
from app.preprocessor import Preprocessor
from app.report import Report, settings_of
from app.words import journal as words
from engine.errors import EngineError
from engine.host import EngineHost, Submit
from engine.params import EngineChoice, ModelInfo, Params

T = TypeVar("T")


@dataclass(frozen=True)
class Changes:
    """What is to be other than in the show. engine: from what the performer had chosen to what paints now. params: by
    name, for the whole show."""

    engine: Callable[[EngineChoice], EngineChoice] = lambda choice: choice
    params: Mapping[str, Any] = field(default_factory=dict)


class MakeHost(Protocol):
    """``engine.host.EngineHost``, or what stands in its place."""

    def __call__(self, choice: EngineChoice, *, reserved_cores: int, submit: Submit | None, threads: int) -> Host: ...


@dataclass(frozen=True)
class ReplayResult:
    """size: width and height of the film."""

    report: Report
    interrupted: bool
    size: tuple[int, int]


@ending_by_sigterm()
def replay(
    path: Path,
    changes: Changes,
    out: Path,
    sheet_path: Path,
    quiet: bool = False,
    make_host: MakeHost = EngineHost,
) -> ReplayResult:
    """Paint the show of the journal at ``path`` into ``out``, with a contact sheet at ``sheet_path``.

    Ctrl-C or SIGTERM ends it early: what is finished by then is kept. Raises ShowError or EngineError in words.
    """
    told, sheet = Told(), ContactSheet()
    with ExitStack() as until:
        journal = until.enter_context(JournalReader(path))
        if not journal.chunks:
            raise ShowError(words.empty(path.name))
        replayer = Replayer(journal, changes, told, quiet, make_host)
        until.callback(replayer.close)
        for sentence in replayer.warnings():
            told(sentence)
        began = time.perf_counter()
        zero = journal.chunks[0].record.times[0]
        shots = (Shot(painted.rgb, painted.frame.time - zero, painted.rows()) for painted in replayer.paint())
        done = film(shots, out, replayer.size, sheet, journal.pictures, told, quiet=quiet)
    elapsed = time.perf_counter() - began
    if done.frames:
        save_picture(sheet_path, sheet.drawn(path.name, replayer.caption()))
    return ReplayResult(_report(path, replayer, done, elapsed, told.sentences), done.interrupted, replayer.size)


class Replayer:
    """The engine at work on one journal.

    changed: whether it is to be another film than the show was. size: width and height of the film, those of the
    largest pictures in it. info: of the model that painted last. same: pictures that are the show's bit for bit.
    """

    def __init__(
        self, journal: JournalReader, changes: Changes, tell: Callable[[str], None], quiet: bool, make_host: MakeHost
    ) -> None:
        """journal: with at least one chunk. Raises what ``changes`` raises of a wish that makes no sense."""
        self._journal, self._changes, self._tell, self._quiet = journal, changes, tell, quiet
        self._make_host = make_host
        self._first = journal.look(journal.chunks[0])
        streams = [list(chunks) for _, chunks in groupby(journal.chunks, key=lambda chunk: id(chunk.stream))]
        self._streams = [(changes.engine(chunks[0].stream.choice), chunks) for chunks in streams]
        self.changed = any(
            replace(choice, folder=chunks[0].stream.choice.folder) != chunks[0].stream.choice
            for choice, chunks in self._streams
        ) or any(self._asked(chunk.sketch.look.params) != chunk.sketch.look.params for chunk in journal.chunks)
        if self.changed:
            self._streams = _joined((changes.engine(_wished(chunks[0].stream)), chunks) for chunks in streams)
        self._choices = [choice for choice, _ in self._streams]
        folder = self._choices[0].folder or self._first.model_folder
        self._preprocessor = Preprocessor(Path(folder) if folder else None)
        self.size = max(((choice.width, choice.height) for choice in self._choices), key=lambda size: size[0] * size[1])
        self.info = ModelInfo("", "", "")
        self.chunk_ms = Timings()
        self.same = 0

    @property
    def look(self) -> Look:
        """What the film begins with."""
        return replace(self._first.look, params=self._params(self._first))

    @property
    def setup(self) -> Setup:
        """The room, as far as it is known, at the beginning."""
        return Setup(framing=self._first.framing, engine=self._choices[0])

    def caption(self) -> str:
        """The line below the contact sheet's title."""
        return words.sheet_caption(self.info.name, *self.size, self.look.params.steps, anew=self.changed)

    def warnings(self) -> Iterator[str]:
        """What is known beforehand of what cannot be as it was in the show."""
        end = self._journal.end
        if end is None:
            yield words.NO_END
        elif end.reason:
            yield words.ended_early(end.reason)
        if self.changed and self._journal.reduced:
            yield words.reduced_of(self._journal.reduced, self._journal.pictures)
        if self.changed and self._journal.left_out:
            yield words.left_out_of(self._journal.left_out, self._journal.pictures)
        if self._journal.chunks[0].stream.before and not self.changed:
            yield words.NOT_THE_SAME_AT_FIRST

    def paint(self) -> Iterator[Painted]:
        """As many pictures as the show had, in order."""
        for choice, chunks in self._streams:
            reads, info = (None, ModelInfo("", "", "")) if self.changed else (_Reads(), chunks[0].stream.info)
            submit = None if reads is None else reads.submit
            host = self._make_host(choice, reserved_cores=0, submit=submit, threads=info.threads)
            try:
                if reads is None:
                    self.info = brought_up(host, self._params(self._journal.look(chunks[0])), self._quiet)
                    self._follow_on(host, chunks[0].stream.after)
                    yield from self._paint_stream(host, choice, chunks)
                else:
                    self.info = brought_up(host, chunks[0].stream.tried_with, self._quiet)
                    self._compare_machines(info)
                    self._follow_on(host, chunks[0].stream.after)
                    yield from self._compared(self._paint_stream(host, choice, chunks, reads), chunks)
            finally:
                host.close()

    def _follow_on(self, host: Host, after: Params | None) -> None:
        if after is not None:
            host.follow_on(self._asked(after))

    def close(self) -> None:
        """Give the controls' networks back."""
        self._preprocessor.close()

    def _paint_stream(
        self, host: Host, choice: EngineChoice, chunks: Sequence[Chunk], reads: _Reads | None = None
    ) -> Iterator[Painted]:
        """In chunks as this model wants them, none across a cut; with the show's settings these are the show's own."""
        size = (choice.width, choice.height)
        painting, waiting = Painting(host, self._tell, self.chunk_ms, size), list[Guided]()
        params = self._params(self._journal.look(chunks[0]))
        for chunk in chunks:
            kept = self._journal.look(chunk)
            wished = self._params(kept)
            if waiting and wished.cut != params.cut:
                yield from painting.paint(waiting, params)
                waiting = []
            params = wished
            if reads is not None:
                reads.allow(chunk.record.prompts_read)
            for frame, plated in zip(self._journal.frames(chunk), chunk.record.plated, strict=True):
                waiting.append(self._guided(frame, plated, kept, choice))
                if len(waiting) == host.wanted(params):
                    yield from painting.paint(waiting, params)
                    waiting = []
        if waiting:
            yield from painting.paint(waiting, params)

    def _compared(self, painted: Iterator[Painted], chunks: Sequence[Chunk]) -> Iterator[Painted]:
        """``painted``, counting what is as it was in the show."""
        for chunk in chunks:
            pictures = list(islice(painted, len(chunk.record.times)))
            if digest_of([picture.painted for picture in pictures]) == chunk.record.painted:
                self.same += len(pictures)
            yield from pictures

    def _guided(self, frame: GuidedFrame, plated: bool, kept: LookRecord, choice: EngineChoice) -> Guided:
        """As the engine was handed it, or anew from the picture as it came; from what the engine was handed, enlarged,
        where that was left out.

        plated: whether the source is put back here, as it was in the show.
        """
        if not self.changed or frame.captured is None:
            parts = {"guide": frame.guide}
            if self.changed:
                frame, parts = self._enlarged(frame, kept, choice)
            if plated and frame.mask is not None:
                frame = replace(frame, plate=plate_of(frame.source, frame.mask))
            return frame, parts
        setup = Setup(framing=kept.framing, engine=choice)
        structure = None if frame.second is None else Frame(frame.second, frame.time)
        guided, guide = self._preprocessor.guided(
            Frame(frame.captured, frame.time), kept.look, setup, frame.epoch, structure=structure
        )
        for sentence in guide.troubles.values():
            self._tell(sentence)
        return guided, guide.parts

    def _enlarged(
        self, frame: GuidedFrame, kept: LookRecord, choice: EngineChoice
    ) -> tuple[GuidedFrame, dict[str, Pixels]]:
        """``frame``, of which there is no picture as it came, and its guide's parts: the guide made anew from the
        enlarged picture, or enlarged itself where what is around an expanded one would be drawn as well."""
        scaled = _scaled(frame, choice.width, choice.height)
        if kept.look.expand:
            return scaled, {"guide": scaled.guide}
        look = replace(kept.look, mask=None, invert_mask=False, mask_shape=MaskShape(), repainted="all")
        structure = None if scaled.structure is None else Frame(scaled.structure, frame.time)
        _, guide = self._preprocessor.guided(
            Frame(scaled.source, frame.time), look, Setup(engine=choice), frame.epoch, scaled.mask, structure
        )
        for sentence in guide.troubles.values():
            self._tell(sentence)
        return replace(scaled, guide=guide.rgb), guide.parts

    def _params(self, kept: LookRecord) -> Params:
        """What is painted with. In another film the performer's own steps, where the governor allowed fewer."""
        params = kept.look.params
        return self._asked(replace(params, steps=kept.wished_steps) if self.changed and kept.wished_steps else params)

    def _asked(self, params: Params) -> Params:
        return replace(params, **self._changes.params)

    def _compare_machines(self, show: ModelInfo) -> None:
        then, now = ((info.device, info.dtype, info.threads) for info in (show, self.info))
        if then != now:
            self._tell(words.other_machine(show, self.info))


class _Reads:
    """Reads prompts where they are asked for, and lets each of them come back in the step in which it came back in the
    show: until then the engine goes on with the words before."""

    def __init__(self) -> None:
        self._allowed: int | None = None
        self._asked = 0
        self._held: deque[Callable[[], None]] = deque()

    def submit(self, work: Callable[[], T], /) -> Future[T]:
        """Before the first ``allow`` a model comes up, which waits for its prompts."""
        future: Future[T] = Future()

        def read() -> None:
            try:
                future.set_result(work())
            except EngineError as error:  # the stream hears of it where it asks for the result
                future.set_exception(error)

        if self._allowed is None:
            read()
        else:
            self._held.append(read)
            self._asked += 1
            self.allow(self._allowed)
        return future

    def allow(self, count: int) -> None:
        """``count`` prompts in all may have come back by the end of the next step."""
        self._allowed = count
        while self._held and self._asked - len(self._held) < count:
            self._held.popleft()()


def _wished(stream: StreamRecord) -> EngineChoice:
    """What the performer had chosen where the governor had another autoencoder or size in its place.

    What differs in more than these was wished for, too, but had failed: what went on in its place is the show.
    """
    choice, wished = stream.choice, stream.wished
    if wished is None:
        return choice
    reduced = replace(wished, autoencoder=choice.autoencoder, width=choice.width, height=choice.height)
    return wished if reduced == choice else choice


def _joined(streams: Iterable[tuple[EngineChoice, list[Chunk]]]) -> list[tuple[EngineChoice, list[Chunk]]]:
    """Those that follow one another and are of one choice are one stream: it forgets nothing in between."""
    return [
        (choice, [chunk for _, chunks in same for chunk in chunks])
        for choice, same in groupby(streams, key=lambda stream: stream[0])
    ]


def _scaled(frame: GuidedFrame, width: int, height: int) -> GuidedFrame:
    mask, structure = (
        None if pixels is None else resized(pixels, width, height) for pixels in (frame.mask, frame.structure)
    )
    return replace(
        frame,
        source=resized(frame.source, width, height),
        guide=resized(frame.guide, width, height),
        mask=mask,
        structure=structure,
    )


def _report(path: Path, replayer: Replayer, done: Filmed, seconds: float, troubles: tuple[str, ...]) -> Report:
    info = replayer.info
    return Report(
        source=path.name,
        model=info.name,
        note=info.note,
        device=f"{info.device} {info.dtype}",
        seconds=round(seconds, 3),
        frames_in=done.frames,
        frames_out=done.frames,
        fps=round(done.frames / seconds, 2),
        chunk_ms=replayer.chunk_ms.timing(),
        latency_ms=None,
        dropped=0,
        repeated=0,
        troubles=troubles,
        same=None if replayer.changed else replayer.same,
        **settings_of(replayer.look, replayer.setup),
    )
