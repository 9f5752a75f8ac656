"""The live path on stage, as every test of the app may have it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.engine_thread import MakeHost
from app.look import Setup
from app.window.theme import apply_theme
from tests.app.stage import TINY, Stage, StageMaker
from tests.fakes import Witness


@pytest.fixture(scope="session")
def app(qapp: QApplication) -> QApplication:
    """Dressed once: every widget that is still there is dressed anew each time."""
    apply_theme(qapp)
    return qapp


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[StageMaker]:
    running: list[Stage] = []

    def make(
        setup: Setup = TINY,
        witness: Witness | None = None,
        make_host: MakeHost | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> Stage:
        running.append(Stage(qtbot, setup, witness or Witness(), make_host, clock))
        return running[-1]

    yield make
    for one in running:
        one.rig.stop()
