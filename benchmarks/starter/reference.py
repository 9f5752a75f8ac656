"""Whether colours, and where no look is named the look as well, are taken from a reference picture.

The mode "reference" lets pictures take the place of control frames: with one latent frame a chunk no guide is left to
be followed. Of it the palette alone is measured, with no guide, and no look.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np

from app.examples import DEFAULT_PROMPT
from benchmarks.starter.bench import Bench
from benchmarks.starter.color import palette_distance
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.looks import EVERY, FEW_CHUNKS, taught
from benchmarks.starter.recognition import features
from benchmarks.starter.targets import target
from benchmarks.starter.words import usual_wish
from engine.params import Params, Picture, ReferenceMode
from training.prompts import DEFAULT_LOOK

MODES: tuple[ReferenceMode, ...] = get_args(ReferenceMode)
GUIDED: tuple[ReferenceMode, ...] = ("sink", "aligned")
REFERENCE_LOOKS = ("neon", "ink", "lava", "watercolor")
HALF = 0.5
REFERENCES = ("meadow", "head", "walk")


def measure_reference(bench: Bench) -> Section:
    """How far the palette moves towards a reference: distance with it over that without.

    First the prompt is a look's name alone, so that it asks for neither a colour nor a ground. Then it is the one that
    a new show begins with, which asks for both: what a performer has who drops a picture in.

    And whether a picture that is painted in a look gives this look to a prompt that says nothing, which without it
    would paint the usual one. Guides come from the first clip of the effort; see ``references`` for the pictures.
    """
    bare = {mode: _palettes(bench, mode, REFERENCE_LOOKS) for mode in MODES}
    usual = {mode: _palettes(bench, mode, (DEFAULT_PROMPT,)) for mode in MODES}
    looks = {mode: _looks_taken(bench, mode) for mode in GUIDED}
    return Section(
        (
            *(figure for mode in MODES for figure in _palette_figures(mode, bare[mode], usual[mode])),
            *(
                Figure(
                    _in_mode("reference: look taken from it", mode),
                    float(np.mean([given == seen for given, seen in looks[mode].items()])),
                )
                for mode in GUIDED
            ),
        ),
        {
            "guide": bench.effort.clips[0],
            "distance with over without, look's name": bare,
            "distance with over without, usual prompt": usual,
            "look seen by look of the reference": looks,
        },
    )


def _palette_figures(mode: ReferenceMode, bare: dict[str, float], usual: dict[str, float]) -> tuple[Figure, ...]:
    palette = "reference: palette distance to it, over that without"
    near = sum(share <= HALF for share in bare.values())
    return (
        Figure(_in_mode(palette, mode), float(np.mean(list(bare.values()))), HALF, at_most=True),
        Figure(_in_mode(f"reference: cases of {len(bare)} with half of it or less", mode), float(near)),
        Figure(
            _in_mode(f'{palette}, prompt "{DEFAULT_PROMPT}"', mode),
            float(np.mean(list(usual.values()))),
            HALF,
            at_most=True,
        ),
    )


def references(bench: Bench, clips: Sequence[str]) -> dict[str, Picture]:
    """The middle picture of each clip by its name, and that of the last one with red, green and blue exchanged."""
    middles = {name: bench.pictures(name)[len(bench.pictures(name)) // 2] for name in clips}
    exchanged = np.ascontiguousarray(middles[clips[-1]][..., [1, 2, 0]])
    return {name: Picture(rgb) for name, rgb in (*middles.items(), (f"{clips[-1]}, exchanged", exchanged))}


def _palettes(bench: Bench, mode: ReferenceMode, prompts: Sequence[str]) -> dict[str, float]:
    """Distance with the reference over that without, by prompt and reference."""
    controls = ("edge",) if mode in GUIDED else ()
    frames = bench.frames(bench.effort.clips[0], *controls)
    shares: dict[str, float] = {}
    for prompt in prompts:
        without = bench.player().shot(frames, Params(prompt)).output
        for name, reference in references(bench, REFERENCES).items():
            bench.say(f"reference: {prompt}, {name}, {mode}")
            params = Params(prompt, references=(reference,), reference_mode=mode)
            shown = bench.player().shot(frames, params).output
            before, after = (palette_distance(pictures, reference.pixels[None]) for pictures in (without, shown))
            shares[f"{prompt}, {name}"] = after / before
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
