"""Stage "shipped": lays out the weights that ship as the stages would have left them, so that these go on from there.

Nothing of what an optimizer remembers ships, so it begins anew; what was done for the weights goes along, for the next
card.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from engine.config import DiTConfig
from training.card import Stage
from training.course import Say

WORK = "work.json"
"""The ``Record`` of the weights in a folder when they were laid out; in their file the metadata's name for it."""
NETWORKS = {"transformer": ("transformer", "dit"), "text": ("transformer", "text"), "autoencoder": ("autoencoder", "")}
"""Of each part of the file of weights: the stage that learns it, and its name there."""
_OUT = ("self_attn.o", "cross_attn.o", "ffn.2")
"""What a block adds to what passes it comes out of these; a Context Block's hint comes out of ``after_proj``."""
_FIRST_ALONE = "before_proj."
"""What the first Context Block has and the others have not."""


class NothingShipped(Exception):
    """``str(error)`` is a sentence."""


@dataclass(frozen=True)
class Record:
    """What weights have been through. sources: package, licence, pictures; unlisted: name and licence; as in a card."""

    stages: Sequence[Stage] = ()
    sources: Sequence[tuple[str, str, int]] = ()
    unlisted: Sequence[tuple[str, str]] = ()

    @classmethod
    def read(cls, text: str) -> Record:
        about = json.loads(text)
        return cls(
            [Stage(**{**row, "history": [tuple(plan) for plan in row["history"]]}) for row in about["stages"]],
            [(package, licence, count) for package, licence, count in about["sources"]],
            [(name, licence) for name, licence in about["unlisted"]],
        )

    def written(self) -> str:
        return json.dumps(asdict(self), indent=1)

    def and_then(self, later: Record) -> Record:
        """Both, each picture once: of a package under a licence as many as either took."""
        counts = {(package, licence): count for package, licence, count in later.sources}
        for package, licence, count in self.sources:
            counts[package, licence] = max(count, counts.get((package, licence), 0))
        return Record(
            [*self.stages, *later.stages],
            [(package, licence, count) for (package, licence), count in counts.items()],
            list(dict.fromkeys([*self.unlisted, *later.unlisted])),
        )


def lay_out(folder: Path, weights: Path, config: DiTConfig, say: Say) -> None:
    """Write ``folder``/autoencoder.pt, transformer.pt and work.json from a file that ``export`` wrote.

    config: of the transformer to go on with; blocks that it has beyond those of the file change nothing as they begin.
    NothingShipped where there is no such file, it has more blocks than that, or the folder holds weights of stages that
    have been run.
    """
    if not weights.exists():
        raise NothingShipped(f"There is no {weights}, so there is nothing to go on from: train from nothing instead.")
    if taken := [path.name for path in sorted(folder.glob("*.pt"))]:
        raise NothingShipped(
            f"{folder} holds {', '.join(taken)} already, which would be lost: choose another --folder, or move them."
        )
    parts: dict[str, dict[str, Tensor]] = {"autoencoder": {}, "transformer": {}}
    with safe_open(weights, "pt") as file:
        record = Record.read(file.metadata()[WORK]) if WORK in (file.metadata() or {}) else Record()
        for key in file.keys():  # noqa: SIM118 - it is no dictionary
            stage, name = NETWORKS[key.partition(".")[0]]
            parts[stage][f"{name}.{key.partition('.')[2]}".lstrip(".")] = file.get_tensor(key).float()
    _deepen(parts["transformer"], "dit.blocks", config.layers, _OUT)
    _deepen(parts["transformer"], "dit.vace_blocks", len(config.vace_layers), ("after_proj",))
    for stage, state in parts.items():
        torch.save(_begun(state), folder / f"{stage}.pt")
    (folder / WORK).write_text(record.written(), "utf-8")
    told = ", ".join(f"{stage.steps:,} steps of {stage.name}" for stage in record.stages)
    say(f"shipped: {weights} laid out in {folder}, after {told or 'work that they do not tell of'}")


def _deepen(state: dict[str, Tensor], blocks: str, count: int, out: Sequence[str]) -> None:
    """Add to ``blocks`` until they are ``count``, each as the last one is, but that nothing comes out of it."""
    numbers = [int(match[1]) for name in state if (match := re.match(rf"{re.escape(blocks)}\.(\d+)\.", name))]
    last = max(numbers, default=-1)
    if last + 1 > count or not numbers:
        raise NothingShipped(f"The weights that ship have {last + 1} {blocks}, not {count} or fewer: see --layers.")
    for name, value in [(name, value) for name, value in state.items() if name.startswith(f"{blocks}.{last}.")]:
        inside = name.removeprefix(f"{blocks}.{last}.")
        if inside.startswith(_FIRST_ALONE):
            continue
        silent = inside.rpartition(".")[0] in out
        for number in range(last + 1, count):
            state[f"{blocks}.{number}.{inside}"] = torch.zeros_like(value) if silent else value.clone()


def earlier(folder: Path) -> Record:
    """What the weights in ``folder`` had been through before they were laid out there, or nothing."""
    path = folder / WORK
    return Record.read(path.read_text("utf-8")) if path.exists() else Record()


def _begun(weights: dict[str, Tensor]) -> dict[str, Any]:
    """A stage's file at its first step, which any plan goes on from."""
    return {
        "step": 0, "steps": 0, "cooling": False, "history": [], "basis": "", "usual_norm": 0.0, "spent_s": 0.0,
        "device": "cpu", "networks": weights, "averaged": weights, "optimizer": None,
    }  # fmt: skip
