"""The English words of the cue grid and its files that are not in ``words``."""

from __future__ import annotations

from datetime import date

from app.set_list import Transition, Version

VERSIONS = "Kept versions"
VERSIONS_TIP = "The cues as they were after each of the last changes; opening one can be taken back like any change."
NO_VERSIONS = "Nothing is kept yet"
CUE_LENGTH = "Morph over another length"
CUE_LENGTH_NAME = "Length of the morph"
CUE_LENGTH_TIP = "Such as 6 beats or 2.5 s. Enter, or a click elsewhere, ends it."
CUE_LENGTH_PLACEHOLDER = "6 beats or 2.5 s"
KEY_SAVE_SET = "Save the set list"


def version(kept: Version, today: date) -> str:
    """When it was kept."""
    return f"{kept.kept:%H:%M:%S}" if kept.kept.date() == today else f"{kept.kept:%Y-%m-%d %H:%M:%S}"


def length(now: Transition) -> str:
    """Of a morph, as it can be typed; "" of what is none."""
    unit = now.unit[:-1] if now.length == 1 else now.unit
    return f"{now.length:g} {unit}" if now.kind == "morph" else ""


def no_length(typed: str) -> str:
    return f"{typed} is no length of a morph; type beats or seconds, such as 6 beats or 2.5 s, up to 600."
