"""Offline rendering: every picture of a source through controls and engine into an MP4, a contact sheet and a report.

The same controls, engine and file writer as the live path, without its clock: nothing is dropped, and the same seed
gives the same pictures.
"""

from __future__ import annotations

import itertools
import shutil
import signal
import sys
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from app.errors import OutputError, ShowError, SourceEnded, SourceError, UsageError
from app.frame import Frame, GuidedFrame, Pixels, chunk_of
from app.inputs import open_source, source_text
from app.inputs.source import Source
from app.look import Look, Setup, SourceChoice
from app.meter import Timings
from app.modes import modes_of
from app.outputs.contact_sheet import ContactSheet, save_picture
from app.outputs.mp4 import Mp4Writer
from app.pictures import brightness
from app.preprocessor import Preprocessor
from app.report import Report, settings_of
from engine.host import EngineHost
from engine.params import ModelInfo, Params

_ROWS = 24
"""tqdm is told a height, for it draws nothing at all on a terminal that does not know its own."""


@dataclass(frozen=True)
class RenderResult:
    report: Report
    interrupted: bool


@contextmanager
def _ending_by_sigterm() -> Iterator[None]:
    """While inside, a polite kill does what Ctrl-C does. On the main thread only, as are all signals of Python's."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@_ending_by_sigterm()
def render(
    look: Look,
    setup: Setup,
    out: Path,
    sheet_path: Path,
    seconds: float | None,
    quiet: bool = False,
    mask: SourceChoice | None = None,
) -> RenderResult:
    """Render ``setup.source`` to ``out``, with a contact sheet at ``sheet_path``. seconds: of media time; None = all.

    mask: a film of masks in place of the look's, picture for picture beside the source; its last one stays.

    Ctrl-C or SIGTERM ends it early: what is finished by then is kept. Raises ShowError or EngineError in words,
    UsageError for a source that never ends without ``seconds``.
    """
    if seconds is None and setup.source.kind != "clip":
        raise UsageError(
            f"{source_text(setup.source)} never ends, and so would its rendering; say how much of it with --seconds."
        )
    film = Path(setup.source.target)
    if out.exists() and film.exists() and out.samefile(film):
        raise ShowError(f"{out} is the source itself and would be lost; choose another name for the output.")
    source = open_source(replace(setup.source, loop=False), realtime=False)
    masks = None if mask is None else open_source(replace(mask, loop=False), realtime=False)
    # Opened before the model is loaded: a wrong path should be told at once.
    source.open()
    if masks is not None:
        masks.open()
    host = EngineHost(setup.engine, reserved_cores=0)
    painter = Painter(host, look, setup, masks)
    sheet = ContactSheet()
    began, interrupted = time.perf_counter(), False
    try:
        info = _brought_up(host, look.params, quiet)
        # Written beside and then swapped in: an older film of that name lives until there is a new one.
        part = out.with_name(f"{out.stem}.part.mp4")
        writer = Mp4Writer(part, setup.engine.width, setup.engine.height)
        total = None if seconds is None or source.rate <= 0 else round(seconds * source.rate)
        try:
            with tqdm(
                total=total, unit=" pictures", file=sys.stderr, ncols=_columns(), nrows=_ROWS, disable=quiet or None
            ) as progress:
                for painted in painter.paint(frames_of(source, seconds, painter.tell)):
                    writer.write(painted.rgb, painted.frame.time)
                    sheet.add(painted.frame.time, painted.rows())
                    progress.update()
        except KeyboardInterrupt:
            interrupted = True
        except Exception as error:
            if writer.frames and not isinstance(error, OutputError):  # the writer tells where its film is
                painter.tell(f"What was painted until then is in {part}.")
            raise
        finally:
            writer.close()
        if writer.frames:
            part.replace(out)
    finally:
        source.close()
        if masks is not None:
            masks.close()
        painter.close()
        host.close()
    elapsed = time.perf_counter() - began
    if writer.frames:
        save_picture(sheet_path, sheet.drawn(source.title, *_caption(info, look, setup, masks is not None)))
    report = Report(
        source=source.title,
        model=info.name,
        note=info.note,
        device=f"{info.device} {info.dtype}",
        seconds=round(elapsed, 3),
        frames_in=painter.frames_in,
        frames_out=writer.frames,
        fps=round(writer.frames / elapsed, 2),
        chunk_ms=painter.chunk_ms.timing(),
        latency_ms=None,
        dropped=0,
        repeated=0,
        troubles=tuple(painter.troubles),
        **settings_of(look, setup, masks.title if masks else None),
    )
    return RenderResult(report, interrupted)


def _brought_up(host: EngineHost, params: Params, quiet: bool) -> ModelInfo:
    """Load the model, and say how far it is."""
    slices = host.bring_up(params, beside=False)
    form = "{desc}: {percentage:.0f} %"
    with tqdm(
        total=100,
        bar_format=form,
        leave=False,
        file=sys.stderr,
        ncols=_columns(),
        nrows=_ROWS,
        disable=quiet or None,
    ) as bar:
        while True:
            try:
                progress = next(slices)
            except StopIteration as end:
                info: ModelInfo = end.value
                return info
            bar.set_description_str(progress.doing.capitalize(), refresh=False)
            bar.update(100 * progress.part - bar.n)


def frames_of(source: Source, seconds: float | None, tell: Callable[[str], None]) -> Iterator[Frame]:
    """The source's pictures until its end, until ``seconds`` of its own time have passed, or until it breaks off.

    tell: takes the sentence about a break.
    """
    first: float | None = None
    while True:
        try:
            frame = source.read()
        except SourceEnded:
            return
        except SourceError as error:
            if first is None:
                raise
            tell(str(error))  # a damaged file: what came before the damage is kept
            return
        if frame is None:
            continue
        first = frame.time if first is None else first
        # A thousandth of a second of tolerance: time stamps are rounded, and 2 s at 30 a second are 60 pictures.
        if seconds is not None and frame.time - first >= seconds - 1e-3:
            return
        yield frame


@dataclass(frozen=True, eq=False)
class Painted:
    """One picture of the engine, the source picture that it belongs to, and the guides between them."""

    rgb: Pixels
    frame: GuidedFrame
    parts: dict[str, Pixels]

    def rows(self) -> dict[str, Pixels]:
        """For the contact sheet: the source, each control's guide, the mask where there is one, the output."""
        mask = {} if self.frame.mask is None else {"mask": np.repeat(self.frame.mask[..., None], 3, axis=2)}
        return {"source": self.frame.source, **self.parts, **mask, "output": self.rgb}


