"""Runs a script in a process of its own, on offscreen displays of any number and size."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run_on_screens(
    script: str, screens: Sequence[tuple[str, int, int, int]], folder: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """screens: (name, x, width, height). The script finds the platform's configuration in ``sys.argv[1]``."""
    same = {"y": 0, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    described = [{"name": name, "x": x, "width": width, "height": height, **same} for name, x, width, height in screens]
    config = folder / "screens.json"
    config.write_text(json.dumps({"screens": described}), "utf-8")
    command = [sys.executable, "-c", script, str(config), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
