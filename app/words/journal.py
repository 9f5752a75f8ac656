"""What is said of a journal while it is written, when it is read, and when a show is replayed from it."""

from __future__ import annotations

from engine.params import ModelInfo

BEGAN_AMIDST = (
    "The recording began in the middle of the show: its replay is like the show until the next hard cut, and the same "
    "from there on."
)
TOO_SLOW = "the disk, or the processor, does not keep up."
"""After "because", as every reason why a journal ends."""
THINNED = (
    f"The journal leaves out camera pictures, because {TOO_SLOW} A replay at another size will be "
    "less sharp there; one at the same size misses nothing."
)
REDUCED = (
    f"The journal keeps some camera pictures reduced to 1920 pixels, because {TOO_SLOW} A replay at another size may "
    "be less sharp there; one at the same size misses nothing."
)
PICTURE_MISSING = "a picture is missing"
NOT_PLATED = "it does not say for each picture whether the source was put back"
CHECKSUM_WRONG = "its checksum is wrong"
NO_END = "The journal has no end, as when the program was stopped while recording: what is whole is replayed."
NOT_THE_SAME_AT_FIRST = (
    "The recording began in the middle of a stream, and what the engine remembered of it was not kept: "
    "until the first hard cut, or change of model or size, pictures are like the show's, not the same."
)


def there(path: object, reduced: int, missing: int, pictures: int) -> str:
    """reduced, missing: see ``reduced_of`` and ``left_out_of``."""
    less = f" {reduced_of(reduced, pictures)}" if reduced else ""
    none = f" {left_out_of(missing, pictures)}" if missing else ""
    return f"Its journal is {path}: `vace-live replay` paints the show again from it.{less}{none}"


def reduced_of(reduced: int, pictures: int) -> str:
    """reduced: of how many of its ``pictures`` what an input gave is there smaller than it came."""
    return (
        f"Of {reduced} of its {pictures} pictures the camera's own, or the second input's, is in it reduced to 1920 "
        "pixels."
    )


def left_out_of(missing: int, pictures: int) -> str:
    """missing: of how many of its ``pictures`` it is not there at all."""
    return (
        f"Of {missing} of its {pictures} pictures the camera's own was left out: for another size, what the engine saw "
        "is enlarged."
    )


def no_journal(why: str) -> str:
    return f"There is no journal, because {why} The show and the recording go on."


def ends_here(why: str, path: object | None) -> str:
    """path: of what there is of it; None = nothing."""
    left = "" if path is None else f" What it has until here is in {path}."
    return f"The journal ends here, because {why}{left} The show and the recording go on."


def failed(error: Exception) -> str:
    return f"it failed ({error})."


def disk_kept_free(gibibytes: float) -> str:
    return f"the last {gibibytes:.0f} GiB of the disk are left to the recording."


def missing(path: object) -> str:
    return f"There is no journal {path}; check the name."


def unreadable(path: object, reason: str) -> str:
    return f"The journal {path} cannot be read: {reason}"


def no_such_thing(name: str) -> str:
    return f"{name} is no journal of VACE Live, or is damaged from its first byte on."


def newer(name: str, program: str) -> str:
    return f"{name} was written by a newer version of this program ({program}); replay it there."


def damaged(name: str, what: str) -> str:
    return f"The journal {name} is damaged ({what}), so it cannot be replayed."


def damaged_there(name: str, error: Exception) -> str:
    return f"The journal {name} is damaged ({error}); the replay ends there."


def is_missing(picture: str) -> str:
    return f"{picture} is missing"


def empty(name: str) -> str:
    return f"{name} has no picture in it: the recording ended before the engine painted one."


def ended_early(why: str) -> str:
    return f"The journal ends before its recording does, because {why}"


def other_machine(then: ModelInfo, now: ModelInfo) -> str:
    return (
        f"The show was painted {_in_words(then)}, and this is painted {_in_words(now)}: the pictures are "
        "like those of the show, and not the same bit for bit."
    )


def sheet_caption(model: str, width: int, height: int, steps: int, anew: bool) -> str:
    """The line below a contact sheet's title. anew: whether the guides are made anew."""
    guides = "guides made anew" if anew else "the guides of the show"
    passes = "1 step" if steps == 1 else f"{steps} steps"
    return f"{model}, {width}x{height}, {passes} at first, {guides}"


def _in_words(info: ModelInfo) -> str:
    threads = {0: "", 1: ", 1 thread"}.get(info.threads, f", {info.threads} threads")
    return f"on {info.device} ({info.dtype}{threads})"
