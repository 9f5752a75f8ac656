"""The cue grid and its files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from app.cue_history import Deed
from app.set_list import Transition, Unit, Version
from app.words.window import to_default

VERSIONS = "Kept versions"
VERSIONS_TIP = "The cues as they were after each of the last changes; opening one can be taken back like any change."
NO_VERSIONS = "Nothing is kept yet"
CUE_LENGTH = "Morph over another length"
CUE_LENGTH_NAME = "Length of the morph"
CUE_LENGTH_SLIDER = "Length of the morph, slider"
CUE_LENGTH_TIP = "Such as 6 beats or 2.5 s. Enter, or a click elsewhere, ends it."
CUE_LENGTH_PLACEHOLDER = "6 beats or 2.5 s"
KEY_SAVE_SET = "Save the set list"
UNITS: dict[Unit, tuple[str, str]] = {"beats": ("beat", "beats"), "seconds": ("s", "s")}
"""One, and more of them: as they can be typed, see ``Transition.morph``."""
DEEDS: dict[Deed, str] = {
    "begin": "",
    "add": "the cue that was added",
    "change": "the change of a cue",
    "copy": "the cue that was copied",
    "move": "the move of a cue",
    "delete": "the cue that was deleted",
    "open": "the set list that was opened",
}


def version(kept: Version, today: date) -> str:
    """When it was kept."""
    return f"{kept.kept:%H:%M:%S}" if kept.kept.date() == today else f"{kept.kept:%Y-%m-%d %H:%M:%S}"


def length(now: Transition) -> str:
    """Of a morph, as it can be typed; "" of what is none."""
    one, more = UNITS[now.unit]
    return f"{now.length:g} {one if now.length == 1 else more}" if now.kind == "morph" else ""


def length_slider_tip(longest: str, default: str) -> str:
    return f"Drag and let go, up to {longest}, or turn the wheel; more is typed.\n{to_default(default)}"


def no_length(typed: str) -> str:
    return f"{typed} is no length of a morph; type beats or seconds, such as 6 beats or 2.5 s, up to 600."


def undone(deed: Deed, path: Path | None) -> str:
    """path: the file that the cues are saved as, where that has come back with them."""
    file = "" if path is None else f" They are those of {path.name} again."
    return f"Taken back in the cues: {DEEDS[deed]}.{file if deed == 'open' else ''}"


def redone(deed: Deed, path: Path | None) -> str:
    file = "" if path is None else f" They are those of {path.name}."
    return f"Done again in the cues: {DEEDS[deed]}.{file if deed == 'open' else ''}"
