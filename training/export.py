"""Stage "export": the averaged weights, the words and the model card, as the product ships them.

Weights are bfloat16 safetensors whose keys begin with "transformer.", "autoencoder." and "text."; the file's metadata
hold the ``shipped.Record`` of what they have been through.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from training import card, shipped, sources
from training.bank import Bank
from training.course import Say, fingerprint
from training.prompts import vocabulary

WEIGHTS, WORDS, CARD = "weights.safetensors", "vocabulary.txt", "README.md"
RESULTS = Path(__file__).parent.parent / "benchmarks" / "results" / "starter.json"

_NETWORKS = {"dit": "transformer", "text": "text"}


class NothingToExport(Exception):
    """``str(error)`` is a sentence."""


def export(folder: Path, target: Path, say: Say) -> None:
    """Write ``target``/weights.safetensors, vocabulary.txt and README.md from what the stages left in ``folder``.

    NothingToExport where a stage has not been run, where the list of pictures is gone, for the card must name their
    licences, or where the decoder was trained on another transformer.
    """
    stages = {name: _stage(folder, name) for name in ("autoencoder", "transformer", "decoder")}
    done = [
        card.Stage(name, state["step"], state["history"], state["spent_s"] / 3600, state["device"], _layers(state))
        for name, state in stages.items()
        if state["step"]
    ]
    record = shipped.earlier(folder).and_then(
        shipped.Record(done, sources.table(folder), sources.unlisted(folder)),
    )
    if not sources.listed(folder):
        raise NothingToExport(
            f"There is no list of pictures (photos.json) in {folder}, so the card could not name their licences and "
            "nothing was exported: run 'sources' again."
        )
    _check_decoder(folder, stages, say)
    tensors = {f"autoencoder.{key}": value for key, value in stages["decoder"]["averaged"].items()}
    for key, value in stages["transformer"]["averaged"].items():
        network, _, name = key.partition(".")
        tensors[f"{_NETWORKS[network]}.{name}"] = value
    target.mkdir(parents=True, exist_ok=True)
    part = target / f"{WEIGHTS}.part"
    halved = {key: value.bfloat16().contiguous() for key, value in tensors.items()}
    save_file(halved, part, {shipped.WORK: record.written()})
    part.chmod(0o644)  # safetensors makes files that nobody else may read
    part.replace(target / WEIGHTS)
    (target / WORDS).write_text("\n".join(vocabulary()) + "\n", "utf-8")
    of_all = Bank.open(folder)
    size = (target / WEIGHTS).stat().st_size
    facts = card.Facts(
        sources=record.sources,
        unlisted=record.unlisted,
        clips=of_all.clips - of_all.held_out,
        pictures=of_all.frames,
        stages=record.stages,
        parameters=(_count(tensors, "transformer."), _count(tensors, "autoencoder."), _count(tensors, "text.")),
        bytes=size,
        results=card.results_of(RESULTS, hashlib.sha256((target / WEIGHTS).read_bytes()).hexdigest()),
    )
    (target / CARD).write_text(card.card(facts), "utf-8")
    say(f"export: {sum(facts.parameters):,} parameters, {size / 2**20:.1f} MiB in {target}")


def _count(tensors: dict[str, torch.Tensor], start: str) -> int:
    return sum(tensor.numel() for name, tensor in tensors.items() if name.startswith(start))


def _stage(folder: Path, name: str) -> dict[str, Any]:
    path = folder / f"{name}.pt"
    if not path.exists():
        raise NothingToExport(f"There is no {path.name} in {folder}, so nothing can be exported: run '{name}' first.")
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _check_decoder(folder: Path, stages: dict[str, dict[str, Any]], say: Say) -> None:
    """Refuse a decoder that was trained on another transformer, and say so where that cannot be known for sure.

    Until the stage "decoder" noted its transformer, nothing but the files' times told: it reads ``transformer.pt`` when
    it begins, so that a decoder that is older than the transformer cannot have been trained on it.
    """
    basis = stages["decoder"].get("basis")
    transformer, decoder = folder / "transformer.pt", folder / "decoder.pt"
    if basis is None and transformer.stat().st_mtime <= decoder.stat().st_mtime:
        say("export: decoder.pt does not say which transformer it was trained on; it is newer than transformer.pt")
    elif basis != fingerprint(stages["transformer"]["averaged"]):
        raise NothingToExport(
            f"The decoder in {folder} was trained on another transformer than the one there, so they do not fit and "
            "nothing was exported: run 'decoder' again."
        )


def _layers(state: dict[str, Any]) -> int:
    """Of the transformer among a stage's weights, 0 for another network."""
    blocks = {name.split(".")[2] for name in state["averaged"] if name.startswith("dit.blocks.")}
    return len(blocks)
