"""How large the program's pictures are. Pure arithmetic on the Setup; knows no pictures.

They keep the engine's aspect. An output that wants another one fits them itself, and has only to cut where the size is
its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from app.framing import Fit
from app.look import Setup

_STAGE = (1280, 720)
"""What a stage asks for: displays have more, and enlarge that well enough."""
_MOST_PIXELS = 1280 * 768
"""Of a size that nobody has chosen: 1280x720, and what an engine of 5:3 has above and below it."""


def output_size(setup: Setup, width: int, height: int, detail: float = 1.0) -> tuple[int, int]:
    """Width and height of the pictures that an engine of ``width`` x ``height`` has on the outputs.

    They cover the size that the Setup names. Where it names none they have what the outputs that run ask for and, of
    pictures that show the source, what that has itself; but never less than the engine's.

    detail: how many pixels of the source one of the engine's has along a side; 1 where it does not show.
    """
    wish = setup.output_size
    if wish.width:
        scale = _scale(wish.width, wish.height, "fill", width, height)
    else:
        scale = max(detail, *(_scale(*asked, width, height) for asked in _asked(setup)), 1.0)
        scale = max(1.0, min(scale, math.sqrt(_MOST_PIXELS / (width * height))))
    return max(1, round(scale * width)), max(1, round(scale * height))


def _asked(setup: Setup) -> Iterator[tuple[int, int, Fit]]:
    camera, recorder = setup.virtual_camera, setup.recorder
    if camera.on:
        yield camera.width, camera.height, camera.fit
    if recorder.on and recorder.width:
        yield recorder.width, recorder.height, recorder.fit
    if setup.stage.on:
        yield *_STAGE, setup.stage.fit


def _scale(wanted_width: int, wanted_height: int, fit: Fit, width: int, height: int) -> float:
    across, down = wanted_width / width, wanted_height / height
    return min(across, down) if fit == "fit" else max(across, down)
