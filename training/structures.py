"""From a piece of the bank to a guide, and to the fields that a look paints it from. Knows no looks and no networks.

What the fields hold is determined by what the guide shows, at a control strength: at 1 every line of it, lower only the
simplified contours, at 0 nothing of it. What it leaves free is filled from the noise that the picture starts from,
so that a plain prompt has something to paint and nothing to guess.

Pictures are [F, 3, H, W] in 0..1, single fields [F, H, W].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from controls.color import Color
from controls.layout import SETTINGS as LAYOUT_SETTINGS
from controls.layout import Box, Layout, Leg
from training.looks import REACH, Fields, distance_to, drawn

KINDS = ("edge", "scribble", "gray", "pose", "depth", "flow", "color", "layout", "none")
NOTHING = 128 / 255
"""The grey of a guide that shows no structure, as ``controls.stack`` gives it."""

_BLOCK = 20.0
"""Pixels: the control's default of 16 blocks along 320 pixels."""

_BUBBLE = 1.0
"""Deviations: where noise is higher, a bubble is painted."""

_RATE = 16.0
"""Pictures a second, where boxes move."""

BODY = 7.0
"""Pixels around a pose's limbs that are painted as its body."""


@dataclass(frozen=True, eq=False)
class Clip:
    """The same piece of everything that the bank has of a clip, in 0..1. Pictures: source, pose, flow."""

    source: Tensor
    edge: Tensor
    scribble: Tensor
    pose: Tensor
    depth: Tensor
    flow: Tensor

    @property
    def color(self) -> Tensor:
        """Blocks of colour [F, 3, H, W], of the size that ``controls.color`` gives them on a whole picture."""
        control, (height, width) = Color(), self.source.shape[-2:]
        pictures = (self.source * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
        values = {"blocks": max(height, width) / _BLOCK, "smoothing": 0.5}
        drawn = [control.guide(picture, width, height, 0.0, values) for picture in pictures]
        return torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).to(self.source.device).float() / 255

    @property
    def layout(self) -> Tensor:
        """Boxes that stand or move, black on white [F, 3, H, W], as ``controls.layout`` draws them.

        Which boxes, the picture decides: the same piece has the same ones.
        """
        rng, control, (height, width) = (
            np.random.default_rng(int(self.edge[0].gt(0.5).sum())),
            Layout(),
            self.edge.shape[-2:],
        )
        control.place(tuple(_box(rng) for _ in range(int(rng.integers(1, 4)))))
        blank = np.zeros((height, width, 3), np.uint8)
        values = {setting.name: setting.default for setting in LAYOUT_SETTINGS}
        pictures = [control.guide(blank, width, height, at / _RATE, values) for at in range(len(self.edge))]
        return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).to(self.source.device).float() / 255

    @property
    def gray(self) -> Tensor:
        """Rec. 601 luma [F, H, W], as ``controls.gray`` has it."""
        return (self.source * self.source.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1)


def guide_of(clip: Clip, kinds: tuple[str, ...]) -> Tensor:
    """The guide that the controls ``kinds`` mix to, by the brightest, as ``controls.stack`` does."""
    parts = {kind: _guide(clip, kind) for kind in kinds if kind != "none"}
    if not parts:
        return torch.full_like(clip.source, NOTHING)
    if "flow" in parts and len(parts) > 1:  # beside others its white paper turns black
        parts["flow"] = parts["flow"] - parts["flow"].amin(1, keepdim=True)
    return torch.stack(list(parts.values())).amax(0)


def _guide(clip: Clip, kind: str) -> Tensor:
    if kind == "gray":
        return clip.gray.unsqueeze(1).expand_as(clip.source)
    drawn: Tensor = getattr(clip, kind)
    return drawn if drawn.ndim == 4 else drawn.unsqueeze(1).expand_as(clip.source)


def fields_of(
    clip: Clip, kinds: tuple[str, ...], strength: float, noise: tuple[Tensor, Tensor], where: Tensor | None = None
) -> Fields:
    """What a guide of ``kinds`` is painted from.

    noise: of ``noise_field``. where: [F, H, W], 1 where the guide shows; None = everywhere.
    """
    seen = torch.ones_like(clip.edge) if where is None else where
    fine, coarse, tone = torch.zeros_like(clip.edge), torch.zeros_like(clip.edge), torch.full_like(clip.edge, 0.5)
    for kind in kinds:
        lines, contours, brightness = _parts(clip, kind)
        fine, coarse = torch.maximum(fine, lines * seen), torch.maximum(coarse, contours * seen)
        if brightness is not None:
            tone = tone + (brightness - 0.5) * seen * strength
    free, free_tone = noise
    share = 1.0 if kinds == ("none",) else 1 - _ramp(strength, 0.05, 0.75)
    line = torch.maximum(fine * _ramp(strength, 0.40, 0.95), coarse * _bump(strength))
    line = torch.maximum(line, free * share)
    tone = (tone + free_tone * share).clamp(0, 1)
    tint, tinted = None, None
    if "color" in kinds and strength > 0:
        tint, tinted = clip.color, seen.unsqueeze(1) * strength
    return Fields(line, distance_to(line), tone, tint, tinted)


