"""In another language the window has no English left: nothing is shown that does not come from the words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.examples import EXAMPLES
from tests.app.window.abroad import bare

ROOT = Path(__file__).parents[3]


def test_all_that_the_window_shows_is_translated(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.app.window.abroad", str(tmp_path)]
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, env=environ, check=False)
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["bare"] == {}
    assert told["texts"] > 500  # the whole window was looked at


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("⟦All of it⟧", ""),
        ("⟦Engine⟧, ⟦⟦Beat⟧ 2 of 4⟧: 3.5 /s", ""),
        ("⟦Control ⟦a⟧⟧ on", " on"),
        ("Blackout", "Blackout"),
        ("⟦The engine is wai…", ""),
        ("Ctrl+Z   F2", ""),
        (EXAMPLES[0], ""),
        ("640 × 360", ""),
    ],
)
def test_what_counts_as_translated(text: str, left: str) -> None:
    assert bare(text, EXAMPLES) == left
