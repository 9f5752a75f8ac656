"""``controls``: what the controls draw from a film, beside the film itself. The controls of the live path, no engine.

Offline: every picture is drawn from, nothing is dropped, and two runs give the same film.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from app.control_text import setting_text
from app.errors import ShowError
from app.film import Filmed, Shot, Told, ending_by_sigterm, film
from app.frame import Frame, Pixels
from app.framing import Framing, framed, seen_by_controls
from app.inputs import open_source
from app.inputs.frames import check_it_ends, frames_of
from app.inputs.size import within
from app.look import SourceChoice
from app.outputs.contact_sheet import ContactSheet, save_picture
from app.outputs.grid import Grid
from app.repeats import Repeats
from app.words import commands as words
from controls.control import ControlSetting
from controls.layout import Box
from controls.stack import CONTROLS, Guide, Stack
from engine.params import Picture

LONGEST_SIDE = 640
"""Of a guide whose size nobody asks for: as wide as the live path's controls see a picture."""

SOURCE, MIX = "source", "mix"
"""What stands above the picture itself, and above all controls in one guide."""


@dataclass(frozen=True)
class GuidesWish:
    """What ``controls`` is to draw.

    settings: the controls, in the order they are mixed; None = each one that runs here, by itself. size: width and
        height of the guides; None = the source's own, reduced to ``LONGEST_SIDE``. boxes: what ``layout`` draws. mask:
        what the region "mask" means, (H, W), 255 inside. mix: whether all of them in one guide are shown, too; None =
        where several were chosen. model_folder: where the performer keeps model files.
    """

    source: SourceChoice
    settings: tuple[ControlSetting, ...] | None = None
    seconds: float | None = None
    size: tuple[int, int] | None = None
    boxes: tuple[Box, ...] = ()
    mask: Picture | None = None
    mix: bool | None = None
    model_folder: Path | None = None


@ending_by_sigterm()
def draw_guides(wish: GuidesWish, out: Path, sheet_path: Path) -> Filmed:
    """Draw what ``wish`` asks for into the film ``out``, with a contact sheet at ``sheet_path``.

    Controls that cannot run here are told on the error output and left out; those that draw less than was asked of
    them are told, too. Ctrl-C or SIGTERM ends it early: what is finished by then is kept. Raises ShowError in words:
    of the source, or where no control runs at all.
    """
    check_it_ends(wish.source, wish.seconds)
    told = Told()
    sheet = ContactSheet()
    with ExitStack() as until:
        source = open_source(replace(wish.source, loop=False), realtime=False)
        until.callback(source.close)
        source.open()
        frames = frames_of(source, wish.seconds, told)
        first = next(frames, None)
        if first is None:
            return Filmed(0, False)
        stack = Stack(wish.model_folder)
        until.callback(stack.close)
        drawing = _Drawing(wish, stack, first, told)
        total = None if wish.seconds is None or source.rate <= 0 else round(wish.seconds * source.rate)
        done = film(drawing.shots(frames), out, drawing.grid.size, sheet, total, told, made=words.DRAWN)
    if done.frames:
        save_picture(sheet_path, sheet.drawn(source.title, drawing.caption()))
    return done


class _Drawing:
    """The controls at work on one film. Made with its first picture, which tells which of them run here."""

    def __init__(self, wish: GuidesWish, stack: Stack, first: Frame, told: Told) -> None:
        self._wish, self._stack, self._told = wish, stack, told
        self._seen = Repeats[tuple[Pixels, Pixels]]()
        height, width = first.rgb.shape[:2]
        self._size = wish.size or within(width, height, LONGEST_SIDE)
        self._mask = None if wish.mask is None else framed(wish.mask.pixels, Framing(), *self._size)
        self._settings = wish.settings or _every_control(wish.boxes)
        source, guide = self._guided(first)
        # One that draws less than was asked of it has a sentence, too, but it ran.
        broken = guide.troubles.keys() - guide.ms.keys()
        shown = {setting.name: setting for setting in self._settings if setting.name not in broken}
        if not shown:
            *others, last = guide.troubles.values()
            for sentence in others:
                told(sentence)
            raise ShowError(last)
        self._settings = tuple(shown.values())
        if broken:
            if wish.settings is None:
                told(words.left_out(sorted(broken)))
            else:
                for sentence in guide.troubles.values():
                    told(sentence)
            stack.reset()  # what is left out has left nothing in the guide, and nothing in anyone's memory
            source, guide = self._guided(first)
        # The mix of all there is tells little; of some that were chosen, it is what the engine would get.
        self._mixed = (wish.settings is not None and len(shown) > 1) if wish.mix is None else wish.mix
        names = [SOURCE, *shown, *([MIX] if self._mixed else [])]
        details = ["", *(setting_text(setting) for setting in self._settings), *([""] if self._mixed else [])]
        self.grid = Grid(names, details, *self._size)
        self._first = self._shot(first, source, guide)

    def shots(self, rest: Iterator[Frame]) -> Iterator[Shot]:
        """One for the first picture and for each one of ``rest``."""
        return chain([self._first], (self._shot(frame, *self._guided(frame)) for frame in rest))

    def caption(self) -> str:
        """Size and controls, in a line."""
        controls = (f"{setting.name} {setting_text(setting)}".strip() for setting in self._settings)
        return f"{self._size[0]}x{self._size[1]}: {'; '.join(controls)}"

    def _guided(self, frame: Frame) -> tuple[Pixels, Guide]:
        """The picture at the guides' size, and its guides."""
        rgb, size = frame.rgb, self._size
        picture, view = self._seen.made(rgb, None, lambda: seen_by_controls(rgb, Framing(), *size))
        boxes, mask = self._wish.boxes, self._mask
        return view, self._stack.guide(picture, *self._size, frame.time, self._settings, boxes, mask)

    def _shot(self, frame: Frame, source: Pixels, guide: Guide) -> Shot:
        for sentence in guide.troubles.values():
            self._told(sentence)
        parts = {setting.name: guide.parts[setting.name] for setting in self._settings}
        rows = {SOURCE: source, **parts, **({MIX: guide.rgb} if self._mixed else {})}
        return Shot(self.grid.drawn(list(rows.values())), frame.time, rows)


def _every_control(boxes: tuple[Box, ...]) -> tuple[ControlSetting, ...]:
    """Each control as it is by default; ``layout`` only where it has something to draw."""
    return tuple(ControlSetting(name) for name in CONTROLS if name != "layout" or boxes)
