"""Commands are held to as many cores as the figure is for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.starter.speed import held_to


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux holds a process to some of the cores")
def test_processes_are_held_to_the_cores_and_this_one_is_let_go_again() -> None:
    before = os.sched_getaffinity(0)
    with held_to(1) as cores:
        told = subprocess.run(
            [sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"],
            check=True,
            capture_output=True,
            text=True,
        )
    assert cores == int(told.stdout) == 1
    assert os.sched_getaffinity(0) == before
