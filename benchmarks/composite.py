"""What the composite costs a picture: enlarging, the source at output size, the mask, the blend; and before that, what
it costs to bring a large source to the outputs' size, where it has to wait.

    python -m benchmarks.composite [--json FILE]

Milliseconds of the thread's own time with one thread for OpenCV, median and least of many, for a source of 1280x720, an
engine of 320x192 and pictures that cover 1280x720 (1280x768) or have the source's own pixels (1200x720, as it is by
itself). A mask that stays is made before the clock starts, as it is live.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from app.composite import Compositor
from app.expand import Expand
from app.frame import Pixels
from app.framing import Framing
from app.look import Look
from app.mask_shape import MaskShape
from app.placement import placement
from app.plate import Plate
from engine.params import Picture

SOURCE, ENGINE = (1280, 720), (320, 192)
OUTPUTS = ((1280, 768), (1200, 720))
LARGE = ((2560, 1440), (3840, 2160))
PICTURES = 60


def plates() -> Mapping[str, Plate | None]:
    """What lies behind the picture, by what it shows."""
    width, height = SOURCE
    rng = np.random.default_rng(0)
    source = np.asarray(cv2.GaussianBlur(rng.integers(0, 256, (height, width, 3), np.uint8), (0, 0), 2), np.uint8)
    ellipse = np.zeros((height, width), np.uint8)
    cv2.ellipse(ellipse, (width // 2, height // 2), (width // 4, height // 3), 0, 0, 360, 255, -1)
    ramp = np.tile(np.linspace(1, 254, width).astype(np.uint8), (height, 1))
    people = np.asarray(cv2.GaussianBlur(cv2.resize(ellipse, ENGINE), (0, 0), 1), np.uint8)

    def plate(look: Look, people: Pixels | None = None, mirror: bool = False) -> Plate:
        return Plate(source, placement(SOURCE, ENGINE, Framing(mirror=mirror), look.expand), look, None, people)

    painted = Look(mask=Picture(ellipse))
    return {
        "no mask": None,
        "hard mask": plate(painted),
        "hard mask, source mirrored": plate(painted, mirror=True),
        "feather 10": plate(replace(painted, mask_shape=MaskShape(feather=10))),
        "feather 40": plate(replace(painted, mask_shape=MaskShape(feather=40))),
        "people": plate(Look(repainted="person"), people),
        "people and feather 10": plate(replace(painted, repainted="person", mask_shape=MaskShape(feather=10)), people),
        "expanded": plate(Look(expand=Expand(0.25, 0.25, 0.25, 0.25))),
        "soft everywhere": plate(Look(mask=Picture(ramp))),
    }


def measured(plate: Plate | None, width: int, height: int) -> dict[str, float]:
    """Milliseconds of this thread."""
    compositor, taken = Compositor(), list[float]()
    for painted in np.random.default_rng(1).integers(0, 256, (PICTURES + 1, *ENGINE[::-1], 3), np.uint8):
        began = time.thread_time()
        compositor.picture(painted, plate, width, height)
        taken.append((time.thread_time() - began) * 1000)
    del taken[0]  # takes memory, makes a mask that stays
    return _figure(taken)


def reducing(width: int, height: int) -> dict[str, dict[str, float]]:
    """Milliseconds of this thread, by the source that is reduced to what such an output shows."""
    found = {}
    for source in LARGE:
        rgb = np.random.default_rng(0).integers(0, 256, (*source[::-1], 3), np.uint8)
        for mirror in (False, True):
            place, taken = placement(source, ENGINE, Framing(mirror=mirror), Expand()), list[float]()
            plate = Plate(rgb, place, Look())
            for _ in range(PICTURES + 1):
                began = time.thread_time()
                plate.reduced(width, height)
                taken.append((time.thread_time() - began) * 1000)
            del taken[0]
            found[f"reducing {source[0]}x{source[1]}{', mirrored' if mirror else ''}"] = _figure(taken)
    return found


def _figure(taken: list[float]) -> dict[str, float]:
    return {"p50_ms": round(median(taken), 2), "least_ms": round(min(taken), 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description="What the composite costs a picture.")
    parser.add_argument("--json", metavar="FILE", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    found = {
        f"{w}x{h}": {name: measured(plate, w, h) for name, plate in plates().items()} | reducing(w, h)
        for w, h in OUTPUTS
    }
    for size, figures in found.items():
        for name, figure in figures.items():
            print(f"{size}  {name:28s} {figure['p50_ms']:6.2f} ms  (least {figure['least_ms']:.2f})")
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
