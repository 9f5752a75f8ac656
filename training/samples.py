"""What the transformer learns from: what a show would hand the engine, and what it should paint from it.

A batch is a handful of clips that share what one pass of the network shares: size, length, noise level, control
strength and whether there is a reference. Everything is drawn from the random generator that is handed in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.config import RolloutConfig
from engine.params import Blend
from training.looks import LOOKS, Fields, paint
from training.palettes import palette_of
from training.pictures import Pictures, box, random_palette
from training.prompts import DEFAULT_LOOK, FILLERS, Wish, wish
from training.structures import Clip, fields_of, guide_of, noise_field


class Wording(NamedTuple):
    """What is asked for: a prompt, or its blend with a share (0..1) of another one."""

    prompt: str
    other: str = ""
    share: float = 0.0
    blend: Blend = "linear"


@dataclass(frozen=True, eq=False)
class Batch:
    """B clips of n latent frames, F = 1 + 4 (n-1) pictures [B, F, 3, H, W] in [-1, 1].

    mask: [B, F, H, W] bool, True = generate. noise: [B, n, C, H/8, W/8], what each frame starts from. timestep: of it.
    strength: of the control. video: whether frames start from the source, mixed with noise, not from noise alone.
    prompts: of each clip and latent frame. references: [B, k, 3, H, W], or None; in_sink:
    whether the main network sees them too; displacing: whether the first takes the guide's place.
    recached: whether past frames are read under the newest prompt.
    """

    guide: Tensor
    source: Tensor
    mask: Tensor
    target: Tensor
    noise: Tensor
    prompts: list[list[Wording]]
    timestep: float
    strength: float
    video: bool
    references: Tensor | None
    in_sink: bool
    displacing: bool
    recached: bool


@dataclass(frozen=True)
class Shape:
    """Of a batch: clips, latent frames, and pixels."""

    clips: int
    frames: int
    height: int
    width: int

    @property
    def pictures(self) -> int:
        return 1 + 4 * (self.frames - 1)


class Samples:
    """Draws batches from a bank."""

    def __init__(self, pictures: Pictures, rollout: RolloutConfig, channels: int) -> None:
        """channels: of the latents."""
        self._pictures, self._rollout, self._channels = pictures, rollout, channels

    def batch(self, rng: np.random.Generator, shape: Shape) -> Batch:
        video = rng.random() < 0.07
        strength = 1.0 if rng.random() < 0.62 else float(np.clip(rng.uniform(-0.1, 1.0), 0, 1))
        count = 0 if rng.random() > 0.45 else int(rng.choice((1, 2, 3), p=(0.8, 0.15, 0.05)))
        displacing = count > 0 and not video and rng.random() < 0.06
        if video:
            timestep = float(rng.uniform(50, 950))
        else:
            timestep = 1000.0 if rng.random() < 0.75 else float(rng.choice([500.0, rng.uniform(100, 1000)]))
        level = timestep / 1000
        clips = [self._one(rng, shape, strength, level, video, count, displacing) for _ in range(shape.clips)]
        guide, source, mask, target, noise, prompts, references = zip(*clips, strict=True)
        return Batch(
            guide=torch.stack(guide) * 2 - 1,
            source=torch.stack(source) * 2 - 1,
            mask=torch.stack(mask),
            target=torch.stack(target) * 2 - 1,
            noise=torch.stack(noise),
            prompts=list(prompts),
            timestep=timestep,
            strength=strength,
            video=video,
            references=torch.stack([each for each in references if each is not None]) * 2 - 1 if count else None,
            in_sink=not displacing and rng.random() < 0.75,
            displacing=displacing,
            recached=rng.random() < 0.5,
        )

    def _one(
        self,
        rng: np.random.Generator,
        shape: Shape,
        strength: float,
        level: float,
        video: bool,
        references: int,
        displacing: bool,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, list[Wording], Tensor | None]:
        kinds = ("none",) if displacing else _kinds(rng)
        clip = self._clip(rng, kinds, shape)
        noise = self._noise(rng, shape, clip.edge.device)
        mask, kept = self._mask(rng, clip)
        if displacing:  # the guide is not seen, and with it no mask
            mask = torch.ones_like(mask)
        fields = fields_of(clip, kinds, strength, noise_field(noise), where=mask.float())
        if not video and level < 1.0:
            # Between two passes a show mixes in noise of its own, which knows nothing of what the first one began from.
            fresh = rng.standard_normal(tuple(noise.shape), np.float32)
            noise = torch.from_numpy(fresh).to(noise.device)

        reference, given, its_look = None, None, None
        if references:
            reference, its_look = self._references(rng, shape, references)
            given = palette_of(torch.cat(list(reference), dim=-1))
        # What is asked for: one prompt, two in a blend, or another one from some frame on.
        share = float(rng.beta(1.5, 1.5)) if rng.random() < _BLENDED else 0.0
        grounded = 0.7 if share else 0.28  # from one named ground to another is the farthest way
        wishes = [self._referred(rng, its_look) if references else wish(rng, grounded=grounded) for _ in range(3)]
        blend: Blend = "linear" if rng.random() < 0.5 else "spherical"
        switch = int(rng.integers(1, shape.frames)) if shape.frames > 1 and rng.random() < 0.3 else 0
        painted = self._painted(fields, wishes[1], given)
        if share:
            painted = torch.lerp(painted, self._painted(fields, wishes[2], given), share)
        prompts = [Wording(wishes[1].prompt, wishes[2].prompt, share, blend)] * shape.frames
        if switch:
            prompts[:switch] = [Wording(wishes[0].prompt)] * switch
            before = 1 + 4 * (switch - 1)
            painted[:before] = self._painted(fields, wishes[0], given)[:before]
        if video:
            painted = torch.lerp(clip.source, painted, level**0.7)
        target = torch.where(mask.unsqueeze(1), painted, kept)
        return guide_of(clip, kinds), kept, mask, target, noise, prompts, reference

    def _referred(self, rng: np.random.Generator, its_look: str | None) -> Wish:
        """A prompt beside a reference, whose palette replaces any that is named.

        its_look: what the reference is painted in; a prompt that names none leaves the look to it too.
        """
        if its_look is not None and rng.random() < 0.5:
            return Wish(str(rng.choice(("", *FILLERS))), its_look, None, None)
        look = DEFAULT_LOOK if rng.random() < 0.25 else str(rng.choice(list(LOOKS)))
        return wish(rng, look, color=rng.random() < 0.5)

    def _painted(self, fields: Fields, asked: Wish, given: Tensor | None) -> Tensor:
        return paint(asked.painted, fields, asked.palette() if given is None else given)

    def _clip(self, rng: np.random.Generator, kinds: tuple[str, ...], shape: Shape) -> Clip:
        what = next((kind for kind in kinds if kind in ("pose", "depth")), None)
        if what is None:
            clip = self._pictures.clip(rng, shape.height, shape.width, shape.pictures)
        else:
            for _ in range(4 if what == "pose" else 1):  # most pieces of a clip show little of the people in it
                clip = self._pictures.clip_with(rng, what, shape.height, shape.width, shape.pictures)
                if float((clip.pose.amax(1) > 0.12).float().mean()) > _LIMBS_SHOWN:
                    break
        return _filled(clip, shape.height, shape.width)

    def _noise(self, rng: np.random.Generator, shape: Shape, device: torch.device) -> Tensor:
        kept = self._rollout.noise_kept
        frames = [rng.standard_normal((self._channels, shape.height // 8, shape.width // 8), np.float32)]
        for _ in range(shape.frames - 1):
            fresh = rng.standard_normal(frames[0].shape, np.float32)
            frames.append(kept * frames[-1] + (1 - kept * kept) ** 0.5 * fresh)
        return torch.from_numpy(np.stack(frames)).to(device)

    def _mask(self, rng: np.random.Generator, clip: Clip) -> tuple[Tensor, Tensor]:
        """What to generate [F, H, W], and the picture that is kept elsewhere."""
        everywhere = torch.ones_like(clip.edge, dtype=torch.bool)
        draw = rng.random()
        if draw < 0.66:
            return everywhere, clip.source
        kept = clip.source
        if rng.random() < 0.35:
            plain = torch.zeros_like(clip.edge)
            fields = fields_of(clip, ("edge",), 1.0, (plain, plain))
            kept = paint(str(rng.choice(list(LOOKS))), fields, random_palette(rng))
        if draw < 0.92:
            return box(rng, clip.edge).squeeze(1), kept
        frames = len(everywhere)
        if draw < 0.97:  # a first or a last picture that is given
            first = rng.random() < 0.6 or frames == 1
            these = slice(0, 1) if first else slice(frames - 4, frames)
            everywhere[these] = False
            kept = kept.clone()
            kept[these] = kept[these][:1]
            return everywhere, kept
        return ~everywhere, kept

    def _references(self, rng: np.random.Generator, shape: Shape, count: int) -> tuple[Tensor, str | None]:
        """Pictures [count, 3, H, W]: photographs, or other clips as they were painted, and in which look."""
        look = None if rng.random() < 0.5 else str(rng.choice(list(LOOKS)))
        pictures = []
        for _ in range(count):
            clip = _filled(self._pictures.clip(rng, shape.height, shape.width, 1), shape.height, shape.width)
            if look is None:
                pictures.append(clip.source[0])
            else:
                plain = torch.zeros_like(clip.edge)
                fields = fields_of(clip, ("edge",), 1.0, (plain, plain))
                pictures.append(paint(look, fields, random_palette(rng))[0])
        return torch.stack(pictures), look


_BLENDED = 0.4
"""The share of the samples that show two prompts blended: with 12 % a blend leapt from a dark ground to a light one."""
_LIMBS_SHOWN = 0.015
"""The share of a piece that limbs cover where there is something to learn from them."""

_KINDS: tuple[tuple[tuple[str, ...], float], ...] = (
    (("edge",), 0.20),
    (("pose",), 0.27),
    (("gray",), 0.19),
    (("scribble",), 0.06),
    (("color",), 0.03),
    (("depth",), 0.03),
    (("flow",), 0.02),
    (("layout",), 0.02),
    (("edge", "pose"), 0.05),
    (("edge", "depth"), 0.01),
    (("scribble", "pose"), 0.02),
    (("none",), 0.10),
)
"""Lines are the easiest to follow: they need fewer examples than bodies, brightness, or nothing at all."""


def _kinds(rng: np.random.Generator) -> tuple[str, ...]:
    return _KINDS[int(rng.choice(len(_KINDS), p=[share for _, share in _KINDS]))][0]


def _filled(clip: Clip, height: int, width: int) -> Clip:
    """The clip mirrored at its right and lower side until it fills the size, where the bank's pictures are smaller."""
    h, w = clip.edge.shape[-2:]
    if (h, w) == (height, width):
        return clip
    padding = (0, width - w, 0, height - h)

    def fill(field: Tensor) -> Tensor:
        planes = field if field.ndim == 4 else field.unsqueeze(1)
        filled = F.pad(planes, padding, mode="reflect")
        return filled if field.ndim == 4 else filled.squeeze(1)

    return replace(clip, **{name: fill(getattr(clip, name)) for name in clip.__dataclass_fields__})
