"""What holds for every test: no display is needed, no test is judged by the clock, pictures are kept.

Knows no part of the program.
"""

from __future__ import annotations

import faulthandler
import os
from pathlib import Path

import hypothesis
import pytest

ARTEFACTS = Path(__file__).parent.parent / "artefacts"
EXIT_GRACE_S = 60

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# As the engine sets it, but tests may load torch before the engine.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
# On networks this small a second thread is waited for more than it helps, the more so beside other workers: training's
# tests took four times the processor's time with two, and far longer yet where the cores are shared.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Machines differ in speed, so no example fails for being slow. CI tries the same examples every time.
hypothesis.settings.register_profile("tests", deadline=None, derandomize=os.environ.get("CI") == "true")
hypothesis.settings.load_profile("tests")


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """The folder for pictures and films that a person may want to look at after the run."""
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS


def pytest_unconfigure() -> None:
    """A thread that outlives the tests shows where it hangs and ends the process, instead of holding it for ever."""
    faulthandler.dump_traceback_later(EXIT_GRACE_S, exit=True)
