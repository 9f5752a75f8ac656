"""A set list: cues in order, and the file that they travel in. Pure values and files; knows no Show and no Qt.

A ``.vlive`` file is a zip of ``set.json``, to be read by hand, and the pictures of its looks as PNG files, each once.
Nothing in it is a path of the machine that it was made on, but for LoRA files, which are the performer's own.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from app.errors import ShowError
from app.look import Look, Place, from_json, to_json
from app.png import picture_in, png_of
from app.safe_write import swapped_in
from app.words import cues as words
from app.words import values
from engine.params import Picture

log = logging.getLogger(__name__)

TransitionKind = Literal["cut", "soft cut", "morph"]
Unit = Literal["seconds", "beats"]

VERSION = 1
SUFFIX = ".vlive"
COLOURS = ("#35d6c3", "#ffb84a", "#ff6f6f", "#8f9bff", "#7ddc6f", "#ff8fd0", "#5cc8ff", "#c7b299")
_CONTENTS = "set.json"
_PICTURES = "pictures/"
_SURROGATES = re.compile("[\ud800-\udfff]")
"""Which no UTF-8 has."""
_MOST_TOLD = 5
"""Values that were left out, of which each has a note; of the others it is said how many there are."""


@dataclass(frozen=True)
class Transition:
    """How a cue comes: "cut" forgets the past, "soft cut" weakens it for some chunks, "morph" brings words and faders
    in over ``length``, 0 to 600, in ``unit``s: see ``app.morph``."""

    kind: TransitionKind = "cut"
    length: float = 4.0
    unit: Unit = "beats"

    def __post_init__(self) -> None:
        if self.kind not in get_args(TransitionKind):
            raise ValueError(values.none_of(values.TRANSITION, self.kind, get_args(TransitionKind)))
        if self.unit not in get_args(Unit):
            raise ValueError(values.transition_unit(self.unit))
        if not 0.0 <= self.length <= 600.0:
            raise ValueError(values.transition_length(self.length))

    def seconds(self, beats_per_minute: float) -> float:
        return self.length if self.unit == "seconds" else self.length * 60.0 / beats_per_minute

    @classmethod
    def morph(cls, typed: str, unit: Unit) -> Transition:
        """A morph as it is typed: "6 beats", "2.5 s", or "6" in ``unit``. ValueError for what is none."""
        match = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(b|beats?|s|secs?|seconds?)?", typed.strip().lower())
        if match is None:
            raise ValueError(f"{typed!r} is no length")
        number, named = match.groups()
        wanted: Unit = unit if named is None else "beats" if named.startswith("b") else "seconds"
        return cls("morph", float(number.replace(",", ".")), wanted)


TRANSITIONS = (
    Transition("cut"),
    Transition("soft cut"),
    *(Transition("morph", float(beats), "beats") for beats in (1, 4, 8, 16, 32)),
    *(Transition("morph", float(seconds), "seconds") for seconds in (1, 2, 5, 10, 30)),
)
"""Those that are offered; other lengths can be typed."""


@dataclass(frozen=True)
class Cue:
    """A complete look with a name. colour: "#rrggbb". thumbnail: of what was on the outputs; None = none was."""

    name: str = ""
    look: Look = Look()
    transition: Transition = Transition()
    colour: str = COLOURS[0]
    thumbnail: Picture | None = None


@dataclass(frozen=True)
class SetList:
    """Cues in the order in which they stand in the grid; None is an empty place."""

    title: str = ""
    cues: tuple[Cue | None, ...] = ()


@dataclass(frozen=True)
class Opened:
    """What was in a file. notes: a sentence for each thing that could not be had. fired: the place of the cue that was
    fired last, where that is kept beside the file and there was one."""

    set_list: SetList
    notes: tuple[str, ...] = ()
    fired: int | None = None


def save(set_list: SetList, path: Path, keeps_old: bool = False) -> None:
    """Write ``path`` beside, then swap it in: a crash leaves the old file. OSError where that cannot be done.

    Text that is no Unicode, as the name of a file may be, is kept as JSON's own escapes.

    keeps_old: what is replaced stays beside it, see ``app.safe_write``.
    """
    pictures: dict[str, Picture] = {}

    def kept(picture: Picture) -> str:
        pictures[picture.digest] = picture
        return _place_of(picture.digest)

    contents = {"vace-live set list": VERSION, **to_json(set_list, kept)}
    with swapped_in(path, keeps_old) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        text = _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", _json(contents))
        archive.writestr(_CONTENTS, text, zipfile.ZIP_DEFLATED)
        for digest, picture in pictures.items():
            archive.writestr(_place_of(digest), png_of(picture))


def load(path: Path) -> Opened:
    """What ``save`` wrote. Raises ShowError in words where ``path`` is no set list; what is missing in one is noted."""
    try:
        with zipfile.ZipFile(path) as archive:
            contents = json.loads(archive.read(_CONTENTS))
            return _opened(contents, archive)
    except FileNotFoundError:
        raise ShowError(words.missing(path)) from None
    except Exception as error:  # bytes can be wrong in more ways than zipfile and json have errors of their own for
        reason = str(error) or type(error).__name__
        raise ShowError(words.damaged(path.name, reason)) from error


def _opened(contents: Any, archive: zipfile.ZipFile) -> Opened:
    version = contents.get("vace-live set list") if isinstance(contents, Mapping) else None
    if not isinstance(version, int):
        raise ValueError(words.NO_SET_LIST)
    reader, unfit = _Reader(archive), _Unfit(contents)
    set_list = from_json(SetList, contents, reader.picture, unfit.take)
    notes = list(reader.missing)
    if version > VERSION:
        notes.append(words.MADE_BY_NEWER)
    return Opened(set_list, (*notes, *unfit.notes()))


@dataclass
class _Unfit:
    """Values of ``contents`` that do not go into a set list of today, as sentences."""

    contents: Mapping[str, Any]
    told: list[str] = field(default_factory=list)

    def take(self, place: Place, value: Any) -> None:
        if isinstance(value, str) and value.startswith(_PICTURES):
            return  # the reader has told that it is missing
        what = repr(value)[:60] if isinstance(value, int | float | str) else words.NOT_AS_IT_SHOULD_BE
        match place:
            case ("cues",):
                self.told.append(words.CUES_UNREADABLE)
            case ("cues", int(number)):
                self.told.append(words.cue_unreadable(number + 1))
            case ("cues", int(number), *_):
                name = next(part for part in reversed(place) if isinstance(part, str))
                self.told.append(words.takes_default(self._cue(number), name, what))
            case _:
                self.told.append(words.not_used(place[-1], what))

    def notes(self) -> list[str]:
        more = len(self.told) - _MOST_TOLD
        rest = [words.more_not_used(more)] if more > 0 else []
        return self.told[:_MOST_TOLD] + rest

    def _cue(self, number: int) -> str:
        cue = self.contents["cues"][number]
        name = cue.get("name") if isinstance(cue, Mapping) else None
        return words.cue_called(number + 1, name if isinstance(name, str) else "")


@dataclass
class _Reader:
    """Pictures of an archive, each read once. missing: sentences about those that are not there."""

    archive: zipfile.ZipFile
    missing: list[str] = field(default_factory=list)
    known: dict[str, Picture] = field(default_factory=dict)

    def picture(self, name: str) -> Picture:
        """ValueError where there is none of that name."""
        if name not in self.known:
            try:
                self.known[name] = picture_in(self.archive.read(name))
            except Exception as error:  # as in ``load``
                sentence = words.picture_missing(name)
                if sentence not in self.missing:
                    self.missing.append(sentence)
                raise ValueError(sentence) from error
        return self.known[name]


def _json(contents: Any) -> str:
    return json.dumps(contents, indent=1, ensure_ascii=False)


def _place_of(digest: str) -> str:
    return f"{_PICTURES}{digest}.png"


@dataclass(frozen=True)
class Version:
    """A kept version of the cues. kept: when, by the local clock."""

    path: Path
    kept: datetime


class Backups:
    """The last few versions of a set list in a folder of their own, each in a file that is never written again; beside
    them, which cue of the newest was fired last."""

    def __init__(self, folder: Path, kept: int = 10) -> None:
        self._folder, self._kept = folder, kept
        self._fired_file = folder / "fired.json"
        self._number = 0
        """Of the version that was kept or read last; 0 = none was."""

    def keep(self, set_list: SetList) -> None:
        """One more version, the oldest one goes. OSError where the folder cannot be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        numbers = self._numbers()
        number = numbers[-1] + 1 if numbers else 1
        save(set_list, self._path(number))
        self._number = number
        for number in numbers[: max(0, len(numbers) + 1 - self._kept)]:
            self._path(number).unlink(missing_ok=True)

    def keep_fired(self, place: int | None) -> None:
        """Which cue was fired last, of the version that was kept or read last. OSError where it cannot be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with swapped_in(self._fired_file) as file:
            file.write(_json({"version": self._number, "place": place}).encode())

    def newest(self) -> Opened | None:
        """The newest version that can be read; None where nothing was kept. A note tells of newer, damaged ones."""
        damaged = 0
        for version in self.versions():
            try:
                opened = load(version.path)
            except ShowError as error:  # the one before it is better than nothing
                log.warning("%s", error)
                damaged += 1
                continue
            self._number = int(version.path.stem)
            opened = replace(opened, fired=self._fired())
            return opened if not damaged else replace(opened, notes=(words.older(damaged, version.kept), *opened.notes))
        return None if not damaged else Opened(SetList(), (words.all_damaged(self._folder),))

    def versions(self) -> list[Version]:
        """The newest first."""
        found = []
        for number in reversed(self._numbers()):
            path = self._path(number)
            with contextlib.suppress(OSError, OverflowError, ValueError):  # gone meanwhile, or of no time at all
                found.append(Version(path, datetime.fromtimestamp(path.stat().st_mtime)))
        return found

    def _fired(self) -> int | None:
        """None also where it is kept of another version, or cannot be read."""
        try:
            kept = json.loads(self._fired_file.read_text("utf-8"))
            place = kept["place"] if kept["version"] == self._number else None
        except Exception:  # noqa: BLE001 - as in ``load``; a show does without
            return None
        return place if isinstance(place, int) else None

    def _numbers(self) -> list[int]:
        names = (path.stem for path in self._folder.glob(f"*{SUFFIX}"))
        return sorted(int(name) for name in names if name.isdecimal())

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}{SUFFIX}"
