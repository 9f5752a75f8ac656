"""Whether pictures follow pose, gray and scribble."""

from __future__ import annotations

import numpy as np

from benchmarks.starter.bench import Bench
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.structure import edge_f1, limb_iou
from benchmarks.starter.words import usual_prompt
from engine.params import Params

SCRIBBLE_LOOKS = ("neon", "ink", "comic", "watercolor")
SCRIBBLE_CLIPS = 2


def measure_pose(bench: Bench) -> Section:
    """Limb IoU of each look, mean over the clips with people.

    Beside it what chance gives: the same outputs, with a radius found in the same way, against their guides turned by
    half a circle.
    """
    scores: dict[str, dict[str, float]] = {}
    chance: dict[str, dict[str, float]] = {}
    radii: dict[str, dict[str, int]] = {}
    for look in bench.effort.looks:
        bench.say(f"pose: {look}")
        scores[look], chance[look], radii[look] = {}, {}, {}
        for clip in bench.effort.people:
            shot = bench.player().shot(bench.frames(clip, "pose"), Params(usual_prompt(look)))
            guide = shot.guide
            scores[look][clip], radii[look][clip] = limb_iou(shot.output, guide)
            chance[look][clip], _ = limb_iou(shot.output, guide[:, ::-1, ::-1])
    means = [float(np.mean(list(score.values()))) for score in scores.values()]
    by_chance = [float(np.mean(list(score.values()))) for score in chance.values()]
    return Section(
        (
            Figure("pose: limb mask IoU, mean of all looks", float(np.mean(means)), 0.4, 0.6),
            Figure("pose: the same by chance, against the guide turned round", float(np.mean(by_chance))),
            Figure("pose: looks with IoU of 0.4 or more", float(sum(mean >= 0.4 for mean in means))),
        ),
        {
            "iou by look and clip": scores,
            "iou by look and clip, by chance": chance,
            "radius in pixels by look and clip": radii,
        },
    )


def measure_gray(bench: Bench) -> Section:
    """The guide is gray; edges of the output against the lines that ``edge`` draws for the same pictures.

    Beside it the same against these lines turned by half a circle.
    """
    scores: dict[str, float] = {}
    chance: dict[str, float] = {}
    for look in bench.effort.looks:
        bench.say(f"gray: {look}")
        found, turned = [], []
        for clip in bench.effort.clips:
            shot = bench.player().shot(bench.frames(clip, "gray"), Params(usual_prompt(look)))
            lines = np.stack([frame.guide for frame in bench.frames(clip, "edge")[bench.player().skipped :]])
            found.append(edge_f1(shot.output, lines))
            turned.append(edge_f1(shot.output, lines[:, ::-1, ::-1]))
        scores[look], chance[look] = float(np.mean(found)), float(np.mean(turned))
    return Section(
        (
            Figure("gray: line F1, mean of all looks", float(np.mean(list(scores.values()))), 0.65, 0.85),
            Figure("gray: the same by chance, against the lines turned round", float(np.mean(list(chance.values())))),
            Figure("gray: line F1, best look", max(scores.values())),
        ),
        {"f1 by look": scores, "f1 by look, by chance": chance, "clips": bench.effort.clips},
    )


def measure_scribble(bench: Bench) -> Section:
    """Edges of the output against the scribble's own lines, of a few looks on two clips.

    Beside it the same against the guide turned by half a circle.
    """
    scores: dict[str, dict[str, float]] = {}
    chance: dict[str, dict[str, float]] = {}
    for look in SCRIBBLE_LOOKS:
        bench.say(f"scribble: {look}")
        scores[look], chance[look] = {}, {}
        for clip in bench.effort.clips[:SCRIBBLE_CLIPS]:
            shot = bench.player().shot(bench.frames(clip, "scribble"), Params(usual_prompt(look)))
            guide = shot.guide
            scores[look][clip] = edge_f1(shot.output, guide)
            chance[look][clip] = edge_f1(shot.output, guide[:, ::-1, ::-1])
    f1, by_chance = (
        float(np.mean([score for row in rows.values() for score in row.values()])) for rows in (scores, chance)
    )
    return Section(
        (
            Figure(f"scribble: line F1, mean of {len(SCRIBBLE_LOOKS)} looks", f1),
            Figure("scribble: the same by chance, against the guide turned round", by_chance),
        ),
        {"f1 by look and clip": scores, "f1 by look and clip, by chance": chance},
    )
