"""The fetched pictures as training reads them: photographs and cut-outs, a few of them held out.

Which are held out depends on all their names and nothing else. Knows no registry.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from controls.control import Pixels
from training import sources

HELD_OUT = 1 / 16
"""The share of pictures that training does not see."""


@dataclass(frozen=True)
class Photographs:
    """photographs: files with three channels. chances: of each to be drawn. cutouts: files with four; may be empty."""

    photographs: tuple[Path, ...]
    chances: tuple[float, ...]
    cutouts: tuple[Path, ...]

    @classmethod
    def open(cls, folder: Path, held_out: bool) -> Photographs:
        """Those held out, or all others. Raises sources.NoSources where fewer than two photographs were fetched."""
        pictures = sources.listed(folder)
        photographs = _part([picture for picture in pictures if not picture["cutout"]], held_out)
        if not photographs:
            raise sources.NoSources(
                f"There are no photographs in {folder}, so no clips can be made of them: run the stage 'sources' first."
            )
        # One package has more pictures than all others, and all of one sort: packages count by the root of their size.
        sizes = Counter(picture["package"] for picture in photographs)
        weights = [sizes[picture["package"]] ** -0.5 for picture in photographs]
        cutouts = _part([picture for picture in pictures if picture["cutout"]], held_out)
        return cls(
            tuple(folder / picture["file"] for picture in photographs),
            tuple(weight / sum(weights) for weight in weights),
            tuple(folder / picture["file"] for picture in cutouts),
        )

    def photograph(self, rng: np.random.Generator) -> Pixels:
        """Any photograph, (H, W, 3) RGB."""
        return _rgb(self.photographs[rng.choice(len(self.photographs), p=self.chances)], cv2.IMREAD_COLOR)

    def cutout(self, rng: np.random.Generator) -> Pixels | None:
        """Any cut-out, (H, W, 4) RGBA; None where there are none."""
        if not self.cutouts:
            return None
        return _rgb(self.cutouts[rng.integers(len(self.cutouts))], cv2.IMREAD_UNCHANGED)


def _part(pictures: list[dict[str, Any]], held_out: bool) -> list[dict[str, Any]]:
    shuffled = sorted(pictures, key=lambda picture: (zlib.crc32(picture["name"].encode()), picture["name"]))
    kept_back = math.ceil(len(shuffled) * HELD_OUT) if len(shuffled) > 1 else 0
    return shuffled[:kept_back] if held_out else shuffled[kept_back:]


def _rgb(path: Path, flags: int) -> Pixels:
    picture = cv2.imread(str(path), flags)
    if picture is None:
        raise sources.NoSources(f"{path} is missing or damaged: delete photos.json beside it and run 'sources' again.")
    code = cv2.COLOR_BGR2RGB if picture.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    return np.asarray(cv2.cvtColor(picture, code), np.uint8)
