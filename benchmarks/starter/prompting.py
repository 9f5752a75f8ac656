"""Whether words are obeyed: colours by name, looks told apart, blends that move evenly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.starter.bench import Bench
from benchmarks.starter.color import hue_seen, nearest_hue
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.recognition import Classifier, features
from benchmarks.starter.steadiness import largest_step
from benchmarks.starter.words import prompt_of
from engine.params import Blend, Params, WeightedPrompt
from training.palettes import COLORS

CHUNKS = 6
FEW_CHUNKS = 4
EVERY = 4
HALVES = (tuple(COLORS)[::2], tuple(COLORS)[1::2])
BLENDS: tuple[tuple[str, str, Blend], ...] = (
    ("neon teal lines on black", "ink wash, paper, red", "linear"),
    ("neon teal lines on black", "ink wash, paper, red", "spherical"),
    ("neon teal lines on black", "neon orange lines on black", "linear"),
    ("blue blueprint", "orange lava", "linear"),
)


def measure_words(bench: Bench) -> Section:
    """Ten colours in every look: is the hue seen nearest to the one that was named?"""
    frames = bench.frames(bench.effort.clips[0], "edge", chunks=CHUNKS)
    hues: dict[str, dict[str, float | None]] = {}
    right: dict[str, int] = {}
    for look in bench.effort.looks:
        bench.say(f"words: {look}")
        hues[look] = {
            color: hue_seen(bench.player().shot(frames, Params(prompt_of(look, color))).output) for color in COLORS
        }
        right[look] = sum(hue is not None and nearest_hue(hue, COLORS) == name for name, hue in hues[look].items())
    return Section(
        (
            Figure(
                "words: colours of 10 seen as named, mean of all looks", float(np.mean(list(right.values()))), 8, 10
            ),
            Figure(
                "words: looks in which 8 of 10 colours or more are seen", float(sum(n >= 8 for n in right.values()))
            ),
        ),
        {"hue in degrees by look and colour": hues, "right of 10": right},
    )


def measure_looks(bench: Bench) -> Section:
    """A linear classifier learns the looks from all clips but one, in five colours, and names them on the one that is
    left, in the other five; each clip is left out once."""
    learned, tried = ({clip: _examples(bench, clip, colors) for clip in bench.effort.clips} for colors in HALVES)
    truth, said = list[str](), list[str]()
    by_clip: dict[str, float] = {}
    for clip in bench.effort.clips:
        others = [learned[other] for other in bench.effort.clips if other != clip]
        classifier = Classifier(
            np.concatenate([rows for rows, _ in others]), [name for _, row in others for name in row]
        )
        rows, names = tried[clip]
        answers = classifier.named(rows)
        by_clip[clip] = float(np.mean([a == b for a, b in zip(answers, names, strict=True)]))
        truth, said = truth + names, said + answers
    confused: dict[str, dict[str, int]] = {}
    for name, answer in zip(truth, said, strict=True):
        counts = confused.setdefault(name, {})
        counts[answer] = counts.get(answer, 0) + 1
    told = float(np.mean(list(by_clip.values())))
    return Section(
        (Figure(f"looks: share of {len(bench.effort.looks)} looks told apart on unseen clips", told, 0.8, 0.95),),
        {"share by clip": by_clip, "answers by look": confused, "colours learned, and tried": HALVES},
    )


def _examples(bench: Bench, clip: str, colors: tuple[str, ...]) -> tuple[NDArray[np.float64], list[str]]:
    """Features of every fourth picture in every look and colour, and the looks they show."""
    rows, names = [], []
    frames = bench.frames(clip, "edge", chunks=FEW_CHUNKS)
    for look in bench.effort.looks:
        bench.say(f"looks: {look} on {clip}")
        for color in colors:
            output = bench.player().shot(frames, Params(prompt_of(look, color))).output[::EVERY]
            rows += [features(rgb) for rgb in output]
            names += [look] * len(output)
    return np.stack(rows), names


def measure_blend(bench: Bench) -> Section:
    """The second prompt's weight goes from 0 to 1 in ten steps, over the same frames from the same seed."""
    frames = bench.frames(bench.effort.clips[0], "edge", chunks=CHUNKS)
    steps: dict[str, float] = {}
    for one, other, blend in BLENDS:
        bench.say(f"blend: {one} to {other}, {blend}")
        stages = [
            bench.player().shot(
                frames,
                Params(one, prompt_weight=1 - weight, more_prompts=(WeightedPrompt(other, weight),), blend=blend),
            )
            for weight in np.linspace(0, 1, 11).tolist()
        ]
        steps[f"{one} to {other}, {blend}"] = largest_step([stage.output for stage in stages])
    worst = max(steps.values())
    return Section(
        (
            Figure(
                "blend: largest of ten steps, as a share of the whole way, worst pair", worst, 0.35, 0.2, at_most=True
            ),
        ),
        {"largest step by pair": steps},
    )
