"""The cues of a show: added, changed, moved and fired, each change a step that can be taken back, and kept at once.

Lives on the GUI thread beside the Show, which alone takes looks. Knows no widget.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.errors import ShowError
from app.look import Look
from app.set_list import COLOURS, SUFFIX, Backups, Cue, SetList, Transition, load, save
from app.show import Show
from engine.params import Picture

MORPH_MOST = 1000
"""Chunks: what ``Params.morph_chunks`` may be."""


class CueSheet(QObject):
    """Places are numbered from 0; a place may be empty. ``current`` is the cue that was fired last."""

    changed = Signal()
    """Cues, the current one, or what can be undone."""
    said = Signal(str, str)

    def __init__(
        self,
        show: Show,
        backups: Backups | None = None,
        thumbnail: Callable[[], Picture | None] = lambda: None,
        chunk_s: Callable[[], float] = lambda: 0.25,
        parent: QObject | None = None,
    ) -> None:
        """backups: where every change is kept, and what is there at the start comes from; None keeps nothing.
        thumbnail: what the outputs show, small. chunk_s: how long the engine's chunks last, in seconds."""
        super().__init__(parent)
        self._show, self._backups, self._thumbnail, self._chunk_s = show, backups, thumbnail, chunk_s
        self.current: int | None = None
        opened = backups.newest() if backups is not None else None
        self._steps = [opened.set_list if opened is not None else SetList()]
        self._at = 0
        self._failed = False

    @property
    def set_list(self) -> SetList:
        return self._steps[self._at]

    @property
    def can_undo(self) -> bool:
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        return self._at + 1 < len(self._steps)

    def cue(self, place: int) -> Cue | None:
        cues = self.set_list.cues
        return cues[place] if 0 <= place < len(cues) else None

    # firing

    def fire(self, place: int) -> None:
        """The whole look at once, as the cue's transition says; the treatment stays: blackout is the performer's."""
        cue = self.cue(place)
        if cue is None:
            return
        self.current = place
        self._show.set_look(self.brought_in(cue.look, self._show.look, cue.transition))
        self.changed.emit()

    def brought_in(
        self, look: Look, now: Look, transition: Transition, chunk_s: Callable[[], float] | None = None
    ) -> Look:
        """``look`` as it comes by ``transition`` where ``now`` is. chunk_s: in place of the sheet's own."""
        kind, chunks = transition.kind, 0
        if kind == "morph":
            seconds = transition.seconds(self._show.setup.tempo.beats_per_minute)
            chunks = min(MORPH_MOST, math.ceil(seconds / max((chunk_s or self._chunk_s)(), 1e-3)))
        params = replace(
            look.params,
            cut=now.params.cut + (kind == "cut"),
            soft_cut=now.params.soft_cut + (kind == "soft cut"),
            morph_chunks=chunks,
        )
        return replace(look, params=params, treatment=now.treatment)

    def next(self) -> None:
        """The cue after the current one, over empty places; the first one after the last."""
        self._go(1)

    def previous(self) -> None:
        self._go(-1)

    def _go(self, step: int) -> None:
        places = [place for place, cue in enumerate(self.set_list.cues) if cue is not None]
        if not places:
            return
        if self.current is None:
            self.fire(places[0 if step > 0 else -1])
        elif step > 0:
            self.fire(next((place for place in places if place > self.current), places[0]))
        else:
            self.fire(next((place for place in reversed(places) if place < self.current), places[-1]))

    # changing

    def add(self, place: int | None = None) -> int:
        """A cue of the look as it is now, at ``place`` if that is empty, else at the end. Returns where."""
        cues = list(self.set_list.cues)
        if place is None or self.cue(place) is not None:
            place = len(cues)
        cues += [None] * (place + 1 - len(cues))
        number = sum(cue is not None for cue in cues) + 1
        cues[place] = Cue(
            f"Cue {number}", self._look(), colour=COLOURS[(number - 1) % len(COLOURS)], thumbnail=self._thumbnail()
        )
        self.current = place
        self._change(cues=tuple(cues))
        return place

    def update(self, place: int) -> None:
        """The look as it is now, under the cue's own name."""
        self._change_cue(place, look=self._look(), thumbnail=self._thumbnail())

    def set_cue(self, place: int, **changes: Any) -> None:
        """name, transition or colour: see ``Cue``."""
        self._change_cue(place, **changes)

    def duplicate(self, place: int) -> None:
        """Beside it; what stands there moves on."""
        cue = self.cue(place)
        if cue is not None:
            cues = list(self.set_list.cues)
            cues.insert(place + 1, replace(cue, name=f"{cue.name} copy"))
            self._change(cues=tuple(cues))

    def move(self, place: int, to: int) -> None:
        """To an empty place, or before the cue that stands at one."""
        cue = self.cue(place)
        if cue is None or place == to:
            return
        cues = list(self.set_list.cues)
        cues[place] = None
        cues += [None] * (to + 1 - len(cues))
        if cues[to] is not None:
            del cues[place]
            to = to - 1 if place < to else to
            cues.insert(to, None)
        cues[to] = cue
        if self.current == place:
            self.current = to
        self._change(cues=tuple(cues))

    def swap(self, place: int, other: int) -> None:
        """The cue and what stands at ``other``, which may be empty, change places."""
        if self.cue(place) is None or other < 0 or place == other:
            return
        cues = list(self.set_list.cues)
        cues += [None] * (other + 1 - len(cues))
        cues[place], cues[other] = cues[other], cues[place]
        while cues[-1] is None:
            cues.pop()
        if self.current in (place, other):
            self.current = other if self.current == place else place
        self._change(cues=tuple(cues))

    def delete(self, place: int) -> None:
        """The place stays, empty: keys of the other cues must not change."""
        if self.cue(place) is not None:
            cues = list(self.set_list.cues)
            cues[place] = None
            while cues and cues[-1] is None:
                cues.pop()
            self._change(cues=tuple(cues))

    def undo(self) -> None:
        self._step(self._at - 1)

    def redo(self) -> None:
        self._step(self._at + 1)

    # files

    def save(self, path: Path) -> None:
        path = path.with_suffix(SUFFIX)
        try:
            save(replace(self.set_list, title=path.stem), path)
        except OSError as error:
            reason = error.strerror or str(error)
            self.said.emit("warning", f"The set list could not be saved as {path} ({reason}); choose another place.")
        else:
            self.said.emit("info", f"The set list is saved as {path}.")

    def open(self, path: Path) -> None:
        """In place of the cues that are there, which undo brings back."""
        try:
            opened = load(path)
        except ShowError as error:
            self.said.emit("warning", str(error))
            return
        self.current = None
        self._change(title=opened.set_list.title, cues=opened.set_list.cues)
        for note in opened.notes:
            self.said.emit("warning", f"{path.name}: {note}")

    # steps

    def _look(self) -> Look:
        """What a cue holds: counters and the last frame are events, and the treatment is the performer's."""
        look = self._show.look
        params = replace(look.params, cut=0, soft_cut=0, last_frame=None, morph_chunks=0)
        return replace(look, params=params, treatment="live")

    def _change_cue(self, place: int, **changes: Any) -> None:
        cue = self.cue(place)
        if cue is not None:
            cues = list(self.set_list.cues)
            cues[place] = replace(cue, **changes)
            self._change(cues=tuple(cues))

    def _change(self, **changes: Any) -> None:
        changed = replace(self.set_list, **changes)
        if changed != self.set_list:
            del self._steps[self._at + 1 :]
            self._steps.append(changed)
            self._step(self._at + 1)

    def _step(self, at: int) -> None:
        if not 0 <= at < len(self._steps):
            return
        self._at = at
        if self.current is not None and self.cue(self.current) is None:
            self.current = None
        self._keep()
        self.changed.emit()

    def _keep(self) -> None:
        if self._backups is None:
            return
        try:
            self._backups.keep(self.set_list)
        except OSError as error:
            if not self._failed:
                reason = error.strerror or str(error)
                sentence = (
                    f"The cues cannot be kept ({reason}); the show goes on, but the next start will not know them."
                )
                self.said.emit("warning", sentence)
            self._failed = True
        else:
            self._failed = False
