"""Compiles a stand-in device into a library that a subprocess loads with LD_PRELOAD.

Knows nothing of what a stand-in does. Where the C compiler is missing the test skips and says so; under CI it fails,
because there a skipped test is one that never runs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent


def compiled(source_name: str, folder: Path) -> Path:
    """``tests/standins/<source_name>`` as a shared library inside ``folder``.

    folder: a temporary folder of the test run (``tmp_path_factory.mktemp(...)``), where a library that is newer than
    its source is used again. Skips the test where gcc is missing or this is not Linux; fails instead under CI.
    """
    if not sys.platform.startswith("linux"):
        pytest.skip("stand-in devices are LD_PRELOAD libraries, which only Linux has")
    if shutil.which("gcc") is None:
        reason = f"gcc is missing, so the stand-in device {source_name} cannot be built (apt-get install gcc libc6-dev)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    source = SOURCES / source_name
    library = folder / source.with_suffix(".so").name
    if library.exists() and library.stat().st_mtime >= source.stat().st_mtime:
        return library
    flags = ["-O1", "-Wall", "-Wextra", "-shared", "-fPIC"]
    command = ["gcc", *flags, "-o", str(library), str(source), "-ldl", "-lpthread"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(f"gcc could not build {source_name}:\n{done.stderr}")
    return library
