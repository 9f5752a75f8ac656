"""Whether masks are obeyed, inpainting and outpainting: what is kept stays, what is painted obeys prompt and lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.expand import Expand
from app.frame import GuidedFrame
from app.look import Look
from benchmarks.starter.bench import Bench
from benchmarks.starter.color import hue_seen, nearest_hue
from benchmarks.starter.fidelity import psnr
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.player import prepared
from benchmarks.starter.structure import edge_f1, within
from benchmarks.starter.words import prompt_of
from engine.params import Params
from training.palettes import COLORS

Pixels = NDArray[np.uint8]

BORDER_PX = 8
MASK_PROMPTS = (("neon", "red"), ("watercolor", "green"), ("neon", "blue"), ("watercolor", "magenta"))
"""Look and colour of each."""
WIDE_PROMPTS = MASK_PROMPTS[1:3]
WIDE = Expand(1 / 3, 1 / 3, 1 / 3, 1 / 3)
"""The source takes 0.6 x 0.6 of the picture, or less of one side where its aspect is another."""


@dataclass
class _Kept:
    """What was found. far, everywhere: PSNR of what is kept, without a margin beside the border and with it. seen: the
    colour in what is painted, by clip and prompt. right: whether it is the one asked for. lines: edge F1 in there."""

    far: list[float] = field(default_factory=list)
    everywhere: list[float] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    right: list[bool] = field(default_factory=list)
    lines: list[float] = field(default_factory=list)

    @property
    def details(self) -> dict[str, object]:
        return {
            "psnr far": self.far,
            "psnr everywhere": self.everywhere,
            "colour inside": self.seen,
            "edge f1": self.lines,
        }


def measure_mask(bench: Bench) -> Section:
    """A box that moves over the clip is painted along its edges, the rest is kept; and the other way round, the clip is
    kept in the middle of a larger picture, with nothing to follow around it. The composite is off."""
    inside, around = _Kept(), _Kept()
    size, expanded = bench.effort.size, Look(expand=WIDE)
    for clip in bench.effort.clips:
        bench.say(f"mask: {clip}")
        boxed = list(prepared(bench.running(clip), ("edge",), size, moving_box(*size)))
        _measure(bench, clip, boxed, MASK_PROMPTS, inside)
        wide = list(prepared(bench.running(clip), ("edge",), size, look=expanded))
        _measure(bench, clip, wide, WIDE_PROMPTS, around)
    return Section(
        (
            Figure("mask: PSNR outside, 8 px or more from the border", float(np.mean(inside.far)), 26, 30, " dB"),
            Figure("mask: PSNR everywhere outside", float(np.mean(inside.everywhere)), 26, 30, " dB"),
            Figure("mask: share of prompts whose colour is seen inside", float(np.mean(inside.right)), 0.8, 1.0),
            Figure("mask: edge F1 inside, 8 px or more from the border", float(np.nanmean(inside.lines))),
            Figure(
                "mask: outpainting, PSNR of what is kept, 8 px or more from the border",
                float(np.mean(around.far)),
                26,
                30,
                " dB",
            ),
            Figure("mask: outpainting, PSNR of all that is kept", float(np.mean(around.everywhere)), 26, 30, " dB"),
            Figure("mask: outpainting, share of prompts whose colour is seen around", float(np.mean(around.right))),
        ),
        {**inside.details, "outpainting": around.details},
    )


def _measure(
    bench: Bench, clip: str, frames: list[GuidedFrame], prompts: tuple[tuple[str, str], ...], found: _Kept
) -> None:
    """Adds to ``found`` what comes out for ``frames``."""
    for look, color in prompts:
        prompt = prompt_of(look, color)
        shot = bench.player().shot(frames, Params(prompt, composite=False))
        output, source, painted = shot.output, shot.source, shot.mask
        found.far.append(psnr(output, source, np.stack([~within(mask, BORDER_PX) for mask in painted])))
        found.everywhere.append(psnr(output, source, ~painted))
        deep = np.stack([~within(~mask, BORDER_PX) for mask in painted])
        hue = hue_seen(output, deep)
        name = "none" if hue is None else nearest_hue(hue, COLORS)
        found.seen[f"{clip}, {prompt}"] = name
        found.right.append(name == color)
        found.lines.append(edge_f1(output, shot.guide, deep))


def moving_box(width: int, height: int) -> Iterator[Pixels]:
    """Masks (height, width) without end: a box of 0.4 x 0.55 of the picture, 3 px a picture to the right and back."""
    w, h, room = round(0.4 * width), round(0.55 * height), width - round(0.4 * width)
    top = (height - h) // 2
    at = 0
    while True:
        x = room - abs(room - at % (2 * room))
        mask = np.zeros((height, width), np.uint8)
        mask[top : top + h, x : x + w] = 255
        yield mask
        at += 3
