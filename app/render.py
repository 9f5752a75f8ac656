"""Offline rendering: every picture of a source through controls and engine into an MP4, a contact sheet and a report.

The same controls, engine and file writer as the live path, without its clock: nothing is dropped, and the same seed
gives the same pictures.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from app.errors import ShowError, SourceEnded, SourceError
from app.frame import Frame, GuidedFrame, Pixels
from app.framing import seen_by_controls
from app.inputs import open_source
from app.inputs.source import Source
from app.look import Look, Setup
from app.meter import Timings
from app.outputs.contact_sheet import ContactSheet, save_picture
from app.outputs.mp4 import Mp4Writer
from app.report import Report, settings_of
from controls.stack import Stack
from engine.host import EngineHost
from engine.params import ControlChunk, ModelInfo


@dataclass(frozen=True)
class RenderResult:
    report: Report
    interrupted: bool


def render(
    look: Look, setup: Setup, out: Path, sheet_path: Path, seconds: float | None, quiet: bool = False
) -> RenderResult:
    """Render ``setup.source`` to ``out``, with a contact sheet at ``sheet_path``. seconds: of media time; None = all.

    Ctrl-C ends it early: what is finished by then is kept. Raises ShowError or EngineError in words.
    """
    film = Path(setup.source.target)
    if out.exists() and film.exists() and out.samefile(film):
        raise ShowError(f"{out} is the source itself and would be lost; choose another name for the output.")
    source = open_source(replace(setup.source, loop=False), realtime=False)
    # Opened before the model is loaded: a wrong path should be told at once.
    source.open()
    host = EngineHost(setup.engine, reserved_cores=0)
    painter = Painter(host, look, setup)
    sheet = ContactSheet()
    began, interrupted = time.perf_counter(), False
    try:
        info = host.load()
        # Written beside and then swapped in: an older film of that name lives until there is a new one.
        part = out.with_name(f"{out.stem}.part.mp4")
        writer = Mp4Writer(part, setup.engine.width, setup.engine.height)
        total = None if seconds is None or source.rate <= 0 else round(seconds * source.rate)
        try:
            with tqdm(
                total=total, unit=" pictures", file=sys.stderr, ncols=_columns(), disable=quiet or None
            ) as progress:
                for painted in painter.paint(frames_of(source, seconds, painter.tell)):
                    writer.write(painted.rgb, painted.frame.time)
                    sheet.add(painted.frame.time, painted.rows())
                    progress.update()
        except KeyboardInterrupt:
            interrupted = True
        finally:
            writer.close()
        if writer.frames:
            part.replace(out)
    finally:
        source.close()
        painter.close()
        host.close()
    elapsed = time.perf_counter() - began
    if writer.frames:
        save_picture(sheet_path, sheet.drawn(source.title, _caption(info, look, setup)))
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
        **settings_of(look, setup),
    )
    return RenderResult(report, interrupted)


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
        """For the contact sheet: the source, each control's guide, the output."""
        return {"source": self.frame.source, **self.parts, "output": self.rgb}


class Painter:
    """Controls and engine, picture for picture, chunk by chunk."""

    def __init__(self, host: EngineHost, look: Look, setup: Setup) -> None:
        self._host, self._look, self._setup = host, look, setup
        self._stack = Stack(Path(setup.model_folder) if setup.model_folder else None)
        self.frames_in = 0
        self.chunk_ms = Timings()
        self.troubles: list[str] = []

    def paint(self, frames: Iterator[Frame]) -> Iterator[Painted]:
        """As many pictures as there are frames. The last chunk is filled up with its last frame, and what was painted
        for that is left out."""
        params, waiting = self._look.params, list[tuple[GuidedFrame, dict[str, Pixels]]]()
        for frame in frames:
            self.frames_in += 1
            waiting.append(self._guided(frame))
            if len(waiting) == self._host.wanted(params):
                yield from self._paint_chunk(waiting, len(waiting))
                waiting = []
        if waiting:
            missing = self._host.wanted(params) - len(waiting)
            yield from self._paint_chunk(waiting + [waiting[-1]] * missing, len(waiting))

    def tell(self, sentence: str) -> None:
        """Say what does not work, once."""
        if sentence not in self.troubles:
            self.troubles.append(sentence)
            tqdm.write(f"! {sentence}", file=sys.stderr)

    def close(self) -> None:
        """Give the controls' networks back."""
        self._stack.reset()

    def _guided(self, frame: Frame) -> tuple[GuidedFrame, dict[str, Pixels]]:
        width, height = self._setup.engine.width, self._setup.engine.height
        picture, view = seen_by_controls(frame.rgb, self._setup.framing, width, height)
        guide = self._stack.guide(picture, width, height, frame.time, self._look.controls)
        for sentence in guide.troubles.values():
            self.tell(sentence)
        return GuidedFrame(view, guide.rgb, frame.time, 0), guide.parts

    def _paint_chunk(self, frames: list[tuple[GuidedFrame, dict[str, Pixels]]], count: int) -> Iterator[Painted]:
        began = time.perf_counter()
        guides, sources = (np.stack([getattr(frame, name) for frame, _ in frames]) for name in ("guide", "source"))
        pictures = self._host.step(ControlChunk(guides, sources), self._look.params)
        self._host.settle()
        self.chunk_ms.add((time.perf_counter() - began) * 1000)
        for rgb, (frame, parts) in list(zip(pictures, frames, strict=True))[:count]:
            yield Painted(rgb, frame, parts)


def _columns() -> int:
    """The terminal's width; 80 where it does not tell, for tqdm would draw nothing into a width of 0."""
    return shutil.get_terminal_size((80, 24)).columns or 80


def _caption(info: ModelInfo, look: Look, setup: Setup) -> str:
    params = look.params
    prompt = f'"{params.prompt}"' if params.prompt else "no prompt"
    model = f"{info.name} ({info.note})" if info.note else info.name
    size = f"{setup.engine.width}x{setup.engine.height}"
    steps, strength = params.steps, f"control strength {params.control_strength:g}"
    return f"{model}, {size}, {steps} steps, {strength}, seed {params.seed}, {prompt}"
