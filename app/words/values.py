"""What is said of a value that cannot be set, or be read: a fragment that ends a sentence of window or command line.

The engine's parameters and the controls' settings have their own, in ``engine.words`` and ``controls.words``. Names of
options are typed as they are. Imports nothing of the program.
"""

from __future__ import annotations

from collections.abc import Sequence

NO_PNG = "that is no PNG"
NO_PNG_TEXT = "the text is no PNG in base64"


def none_of(name: str, value: str, known: Sequence[str]) -> str:
    return f"{name} is {value!r}, expected one of {', '.join(known)}"


def out_of_range(name: str, value: float, low: float, high: float) -> str:
    return f"{name} is {value}, expected {low:g} to {high:g}"


# names in the two above

TREATMENT, REPAINTED, MASK_JOIN, SOURCE_KIND = "treatment", "repainted", "mask join", "source kind"
FIT, TRANSITION, PICTURES = "fit", "the transition", "pictures"


def of_mask(what: str) -> str:
    return f"the mask's {what}"


def of_brush(what: str) -> str:
    return f"the brush's {what}"


def expand(sides: tuple[float, ...]) -> str:
    return f"expand is {sides}, expected fractions from 0 to 1"


def rotate(degrees: int) -> str:
    return f"rotate is {degrees}, expected 0, 90, 180 or 270"


def crop(sides: tuple[float, ...]) -> str:
    return f"crop is {sides}, expected fractions of 0 or more that leave some of the picture"


COLOURED_MASK = "the mask has colours, expected a grey picture"


def output_size(width: int, height: int) -> str:
    return f"the output size is {width}x{height}, expected 16 to 4096, or 0x0 for none"


def rate_to_hold(rate: float) -> str:
    return f"the rate to hold is {rate}, expected 1 to 240 pictures a second, or 0"


def transition_unit(unit: str) -> str:
    return f"the transition's unit is {unit!r}, expected seconds or beats"


def transition_length(length: float) -> str:
    return f"the transition takes {length}, expected 0 to 600"


def tempo(beats_per_minute: float, slowest: float, fastest: float) -> str:
    return f"the tempo is {beats_per_minute:g}, expected {slowest:g} to {fastest:g} a minute"


def tempo_origin(origin: float) -> str:
    return f"the tempo's origin is {origin}, expected a moment"


def walk_unit(unit: str, known: Sequence[str]) -> str:
    return f"the seed's walk is counted in {unit!r}, expected one of {', '.join(known)}"


def walk_pace(pace: float, unit: str, low: float, high: float) -> str:
    return f"the seed's walk is {pace} {unit} a step, expected {low:g} to {high:g}"
