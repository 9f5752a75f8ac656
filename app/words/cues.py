"""What is said of cues and of the files that they are kept in."""

from __future__ import annotations

import re
from datetime import datetime

CUES_UNREADABLE = "Its cues could not be read."
NO_SET_LIST = "it does not say that it is one"
NOT_AS_IT_SHOULD_BE = "not what it should be"
MADE_BY_NEWER = "It was made by a newer version of this program; what that has and this has not is left out."
UNNAMED = "Cue"
CUES = "Your cues"
LORA_SEARCH = "The search for the LoRAs of your cues"
"""What is told of where it takes long."""


def numbered(number: int) -> str:
    """The name of a cue that nobody has named. number: from 1."""
    return f"{UNNAMED} {number}"


def number_in(name: str) -> int:
    """The inverse of ``numbered``, also of a copy; 0 = it has none."""
    found = re.match(rf"{UNNAMED} (\d{{1,9}})\b", name)
    return int(found[1]) if found else 0


def copy_of(name: str) -> str:
    return f"{name} copy"


# files


def saved(path: object, kept_as: str) -> str:
    """kept_as: the name under which what stood there before is kept; "" = nothing did."""
    before = f" What stood there before is kept as {kept_as}." if kept_as else ""
    return f"The set list is saved as {path}.{before}"


def not_saved(path: object, reason: str) -> str:
    return f"The set list could not be saved as {path} ({reason}); choose another place."


def not_kept(reason: str) -> str:
    return f"The cues cannot be kept ({reason}); the show goes on, but the next start will not know them."


def missing(path: object) -> str:
    return f"There is no set list {path}; your cues stay as they are."


def damaged(name: str, reason: str) -> str:
    return f"{name} is no set list, or is damaged ({reason}); your cues stay as they are."


def of_file(name: str, note: str) -> str:
    return f"{name}: {note}"


# what a file holds


def cue_unreadable(number: int) -> str:
    return f"{numbered(number)} could not be read and is left out."


def cue_called(number: int, name: str) -> str:
    return f"{numbered(number)}, {name}" if name else numbered(number)


def takes_default(cue: str, field: str, value: str) -> str:
    return f"{cue}: {field} is {value}, which cannot be used; it has its default instead."


def not_used(field: object, value: str) -> str:
    return f"Its {field} is {value}, which cannot be used."


def more_not_used(count: int) -> str:
    return f"{count} more of its values cannot be used, and take their defaults."


def picture_missing(name: str) -> str:
    return f"The picture {name} is missing in it or damaged; the looks that had it are without it."


def lora_missing(name: str, searched: bool) -> str:
    """searched: whether there is a model folder, in which it was looked for."""
    where = "nor in your model folder" if searched else "and no model folder is chosen to look in"
    return (
        f"The LoRA {name} is not where it was, {where}; its cues come without it until it is there and the set is "
        "opened again."
    )


# kept versions


def older(damaged: int, kept: datetime) -> str:
    """damaged: how many newer versions are."""
    which = "The newest version of your cues is" if damaged == 1 else f"The newest {damaged} versions of your cues are"
    return f"{which} damaged; these are the cues as they were at {kept:%H:%M:%S on %Y-%m-%d}."


def all_damaged(folder: object) -> str:
    return f"The kept cues in {folder} are all damaged."
