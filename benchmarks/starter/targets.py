"""What the model was taught to paint: the targets of training for guides that it was never trained on. Knows no engine.

Only the figures that compare with them, and references that are painted in a look, are made with this.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from training.looks import Fields, distance_to, drawn, paint
from training.prompts import Wish

Pixels = NDArray[np.uint8]


def target(asked: Wish, guides: Pixels) -> Pixels:
    """The pictures (F, H, W, 3) of ``edge`` guides (F, H, W, 3) at strength 1, in the look and palette asked for."""
    lines = drawn(torch.from_numpy(guides.max(axis=-1)).float() / 255)
    painted = paint(asked.painted, Fields(lines, distance_to(lines), torch.full_like(lines, 0.5)), asked.palette())
    return np.asarray(painted.permute(0, 2, 3, 1).mul(255).round().to(torch.uint8).numpy(), np.uint8)