def _parts(clip: Clip, kind: str) -> tuple[Tensor, Tensor, Tensor | None]:
    """Lines, simplified contours and brightness that a guide of one kind shows."""
    nothing = torch.zeros_like(clip.edge)
    if kind == "edge":
        return drawn(clip.edge), clip.scribble, None
    if kind == "scribble":
        return clip.scribble, clip.scribble, None
    if kind == "gray":
        return drawn(clip.edge), clip.scribble, _blurred(clip.gray, 2)
    if kind == "depth":
        steps = _steps(clip.depth.unsqueeze(1), 0.06)
        return steps, steps, clip.depth
    if kind == "flow":
        steps = _steps(clip.flow, 0.12)
        speed = 1 - clip.flow.amin(1)
        return steps, steps, (0.5 + 0.5 * _blurred(speed, 1)).clamp(0, 1)
    if kind == "pose":
        return _bodies(clip.pose)
    if kind == "layout":
        outlines = drawn(1 - clip.layout.amin(1))
        return outlines, outlines, None
    if kind == "color":
        return nothing, nothing, clip.color.mean(1)
    return nothing, nothing, None


def _box(rng: np.random.Generator) -> Box:
    """Somewhere in the picture; half of them move."""
    width, height = rng.uniform(0.15, 0.7, 2)
    left, top, left_later, top_later = (float(rng.uniform(-0.1, 1.05 - side)) for side in (width, height) * 2)
    start, end = ((x, y, x + width, y + height) for x, y in ((left, top), (left_later, top_later)))
    moves, leg = rng.random() < 0.5, Leg(end, seconds=float(rng.uniform(1, 4)))
    return Box(start, (leg,) if moves else ())


def _bodies(pose: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Bodies around the limbs of a pose guide: strokes along the limbs, and light that fades around them.

    Outlines at a distance from the limbs were hardly learned in 2,400 steps: what lies in another patch than its cause
    has to be found by attention, what lies on it does not.
    """
    limbs = (pose.amax(1) > 0.12).float()
    away = distance_to(limbs)
    strokes = (2.0 - away).clamp(0, 1)
    inside = (1 - away / BODY).clamp(0, 1)
    return strokes, strokes, 0.5 + 0.5 * inside


def _steps(picture: Tensor, threshold: float) -> Tensor:
    """Soft lines, about three pixels wide, where a picture [F, C, H, W] jumps by more than ``threshold``."""
    across = F.pad((picture[..., 1:] - picture[..., :-1]).abs().amax(1), (0, 1))
    down = F.pad((picture[..., 1:, :] - picture[..., :-1, :]).abs().amax(1), (0, 0, 0, 1))
    jump = ((torch.maximum(across, down) - threshold) / threshold).clamp(0, 1)
    return drawn(jump)


def _blurred(field: Tensor, radius: int) -> Tensor:
    size = 2 * radius + 1
    padded = F.pad(field.unsqueeze(1), (radius,) * 4, mode="replicate")
    return F.avg_pool2d(padded, size, stride=1).squeeze(1)


def _ramp(x: float, low: float, high: float) -> float:
    t = min(1.0, max(0.0, (x - low) / (high - low)))
    return t * t * (3 - 2 * t)


def _bump(strength: float) -> float:
    """How much the simplified contours show: most in the middle of the slider, not at its ends."""
    return 0.95 * _ramp(strength, 0.05, 0.5) * (1 - _ramp(strength, 0.6, 0.95))


def noise_field(noise: Tensor) -> tuple[Tensor, Tensor]:
    """The structure hidden in starting noise [n, C, h, w]: lines [F, 8h, 8w] and brightness around 0, F = 1 + 4 (n-1).

    The first channel's mean over each patch of 2x2, grown smoothly: bubbles where it is high, outlined, so that each
    seed draws its own. What a patch shows is found in it and its neighbours: level lines of a wider blur were not
    learned in 2,700 steps.
    """
    x = 2 * F.avg_pool2d(noise[:, :1], 2)  # variance 1
    x = F.interpolate(x, scale_factor=16, mode="bicubic", align_corners=False).squeeze(1)
    padded = F.pad(x.unsqueeze(1), (1, 1, 1, 1), mode="replicate").squeeze(1)
    across, down = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2], padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    slope = (across.square() + down.square()).sqrt() / 2 + 0.004
    line = (2.0 - (x - _BUBBLE).abs() / slope).clamp(0, 1)
    tone = 0.22 * torch.tanh(x)
    return _each_picture(line), _each_picture(tone)


def _each_picture(latent_frames: Tensor) -> Tensor:
    """[n, ...] to [1 + 4 (n-1), ...]: the first latent frame stands for one picture, the others for four."""
    return latent_frames.repeat_interleave(4, dim=0)[3:]


assert REACH > BODY
