"""What stands around the figures of ``bench controls``."""

from __future__ import annotations

CARRIED = "  carried"
"""Below a control's row: those of its pictures on which it did not run."""
OF_THE_CLIP = "The pictures are the bundled clip's, scaled to each size."


def heading(pictures: int) -> str:
    return f"Milliseconds a picture: median (95th percentile) of {pictures}, one thread for OpenCV."


def processor(name: str, cores: int | None) -> str:
    return f"{name}, {cores} cores."


def load(name: str, size: str, wanted: float, kept: float | None, cpu_seconds: float, left: float) -> str:
    """wanted, kept: pictures a second; kept is None where all were. cpu_seconds: a second. left: of two cores."""
    fewer = "" if kept is None else f" ({kept:.1f} were kept)"
    return (
        f"{name} at {size}, {wanted:g} pictures a second{fewer}: {cpu_seconds:.2f} CPU seconds a second, so of two "
        f"cores {left:.2f} are left."
    )
