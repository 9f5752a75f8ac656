"""The window's row and figure of the governor; what it says itself stands in ``governor``."""

from __future__ import annotations

from app.status import GovernorStatus
from app.words.window import BY_ITSELF, UNKNOWN

GOVERNOR = "Hold the rate"
GOVERNOR_TIP = (
    "Where the engine is too slow, quality gives way: fewer steps, then the faster autoencoder, then a smaller size.\n"
    "It comes back when there is room. Your settings stay as they are. Off: all is painted as asked for, at any pace."
)
RATE = "Pictures a second to hold"
RATE_TIP = "By itself: 16 a second, or as many as the source gives where that is fewer."
RATES = (12.0, 16.0, 20.0, 24.0, 25.0, 30.0, 50.0, 60.0)
FIGURE = "Governor"
AS_ASKED = "All as asked for"
OFF = "Off"


def rate(value: float) -> str:
    return f"{value:g} a second" if value else BY_ITSELF


def state(governor: GovernorStatus) -> str:
    """In a few words; what it holds stands with them once there is anything to hold."""
    if not governor.on:
        return OFF
    done = governor.reduced or AS_ASKED
    if not governor.rate:
        return UNKNOWN
    if governor.trouble:
        return f"{done}; {governor.rate:.0f} a second cannot be held"
    return f"{done}; holds {governor.rate:.0f} a second"
