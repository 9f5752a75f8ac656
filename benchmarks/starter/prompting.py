"""Whether words are obeyed: colours and grounds by name, blends that move evenly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.starter.bench import Bench
from benchmarks.starter.color import hue_seen, nearest_color, nearest_hue
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.steadiness import largest_step
from benchmarks.starter.structure import within
from benchmarks.starter.words import prompt_of
from engine.params import Blend, Params, WeightedPrompt
from training.palettes import COLORS, GROUNDS

Pixels = NDArray[np.uint8]
Bools = NDArray[np.bool_]

CHUNKS = 6
GROUND_LOOKS = ("neon", "ink")
"""Both leave the ground bare, one light on dark, one dark on light."""
GROUND_PX = 12.0
BLENDS: tuple[tuple[str, str, Blend], ...] = (
    ("neon teal lines on black", "ink wash, paper, red", "linear"),
    ("neon teal lines on black", "ink wash, paper, red", "spherical"),
    ("neon teal lines on black", "neon orange lines on black", "linear"),
    ("blue blueprint", "orange lava", "linear"),
)


def measure_words(bench: Bench) -> Section:
    """Ten colours in every look: is the hue seen nearest to the one that was named?

    And all words for grounds in two looks: is the mean colour 12 px or more away from the guide's lines nearer to the
    ground that was named than to any other? "paper" and "cream" are near one another, "black" and "midnight" too.
    """
    frames = bench.frames(bench.effort.clips[0], "edge", chunks=CHUNKS)
    hues: dict[str, dict[str, float | None]] = {}
    right: dict[str, int] = {}
    for look in bench.effort.looks:
        bench.say(f"words: {look}")
        hues[look] = {
            color: hue_seen(bench.player().shot(frames, Params(prompt_of(look, color))).output) for color in COLORS
        }
        right[look] = sum(hue is not None and nearest_hue(hue, COLORS) == name for name, hue in hues[look].items())
    grounds = {look: _grounds_seen(bench, look) for look in GROUND_LOOKS}
    named = [ground == seen for row in grounds.values() for ground, seen in row.items()]
    return Section(
        (
            Figure(
                "words: colours of 10 seen as named, mean of all looks", float(np.mean(list(right.values()))), 8, 10
            ),
            Figure(
                "words: looks in which 8 of 10 colours or more are seen", float(sum(n >= 8 for n in right.values()))
            ),
            Figure("words: grounds seen as named", float(np.mean(named))),
        ),
        {"hue in degrees by look and colour": hues, "right of 10": right, "ground seen by look and word": grounds},
    )


def _grounds_seen(bench: Bench, look: str) -> dict[str, str | None]:
    """The ground that is seen, by the one that was asked for."""
    bench.say(f"words: grounds of {look}")
    frames = bench.frames(bench.effort.clips[0], "edge", chunks=CHUNKS)
    seen: dict[str, str | None] = {}
    for ground in GROUNDS:
        shot = bench.player().shot(frames, Params(f"{look} on {ground}"))
        seen[ground] = nearest_color(shot.output, GROUNDS, bare(shot.guide))
    return seen


def bare(guides: Pixels) -> Bools:
    """(F, H, W): where a guide's lines (F, H, W, 3) are 12 px away or more."""
    return np.stack([~within(guide.max(axis=-1) > 127, GROUND_PX) for guide in guides])


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
