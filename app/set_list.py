"""A set list: cues in order, and the file that they travel in. Pure values and files; knows no Show and no Qt.

A ``.vlive`` file is a zip of ``set.json``, to be read by hand, and the pictures of its looks as PNG files, each once.
Nothing in it is a path of the machine that it was made on, but for LoRA files, which are the performer's own.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from app.errors import ShowError
from app.look import Look, from_json, to_json
from app.png import picture_in, png_of
from engine.params import Picture

TransitionKind = Literal["cut", "soft cut", "morph"]
Unit = Literal["seconds", "beats"]

VERSION = 1
SUFFIX = ".vlive"
COLOURS = ("#35d6c3", "#ffb84a", "#ff6f6f", "#8f9bff", "#7ddc6f", "#ff8fd0", "#5cc8ff", "#c7b299")
_CONTENTS = "set.json"


@dataclass(frozen=True)
class Transition:
    """How a cue comes: "cut" forgets the past, "soft cut" weakens it for some chunks, "morph" lets the words come in
    over ``length``, 0 to 600, in ``unit``s; all other values of a look change at once."""

    kind: TransitionKind = "cut"
    length: float = 4.0
    unit: Unit = "beats"

    def __post_init__(self) -> None:
        if self.kind not in get_args(TransitionKind):
            raise ValueError(f"the transition is {self.kind!r}, expected one of {', '.join(get_args(TransitionKind))}")
        if self.unit not in get_args(Unit):
            raise ValueError(f"the transition's unit is {self.unit!r}, expected seconds or beats")
        if not 0.0 <= self.length <= 600.0:
            raise ValueError(f"the transition takes {self.length}, expected 0 to 600")

    def seconds(self, beats_per_minute: float) -> float:
        return self.length if self.unit == "seconds" else self.length * 60.0 / beats_per_minute


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
    """What was in a file. notes: a sentence for each thing that could not be had."""

    set_list: SetList
    notes: tuple[str, ...] = ()


def save(set_list: SetList, path: Path) -> None:
    """Write ``path`` beside, then swap it in: a crash leaves the old file. OSError where that cannot be done."""
    pictures: dict[str, Picture] = {}

    def kept(picture: Picture) -> str:
        pictures[picture.digest] = picture
        return _place_of(picture.digest)

    contents = {"vace-live set list": VERSION, **to_json(set_list, kept)}
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(_CONTENTS, json.dumps(contents, indent=1, ensure_ascii=False), zipfile.ZIP_DEFLATED)
                for digest, picture in pictures.items():
                    archive.writestr(_place_of(digest), png_of(picture))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def load(path: Path) -> Opened:
    """What ``save`` wrote. Raises ShowError in words where ``path`` is no set list; what is missing in one is noted."""
    try:
        with zipfile.ZipFile(path) as archive:
            contents = json.loads(archive.read(_CONTENTS))
            return _opened(contents, archive)
    except FileNotFoundError:
        raise ShowError(f"There is no set list {path}; your cues stay as they are.") from None
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, RecursionError) as error:
        raise ShowError(f"{path.name} is no set list, or is damaged ({error}); your cues stay as they are.") from error


def _opened(contents: Any, archive: zipfile.ZipFile) -> Opened:
    version = contents.get("vace-live set list") if isinstance(contents, Mapping) else None
    if not isinstance(version, int):
        raise ValueError("it does not say that it is one")
    reader = _Reader(archive)
    set_list = from_json(SetList, contents, reader.picture)
    notes = list(reader.missing)
    lost = len(contents.get("cues", ())) - len(set_list.cues) if isinstance(contents.get("cues"), Sequence) else 0
    if version > VERSION:
        notes.append("It was made by a newer version of this program; what that has and this has not is left out.")
    if lost:
        notes.append("Its cues could not be read.")
    return Opened(set_list, tuple(notes))


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
            except (KeyError, ValueError, zipfile.BadZipFile) as error:
                sentence = f"The picture {name} is missing in it or damaged; the looks that had it are without it."
                if sentence not in self.missing:
                    self.missing.append(sentence)
                raise ValueError(sentence) from error
        return self.known[name]


def _place_of(digest: str) -> str:
    return f"pictures/{digest}.png"


class Backups:
    """The last few versions of a set list in a folder of their own, each in a file that is never written again."""

    def __init__(self, folder: Path, kept: int = 10) -> None:
        self._folder, self._kept = folder, kept

    def keep(self, set_list: SetList) -> None:
        """One more version, the oldest one goes. OSError where the folder cannot be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        numbers = self._numbers()
        save(set_list, self._path(numbers[-1] + 1 if numbers else 1))
        for number in numbers[: max(0, len(numbers) + 1 - self._kept)]:
            self._path(number).unlink(missing_ok=True)

    def newest(self) -> Opened | None:
        """The newest version that can be read; None where there is none."""
        for number in reversed(self._numbers()):
            try:
                return load(self._path(number))
            except ShowError:
                continue  # the one before it is better than nothing
        return None

    def _numbers(self) -> list[int]:
        names = (path.stem for path in self._folder.glob(f"*{SUFFIX}"))
        return sorted(int(name) for name in names if name.isdecimal())

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}{SUFFIX}"
