"""What would make a model fit into a device: a smaller size, fp8, offloading. On paper; knows no words and no files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

from engine.budget import budget_on
from engine.device import Device
from engine.params import EngineChoice

_SMALLEST = 96
"""Pixels of the shorter side: below that there is nothing to look at."""


def lighter(choice: EngineChoice, device: Device, room: int | None, host_room: int | None) -> tuple[EngineChoice, ...]:
    """The choices that fit and change as few of size, precision and offloading as can be; none where nothing helps.

    room, host_room: bytes on the device and in the computer, None where nobody can tell. Of sizes the largest that
    fits. EngineError for an unknown model.
    """
    sizes = [{"width": width, "height": height} for width, height in _smaller(choice)]
    # What is on already, or has no effect here, changes nothing and so is never what makes the model fit.
    changes: list[list[dict[str, Any]]] = [sizes, [{"precision": "fp8"}], [{"offload": True}]]
    for count in range(1, len(changes) + 1):
        found = [_first_fit(choice, list(some), device, room, host_room) for some in combinations(changes, count)]
        if any(found):
            return tuple(one for one in found if one is not None)
    return ()


def _first_fit(
    choice: EngineChoice,
    changes: list[list[dict[str, Any]]],
    device: Device,
    room: int | None,
    host_room: int | None,
) -> EngineChoice | None:
    """``choice`` with one of each of ``changes``, the first that fits."""
    if not changes:
        budget = budget_on(choice, device)
        needs = ((budget.total, room), (budget.on_host, host_room))
        return choice if all(there is None or need <= there for need, there in needs) else None
    for change in changes[0]:
        found = _first_fit(replace(choice, **change), changes[1:], device, room, host_room)
        if found is not None:
            return found
    return None


def _smaller(choice: EngineChoice) -> Iterator[tuple[int, int]]:
    """Three quarters of either side, again and again."""
    width, height = 0.75 * choice.width, 0.75 * choice.height
    while min(width, height) >= _SMALLEST:
        yield int(width // 16 * 16), int(height // 16 * 16)
        width, height = 0.75 * width, 0.75 * height
