"""How long the window takes from the command to the engine's first picture; run as a process of its own.

    python -m benchmarks.starter.first_picture CLIP BEGAN

BEGAN is what ``time.monotonic()`` said when the process was started. Prints seconds.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.look import Look, Setup, SourceChoice
from app.rig import Rig
from app.show import Show
from app.window.main_window import MainWindow
from app.window.theme import apply_theme

LOOK_MS = 5
LIMIT_S = 120


def main(clip: str, began: float) -> int:
    """Exit code 0 when a picture came, 1 when none came in time."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication(sys.argv[:1])
    apply_theme(app)
    show = Show(Look(), Setup(source=SourceChoice("clip", clip)))
    rig = Rig(show)
    seconds = float("nan")

    def look() -> None:
        nonlocal seconds
        waited = time.monotonic() - began
        if rig.status().frames_out:
            seconds = waited
        if rig.status().frames_out or waited > LIMIT_S:
            app.exit()

    with tempfile.TemporaryDirectory() as folder:
        window = MainWindow(show, rig, Path(folder) / "state.json")
        window.show()
        rig.start()
        timer = QTimer()
        timer.timeout.connect(look)
        timer.start(LOOK_MS)
        app.exec()
        timer.stop()
        window.close()
        rig.stop()
    print(seconds)
    return 0 if seconds < LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
