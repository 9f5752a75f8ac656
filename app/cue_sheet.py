"""The cues of a show: added, changed, moved and fired, each change a step that can be taken back, and kept at once.

Lives on the GUI thread beside the Show, which alone takes looks; files are read and written on another one. Knows no
widget.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from app.cue_history import CueHistory, Deed
from app.errors import ShowError
from app.file_worker import Later, at_once
from app.look import Look, without_events
from app.lora_search import Found, loras_of, search, with_loras_found
from app.safe_write import aside, keeps_aside, reason_of, with_ending
from app.set_list import COLOURS, SUFFIX, Backups, Cue, Opened, SetList, Transition, Version, load, save
from app.show import Show
from app.words import cues as words
from engine.params import Picture

MORPH_MOST = 1000
"""Chunks: what ``Params.morph_chunks`` may be."""


class CueSheet(QObject):
    """Places are numbered from 0; a place may be empty. ``current`` is where the cue is that was fired last.

    notes: sentences about what could not be had of the kept cues at the start.
    """

    changed = Signal()
    """Cues, the current one, or what can be undone."""
    said = Signal(str, str)
    """From any thread."""
    taken_back = Signal(object)
    """A ``Deed`` is undone."""
    done_again = Signal(object)
    _read = Signal(object, object, object, int)
    _searched = Signal(object)

    def __init__(
        self,
        show: Show,
        backups: Backups | None = None,
        thumbnail: Callable[[], Picture | None] = lambda: None,
        chunk_s: Callable[[], float] = lambda: 0.25,
        parent: QObject | None = None,
        later: Later = at_once,
        keep: Later = at_once,
    ) -> None:
        """backups: where every change is kept, and what is there at the start comes from; None keeps nothing.
        thumbnail: what the outputs show, small. chunk_s: how long the engine's chunks last, in seconds. later: where
        files are read. keep: where they are written."""
        super().__init__(parent)
        self._show, self._backups, self._thumbnail, self._chunk_s = show, backups, thumbnail, chunk_s
        self._later, self._keep = later, keep
        self._asked = 0
        kept = backups.newest() if backups is not None else None
        opened = kept or Opened(SetList())
        self._history = CueHistory(opened.set_list, show.number_step)
        self._history.fire(opened.fired)
        self._on_air = self.fired
        self._to_keep = self._kept = opened.set_list
        self.notes = opened.notes
        self._failed = False
        self._read.connect(self._take)
        self._searched.connect(self._relocate)
        show.fired_again.connect(self.bring_back)
        self.changed.connect(self._follow_fired)
        show.looks_changed.connect(self._follow_fired)
        folder = show.setup.model_folder
        if loras_of(opened.set_list):
            later(words.LORA_SEARCH, lambda: self._searched.emit(search(opened.set_list, folder)))

    @property
    def set_list(self) -> SetList:
        return self._history.set_list

    @property
    def path(self) -> Path | None:
        """The file that the set list was saved as or opened from; None = neither yet."""
        return self._history.path

    @property
    def done(self) -> int:
        """The number of the last change that is not taken back, in the order of all steps: see ``Show.number_step``."""
        return self._history.done[0]

    @property
    def undone(self) -> int | None:
        """When the change that can be done again was taken back, in the same order; None where there is none."""
        undone = self._history.undone
        return undone[0] if undone is not None and undone[0] > self._show.newest else None

    @property
    def newest(self) -> int:
        """The number of the last change that was made, taken back or not."""
        return self._history.newest

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Not where something else has been done since it was taken back, to the look as well."""
        return self.undone is not None

    @property
    def current(self) -> int | None:
        return self._history.current

    @current.setter
    def current(self, place: int | None) -> None:
        self._history.fire(place)

    @property
    def fired(self) -> int | None:
        """Names the cue that was fired last, wherever it is moved to; see ``bring_back``."""
        return self._history.fired

    def bring_back(self, fired: int | None) -> None:
        """The cue that ``fired`` named once is the one that was fired last again."""
        self._history.fired = fired
        self.changed.emit()

    def number(self, place: int) -> int | None:
        """Names the cue at ``place``, wherever it is moved to: see ``place_of``. None for an empty place."""
        return self._history.number(place)

    def place_of(self, number: int | None) -> int | None:
        """Where that cue is now; None where it is no more."""
        return self._history.place_of(number)

    def cue(self, place: int) -> Cue | None:
        return self._history.cue(place)

    # firing

    def fire(self, place: int) -> None:
        """The whole look, as the cue's transition says. Blackout and the fader of the morph stay the performer's.

        Its first and last frame are painted each time that it is fired, also where the look has them already.
        """
        cue = self.cue(place)
        if cue is None:
            return
        now = self._show.settled_look()
        before = self.fired
        self._history.fire(place)
        params = cue.look.params
        again = now.params.frames_again + (params.first_frame is not None or params.last_frame is not None)
        look = replace(cue.look, params=replace(params, morph_chunks=now.params.morph_chunks, frames_again=again))
        look = self.brought_in(look, now, cue.transition)
        self._show.bring_in(look, self.chunks(cue.transition), (before, self.fired))
        self.changed.emit()

    def brought_in(self, look: Look, now: Look, transition: Transition) -> Look:
        """``look`` as it comes by ``transition`` where ``now`` is."""
        params = replace(
            look.params,
            cut=now.params.cut + (transition.kind == "cut"),
            soft_cut=now.params.soft_cut + (transition.kind == "soft cut"),
        )
        return replace(look, params=params, treatment=now.treatment)

    def chunks(self, transition: Transition, chunk_s: Callable[[], float] | None = None) -> int:
        """Over how many of the engine's chunks it goes. chunk_s: in place of the sheet's own."""
        if transition.kind != "morph":
            return 0
        seconds = transition.seconds(self._show.setup.tempo.beats_per_minute)
        return min(MORPH_MOST, math.ceil(seconds / max((chunk_s or self._chunk_s)(), 1e-3)))

    def next(self) -> None:
        """The cue after the current one, or after the place where that was deleted, over empty places; the first one
        after the last."""
        self._go(1)

    def previous(self) -> None:
        self._go(-1)

    def _go(self, step: int) -> None:
        places = [place for place, cue in enumerate(self.set_list.cues) if cue is not None]
        last = self._history.last_place
        if not places:
            return
        if last is None:
            self.fire(places[0 if step > 0 else -1])
        elif step > 0:
            self.fire(next((place for place in places if place > last), places[0]))
        else:
            self.fire(next((place for place in reversed(places) if place < last), places[-1]))

    # changing

    def add(self, place: int | None = None) -> int:
        """A cue of the look as it is now, at ``place`` if that is empty, else at the end. Returns where."""
        cues = self.set_list.cues
        if place is None or self.cue(place) is not None:
            place = len(cues)
        names = [cue.name for cue in cues if cue is not None]
        number = max([len(names), *map(words.number_in, names)]) + 1
        colour = COLOURS[(number - 1) % len(COLOURS)]
        cue = Cue(words.numbered(number), self._look(), colour=colour, thumbnail=self._thumbnail())
        self._did(self._history.add(cue, place))
        return place

    def update(self, place: int) -> None:
        """The look as it is now, under the cue's own name. Its old picture stays where the outputs show none now."""
        cue = self.cue(place)
        if cue is not None:
            self.set_cue(place, look=self._look(), thumbnail=self._thumbnail() or cue.thumbnail)

    def set_cue(self, place: int, **changes: Any) -> None:
        """name, transition or colour: see ``Cue``."""
        cue = self.cue(place)
        if cue is not None:
            self._did(self._history.put(place, replace(cue, **changes)))

    def duplicate(self, place: int) -> None:
        """Beside it; what stands there moves on."""
        cue = self.cue(place)
        if cue is not None:
            self._did(self._history.duplicate(place, replace(cue, name=words.copy_of(cue.name))))

    def move(self, place: int, to: int) -> None:
        """To an empty place, or before the cue that stands at one."""
        if self.cue(place) is not None and place != to:
            self._did(self._history.move(place, to))

    def swap(self, place: int, other: int) -> None:
        """The cue and what stands at ``other``, which may be empty, change places."""
        if self.cue(place) is not None and other >= 0 and place != other:
            self._did(self._history.swap(place, other))

    def delete(self, place: int) -> None:
        """The place stays, empty: keys of the other cues must not change."""
        if self.cue(place) is not None:
            self._did(self._history.delete(place))

    def undo(self) -> None:
        """Take back the last change of the cues."""
        deed = self._history.done[1]
        self._went(-1, deed, self.taken_back)

    def redo(self) -> None:
        undone = self._history.undone
        if undone is not None and self.can_redo:
            self._went(1, undone[1], self.done_again)

    def _went(self, step: int, deed: Deed, told: SignalInstance) -> None:
        has = self._history.step(step)
        self._did(has)
        if has:
            told.emit(deed)

    # files

    def save(self, path: Path) -> None:
        """The set list is called as its file from here on. One that stands there already is kept beside it, see
        ``app.safe_write``."""
        path = with_ending(path, SUFFIX)
        self._did(self._history.save_as(path, path.name.removesuffix(SUFFIX)))
        set_list = self.set_list
        self._keep(str(path), lambda: self._write(set_list, path))

    def open(self, path: Path) -> None:
        """In place of the cues that are there, which undo brings back."""
        self._read_later(path, path)

    def open_version(self, version: Version) -> None:
        """The same of cues as they were kept."""
        self._read_later(version.path, self.path)

    def versions(self) -> list[Version]:
        """What is kept of the last changes, the newest first."""
        return [] if self._backups is None else self._backups.versions()

    def _read_later(self, path: Path, saved_as: Path | None) -> None:
        self._asked += 1
        folder, number = self._show.setup.model_folder, self._asked
        self._later(str(path), lambda: self._load(path, folder, saved_as, number))

    def _write(self, set_list: SetList, path: Path) -> None:
        try:
            kept = keeps_aside(path)
            save(set_list, path, keeps_old=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, what is not saved must be told
            self.said.emit("warning", words.not_saved(path, reason_of(error)))
        else:
            self.said.emit("info", words.saved(path, aside(path).name if kept else ""))

    def _load(self, path: Path, model_folder: str, saved_as: Path | None, number: int) -> None:
        try:
            opened = with_loras_found(load(path), model_folder)
        except ShowError as error:
            self.said.emit("warning", str(error))
        except Exception as error:  # noqa: BLE001 - a hand waits for an answer
            self.said.emit("warning", words.damaged(path.name, reason_of(error)))
        else:
            self._read.emit(path, opened, saved_as, number)

    @Slot(object, object, object, int)
    def _take(self, path: Path, opened: Opened, saved_as: Path | None, number: int) -> None:
        if number != self._asked:
            return  # it took so long that another set was opened meanwhile
        self._did(self._history.open(opened.set_list, saved_as))
        for note in opened.notes:
            self.said.emit("warning", words.of_file(path.name, note))

    @Slot(object)
    def _relocate(self, found: Found) -> None:
        """Of the kept cues' LoRAs."""
        self._history.relocate(found.paths)
        self.notes += found.notes
        for note in found.notes:
            self.said.emit("warning", note)

    # steps

    def _look(self) -> Look:
        """What a cue holds: counters are events, treatment and morph are the performer's."""
        look = without_events(self._show.look)
        return replace(look, params=replace(look.params, morph_chunks=0), treatment="live")

    def _did(self, has: bool) -> None:
        if has:
            self._to_keep = self.set_list
            self._back_up_later()
            self.changed.emit()

    @Slot()
    def _follow_fired(self) -> None:
        """What an audition fires is not on air, and is kept when that is taken."""
        if self._show.looks.audition is None and self.fired != self._on_air:
            self._on_air = self.fired
            self._back_up_later()

    def _back_up_later(self) -> None:
        if self._backups is not None:
            backups, set_list, fired = self._backups, self._to_keep, self.place_of(self._on_air)
            self._keep(words.CUES, lambda: self._back_up(backups, set_list, fired))

    def _back_up(self, backups: Backups, set_list: SetList, fired: int | None) -> None:
        try:
            if set_list is not self._kept:
                backups.keep(set_list)
                self._kept = set_list
            backups.keep_fired(fired)
        except Exception as error:  # noqa: BLE001 - as in ``_write``
            if not self._failed:
                self.said.emit("warning", words.not_kept(reason_of(error)))
            self._failed = True
        else:
            self._failed = False
