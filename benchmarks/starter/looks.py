"""Whether looks can be told apart, and are painted by all the words for them: a classifier learns and names them."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.starter.bench import Bench
from benchmarks.starter.figures import Figure, Section
from benchmarks.starter.recognition import Classifier, features
from benchmarks.starter.words import color_for, prompt_of
from engine.params import Params
from training.palettes import COLORS
from training.prompts import LOOK_WORDS

FEW_CHUNKS = 4
EVERY = 4
HALVES = (tuple(COLORS)[::2], tuple(COLORS)[1::2])
"""Colours that are learned from, and those that are tried."""

Examples = tuple[NDArray[np.float64], list[str]]


def measure_looks(bench: Bench) -> Section:
    """A linear classifier learns the looks from all clips but one, in five colours, and names them on the one that is
    left, in the other five; each clip is left out once. It also names what is painted by every other word for a look,
    on the first clip, in one colour each."""
    truth, said = list[str](), list[str]()
    by_clip: dict[str, float] = {}
    for clip in bench.effort.clips:
        rows, names = _examples(bench, clip, HALVES[1])
        answers = taught(bench, without=clip).named(rows)
        by_clip[clip] = float(np.mean([a == b for a, b in zip(answers, names, strict=True)]))
        truth, said = truth + names, said + answers
    confused: dict[str, dict[str, int]] = {}
    for name, answer in zip(truth, said, strict=True):
        counts = confused.setdefault(name, {})
        counts[answer] = counts.get(answer, 0) + 1
    told = float(np.mean(list(by_clip.values())))
    synonyms = _synonyms_seen(bench)
    right = [look == seen for look, row in synonyms.items() for seen in row.values()]
    return Section(
        (
            Figure(f"looks: share of {len(bench.effort.looks)} looks told apart on unseen clips", told, 0.8, 0.95),
            Figure("words: synonyms seen as their look", float(np.mean(right))),
        ),
        {
            "share by clip": by_clip,
            "answers by look": confused,
            "colours learned, and tried": HALVES,
            "look seen by look and synonym": synonyms,
        },
    )


def taught(bench: Bench, without: str) -> Classifier:
    """A classifier that has learned the looks from all clips of the effort but ``without``."""

    def learn() -> Classifier:
        clips = [clip for clip in bench.effort.clips if clip != without]
        learned = [bench.once(("examples", clip), partial(_examples, bench, clip, HALVES[0])) for clip in clips]
        rows = np.concatenate([rows for rows, _ in learned])
        return Classifier(rows, [name for _, names in learned for name in names])

    return bench.once(("classifier", without), learn)


def _synonyms_seen(bench: Bench) -> dict[str, dict[str, str]]:
    """By look and by each of its other words, the look that is seen."""
    clip = bench.effort.clips[0]
    classifier, frames = taught(bench, without=clip), bench.frames(clip, "edge", chunks=FEW_CHUNKS)
    seen: dict[str, dict[str, str]] = {}
    for look in bench.effort.looks:
        bench.say(f"looks: other words for {look}")
        seen[look] = {}
        for word in LOOK_WORDS[look][1:]:
            output = bench.player().shot(frames, Params(f"{color_for(look)} {word}")).output[::EVERY]
            seen[look][word] = classifier.named_together(np.stack([features(rgb) for rgb in output]))
    return seen


def _examples(bench: Bench, clip: str, colors: tuple[str, ...]) -> Examples:
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
