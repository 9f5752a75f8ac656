"""What a control is: a small class that turns the live picture into control video that VACE understands.

Plain numpy uint8 in and out. Knows no Qt, no engine, no threads: whoever calls it decides where it runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Values = Mapping[str, float]


class ControlUnavailable(Exception):
    """A control cannot run here; ``str(error)`` is one sentence: why, what it means for the show, what to do."""


@dataclass(frozen=True)
class ControlSetting:
    """One control as the performer has set it.

    name: a key of ``controls.stack.CONTROLS``. weight: 0 to 1, how bright it is mixed in. on: whether it runs at all.
    values: what differs from the control's own defaults, as (setting name, value) pairs.
    """

    name: str
    weight: float = 1.0
    on: bool = True
    values: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.weight <= 1.0:
            raise ValueError(f"weight of {self.name} is {self.weight}, expected 0 to 1")


@dataclass(frozen=True)
class Setting:
    """One ranged setting of a control, found by name by panels, cues and MIDI. ``whole``: only integers make sense."""

    name: str
    title: str
    low: float
    high: float
    default: float
    whole: bool = False
    help: str = ""


class Control(Protocol):
    """State belongs to the object and is forgotten by ``reset``, which is called when the picture jumps."""

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        """The guide for ``picture`` (H, W, 3) uint8 at (height, width, 3) uint8.

        ``picture`` has the guide's aspect, its size may differ. time: seconds, rising. values: every setting by name.
        Raises ControlUnavailable when it cannot run here at all.
        """
        ...

    def reset(self) -> None:
        """Forget everything about earlier pictures."""
        ...
