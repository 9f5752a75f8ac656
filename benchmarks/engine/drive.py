"""How a device is driven while it is measured: as in the show, or operator by operator."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from benchmarks.engine.networks import Networks
from benchmarks.engine.shapes import Shape
from engine.block import CallBlock
from engine.compile import compiled_blocks, compiles_on
from engine.graph import Recorder, recorder_on

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Drive:
    """call: how blocks are called; None = as a stream does by itself. recorder: of passes; None = they run as they are.
    title: for people."""

    call: CallBlock | None = None
    recorder: Recorder | None = None
    title: str = "operator by operator"


EAGER = Drive()


def drive_of_the_show(shape: Shape, networks: Networks) -> Drive:
    """What a GPU gets in the show once all is ready: compiled blocks and recorded passes, as far as it can have them.

    Compiles, which takes long. A CPU gets neither.
    """
    device = networks.device.torch_device
    recorder = recorder_on(device)
    with_recordings = EAGER.title if recorder is None else "passes recorded"
    if not compiles_on(device):
        return Drive(recorder=recorder, title=with_recordings)
    rows, columns = shape.grid
    try:
        call = compiled_blocks(networks.dit, shape.config.rollout.chunk, (rows // 2) * (columns // 2))
    except Exception:  # as the show does: it goes on without a compiler
        log.warning("The blocks could not be compiled", exc_info=True)
        return Drive(recorder=recorder, title=f"{with_recordings}, blocks could not be compiled")
    return Drive(call, recorder, f"blocks compiled, {with_recordings}")
