"""What is said of interleaved runs: medians, and the median of ratios of runs that stood beside each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median

Stages = dict[str, float]
"""Milliseconds by stage of one chunk, in their order."""


def interleaved(forms: Mapping[str, Callable[[], Stages]], rounds: int) -> dict[str, list[Stages]]:
    """Each form once a round; who goes first changes from round to round."""
    names = list(forms)
    runs: dict[str, list[Stages]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            runs[name].append(forms[name]())
    return runs


def chunk_ms(stages: Stages) -> float:
    return sum(stages.values())


def handed_ms(stages: Stages) -> float:
    """Until the pictures are there: all stages up to the decoder's."""
    names = list(stages)
    return sum(stages[name] for name in names[: names.index("decode") + 1])


def paired_ratio(runs: Sequence[float], beside: Sequence[float]) -> float:
    return median(a / b for a, b in zip(runs, beside, strict=True))


def stage_medians(runs: Sequence[Stages]) -> Stages:
    return {name: median(run[name] for run in runs) for name in runs[0]}
