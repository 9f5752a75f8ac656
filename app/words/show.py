"""What is said of the engine, of models that come and go, of an audition, and at the start."""

from __future__ import annotations

STARTING = ("VACE Live", "Starting")
AUDITION_COMING = ("Audition", "Its first picture is on the way")
"""A slate's title and the line below it."""
PEOPLE_AWAITED = (
    "The network that tells people from the rest is loading; until it is there, a mask counts alone, and without one "
    "all is repainted."
)
PEOPLE_FOUND = "People are told from the rest now."
NO_DISPLAY = "There is no display here, so the window cannot open."


def engine_failed(error: Exception) -> str:
    return f"The engine failed ({error}); the last picture stays. It starts again."


def audition_failed(error: Exception) -> str:
    return f"The audition failed ({error}); the show goes on without it."


def model_failed(error: Exception) -> str:
    return f"The model could not be loaded ({error})."


def model_at(model: str, width: int, height: int) -> str:
    return f"{model} at {width}x{height}"


def model_held_back(coming: str) -> str:
    return f"There is not enough memory for two models: the last picture is held until {coming} is loaded."


def no_room_beside(coming: str) -> str:
    return f"There is not enough memory to load {coming} beside what plays, and the picture is not held for it."


def model_note(name: str, device: str, note: str) -> str:
    return f"Model {name} on {device}: {note}."


def goes_on_with(failure: str, model: str, plays: bool) -> str:
    """plays: whether that model has never stopped."""
    return f"{failure} {model} {'plays on' if plays else 'is loaded again'}."


def window_refused(detail: str, mend: str) -> str:
    return f"The window cannot open: {detail}. {mend}"


def settings_unreadable(aside: object) -> str:
    return f"The kept settings could not be read and are now in {aside}; this show begins with new ones."


def slow_to_read(name: str, seconds: float) -> str:
    return f"{name}: it is still being read after {seconds:g} seconds; all else goes on without it."


def slow_to_write(name: str, seconds: float) -> str:
    return f"{name}: still not written after {seconds:g} seconds; a crash now would lose what has changed in it."


def slow_no_more(name: str) -> str:
    return f"{name}: the disk has answered now."
