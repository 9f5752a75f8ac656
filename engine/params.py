"""What the app may ask of the engine: plain frozen values, range-checked, free of torch.

Nothing here knows networks or devices. Equal values mean "nothing changed", which is how ``Stream.step`` finds out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

EMPTY_GUIDE = 128
"""The grey that says "no structure here": VACE's zero in [-1, 1] pixel space."""


@dataclass(frozen=True)
class Params:
    """The live parameters of one stream. Every change acts from the next chunk on.

    prompt: what the picture shows and how it looks, free text.
    control_strength: 0 (guide ignored) to 2, the scale of VACE's hints; 1 is as trained.
    seed: 0 to 2**63-1; with equal inputs and settings an equal seed gives equal pictures.
    steps: denoising passes a chunk, 1 to 8.
    cut: a counter; when it goes up, the stream forgets its past (cache, autoencoder memories) before the next chunk.
    """

    prompt: str = ""
    control_strength: float = 1.0
    seed: int = 0
    steps: int = 2
    cut: int = 0

    def __post_init__(self) -> None:
        _in_range("control_strength", self.control_strength, 0.0, 2.0)
        _in_range("seed", self.seed, 0, 2**63 - 1)
        _in_range("steps", self.steps, 1, 8)
        _in_range("cut", self.cut, 0, 2**63 - 1)


def _in_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # also catches NaN
        raise ValueError(f"{name} is {value}, expected {low} to {high}")


@dataclass(frozen=True, eq=False)
class ControlChunk:
    """The pictures that one engine step works on.

    guide: (F, H, W, 3) uint8, the control video; ``EMPTY_GUIDE`` grey where there is none.
    source: (F, H, W, 3) uint8, the pictures the guide was made from.
    mask: (F, H, W) uint8, above 127 = generate, else keep the source; None = generate everywhere.
    """

    guide: Pixels
    source: Pixels
    mask: Pixels | None = None

    def __post_init__(self) -> None:
        if self.guide.ndim != 4 or self.guide.shape[-1] != 3 or self.guide.dtype != np.uint8:
            raise ValueError(
                f"guide is {self.guide.dtype} {self.guide.shape}, expected uint8 (frames, height, width, 3)"
            )
        if self.source.shape != self.guide.shape or self.source.dtype != np.uint8:
            raise ValueError(f"source is {self.source.dtype} {self.source.shape}, expected uint8 {self.guide.shape}")
        if self.mask is not None and (self.mask.shape != self.guide.shape[:3] or self.mask.dtype != np.uint8):
            raise ValueError(f"mask is {self.mask.dtype} {self.mask.shape}, expected uint8 {self.guide.shape[:3]}")


@dataclass(frozen=True)
class EngineChoice:
    """Which model runs, and at what size.

    model: a name from ``engine.host.MODELS``.
    width, height: of the pictures in and out, multiples of 16.
    """

    model: str = "starter"
    width: int = 320
    height: int = 192

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            value = getattr(self, name)
            _in_range(name, value, 16, 4096)
            if value % 16:
                raise ValueError(
                    f"{name} is {value}, expected a multiple of 16 (the nearest is {round(value / 16) * 16})"
                )


@dataclass(frozen=True)
class ModelInfo:
    """What a loaded model says of itself. ``note`` is for the window's status line, empty where all is well."""

    name: str
    device: str
    dtype: str
    note: str = ""
