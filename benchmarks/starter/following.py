"""Whether pictures follow the guide: edge, pose and gray, in every look."""

from __future__ import annotations

import itertools

import numpy as np

from benchmarks.starter.bench import Bench
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.structure import edge_f1, limb_iou
from benchmarks.starter.words import usual_prompt
from engine.params import Params

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
FALL_ALLOWED = 0.02
F1_WANTED = 0.85


def measure_edge(bench: Bench) -> Section:
    """Edge F1 of each look at five strengths, mean over the clips.

    Beside it what chance gives: the same outputs against their guides turned by half a circle. A look full of texture
    has an edge near everything, also at strength 0.
    """
    scores: dict[str, dict[float, float]] = {}
    chance: dict[str, dict[float, float]] = {}
    for look in bench.effort.looks:
        bench.say(f"edge: {look}")
        scores[look], chance[look] = {}, {}
        for strength in STRENGTHS:
            params = Params(usual_prompt(look), control_strength=strength)
            shots = [bench.player().shot(bench.frames(clip, "edge"), params) for clip in bench.effort.clips]
            scores[look][strength] = float(np.mean([edge_f1(shot.output, shot.guide) for shot in shots]))
            turned = [edge_f1(shot.output, shot.guide[:, ::-1, ::-1]) for shot in shots]
            chance[look][strength] = float(np.mean(turned))
    rising = [score for score in scores.values() if _rises(list(score.values()))]
    strong = [score[1.0] for score in scores.values()]
    good = float(sum(score >= F1_WANTED for score in strong))
    return Section(
        (
            Figure(f"edge: looks with F1 of {F1_WANTED} or more at strength 1", good, 6, 10),
            Figure("edge: F1 at strength 1, mean of all looks", float(np.mean(strong))),
            Figure(
                "edge: the same by chance, against the guide turned round",
                float(np.mean([c[1.0] for c in chance.values()])),
            ),
            Figure(
                "edge: F1 at strength 0, highest of all looks", max(s[0.0] for s in scores.values()), 0.3, at_most=True
            ),
            Figure(
                "edge: looks whose F1 never falls by more than 0.02 as strength rises",
                float(len(rising)),
                float(len(scores)),
                float(len(scores)),
            ),
        ),
        {"f1 by look and strength": scores, "f1 by look and strength, by chance": chance, "clips": bench.effort.clips},
    )


def measure_pose(bench: Bench) -> Section:
    """Limb IoU of each look, mean over the clips with people."""
    scores: dict[str, dict[str, float]] = {}
    radii: dict[str, dict[str, int]] = {}
    for look in bench.effort.looks:
        bench.say(f"pose: {look}")
        scores[look], radii[look] = {}, {}
        for clip in bench.effort.people:
            shot = bench.player().shot(bench.frames(clip, "pose"), Params(usual_prompt(look)))
            scores[look][clip], radii[look][clip] = limb_iou(shot.output, shot.guide)
    means = [float(np.mean(list(score.values()))) for score in scores.values()]
    return Section(
        (
            Figure("pose: limb mask IoU, mean of all looks", float(np.mean(means)), 0.4, 0.6),
            Figure("pose: looks with IoU of 0.4 or more", float(sum(mean >= 0.4 for mean in means))),
        ),
        {"iou by look and clip": scores, "radius in pixels by look and clip": radii},
    )


def measure_gray(bench: Bench) -> Section:
    """The guide is gray; edges of the output against the lines that ``edge`` draws for the same pictures."""
    scores: dict[str, float] = {}
    for look in bench.effort.looks:
        bench.say(f"gray: {look}")
        found = []
        for clip in bench.effort.clips:
            shot = bench.player().shot(bench.frames(clip, "gray"), Params(usual_prompt(look)))
            lines = np.stack([frame.guide for frame in bench.frames(clip, "edge")[bench.player().skipped :]])
            found.append(edge_f1(shot.output, lines))
        scores[look] = float(np.mean(found))
    return Section(
        (
            Figure("gray: line F1, mean of all looks", float(np.mean(list(scores.values()))), 0.65, 0.85),
            Figure("gray: line F1, best look", max(scores.values())),
        ),
        {"f1 by look": scores, "clips": bench.effort.clips},
    )


def _rises(scores: list[float]) -> bool:
    return all(later >= earlier - FALL_ALLOWED for earlier, later in itertools.pairwise(scores))
