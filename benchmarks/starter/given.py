"""Whether pictures that are given come out as they were: first and last frame, a mask that keeps all, the source of
video to video. And whether lines are followed where edge and gray are mixed."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from benchmarks.starter.bench import Bench
from benchmarks.starter.fidelity import psnr
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.player import prepared
from benchmarks.starter.structure import edge_f1
from benchmarks.starter.words import usual_prompt
from engine.params import Params, Picture

LOOK = "neon"
"""What the pictures around a given one are painted in."""
SOURCE_LOOKS = ("neon", "watercolor")
FALLING = (1.0, 0.8, 0.6, 0.4, 0.2)
"""Strengths of video to video."""


def measure_given(bench: Bench) -> Section:
    """PSNR to what was given, mean over the clips. The composite is off: no pixel of the source is put back.

    First and last frame are pictures of the clip itself, along ``edge``; the first or last picture painted is compared.
    """
    first, last, kept = (
        {clip: measured(bench, clip) for clip in bench.effort.clips} for measured in (_first, _last, _kept)
    )
    nearer = {look: {strength: _from_source(bench, look, strength) for strength in FALLING} for look in SOURCE_LOOKS}
    mixed, chance = _mixed_f1(bench)
    rising = sum(all(a < b for a, b in itertools.pairwise(row.values())) for row in nearer.values())
    return Section(
        (
            Figure("given: PSNR of the first picture to the first frame given", _mean(first.values()), unit=" dB"),
            Figure("given: PSNR of the last picture to the last frame given", _mean(last.values()), unit=" dB"),
            Figure("given: PSNR to the source where a mask keeps all of it", _mean(kept.values()), unit=" dB"),
            *(
                Figure(
                    f"given: PSNR to the source, video to video at strength {strength:g}",
                    _mean(row[strength] for row in nearer.values()),
                    unit=" dB",
                )
                for strength in FALLING
            ),
            Figure(
                f"given: looks of {len(nearer)} that come nearer to the source with each lower strength", float(rising)
            ),
            Figure("given: line F1 with edge and gray mixed", _mean(mixed.values())),
            Figure("given: the same by chance, against the lines turned round", _mean(chance.values())),
        ),
        {
            "psnr of the first frame by clip": first,
            "psnr of the last frame by clip": last,
            "psnr where all is kept by clip": kept,
            "psnr to the source by look and strength": nearer,
            "f1 of edge and gray by look and clip": mixed,
            "f1 of edge and gray by look and clip, by chance": chance,
        },
    )


def _first(bench: Bench, clip: str) -> float:
    bench.say(f"given: first frame, {clip}")
    frames = bench.frames(clip, "edge")
    given = frames[0].source
    params = Params(usual_prompt(LOOK), first_frame=Picture(given), composite=False)
    return psnr(bench.player().play(frames, params).output[:1], given[None])


def _last(bench: Bench, clip: str) -> float:
    bench.say(f"given: last frame, {clip}")
    frames, params = bench.frames(clip, "edge"), Params(usual_prompt(LOOK), composite=False)
    given = frames[-1].source
    ending = replace(params, last_frame=Picture(given))
    return psnr(bench.player().play(frames, params, ending=ending).output[-1:], given[None])


def _kept(bench: Bench, clip: str) -> float:
    bench.say(f"given: all kept, {clip}")
    width, height = bench.effort.size
    nothing = itertools.repeat(np.zeros((height, width), np.uint8))
    frames = list(prepared(bench.running(clip), ("edge",), bench.effort.size, nothing))
    shot = bench.player().shot(frames, Params(usual_prompt(LOOK), composite=False))
    return psnr(shot.output, shot.source)


def _from_source(bench: Bench, look: str, strength: float) -> float:
    """Mean over the clips, with no control."""
    bench.say(f"given: video to video, {look}, {strength:g}")
    shots = (
        bench.player().shot(bench.frames(clip), Params(usual_prompt(look), strength=strength))
        for clip in bench.effort.clips
    )
    return _mean(psnr(shot.output, shot.source) for shot in shots)


def _mixed_f1(bench: Bench) -> tuple[dict[str, float], dict[str, float]]:
    """Against the lines of ``edge``, and against these turned by half a circle."""
    scores: dict[str, float] = {}
    chance: dict[str, float] = {}
    for look, clip in itertools.product(SOURCE_LOOKS, bench.effort.clips):
        bench.say(f"given: edge and gray, {look}, {clip}")
        shot = bench.player().shot(bench.frames(clip, "edge", "gray"), Params(usual_prompt(look)))
        lines = np.stack([frame.guide for frame in bench.frames(clip, "edge")[bench.player().skipped :]])
        name = f"{look}, {clip}"
        scores[name], chance[name] = edge_f1(shot.output, lines), edge_f1(shot.output, lines[:, ::-1, ::-1])
    return scores, chance


def _mean(scores: Iterable[float]) -> float:
    return float(np.mean(list(scores)))
