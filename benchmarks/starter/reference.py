"""Whether colours, and where no look is named the look as well, are taken from a reference picture.

Two of the three reference modes are measured. The third, "reference", lets pictures take the place of control frames:
with one latent frame a chunk no guide is left to be followed, and there is nothing to compare.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.starter.bench import Bench
from benchmarks.starter.color import palette_distance
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.looks import EVERY, FEW_CHUNKS, taught
from benchmarks.starter.recognition import features
from benchmarks.starter.targets import target
from benchmarks.starter.words import usual_wish
from engine.params import Params, Picture, ReferenceMode
from training.prompts import DEFAULT_LOOK

MODES: tuple[ReferenceMode, ...] = ("sink", "aligned")
REFERENCE_LOOKS = ("neon", "ink", "lava", "watercolor")
REFERENCES = ("meadow", "head", "walk")


def measure_reference(bench: Bench) -> Section:
    """How far the palette moves towards a reference: distance with it over that without. The prompt is the look's name
    alone, so that it asks for neither a colour nor a ground.

    And whether a picture that is painted in a look gives this look to a prompt that says nothing, which without it
    would paint the usual one. Guides come from the first clip of the effort; see ``references`` for the pictures.
    """
    shares = _palettes(bench)
    looks = {mode: _looks_taken(bench, mode) for mode in MODES}
    palette = "reference: palette distance to it, over that without"
    taken = "reference: look taken from it"
    return Section(
        (
            *(
                Figure(_in_mode(palette, mode), float(np.mean(list(shares[mode].values()))), 0.5, at_most=True)
                for mode in MODES
            ),
            *(
                Figure(_in_mode(taken, mode), float(np.mean([given == seen for given, seen in looks[mode].items()])))
                for mode in MODES
            ),
        ),
        {
            "guide": bench.effort.clips[0],
            "distance with over without": shares,
            "look seen by look of the reference": looks,
        },
    )


def references(bench: Bench, clips: Sequence[str]) -> dict[str, Picture]:
    """The middle picture of each clip by its name, and that of the last one with red, green and blue exchanged."""
    middles = {name: bench.pictures(name)[len(bench.pictures(name)) // 2] for name in clips}
    exchanged = np.ascontiguousarray(middles[clips[-1]][..., [1, 2, 0]])
    return {name: Picture(rgb) for name, rgb in (*middles.items(), (f"{clips[-1]}, exchanged", exchanged))}


def _palettes(bench: Bench) -> dict[ReferenceMode, dict[str, float]]:
    """Distance with the reference over that without, by mode, look and reference."""
    frames = bench.frames(bench.effort.clips[0], "edge")
    shares: dict[ReferenceMode, dict[str, float]] = {mode: {} for mode in MODES}
    for look in REFERENCE_LOOKS:
        without = bench.player().shot(frames, Params(look)).output
        for name, reference in references(bench, REFERENCES).items():
            bench.say(f"reference: {look}, {name}")
            before = palette_distance(without, reference.pixels[None])
            for mode in MODES:
                params = Params(look, references=(reference,), reference_mode=mode)
                shown = bench.player().shot(frames, params).output
                shares[mode][f"{look}, {name}"] = palette_distance(shown, reference.pixels[None]) / before
    return shares


def _looks_taken(bench: Bench, mode: ReferenceMode) -> dict[str, str]:
    """The look that is seen, by that of the reference: a training target for a guide of the second clip."""
    clip, other = bench.effort.clips[:2]
    classifier = taught(bench, without=clip)
    frames = bench.frames(clip, "edge", chunks=FEW_CHUNKS)
    guide = bench.frames(other, "edge", chunks=FEW_CHUNKS)[-1].guide
    seen: dict[str, str] = {}
    for look in bench.effort.looks:
        if look != DEFAULT_LOOK:
            bench.say(f"reference: the look of {look}, {mode}")
            reference = Picture(target(usual_wish(look), guide[None])[0])
            output = bench.player().shot(frames, Params(references=(reference,), reference_mode=mode)).output
            seen[look] = classifier.named_together(np.stack([features(rgb) for rgb in output[::EVERY]]))
    return seen


def _in_mode(measure: str, mode: ReferenceMode) -> str:
    return measure if mode == MODES[0] else f"{measure}, {mode}"
