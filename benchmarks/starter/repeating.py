"""Whether pictures come through the autoencoder as they were, and without a grid of its latents' size."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.starter.bench import Bench
from benchmarks.starter.fidelity import blockiness, psnr
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.targets import target
from benchmarks.starter.words import usual_prompt, usual_wish
from engine.autoencoder import PICTURES_PER_LATENT, Autoencoder
from engine.catalog import load_model
from engine.device import best_device
from engine.params import EngineChoice, Params

Pixels = NDArray[np.uint8]

GRID_LOOKS = ("neon", "ink", "watercolor")
"""Their textures, where they have any, do not repeat every 8 pixels."""
GRID_FLOOR, GRID_GOAL = 1.15, 1.05
GRID_PERIODS = (8, 16)
"""In pixels: of a latent, and of a patch of the transformer. One of 16 is lost among the lines of one of 8."""


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
            Figure(
                "autoencoder: 8 px grid, times the source's own",
                max(grids.values()),
                GRID_FLOOR,
                GRID_GOAL,
                at_most=True,
            ),
        ),
        {"psnr": scores, "steps across the grid, times the source's own": grids},
    )


def measure_grid(bench: Bench) -> Section:
    """Steps across grids in what is painted along ``edge``, over those in training's targets for these guides.

    Of looks whose own texture does not repeat every 8 or 16 pixels, with what lines there happen to lie on the grid
    taken out by the target.
    """
    grids: dict[int, dict[str, float]] = {period: {} for period in GRID_PERIODS}
    for look in GRID_LOOKS:
        bench.say(f"grid: {look}")
        for clip in bench.effort.clips:
            shot = bench.player().shot(bench.frames(clip, "edge"), Params(usual_prompt(look)))
            wanted = target(usual_wish(look), shot.guide)
            for period, grid in grids.items():
                grid[f"{look}, {clip}"] = blockiness(shot.output, period) / blockiness(wanted, period)
    return Section(
        tuple(
            Figure(
                f"grid: {period} px grid of what is painted, times the training target's own",
                max(grid.values()),
                GRID_FLOOR if period == 8 else None,
                GRID_GOAL if period == 8 else None,
                at_most=True,
            )
            for period, grid in grids.items()
        ),
        {"steps across the grid, times the target's own, by period, look and clip": grids},
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
