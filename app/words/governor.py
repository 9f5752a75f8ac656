"""What is said of the governor: what it took, what it gave back, and where it can do no more."""

from __future__ import annotations

from app.governor import Level

OFF = "The governor is off: all is painted as asked for."
AS_ASKED = "There is room again: all is painted as asked for."
_AUTOENCODERS = {"tiny": "tiny", "light": "light", "wan": "full"}


def reduced(level: Level, wished: Level) -> str:
    """What is painted instead of what was asked for; "" where that is the same."""
    parts = []
    if level.steps != wished.steps:
        parts.append(f"{_steps(level.steps)} instead of {wished.steps}")
    here, there = level.choice, wished.choice
    if here.autoencoder != there.autoencoder:
        parts.append(f"{_AUTOENCODERS[here.autoencoder]} autoencoder instead of {_AUTOENCODERS[there.autoencoder]}")
    if (here.width, here.height) != (there.width, there.height):
        parts.append(f"{here.width}x{here.height} instead of {there.width}x{there.height}")
    line = ", ".join(parts)
    return line[:1].upper() + line[1:]


def less(line: str, rate: float) -> str:
    return f"{line}, to hold {_rate(rate)}." if line else ""


def more(line: str) -> str:
    return f"There is room again: {line[:1].lower()}{line[1:]}." if line else AS_ASKED


def least(line: str, rate: float) -> str:
    """line: what is reduced already."""
    done = f" ({line[:1].lower()}{line[1:]})" if line else ""
    return f"{_rate(rate)} cannot be held here: the governor has nothing left to reduce{done}."


def held(line: str, rate: float) -> str:
    """line: what stays reduced."""
    return f"{_rate(rate)} are held again" + (f": {line[:1].lower()}{line[1:]}." if line else ".")


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def _rate(rate: float) -> str:
    return f"{rate:.1f}".removesuffix(".0") + " pictures a second"
