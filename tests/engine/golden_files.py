"""Where a golden file stands: kept in ``tests/golden``, or in the full set beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

_FOLDERS = (Path(__file__).parents[1] / "golden", Path(__file__).parents[3] / "shared" / "golden")


def golden_file(name: str) -> Path:
    """The file; where it is in neither place, the test that asks for it is skipped."""
    for folder in _FOLDERS:
        if (folder / name).exists():
            return folder / name
    pytest.skip(f"{name} is not in tests/golden, and the full set is not beside the project")
