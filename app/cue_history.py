"""The versions of a set list, one for each change, and the cue that was fired last, which is that cue in all of them.

Each version knows what made it, and which file its set list is saved as: with an undone opening the file of before
comes back, too.

Pure values: knows no Show, no files and no Qt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Literal

from app.lora_search import with_paths
from app.set_list import Cue, SetList

Deed = Literal["begin", "add", "change", "copy", "move", "delete", "open"]
"""What made a version of the one before it."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A cue at its place. number: goes with it wherever it is moved and however it is changed; no other cue has it."""

    cue: Cue
    number: int


Entries = list[Entry | None]


@dataclass(eq=False)
class _File:
    """Where a set list is saved, for all versions from its opening to the next; None = nowhere yet."""

    path: Path | None = None


@dataclass(frozen=True, eq=False)
class _Version:
    """step: when it was made, in the order of all steps that can be taken back; 0 = before all of them."""

    title: str
    entries: tuple[Entry | None, ...]
    file: _File
    deed: Deed = "begin"
    step: int = 0
    set_list: SetList = field(init=False)

    def __post_init__(self) -> None:
        cues = tuple(None if entry is None else entry.cue for entry in self.entries)
        object.__setattr__(self, "set_list", SetList(self.title, cues))


class CueHistory:
    """Places are numbered from 0; a place may be empty. Changes end with no empty place at the end of the list.

    fired: the number of the cue that was fired last; None = none was. It may name a cue that an undo has taken away,
    and that comes back with a redo.
    """

    def __init__(self, set_list: SetList, number_step: Callable[[], int] | None = None) -> None:
        """number_step: numbers all steps, and each taking back of one, in their order, from 1."""
        self._numbers, self._number_step = count(1), number_step or count(1).__next__
        self._versions = [self._new(set_list, _File())]
        self._at = 0
        self._undone: list[int] = []
        self.fired: int | None = None

    @property
    def set_list(self) -> SetList:
        return self._versions[self._at].set_list

    @property
    def path(self) -> Path | None:
        """The file that the set list is saved as."""
        return self._versions[self._at].file.path

    @property
    def done(self) -> tuple[int, Deed]:
        """The number of the last step that is not taken back, and what it was."""
        return self._versions[self._at].step, self._versions[self._at].deed

    @property
    def undone(self) -> tuple[int, Deed] | None:
        """When the step that can be done again was taken back, in the order of all steps, and what it was; None where
        there is none."""
        return (self._undone[-1], self._versions[self._at + 1].deed) if self.can_redo else None

    @property
    def newest(self) -> int:
        """The number of the last step that was made, taken back or not; 0 where none was."""
        return self._versions[-1].step

    @property
    def can_undo(self) -> bool:
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        return self._at + 1 < len(self._versions)

    @property
    def current(self) -> int | None:
        """The place of the cue that was fired last, where it is there."""
        return self.place_of(self.fired)

    @property
    def last_place(self) -> int | None:
        """Where the cue that was fired last is, or stood before it was taken away; None where it is of no version since
        these cues were opened."""
        file = self._versions[self._at].file
        numbered = (
            (version, self._place_in(version, self.fired)) for version in reversed(self._versions[: self._at + 1])
        )
        return next((place for version, place in numbered if version.file is file and place is not None), None)

    def cue(self, place: int) -> Cue | None:
        cues = self.set_list.cues
        return cues[place] if 0 <= place < len(cues) else None

    def number(self, place: int) -> int | None:
        """Of the cue at ``place``, which ``place_of`` finds wherever it goes; None for an empty place."""
        entries = self._versions[self._at].entries
        entry = entries[place] if 0 <= place < len(entries) else None
        return None if entry is None else entry.number

    def place_of(self, number: int | None) -> int | None:
        """Where the cue is that has this number; None where it is not there."""
        return self._place_in(self._versions[self._at], number)

    def fire(self, place: int | None) -> None:
        """The cue at ``place`` is the one that was fired last; None, or an empty place: none is."""
        self.fired = None if place is None else self.number(place)

    def add(self, cue: Cue, place: int) -> bool:
        """At an empty place. It counts as fired: the look that is on is its own."""

        def change(entries: Entries) -> None:
            entry = Entry(cue, next(self._numbers))
            entries += [None] * (place + 1 - len(entries))
            entries[place] = entry
            self.fired = entry.number

        return self._change("add", change)

    def put(self, place: int, cue: Cue) -> bool:
        """In place of the cue that is there, as the same cue."""

        def change(entries: Entries) -> None:
            entry = entries[place]
            assert entry is not None
            entries[place] = replace(entry, cue=cue)

        return self._change("change", change)

    def duplicate(self, place: int, cue: Cue) -> bool:
        """``cue`` as a new one behind the one at ``place``; what stands there moves on."""
        return self._change("copy", lambda entries: entries.insert(place + 1, Entry(cue, next(self._numbers))))

    def move(self, place: int, to: int) -> bool:
        """To an empty place, or before the cue that stands at one."""

        def change(entries: Entries) -> None:
            entry, at = entries[place], to
            entries[place] = None
            entries += [None] * (to + 1 - len(entries))
            if entries[to] is not None:
                del entries[place]
                at = to - 1 if place < to else to
                entries.insert(at, None)
            entries[at] = entry

        return self._change("move", change)

    def swap(self, place: int, other: int) -> bool:
        """The cue and what stands at ``other``, which may be empty, change places."""

        def change(entries: Entries) -> None:
            entries += [None] * (other + 1 - len(entries))
            entries[place], entries[other] = entries[other], entries[place]

        return self._change("move", change)

    def delete(self, place: int) -> bool:
        """The place stays, empty: keys of the other cues must not change."""

        def change(entries: Entries) -> None:
            entries[place] = None

        return self._change("delete", change)

    def open(self, set_list: SetList, path: Path | None = None) -> bool:
        """Other cues in place of all, of which none was fired. path: the file that they are saved as."""
        if set_list == self.set_list:
            self._versions[self._at].file.path = path
        return self._go_on(replace(self._new(set_list, _File(path)), deed="open"))

    def save_as(self, path: Path, title: str) -> bool:
        """They are saved as ``path`` and called ``title``, in every version since they were opened. That is no step.
        False where they were called so before."""
        file, before = self._versions[self._at].file, self.set_list.title
        file.path = path
        for at, version in enumerate(self._versions):
            if version.file is file:
                self._versions[at] = replace(version, title=title)
        return title != before

    def relocate(self, paths: Mapping[str, str]) -> None:
        """LoRAs are elsewhere than their paths say, in every version: see ``app.lora_search``. That is no step."""
        for at, version in enumerate(self._versions):
            cues = with_paths(version.set_list, paths).cues
            entries = zip(version.entries, cues, strict=True)
            moved = tuple(replace(entry, cue=cue) if entry and cue else None for entry, cue in entries)
            self._versions[at] = replace(version, entries=moved)

    def step(self, by: int) -> bool:
        """One back, -1, or forth again, 1. False where there is no such version."""
        if not 0 <= self._at + by < len(self._versions):
            return False
        if by < 0:
            self._undone.append(self._number_step())
        else:
            self._undone.pop()
        self._at += by
        return True

    @staticmethod
    def _place_in(version: _Version, number: int | None) -> int | None:
        return next((at for at, entry in enumerate(version.entries) if entry and entry.number == number), None)

    def _change(self, deed: Deed, change: Callable[[Entries], object]) -> bool:
        version = self._versions[self._at]
        entries = list(version.entries)
        change(entries)
        while entries and entries[-1] is None:
            entries.pop()
        return self._go_on(_Version(version.title, tuple(entries), version.file, deed))

    def _go_on(self, version: _Version) -> bool:
        """False where that changes nothing."""
        if version.set_list == self.set_list:
            return False
        del self._versions[self._at + 1 :]
        self._undone.clear()
        self._versions.append(replace(version, step=self._number_step()))
        self._at += 1
        return True

    def _new(self, set_list: SetList, file: _File) -> _Version:
        entries = (None if cue is None else Entry(cue, next(self._numbers)) for cue in set_list.cues)
        return _Version(set_list.title, tuple(entries), file)
