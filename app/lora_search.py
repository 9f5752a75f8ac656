"""LoRA files of a set list that is opened: what is not where it was is looked for by its name in the model folder.

Knows files and values, no engine: whether a file fits the model, the engine tells.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath

from app.set_list import Opened
from engine.params import Lora


def with_loras_found(opened: Opened, model_folder: str) -> Opened:
    """``opened`` with the paths of this machine; a note for each file that is nowhere. model_folder: "" for none."""
    search = _Search(Path(model_folder) if model_folder else None)
    cues = []
    for cue in opened.set_list.cues:
        if cue is not None:
            loras = tuple(search.found(lora) for lora in cue.look.params.loras)
            cue = replace(cue, look=replace(cue.look, params=replace(cue.look.params, loras=loras)))
        cues.append(cue)
    return Opened(replace(opened.set_list, cues=tuple(cues)), (*opened.notes, *search.notes()))


class _Search:
    """Each path is looked for once."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: dict[str, str | None] = {}

    def found(self, lora: Lora) -> Lora:
        """As it is where its file is there, or is nowhere."""
        if lora.path not in self._known:
            self._known[lora.path] = lora.path if Path(lora.path).is_file() else self._looked_for(_name_of(lora.path))
        return replace(lora, path=self._known[lora.path] or lora.path)

    def notes(self) -> list[str]:
        missing = sorted({_name_of(path) for path, found in self._known.items() if found is None})
        where = "nor in your model folder" if self._folder else "and no model folder is chosen to look in"
        return [
            f"The LoRA {name} is not where it was, {where}; its cues come without it until it is there and the set is "
            "opened again."
            for name in missing
        ]

    def _looked_for(self, name: str) -> str | None:
        if self._folder is None or not name:
            return None
        try:
            return next((str(path) for path in sorted(self._folder.rglob("*")) if path.name == name), None)
        except OSError:  # a folder of it that may not be read
            return None


def _name_of(path: str) -> str:
    """Of a path of any system: the set may come from another one."""
    return PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name
