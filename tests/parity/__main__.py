"""The command line: ``python -m tests.parity DIR [--json] [--dtype bfloat16]``."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from tests.parity.rows import Row
from tests.parity.runner import run


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every row passes, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.parity", description="The engine against the golden numbers of a folder."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="holds case_*.json and .safetensors, weights_*")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--dtype",
        choices=("float32", "bfloat16"),
        default="float32",
        help="bfloat16 runs the transformers' cases alone, against a bar of their own",
    )
    wishes = parser.parse_args(arguments)
    rows = run(wishes.folder, getattr(torch, wishes.dtype))
    print(json.dumps({"cases": [_facts(row) for row in rows]}, indent=1) if wishes.json else _table(rows))
    if not rows:
        print(f"There are no case_* files in {wishes.folder}.", file=sys.stderr)
    return 0 if rows and all(row.passes for row in rows) else 1


def _facts(row: Row) -> dict[str, Any]:
    """What JSON says of a row; an error that could not be measured, or is no number, is null."""
    error = row.max_abs_error if row.max_abs_error is None or math.isfinite(row.max_abs_error) else None
    facts: dict[str, Any] = {"case": row.name, "max_abs_error": error, "tolerance": row.tolerance, "pass": row.passes}
    if row.least_cosine is not None:
        facts["cosine"] = row.least_cosine
    if row.reasons:
        facts["reasons"] = row.reasons
    return facts


def _table(rows: Sequence[Row]) -> str:
    width = max((len(row.name) for row in rows), default=4)
    lines = [f"{'case':{width}}  {'max error':>9}  {'tolerance':>9}"]
    for row in rows:
        error = "-" if row.max_abs_error is None else f"{row.max_abs_error:.1e}"
        cosine = "" if row.least_cosine is None else f"  cosine {row.least_cosine:.6f}"
        lines.append(
            f"{row.name:{width}}  {error:>9}  {row.tolerance:>9.1e}  {'pass' if row.passes else 'FAIL'}{cosine}"
        )
        lines += [f"    {reason}" for reason in row.reasons]
    lines.append(f"{sum(row.passes for row in rows)} of {len(rows)} pass")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
