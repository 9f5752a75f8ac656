"""The program's picture in a widget: what the outputs show, repainted once for each new picture and not more often."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QPaintEvent, QShowEvent

from app.frame import Program
from app.framing import Fit
from app.window.picture import PictureView
from app.window.rig import Rig
from app.words import window as words

POLL_MS = 16
"""Once per refresh of an ordinary display. Looking costs one attribute read; only a new number costs a repaint."""


class ProgramView(PictureView):
    """Polls ``rig.program`` while it is visible and tells the rig when a new picture has been painted.

    output: the name under which the rig books its latency, "preview" or "stage". around: the colour beside the picture.
    """

    def __init__(self, rig: Rig, output: str, title: str, fit: Fit, around: str) -> None:
        super().__init__(title, words.NO_PICTURE_YET, fit, around=around)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._rig, self._output = rig, output
        self._program: Program | None = None
        self._painted: int | None = None
        self._timer = QTimer(self, interval=POLL_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.look)

    def look(self) -> None:
        """Take the newest picture if there is one."""
        program = self._rig.program.get()
        if program is not None and (self._program is None or program.number != self._program.number):
            self._program = program
            self.set_picture(program.rgb)

    def forget(self) -> None:
        """Take the program's picture anew at the next look: another one was shown in its place."""
        self._program = None
        self.set_picture(None)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._program is not None and self._program.number != self._painted:
            self._painted = self._program.number
            self._rig.handed_over(self._output, self._program)
