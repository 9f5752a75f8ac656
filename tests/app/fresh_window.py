"""A process of its own: the real window on the tiny engine opens a set, fires its first cue by key 1, and tells the
look that then reaches the engine, as JSON. ``python -m tests.app.fresh_window SET``."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.look import Look, Setup, SourceChoice, to_json
from app.rig import Rig
from app.show import Show
from app.window.main_window import MainWindow
from assets import CLIP
from engine.params import EngineChoice
from tests.fakes import Witness

_PATIENCE_S = 60


def main(path: Path) -> None:
    _app = QApplication.instance() or QApplication([])  # held as long as the window
    witness = Witness()
    show = Show(Look(), Setup(source=SourceChoice("clip", str(CLIP)), engine=EngineChoice("tiny", 96, 64)))
    rig = Rig(show, witness.make_host)
    with tempfile.TemporaryDirectory() as folder:
        window = MainWindow(show, rig, Path(folder) / "state.json")
        window.show()
        rig.start()
        try:
            QTest.qWaitForWindowActive(window)
            window.cues.sheet.open(path)
            _wait(lambda: window.cues.sheet.cue(0) is not None)
            cue = window.cues.sheet.cue(0)
            assert cue is not None
            QTest.keyClick(window, Qt.Key.Key_1)
            prompt = cue.look.params.prompt
            _wait(lambda: bool(witness.steps) and witness.steps[-1][1].prompt == prompt)
            print(json.dumps(to_json(show.look)))
        finally:
            window.end_show()
            rig.stop()


def _wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not done():
        assert time.monotonic() < end, "it has not come"
        QTest.qWait(20)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
