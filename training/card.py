"""The model card that ships with the weights: what was learned from what, with how much work, and what it cannot do.

Figures come from what the stages left behind and from the benchmark's own file; nothing is typed in by hand.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.palettes import COLORS, GROUNDS, NEUTRALS, SYNONYMS
from training.prompts import LOOK_WORDS


@dataclass(frozen=True)
class Stage:
    """history: ``Course.history``. hours: of the processor. device: "cpu" or "cuda". layers: of the transformer, 0
    where they are not known."""

    name: str
    steps: int
    history: Sequence[tuple[int, int, int]]
    hours: float
    device: str
    layers: int = 0


@dataclass(frozen=True)
class Facts:
    """sources: package, licence, pictures taken. unlisted: name and licence of those of them that would not be taken
    any more. clips: that were learned from.

    parameters: of transformer, autoencoder, words. results: rows of the benchmark, (measure, figure, floor, goal, met).
    """

    sources: Sequence[tuple[str, str, int]]
    clips: int
    pictures: int
    stages: Sequence[Stage]
    parameters: tuple[int, int, int]
    bytes: int
    results: Sequence[tuple[str, ...]] = ()
    unlisted: Sequence[tuple[str, str]] = ()


def card(facts: Facts) -> str:
    """The card as Markdown."""
    dit, vae, text = facts.parameters
    lines = [
        "# The starter model",
        "",
        "A small streaming VACE model that makes VACE Live work without a download and without a GPU, trained by",
        "us from nothing. Everything that made it is in `training/`. Licence: MIT, like the project; the pictures",
        "that its clips were made from have their own, below, and do not ship.",
        "",
        f"- Size: {(dit + vae + text) / 1e6:.2f} million parameters ({dit / 1e6:.2f} in the transformer with its",
        f"  Context Blocks, {vae / 1e6:.2f} in the autoencoder, {text:,} in the table of words),",
        f"  {facts.bytes / 2**20:.1f} MiB in bfloat16.",
        "- Network: the engine's own causal Wan transformer with VACE and its streaming autoencoder, at the shapes of",
        "  `engine.config.STARTER`. It predicts the clean latent, one latent frame (four pictures) a chunk.",
        "- Targets: pictures painted by `training/looks.py` from what the guide shows and the prompt says. None of",
        "  them and no operator of theirs ships: what is seen in a show comes out of the network.",
        "",
        "## What it knows",
        "",
        "Looks: " + "; ".join(f"**{name}** ({', '.join(words[1:])})" for name, words in LOOK_WORDS.items()) + ".",
        "",
        f"Colours: {', '.join(COLORS)}; {', '.join(SYNONYMS)}; {', '.join(NEUTRALS)}.",
        "",
        f'Grounds, after "on": {", ".join(GROUNDS)}, or any of the first ten colours. Other words are not read.',
        "",
        "## Data",
        "",
        f"{facts.clips:,} clips of {facts.pictures} pictures, made by `training/scenes.py`: photographs under a moving",
        "camera, drawn people with known joints, shapes and objects with known depth; guides by `controls/`",
        "itself. Photographs and cut-outs come from these packages:",
        "",
        "| package | licence | pictures |",
        "|---|---|---|",
        *(f"| {package} | {licence} | {count:,} |" for package, licence, count in facts.sources),
        "",
        *_unlisted(facts.unlisted),
        "## Work",
        "",
        "| stage | steps | hours | on | plans |",
        "|---|---|---|---|---|",
        *(f"| {_titled(s)} | {s.steps:,} | {s.hours:.2f} | {s.device} | {_commands(s)} |" for s in facts.stages),
        "",
        *_lengthened(facts.stages),
        "Hours are those of the CPU: two cores at work for an hour are two. All stages learn by Muon for matrices and",
        "Adam for the rest, in bfloat16 products and float32 sums; rates rise over 50 steps, stay, and fall over the",
        "last quarter (the decoder's: half); what ships is the running average of the weights. The autoencoder learns",
        "from source pictures, guides and painted ones by squared and absolute differences, of edges too. The",
        "transformer learns the clean latent by squared differences, channels weighed by how much of them is seen",
        "(after its first row, what repeats from patch to patch counts five times): single frames first, then rollouts",
        "of 2 to 4 frames over a memory of its own frames, at half size and at full size in the last quarter.",
        "At the end the autoencoder's decoder alone goes on learning, from what the transformer paints as well.",
        "",
    ]
    if facts.results:
        lines += [
            "## Figures",
            "",
            "From `benchmarks/results/starter.json`, on clips it was never trained on; docs/starter.md shows them.",
            "",
            "| measure | figure | floor | goal | met |",
            "|---|---|---|---|---|",
            *(f"| {' | '.join(row)} |" for row in facts.results),
            "",
        ]
    lines += [
        "## Limits",
        "",
        "- It paints looks over the structure of the guide. It knows no objects, faces or scenes; words for them",
        "  are not read.",
        "- A picture is made of 8x8x4 pixel blocks of 32 numbers each: small text and the finest lines are lost.",
        "- Depth, flow, colour and layout guides were seen seldom in training; people are drawn ones.",
        "- A reference gives its colours. Its look, where the prompt names none, is taken in few cases (figure in",
        "  docs/starter.md). A photograph gives its colours and no texture: no target took more from one. No reference",
        "  gives things or faces.",
        '  In the reference mode that displaces the guide ("reference"), no guide is seen at all: a chunk is one',
        "  latent frame.",
        "- At sizes other than 320x192 textures keep their size in pixels.",
        "",
    ]
    return "\n".join(lines)


def results_of(path: Path, weights: str) -> list[tuple[str, ...]]:
    """Measure, figure, floor, goal and whether it is met, of every row of the benchmark's file.

    weights: the SHA-256 of those the card is of; what was measured on others, or quickly, is left out.
    """
    if not path.exists():
        return []
    sections = json.loads(path.read_text("utf-8"))["sections"].values()
    return [
        (row["measure"], _number(row["value"], row), *(_wanted(row[key], row) for key in ("floor", "goal")), row["met"])
        for section in sections
        if not section["quick"] and weights.startswith(section["weights"])
        for row in section["figures"]
    ]


def _unlisted(pictures: Sequence[tuple[str, str]]) -> list[str]:
    """What is said of pictures that were used, and whose licence is none that may be taken."""
    if not pictures:
        return []
    named = "; ".join(f"{name} ({licence})" for name, licence in pictures)
    return [
        f"Of these, {len(pictures)} have terms that are not among those that may be taken, or unclear ones. Clips that",
        f"these weights were once trained on show them; banks that are drawn now leave them out: {named}.",
        "",
    ]


def _lengthened(stages: Sequence[Stage]) -> list[str]:
    """What is said where a stage followed several plans."""
    once = len({stage.name for stage in stages}) == len(stages)
    if once and all(len(stage.history) < 2 for stage in stages):
        return []
    return [
        "Where a stage lists several plans, each went on from the one before, in part from states whose rate had begun",
        "to fall. On the way targets of looks and references, the share of references and other samples changed",
        "(docs/log.md): the weights are those of several runs in a row and of the code of each. The plans are no",
        "recipe, and no run from nothing with today's code has been made. Where a stage has several rows, each later",
        "one began with the weights of the one before as they shipped, a new optimizer and clips drawn by newer",
        "controls; blocks that were added began by changing nothing.",
        "",
    ]


def _titled(stage: Stage) -> str:
    return f"{stage.name}, {stage.layers} layers" if stage.layers else stage.name


def _commands(stage: Stage) -> str:
    """The plans that it followed, in order, by the options that are not the defaults."""
    return ", then ".join(f"--steps {steps} --seed {seed} from step {at:,}" for at, steps, seed in stage.history)


def _wanted(value: float | None, row: dict[str, Any]) -> str:
    return "-" if value is None else f"{'<=' if row['at_most'] else '>='} {_number(value, row)}"


def _number(value: float | None, row: dict[str, Any]) -> str:
    return "-" if value is None else f"{value:.3g}{row['unit']}"
