"""Whether pictures keep what they should keep: the autoencoder by itself, the source outside a mask, a reference's
palette."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.starter.bench import Bench
from benchmarks.starter.color import hue_seen, nearest_hue, palette_distance
from benchmarks.starter.fidelity import blockiness, psnr
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.player import prepared
from benchmarks.starter.structure import edge_f1, within
from benchmarks.starter.words import prompt_of
from engine.autoencoder import PICTURES_PER_LATENT, Autoencoder
from engine.catalog import load_model
from engine.device import best_device
from engine.params import EngineChoice, Params, Picture
from training.palettes import COLORS

Pixels = NDArray[np.uint8]

BORDER_PX = 8
MASK_LOOKS = ("neon", "watercolor")
MASK_COLORS = ("red", "green", "blue", "magenta")
REFERENCE_LOOKS = ("neon", "ink", "lava", "watercolor")
REFERENCES = ("meadow", "head", "walk")


def measure_autoencoder(bench: Bench) -> Section:
    """Encoder and decoder as the stream runs them, without the transformer; the first chunk is left out."""
    width, height = bench.effort.size
    model = load_model(EngineChoice(width=width, height=height), best_device())
    scores, grids = {}, {}
    for clip in (*bench.effort.clips, "meadow"):
        bench.say(f"autoencoder: {clip}")
        source = np.stack([frame.source for frame in bench.frames(clip)])
        repeated = reconstructed(model.vae, source, model.device.torch_device)[1:]
        source = source[1 : 1 + len(repeated)]
        scores[clip] = psnr(repeated, source)
        grids[clip] = blockiness(repeated) / blockiness(source)
    return Section(
        (
            Figure("autoencoder: PSNR, mean of the clips", float(np.mean(list(scores.values()))), 25, 29, " dB"),
            Figure("autoencoder: PSNR, worst clip", min(scores.values()), unit=" dB"),
            Figure("autoencoder: 8 px grid, times the source's own", max(grids.values()), 1.15, 1.05, at_most=True),
        ),
        {"psnr": scores, "steps across the grid, times the source's own": grids},
    )


@torch.inference_mode()
def reconstructed(vae: Autoencoder, pictures: Pixels, device: torch.device) -> Pixels:
    """(F, H, W, 3) encoded and decoded latent frame by latent frame, but for pictures that fill none at the end."""
    encoder, decoder = vae.streaming_encoder(), vae.streaming_decoder()
    pixels = torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).unsqueeze(0).float() / 127.5 - 1
    starts = range(1, len(pictures) - PICTURES_PER_LATENT + 1, PICTURES_PER_LATENT)
    chunks = [pixels[:, :1], *(pixels[:, start : start + PICTURES_PER_LATENT] for start in starts)]
    decoded = torch.cat([decoder.decode(encoder.encode(chunk)) for chunk in chunks], dim=1)
    scaled = decoded[0].permute(0, 2, 3, 1).mul(127.5).add(128).to(torch.uint8)
    return np.asarray(scaled.cpu().contiguous().numpy(), np.uint8)


def measure_mask(bench: Bench) -> Section:
    """A box that moves over the clip is painted along its edges, the rest is kept; the composite is off."""
    far, everywhere, lines = [], [], []
    seen: dict[str, str] = {}
    size = bench.effort.size
    for clip in bench.effort.clips:
        frames = list(prepared(bench.running(clip), ("edge",), size, moving_box(*size)))
        for number, color in enumerate(MASK_COLORS):
            prompt = prompt_of(MASK_LOOKS[number % len(MASK_LOOKS)], color)
            bench.say(f"mask: {clip}, {prompt}")
            shot = bench.player().shot(frames, Params(prompt, composite=False))
            inside = shot.mask
            far.append(psnr(shot.output, shot.source, np.stack([~within(mask, BORDER_PX) for mask in inside])))
            everywhere.append(psnr(shot.output, shot.source, ~inside))
            deep = np.stack([~within(~mask, BORDER_PX) for mask in inside])
            hue = hue_seen(shot.output, deep)
            seen[f"{clip}, {prompt}"] = "none" if hue is None else nearest_hue(hue, COLORS)
            lines.append(edge_f1(shot.output, shot.guide, deep))
    right = [name in prompt for prompt, name in seen.items()]
    return Section(
        (
            Figure("mask: PSNR outside, 8 px or more from the border", float(np.mean(far)), 26, 30, " dB"),
            Figure("mask: PSNR everywhere outside", float(np.mean(everywhere)), 26, 30, " dB"),
            Figure("mask: share of prompts whose colour is seen inside", float(np.mean(right)), 0.8, 1.0),
            Figure("mask: edge F1 inside, 8 px or more from the border", float(np.nanmean(lines))),
        ),
        {"psnr far": far, "psnr everywhere": everywhere, "colour inside": seen, "edge f1": lines},
    )


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


def measure_reference(bench: Bench) -> Section:
    """How far the palette moves towards a reference: distance with it over that without; the prompt names no colour.

    The guide comes from the first clip of the effort; see ``references`` for the pictures.
    """
    clip = bench.effort.clips[0]
    frames = bench.frames(clip, "edge")
    shares: dict[str, float] = {}
    for look in REFERENCE_LOOKS:
        params = Params(prompt_of(look))
        without = bench.player().shot(frames, params).output
        for name, reference in references(bench, REFERENCES).items():
            bench.say(f"reference: {look}, {name}")
            shown = bench.player().shot(frames, Params(prompt_of(look), references=(reference,))).output
            apart = [palette_distance(output, reference.pixels[None]) for output in (shown, without)]
            shares[f"{look}, {name}"] = apart[0] / apart[1]
    return Section(
        (
            Figure(
                "reference: palette distance to it, over that without",
                float(np.mean(list(shares.values()))),
                0.5,
                at_most=True,
            ),
        ),
        {"guide": clip, "distance with over without": shares},
    )


def references(bench: Bench, clips: Sequence[str]) -> dict[str, Picture]:
    """The middle picture of each clip by its name, and that of the last one with red, green and blue exchanged."""
    middles = {name: bench.pictures(name)[len(bench.pictures(name)) // 2] for name in clips}
    exchanged = np.ascontiguousarray(middles[clips[-1]][..., [1, 2, 0]])
    return {name: Picture(rgb) for name, rgb in (*middles.items(), (f"{clips[-1]}, exchanged", exchanged))}
