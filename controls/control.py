"""What a control is: a small class that turns the live picture into control video that VACE understands.

Plain numpy uint8 in and out. Knows no Qt, no engine, no threads: whoever calls it decides where it runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from controls import words

Pixels = NDArray[np.uint8]
Values = Mapping[str, float]
Mix = Literal["max", "add", "screen"]
MIXES: tuple[Mix, ...] = get_args(Mix)
Region = Literal["all", "mask", "outside mask", "person", "background"]
REGIONS: tuple[Region, ...] = get_args(Region)
SLOWEST = 30
"""No control runs more rarely than on each 30th picture."""


class ControlUnavailable(Exception):
    """A control cannot run here; ``str(error)`` is one sentence: why, what it means for the show, what to do."""


@dataclass(frozen=True)
class ControlSetting:
    """One control as the performer has set it.

    name: a key of ``controls.stack.CONTROLS``. weight: 0 to 1, how bright it is mixed in. on: whether it runs at all.
    values: what differs from the control's own defaults, as (setting name, value) pairs.
    mix: how it joins what stands before it in the list. region: where it counts; elsewhere it gives its paper.
    every: it runs on each n-th picture, 1 to 30, and is carried by motion to those between; 0 = by itself: on each
        picture, unless it is too slow for the time there is.
    """

    name: str
    weight: float = 1.0
    on: bool = True
    values: tuple[tuple[str, float], ...] = ()
    mix: Mix = "max"
    region: Region = "all"
    every: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.weight <= 1.0:
            raise ValueError(words.weight_out_of_range(self.name, self.weight))
        if self.mix not in MIXES:
            raise ValueError(words.unknown_mix(self.name, self.mix, MIXES))
        if self.region not in REGIONS:
            raise ValueError(words.unknown_region(self.name, self.region, REGIONS))
        if not 0 <= self.every <= SLOWEST:
            raise ValueError(words.every_out_of_range(self.name, self.every, SLOWEST))


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
    """What it knows of earlier pictures belongs to the object and is forgotten by ``reset``, which is called when the
    picture jumps."""

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        """The guide for ``picture`` (H, W, 3) uint8 at (height, width, 3) uint8.

        ``picture`` has the guide's aspect, its size may differ. time: seconds, rising. values: every setting by name.
        Raises ControlUnavailable when it cannot run here at all.
        """
        ...

    def reset(self) -> None:
        """Forget everything about earlier pictures. Networks stay loaded."""
        ...


@runtime_checkable
class Networked(Protocol):
    """A control that owns networks: ``close`` gives them back, and may be called twice."""

    def close(self) -> None: ...


@runtime_checkable
class Comparing(Protocol):
    """A control that draws how a picture differs from the one it saw before.

    apart: how many pictures of the film that one lies back; 1 where it sees each. Set before each guide.
    """

    apart: int


@runtime_checkable
class Limited(Protocol):
    """A control that goes on with less where something that was asked of it is missing.

    trouble: what it draws without, and what to do; empty where nothing is missing.
    """

    trouble: str
