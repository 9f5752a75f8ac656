"""What the autoencoder learns from: pieces of the bank as they are, as guides, half hidden, and painted.

Everything is drawn from the random generator that it is handed, so that a step's data does not depend on the steps
before it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.bank import Bank
from training.looks import LOOKS, paint
from training.palettes import COLORS, GROUNDS, SYNONYMS, palette
from training.structures import Clip, fields_of, guide_of, noise_field

HUES = (*COLORS.values(), *SYNONYMS.values())


class Pictures:
    """Draws sequences from a bank."""

    def __init__(self, folder: Path, device: torch.device, held_out: bool = False) -> None:
        """held_out: draw from the clips that training does not see, instead of from those that it does."""
        self._bank = Bank.open(folder)
        self._device = device
        kept = self._bank.clips - self._bank.held_out
        self._clips = range(kept, self._bank.done) if held_out else range(min(kept, self._bank.done))

    def clip(self, rng: np.random.Generator, height: int, width: int, pictures: int) -> Clip:
        """A random piece of a random clip, its corner on the 16-pixel grid, turned left to right now and then."""
        return self.piece(rng, int(rng.integers(len(self._clips))), height, width, pictures)

    def clip_with(self, rng: np.random.Generator, what: str, height: int, width: int, pictures: int) -> Clip:
        """The same of a clip that has ``what``: "pose" or "depth"."""
        has = {"pose": self._bank.has_pose, "depth": self._bank.has_depth}[what]
        those = [index for index, clip in enumerate(self._clips) if has[clip]]
        return self.piece(rng, those[int(rng.integers(len(those)))], height, width, pictures)

    def piece(self, rng: np.random.Generator, index: int, height: int, width: int, pictures: int) -> Clip:
        bank, number = self._bank, self._clips[index]
        height, width = min(height, bank.height // 16 * 16), min(width, bank.width // 16 * 16)
        top = 16 * int(rng.integers((bank.height - height) // 16 + 1))
        left = 16 * int(rng.integers((bank.width - width) // 16 + 1))
        start = int(rng.integers(bank.frames - pictures + 1))
        still = rng.random() < 0.08
        frames = np.full(pictures, start) if still else np.arange(start, start + pictures)

        def cut(array: np.ndarray) -> Tensor:
            piece = np.ascontiguousarray(array[number, frames, top : top + height, left : left + width])
            tensor = torch.from_numpy(piece).to(self._device)
            tensor = tensor.permute(0, 3, 1, 2) if tensor.ndim == 4 else tensor
            return tensor.float() / 255

        return Clip(
            source=cut(bank.source),
            edge=cut(bank.edge),
            scribble=cut(bank.scribble),
            pose=cut(bank.pose),
            depth=cut(bank.depth),
            flow=cut(bank.flow),
        )

    def sequence(self, rng: np.random.Generator, height: int, width: int, pictures: int) -> Tensor:
        """What an encoder is shown in a show: [F, 3, H, W] in [-1, 1]."""
        kind = rng.choice(["source", "painted", "guide", "hidden"], p=[0.38, 0.34, 0.21, 0.07])
        clip = self.clip(rng, height, width, pictures)
        if kind == "source":
            return clip.source * 2 - 1
        names = ("edge", "scribble", "gray", "pose", "depth", "flow", "color")
        if kind == "guide":
            return guide_of(clip, (str(rng.choice(names)),)) * 2 - 1
        if kind == "hidden":
            shown = clip.source if rng.random() < 0.6 else guide_of(clip, ("edge",))
            return torch.where(box(rng, clip.edge), shown * 2 - 1, torch.zeros_like(shown))
        kinds = (str(rng.choice(names, p=[0.5, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05])),)
        rows, columns = (size // 8 for size in clip.edge.shape[-2:])
        noise = torch.from_numpy(rng.standard_normal((pictures // 4 + 1, 1, rows, columns), np.float32))
        fields = fields_of(clip, kinds, 1.0, _cut(noise_field(noise.to(self._device)), pictures))
        return paint(str(rng.choice(list(LOOKS))), fields, random_palette(rng)) * 2 - 1


def _cut(field: tuple[Tensor, Tensor], pictures: int) -> tuple[Tensor, Tensor]:
    return field[0][-pictures:], field[1][-pictures:]


def random_palette(rng: np.random.Generator) -> Tensor:
    """A palette of any hue, now and then grey, now and then with a ground of its own."""
    hue = None if rng.random() < 0.08 else float(rng.uniform(0, 360))
    ground = None
    if rng.random() < 0.3:
        ground = list(GROUNDS.values())[int(rng.integers(len(GROUNDS)))]
    return palette(hue, ground)


def box(rng: np.random.Generator, like: Tensor) -> Tensor:
    """A box [F, 1, H, W] bool, somewhere in the frame, standing or moving; at times everything but it."""
    frames, h, w = like.shape
    size = rng.uniform(0.15, 0.85, 2) * (h, w)
    corner = rng.uniform(-0.2, 1.0, 2) * ((h, w) - size * 0.5)
    speed = rng.normal(0, 2.5, 2) * (rng.random() < 0.6)
    y = torch.arange(h, device=like.device).view(1, h, 1)
    x = torch.arange(w, device=like.device).view(1, 1, w)
    at = torch.from_numpy(corner + speed * np.arange(frames)[:, None]).to(like.device)
    top, left = at[:, 0].view(-1, 1, 1), at[:, 1].view(-1, 1, 1)
    inside = (y >= top) & (y < top + float(size[0])) & (x >= left) & (x < left + float(size[1]))
    return (inside if rng.random() < 0.7 else ~inside).unsqueeze(1)
