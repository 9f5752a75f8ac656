"""The versions of a set list, one for each change, and the cue that was fired last, which is that cue in all of them.

Pure values: knows no Show, no files and no Qt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count

from app.set_list import Cue, SetList


@dataclass(frozen=True, eq=False)
class Entry:
    """A cue at its place. number: goes with it wherever it is moved and however it is changed; no other cue has it."""

    cue: Cue
    number: int


Entries = list[Entry | None]


@dataclass(frozen=True, eq=False)
class _Version:
    title: str
    entries: tuple[Entry | None, ...]
    set_list: SetList = field(init=False)

    def __post_init__(self) -> None:
        cues = tuple(None if entry is None else entry.cue for entry in self.entries)
        object.__setattr__(self, "set_list", SetList(self.title, cues))


class CueHistory:
    """Places are numbered from 0; a place may be empty. Changes end with no empty place at the end of the list.

    fired: the number of the cue that was fired last; None = none was. It may name a cue that an undo has taken away,
    and that comes back with a redo.
    """

    def __init__(self, set_list: SetList) -> None:
        self._numbers = count(1)
        self._versions = [self._new(set_list)]
        self._at = 0
        self.fired: int | None = None

    @property
    def set_list(self) -> SetList:
        return self._versions[self._at].set_list

    @property
    def can_undo(self) -> bool:
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        return self._at + 1 < len(self._versions)

    @property
    def current(self) -> int | None:
        """The place of the cue that was fired last, where it is there."""
        entries = self._versions[self._at].entries
        return next((place for place, entry in enumerate(entries) if entry and entry.number == self.fired), None)

    def cue(self, place: int) -> Cue | None:
        cues = self.set_list.cues
        return cues[place] if 0 <= place < len(cues) else None

    def fire(self, place: int | None) -> None:
        """The cue at ``place`` is the one that was fired last; None, or an empty place: none is."""
        entries = self._versions[self._at].entries
        entry = entries[place] if place is not None and 0 <= place < len(entries) else None
        self.fired = None if entry is None else entry.number

    def add(self, cue: Cue, place: int) -> bool:
        """At an empty place. It counts as fired: the look that is on is its own."""

        def change(entries: Entries) -> None:
            entry = Entry(cue, next(self._numbers))
            entries += [None] * (place + 1 - len(entries))
            entries[place] = entry
            self.fired = entry.number

        return self._change(change)

    def put(self, place: int, cue: Cue) -> bool:
        """In place of the cue that is there, as the same cue."""

        def change(entries: Entries) -> None:
            entry = entries[place]
            assert entry is not None
            entries[place] = replace(entry, cue=cue)

        return self._change(change)

    def duplicate(self, place: int, cue: Cue) -> bool:
        """``cue`` as a new one behind the one at ``place``; what stands there moves on."""
        return self._change(lambda entries: entries.insert(place + 1, Entry(cue, next(self._numbers))))

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

        return self._change(change)

    def swap(self, place: int, other: int) -> bool:
        """The cue and what stands at ``other``, which may be empty, change places."""

        def change(entries: Entries) -> None:
            entries += [None] * (other + 1 - len(entries))
            entries[place], entries[other] = entries[other], entries[place]

        return self._change(change)

    def delete(self, place: int) -> bool:
        """The place stays, empty: keys of the other cues must not change."""

        def change(entries: Entries) -> None:
            entries[place] = None

        return self._change(change)

    def open(self, set_list: SetList) -> bool:
        """Other cues in place of all, of which none was fired."""
        return self._go_on(self._new(set_list))

    def step(self, by: int) -> bool:
        """Back, below 0, or forth again. False where there is no such version."""
        if not 0 <= self._at + by < len(self._versions):
            return False
        self._at += by
        return True

    def _change(self, change: Callable[[Entries], object]) -> bool:
        version = self._versions[self._at]
        entries = list(version.entries)
        change(entries)
        while entries and entries[-1] is None:
            entries.pop()
        return self._go_on(_Version(version.title, tuple(entries)))

    def _go_on(self, version: _Version) -> bool:
        """False where that changes nothing."""
        if version.set_list == self.set_list:
            return False
        del self._versions[self._at + 1 :]
        self._versions.append(version)
        self._at += 1
        return True

    def _new(self, set_list: SetList) -> _Version:
        entries = (None if cue is None else Entry(cue, next(self._numbers)) for cue in set_list.cues)
        return _Version(set_list.title, tuple(entries))
