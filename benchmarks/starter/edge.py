"""Whether pictures follow the lines of ``edge``: in every look, at every strength, with more steps, at other sizes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from benchmarks.starter.bench import Bench, Size
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.player import Shot
from benchmarks.starter.structure import Levels, edge_f1, levels, line_contrast
from benchmarks.starter.words import usual_prompt
from engine.params import Params

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
FALL_ALLOWED = 0.02
RISE_WANTED = 0.3
F1_WANTED = 0.85
STEPS = 2
SIZES: tuple[Size, ...] = ((256, 144), (512, 288))
SIZE_LOOKS = ("neon", "comic", "watercolor")


@dataclass(frozen=True)
class _Lines:
    """Of one look at one strength: f1 and line contrast by clip, and the f1 against the guides turned round."""

    f1: dict[str, float]
    chance: dict[str, float]
    contrast: dict[str, float]


def measure_edge(bench: Bench) -> Section:
    """Edge F1 and line contrast of each look at five strengths, mean over the clips.

    Beside F1 what chance gives: the same outputs against their guides turned by half a circle. A look full of texture
    has an edge near everything, also at strength 0. F1 counts a faint line in full, so that it says little of the
    strengths between; line contrast tells how much of a line is there. With two steps, and at the smallest and the
    largest size, on the first clip alone.
    """
    lines: dict[str, dict[float, _Lines]] = {}
    for look in bench.effort.looks:
        bench.say(f"edge: {look}")
        full = {clip: levels(_shot(bench, look, clip, 1.0).output) for clip in bench.effort.clips}
        lines[look] = {strength: _measured(bench, look, strength, full) for strength in STRENGTHS}
    f1, chance, contrast = (
        {
            look: {strength: _mean(getattr(found, name)) for strength, found in row.items()}
            for look, row in lines.items()
        }
        for name in ("f1", "chance", "contrast")
    )
    half = {look: row[0.5] / row[1.0] if row[1.0] else float("nan") for look, row in contrast.items()}
    first = bench.effort.clips[0]
    steps = {look: _first_f1(bench, look, steps=STEPS) for look in bench.effort.looks}
    sizes = {size: {look: _first_f1(bench, look, size=size) for look in SIZE_LOOKS} for size in SIZES}
    return Section(
        (
            *_strength_figures(f1, chance),
            Figure("edge: line contrast at strength 0.5, share of that at 1, mean of all looks", _mean(half)),
            Figure("edge: F1 with two steps, mean of all looks", _mean(steps)),
            *(
                Figure(f"edge: F1 at {width}x{height}, three looks", _mean(scores))
                for (width, height), scores in sizes.items()
            ),
        ),
        {
            "f1 by look and strength": f1,
            "f1 by look and strength, by chance": chance,
            "line contrast by look and strength, in grey levels": contrast,
            "line contrast at strength 0.5, share of that at 1": half,
            "clips": bench.effort.clips,
            "f1 with two steps": steps,
            "f1 beside it, with the usual steps": {look: row[1.0].f1[first] for look, row in lines.items()},
            "f1 by size and look": {f"{width}x{height}": scores for (width, height), scores in sizes.items()},
            "clip of steps and sizes": first,
        },
    )


def _strength_figures(f1: dict[str, dict[float, float]], chance: dict[str, dict[float, float]]) -> tuple[Figure, ...]:
    """Of F1 by look and strength."""
    strong = {look: row[1.0] for look, row in f1.items()}
    weak = {look: row[0.0] for look, row in f1.items()}
    steady = sum(_never_falls(list(row.values())) for row in f1.values())
    rising = sum(strong[look] - weak[look] >= RISE_WANTED for look in f1)
    everyone = float(len(f1))
    return (
        Figure(
            f"edge: looks with F1 of {F1_WANTED} or more at strength 1",
            float(sum(score >= F1_WANTED for score in strong.values())),
            6,
            10,
        ),
        Figure("edge: F1 at strength 1, mean of all looks", _mean(strong)),
        Figure(
            "edge: the same by chance, against the guide turned round",
            _mean({look: row[1.0] for look, row in chance.items()}),
        ),
        Figure("edge: F1 at strength 0, highest of all looks", max(weak.values()), 0.3, at_most=True),
        Figure(
            "edge: looks whose F1 never falls by more than 0.02 as strength rises", float(steady), everyone, everyone
        ),
        Figure(f"edge: looks whose F1 rises by {RISE_WANTED} or more from strength 0 to 1", float(rising), 6, 10),
    )


def _measured(bench: Bench, look: str, strength: float, full: dict[str, Levels]) -> _Lines:
    """full: the levels at strength 1, by clip. What counts as an edge there counts as one at every strength: by a faint
    picture's own levels a texture would be as much as the lines that have gone."""
    found = _Lines({}, {}, {})
    for clip in bench.effort.clips:
        shot = _shot(bench, look, clip, strength)
        guide = shot.guide
        found.f1[clip] = edge_f1(shot.output, guide, stretch=full[clip])
        found.chance[clip] = edge_f1(shot.output, guide[:, ::-1, ::-1], stretch=full[clip])
        found.contrast[clip] = line_contrast(shot.output, guide)
    return found


def _shot(bench: Bench, look: str, clip: str, strength: float) -> Shot:
    params = Params(usual_prompt(look), control_strength=strength)
    return bench.player().shot(bench.frames(clip, "edge"), params)


def _first_f1(bench: Bench, look: str, size: Size | None = None, steps: int | None = None) -> float:
    """At strength 1, on the first clip."""
    shot = bench.player(size).shot(
        bench.frames(bench.effort.clips[0], "edge", size=size), Params(usual_prompt(look)), steps
    )
    return edge_f1(shot.output, shot.guide)


def _mean(scores: dict[str, float]) -> float:
    return float(np.mean(list(scores.values())))


def _never_falls(scores: list[float]) -> bool:
    return all(later >= earlier - FALL_ALLOWED for earlier, later in itertools.pairwise(scores))
