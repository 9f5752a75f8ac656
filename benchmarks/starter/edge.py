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
LOOKS_WANTED = (6, 10)
"""So many looks must do as is asked, and so many are hoped for."""
RISE_WANTED = 0.3
F1_WANTED = 0.85
F1_LEFT = 0.3
"""More than this at strength 0 is too much."""
STEPS = 2
SIZES: tuple[Size, ...] = ((256, 144), (512, 288))
SIZE_LOOKS = ("neon", "comic", "watercolor")


@dataclass(frozen=True)
class _Lines:
    """Of one look at one strength, by clip. f1: each picture by its own contrast. chance: the same against the guides
    turned round. fixed: F1 by the levels of strength 1. contrast: of the lines."""

    f1: dict[str, float]
    chance: dict[str, float]
    fixed: dict[str, float]
    contrast: dict[str, float]


def measure_edge(bench: Bench) -> Section:
    """Edge F1 and line contrast of each look at five strengths, mean over the clips.

    Beside F1 what chance gives: the same outputs against their guides turned by half a circle. A look full of texture
    has an edge near everything, also at strength 0: by its own contrast, a picture's faint texture counts as much as
    the lines that have gone. So F1 is counted a second time, where an edge is what would be one at strength 1; that in
    turn is blind to lines that are faint. Line contrast tells how much of a line is there. With two steps, and at the
    smallest and the largest size, on the first clip alone.
    """
    lines: dict[str, dict[float, _Lines]] = {}
    for look in bench.effort.looks:
        bench.say(f"edge: {look}")
        full = {clip: levels(_shot(bench, look, clip, 1.0).output) for clip in bench.effort.clips}
        lines[look] = {strength: _measured(bench, look, strength, full) for strength in STRENGTHS}
    f1, chance, fixed, contrast = (
        {
            look: {strength: _mean(getattr(found, name)) for strength, found in row.items()}
            for look, row in lines.items()
        }
        for name in ("f1", "chance", "fixed", "contrast")
    )
    half, left = (
        {look: row[strength] / row[1.0] if row[1.0] else float("nan") for look, row in contrast.items()}
        for strength in (0.5, 0.0)
    )
    first = bench.effort.clips[0]
    steps = {look: _first_f1(bench, look, steps=STEPS) for look in bench.effort.looks}
    sizes = {size: {look: _first_f1(bench, look, size=size) for look in SIZE_LOOKS} for size in SIZES}
    return Section(
        (
            *_strength_figures(f1, chance),
            *_silence_figures(f1, chance, fixed),
            Figure("edge: line contrast at strength 0, share of that at 1, highest of all looks", max(left.values())),
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
            "f1 by look and strength, levels fixed at strength 1": fixed,
            "line contrast by look and strength, in grey levels": contrast,
            "line contrast at strength 0.5, share of that at 1": half,
            "line contrast at strength 0, share of that at 1": left,
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
    return (
        Figure(
            f"edge: looks with F1 of {F1_WANTED} or more at strength 1",
            float(sum(score >= F1_WANTED for score in strong.values())),
            *LOOKS_WANTED,
        ),
        Figure("edge: F1 at strength 1, mean of all looks", _mean(strong)),
        Figure(
            "edge: the same by chance, against the guide turned round",
            _mean({look: row[1.0] for look, row in chance.items()}),
        ),
        Figure("edge: looks whose F1 never falls as strength rises", float(steady), *LOOKS_WANTED),
        Figure(
            f"edge: looks whose F1 rises by {RISE_WANTED} or more from strength 0 to 1", float(rising), *LOOKS_WANTED
        ),
    )


def _silence_figures(
    f1: dict[str, dict[float, float]], chance: dict[str, dict[float, float]], fixed: dict[str, dict[float, float]]
) -> tuple[Figure, ...]:
    """How little of the lines is left at strength 0, from F1 by look and strength."""
    weak, by_chance, by_levels = ({look: row[0.0] for look, row in rows.items()} for rows in (f1, chance, fixed))
    all_three = [
        row[1.0] >= F1_WANTED and row[0.0] <= F1_LEFT and _never_falls(list(row.values())) for row in f1.values()
    ]
    return (
        Figure(
            f"edge: looks with F1 of {F1_WANTED} at strength 1, {F1_LEFT} at 0, and no fall between",
            float(sum(all_three)),
            *LOOKS_WANTED,
        ),
        Figure(
            f"edge: looks with F1 of {F1_LEFT} or less at strength 0",
            float(sum(score <= F1_LEFT for score in weak.values())),
            *LOOKS_WANTED,
        ),
        Figure("edge: F1 at strength 0, highest of all looks", max(weak.values())),
        Figure("edge: F1 at strength 0 by levels fixed at strength 1, highest of all looks", max(by_levels.values())),
        Figure("edge: F1 at strength 0 by chance, mean of all looks", _mean(by_chance)),
        Figure(
            "edge: F1 at strength 0, how far from chance, farthest of all looks",
            max(abs(weak[look] - by_chance[look]) for look in weak),
        ),
    )


def _measured(bench: Bench, look: str, strength: float, full: dict[str, Levels]) -> _Lines:
    """full: the levels at strength 1, by clip."""
    found = _Lines({}, {}, {}, {})
    for clip in bench.effort.clips:
        shot = _shot(bench, look, clip, strength)
        guide = shot.guide
        found.f1[clip] = edge_f1(shot.output, guide)
        found.chance[clip] = edge_f1(shot.output, guide[:, ::-1, ::-1])
        found.fixed[clip] = edge_f1(shot.output, guide, stretch=full[clip])
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
    return all(later >= earlier for earlier, later in itertools.pairwise(scores))
