"""LoRA files of a set list: what is not where it was is looked for by its name in the model folder.

Knows files and values, no engine: whether a file fits the model, the engine tells. A disk may be slow: not for the
window's own thread.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath

from app.set_list import Cue, Opened, SetList
from app.words import cues as words


@dataclass(frozen=True)
class Found:
    """paths: from each path of a LoRA to where its file is on this machine; the same where it is nowhere. notes: a
    sentence for each file that is nowhere."""

    paths: Mapping[str, str]
    notes: tuple[str, ...]


def with_loras_found(opened: Opened, model_folder: str) -> Opened:
    """``opened`` with the paths of this machine; a note for each file that is nowhere. model_folder: "" for none."""
    found = search(opened.set_list, model_folder)
    return Opened(with_paths(opened.set_list, found.paths), (*opened.notes, *found.notes))


def loras_of(set_list: SetList) -> list[str]:
    """The paths of the LoRAs in it, each once."""
    return sorted({lora.path for cue in set_list.cues if cue is not None for lora in cue.look.params.loras})


def search(set_list: SetList, model_folder: str) -> Found:
    """Where the LoRA files of ``set_list`` are. Nothing that stands in it, or on a disk, is an error here."""
    paths = loras_of(set_list)
    gone = {path for path in paths if not _is_file(path)}
    there = _files_named({_name_of(path) for path in gone}, model_folder) if gone else {}
    missing = sorted({_name_of(path) for path in gone} - there.keys())
    notes = tuple(words.lora_missing(name, bool(model_folder)) for name in missing)
    return Found({path: there.get(_name_of(path), path) if path in gone else path for path in paths}, notes)


def with_paths(set_list: SetList, paths: Mapping[str, str]) -> SetList:
    """``set_list`` with each LoRA's path as ``paths`` has it, and as it is where that has none."""
    return replace(set_list, cues=tuple(None if cue is None else _cue_with(cue, paths) for cue in set_list.cues))


def _cue_with(cue: Cue, paths: Mapping[str, str]) -> Cue:
    loras = tuple(replace(lora, path=paths.get(lora.path, lora.path)) for lora in cue.look.params.loras)
    return replace(cue, look=replace(cue.look, params=replace(cue.look.params, loras=loras)))


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # not to be looked at, longer than any path, or none at all
        return False


def _files_named(names: Iterable[str], folder: str) -> dict[str, str]:
    """The first file of each name in ``folder`` and below, in order; what may not be read there is passed over."""
    wanted, found = {name for name in names if name}, dict[str, str]()
    with contextlib.suppress(ValueError):  # a name that no folder can have
        for place, folders, files in os.walk(folder) if folder else ():
            folders.sort()
            for name in wanted.intersection(files) - found.keys():
                found[name] = str(Path(place, name))
            if len(found) == len(wanted):
                break
    return found


def _name_of(path: str) -> str:
    """Of a path of any system: the set may come from another one."""
    return PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name
