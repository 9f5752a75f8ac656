"""Twenty seconds of every look, source beside output, as MP4: what a contact sheet cannot show is how it moves."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np

from app.outputs.mp4 import Mp4Writer
from benchmarks.starter.bench import Bench
from benchmarks.starter.clips import RATE, to_and_fro
from benchmarks.starter.player import prepared
from benchmarks.starter.words import usual_prompt
from engine.params import Params

CLIPS = ("balance", "walk")
SECONDS = 20


def write_films(bench: Bench, folder: Path) -> None:
    """One for each look; half of it from each clip, a stream of its own."""
    width, height = bench.effort.size
    count = round(SECONDS * RATE / len(CLIPS))
    shots = {clip: bench.pictures(clip) for clip in CLIPS}
    frames = {
        clip: list(prepared((shot[i] for i in islice(to_and_fro(len(shot)), count)), ("edge",), bench.effort.size))
        for clip, shot in shots.items()
    }
    for look in bench.effort.looks:
        bench.say(f"film: {look}")
        writer = Mp4Writer(folder / f"{look}.mp4", 2 * width, height)
        for clip in CLIPS:
            for chunk, pictures in bench.player().stream(frames[clip], Params(usual_prompt(look))):
                for frame, painted in zip(chunk, pictures, strict=True):
                    writer.write(np.concatenate([frame.source, painted], axis=1), writer.frames / RATE)
        writer.close()
