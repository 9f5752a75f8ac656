"""Offline rendering: every picture of a source through controls and engine into an MP4, a contact sheet and a report.

The same controls, engine and file writer as the live path, without its clock: nothing is dropped, and the same seed
gives the same pictures.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from app.control_text import setting_text
from app.errors import ShowError, UsageError
from app.film import Shot, Told, ending_by_sigterm, film
from app.frame import Frame, Pixels
from app.inputs import open_source
from app.inputs.frames import check_it_ends, frames_of, held
from app.inputs.source import Source
from app.look import Look, Setup, SourceChoice
from app.meter import Timings
from app.modes import modes_of
from app.output_size import output_size
from app.outputs.contact_sheet import ContactSheet, save_picture
from app.painting import Guided, Painted, Painting, brought_up
from app.pictures import brightness
from app.preprocessor import Preprocessor
from app.repeats import Repeats
from app.report import Report, settings_of
from app.words import commands as words
from engine.host import EngineHost
from engine.params import ModelInfo


@dataclass(frozen=True)
class RenderResult:
    report: Report
    interrupted: bool


@ending_by_sigterm()
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
    check_it_ends(setup.source, seconds)
    if not look.layout and [control.name for control in look.controls if control.on] == ["layout"]:
        raise UsageError(words.LAYOUT_WITHOUT_BOXES)
    read = Path(setup.source.target)
    if out.exists() and read.exists() and out.samefile(read):
        raise ShowError(words.is_source(out))
    sheet = ContactSheet()
    with ExitStack() as until:
        # Opened before the model is loaded: a wrong path should be told at once.
        source = _opened(setup.source, until)
        masks = None if mask is None else _opened(mask, until)
        structure = None if setup.structure is None else _opened(setup.structure, until)
        host = EngineHost(setup.engine, reserved_cores=0)
        until.callback(host.close)
        painter = Painter(host, look, setup, masks, structure)
        until.callback(painter.close)
        began = time.perf_counter()
        info = brought_up(host, look.params, quiet)
        shots = (
            Shot(painted.rgb, painted.frame.time, painted.rows())
            for painted in painter.paint(frames_of(source, seconds, painter.tell))
        )
        total = None if seconds is None or source.rate <= 0 else round(seconds * source.rate)
        wish = setup.output_size
        size = (wish.width or setup.engine.width, wish.height or setup.engine.height)
        done = film(shots, out, size, sheet, total, painter.tell, quiet=quiet)
    elapsed = time.perf_counter() - began
    if done.frames:
        notes = _caption(info, look, setup, masks is not None, structure.title if structure else "")
        save_picture(sheet_path, sheet.drawn(source.title, *notes))
    report = Report(
        source=source.title,
        model=info.name,
        note=info.note,
        device=f"{info.device} {info.dtype}",
        seconds=round(elapsed, 3),
        frames_in=painter.frames_in,
        frames_out=done.frames,
        fps=round(done.frames / elapsed, 2),
        chunk_ms=painter.chunk_ms.timing(),
        latency_ms=None,
        dropped=0,
        repeated=0,
        troubles=painter.troubles,
        **settings_of(look, setup, masks.title if masks else None),
    )
    return RenderResult(report, done.interrupted)


def _opened(choice: SourceChoice, until: ExitStack) -> Source:
    """The source, once through, open until the end of ``until``."""
    source = open_source(replace(choice, loop=False), realtime=False)
    until.callback(source.close)
    source.open()
    return source


class Painter:
    """Controls and engine, picture for picture, chunk by chunk."""

    def __init__(
        self, host: EngineHost, look: Look, setup: Setup, masks: Source | None = None, structure: Source | None = None
    ) -> None:
        """masks, structure: opened; for each of the source's pictures a mask, and what the controls see in its place.
        Their last ones stay."""
        self._host, self._look, self._setup = host, look, setup
        self._preprocessor = Preprocessor(Path(setup.model_folder) if setup.model_folder else None)
        self._size = output_size(setup, setup.engine.width, setup.engine.height)
        self.frames_in = 0
        self.chunk_ms = Timings()
        self._told = Told()
        self._views = Repeats[Pixels]()
        self._masks, self._structures = self._beside(masks), self._beside(structure)

    def paint(self, frames: Iterator[Frame]) -> Iterator[Painted]:
        """As many pictures as there are frames. A first frame begins the first chunk, a last frame ends the last."""
        before_last = replace(self._look.params, last_frame=None)
        painting = Painting(self._host, self.tell, self.chunk_ms, self._size)
        waiting = list[Guided]()
        for frame, mask, structure in zip(frames, self._masks, self._structures, strict=False):
            self.frames_in += 1
            if len(waiting) == self._host.wanted(before_last):
                yield from painting.paint(waiting, before_last)
                waiting = []
            waiting.append(self._guided(frame, mask, structure))
        if waiting:
            yield from painting.paint(waiting, self._look.params)

    def tell(self, sentence: str) -> None:
        """Say what does not work, once."""
        self._told(sentence)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What was told."""
        return self._told.sentences

    def close(self) -> None:
        """Give the controls' networks back."""
        self._preprocessor.close()

    def _beside(self, source: Source | None) -> Iterator[Frame | None]:
        return itertools.repeat(None) if source is None else held(frames_of(source, None, self.tell))

    def _guided(self, frame: Frame, mask: Frame | None, structure: Frame | None) -> Guided:
        painted = None if mask is None else brightness(mask.rgb)
        guided, guide = self._preprocessor.guided(frame, self._look, self._setup, 0, painted, structure)
        if self.frames_in == 1 and guide.troubles and not guide.ms:
            # Before anything is painted: without a single guide it would be another film than was asked for.
            raise ShowError(" ".join(guide.troubles.values()))
        for sentence in guide.troubles.values():
            self.tell(sentence)
        if guided.plate is not None:
            guided = replace(guided, plate=guided.plate.reduced(*self._size, self._views))
        return guided, guide.parts


def _caption(info: ModelInfo, look: Look, setup: Setup, film_of_masks: bool, structure: str) -> tuple[str, ...]:
    """The lines below the contact sheet's title: what every rendering has, and which modes are on, if any.

    structure: what the second input is called, "" without one.
    """
    params = look.params
    prompt = f'"{params.prompt}"' if params.prompt else words.NO_PROMPT
    model, size = words.of_model(info.name, info.note), f"{setup.engine.width}x{setup.engine.height}"
    always = words.rendered_with(model, size, params.steps, params.control_strength, params.seed, prompt)
    set_by_hand = [
        f"{control.name}: {said}" for control in look.controls if control.on and (said := setting_text(control))
    ]
    instead = [words.guide_from(structure)] if structure else []
    modes = "; ".join([", ".join([*modes_of(look, film_of_masks), *instead]), *set_by_hand]).removeprefix("; ")
    return (always, modes) if modes else (always,)
