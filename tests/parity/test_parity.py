"""The engine equals the published reference models: the numbers kept here, and all of them where they are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from tests.parity.other_sizes import make
from tests.parity.rows import Row
from tests.parity.runner import OTHERS, TRANSFORMERS, run

KEPT = Path(__file__).parents[1] / "golden"
ALL = Path(__file__).parents[3] / "shared" / "golden"
FOLDERS = {"kept": KEPT, "all": ALL}


def require_passes(rows: Sequence[Row]) -> None:
    assert rows
    assert [f"{row.name}: {', '.join(row.reasons)}" for row in rows if not row.passes] == []


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_every_case(folder: Path, dtype: torch.dtype) -> None:
    if not folder.exists():
        pytest.skip("the full set of golden numbers is not beside the project")
    require_passes(run(folder, dtype))


def test_other_seeds_and_sizes(tmp_path: Path) -> None:
    make(tmp_path)
    require_passes(run(tmp_path))


def test_of_every_kind_something_is_kept() -> None:
    kept = {path.stem for path in KEPT.glob("case_*.json")}
    # That of references is a roll-out under VACE too.
    assert [name for name in TRANSFORMERS | OTHERS if not any(case.startswith(name) for case in kept)] == []
    assert sum(path.stat().st_size for path in KEPT.iterdir()) < 12e6