_Guided = tuple[GuidedFrame, dict[str, Pixels]]
"""A source picture ready for the engine, and what each control drew for it."""


class Painter:
    """Controls and engine, picture for picture, chunk by chunk."""

    def __init__(self, host: EngineHost, look: Look, setup: Setup, masks: Source | None = None) -> None:
        """masks: opened; gives a mask for each of the source's pictures."""
        self._host, self._look, self._setup = host, look, setup
        self._preprocessor = Preprocessor(Path(setup.model_folder) if setup.model_folder else None)
        self.frames_in = 0
        self.chunk_ms = Timings()
        self.troubles: list[str] = []
        self._masks = itertools.repeat(None) if masks is None else _held(frames_of(masks, None, self.tell))

    def paint(self, frames: Iterator[Frame]) -> Iterator[Painted]:
        """As many pictures as there are frames. A first frame begins the first chunk, a last frame ends the last."""
        before_last = replace(self._look.params, last_frame=None)
        waiting = list[_Guided]()
        for frame, mask in zip(frames, self._masks, strict=False):
            self.frames_in += 1
            if len(waiting) == self._host.wanted(before_last):
                yield from self._paint_chunk(waiting, before_last)
                waiting = []
            waiting.append(self._guided(frame, mask))
        if waiting:
            yield from self._paint_chunk(waiting, self._look.params)

    def tell(self, sentence: str) -> None:
        """Say what does not work, once."""
        if sentence not in self.troubles:
            self.troubles.append(sentence)
            tqdm.write(f"! {sentence}", file=sys.stderr)

    def close(self) -> None:
        """Give the controls' networks back."""
        self._preprocessor.reset()

    def _guided(self, frame: Frame, mask: Pixels | None) -> _Guided:
        guided, guide = self._preprocessor.guided(frame, self._look, self._setup, 0, mask)
        for sentence in guide.troubles.values():
            self.tell(sentence)
        return guided, guide.parts

    def _paint_chunk(self, frames: list[_Guided], params: Params) -> Iterator[Painted]:
        """Too few frames for a chunk are repeated to fill it up; what was painted for repeats is left out."""
        began = time.perf_counter()
        wanted = self._host.wanted(params)
        kept = _kept(len(frames), wanted, to_the_end=params.last_frame is not None)
        filled = [frames[min(bisect_left(kept, place), len(frames) - 1)][0] for place in range(wanted)]
        pictures = self._host.step(chunk_of(filled), params)
        self._host.settle()
        for sentence in self._host.troubles():
            self.tell(sentence)
        self.chunk_ms.add((time.perf_counter() - began) * 1000)
        for place, (frame, parts) in zip(kept, frames, strict=True):
            yield Painted(pictures[place], frame, parts)


def _kept(count: int, wanted: int, to_the_end: bool) -> list[int]:
    """The places of ``count`` frames in a chunk of ``wanted``: the first ones, or evenly spread up to the very last.

    Spread, so that a film whose last chunk is not full still ends with its last frame.
    """
    if not to_the_end:
        return list(range(count))
    return [-(-(i + 1) * wanted // count) - 1 for i in range(count)]


def _held(frames: Iterator[Frame]) -> Iterator[Pixels]:
    """The frames as masks, the last one again and again."""
    mask = None
    for frame in frames:
        mask = brightness(frame.rgb)
        yield mask
    if mask is not None:
        yield from itertools.repeat(mask)


def _columns() -> int:
    """The terminal's width; 80 where it does not tell, for tqdm would draw nothing into a width of 0."""
    return shutil.get_terminal_size((80, 24)).columns or 80


def _caption(info: ModelInfo, look: Look, setup: Setup, film_of_masks: bool) -> tuple[str, ...]:
    """The lines below the contact sheet's title: what every rendering has, and which modes are on, if any."""
    params = look.params
    prompt = f'"{params.prompt}"' if params.prompt else "no prompt"
    model = f"{info.name} ({info.note})" if info.note else info.name
    size = f"{setup.engine.width}x{setup.engine.height}"
    steps, strength = params.steps, f"control strength {params.control_strength:g}"
    passes = f"{steps} step{'' if steps == 1 else 's'}"
    always = f"{model}, {size}, {passes}, {strength}, seed {params.seed}, {prompt}"
    modes = ", ".join(modes_of(look, film_of_masks))
    return (always, modes) if modes else (always,)
