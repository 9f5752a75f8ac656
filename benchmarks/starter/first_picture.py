"""How long the window takes from the command to the first picture of the engine that it shows.

    python -m benchmarks.starter.first_picture BEGAN live [OPTIONS]

is ``python -m app live [OPTIONS]``, which is what ``run.py`` turns into, closed as soon as its preview has painted such
a picture. BEGAN is what ``time.monotonic()`` said before the process was started, so that the interpreter's start and
all imports count; what ``run.py`` itself looks at before, some tenths of a second, does not. Prints seconds.
"""

from __future__ import annotations

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.__main__ import main as run_app
from app.window.main_window import MainWindow

LOOK_MS = 10
LIMIT_S = 120


def main(began: float, arguments: list[str]) -> int:
    """Exit code 0 when a picture came, 1 when none came in time."""
    # The command takes the application that is there, so that a timer of this one runs in its loop.
    app = QApplication(sys.argv[:1])
    seconds = float("nan")

    def look() -> None:
        nonlocal seconds
        waited = time.monotonic() - began
        for window in app.topLevelWidgets():
            if isinstance(window, MainWindow):
                shown = "preview" in window._rig.status().outputs  # there from the first picture that it has painted
                seconds = waited if shown else seconds
                if shown or waited > LIMIT_S:
                    timer.stop()
                    window.close()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(LOOK_MS)
    code = run_app(arguments)
    print(seconds)
    return code or int(not seconds < LIMIT_S)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
