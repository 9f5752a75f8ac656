"""VisionMixer: from program to audition and back, as on a vision mixer. The performer's verbs, on the GUI thread.

It asks the Show, which has the looks; it knows no widget.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.cue_sheet import CueSheet
from app.look import Look
from app.set_list import Transition
from app.show import Show


class VisionMixer(QObject):
    """transition: how the next take comes."""

    changed = Signal()
    """The transition."""

    def __init__(
        self, show: Show, sheet: CueSheet, chunk_s: Callable[[], float] = lambda: 0.25, parent: QObject | None = None
    ) -> None:
        """chunk_s: how long the program's chunks last once no audition is painted beside it, in seconds."""
        super().__init__(parent)
        self._show, self._sheet, self._chunk_s = show, sheet, chunk_s
        self._before: int | None = None
        self.transition = Transition("cut")

    @property
    def auditions(self) -> bool:
        return self._show.looks.audition is not None

    @property
    def on_air(self) -> int | None:
        """The place of the cue that was fired last for the outputs; None = none was, or it is no more."""
        return self._sheet.place_of(self._before) if self.auditions else self._sheet.current

    def set_transition(self, transition: Transition) -> None:
        if transition != self.transition:
            self.transition = transition
            self.changed.emit()

    def audition(self) -> None:
        """Edit beside the show from here on; nothing where that is so already."""
        if not self.auditions:
            self._before = self._sheet.fired
            self._show.begin_audition()

    def take(self) -> None:
        """What is auditioned goes to the outputs, by ``transition``."""
        if self.auditions:
            fired = (self._before, self._sheet.fired)
            self._show.take(self._brought_in, self._sheet.chunks(self.transition, self._chunk_s), fired)

    def back(self) -> None:
        """What was auditioned is dropped, and the cue that was fired for it is no longer the current one."""
        if self.auditions:
            self._show.drop_audition()
            self._sheet.bring_back(self._before)

    def _brought_in(self, look: Look, program: Look) -> Look:
        return self._sheet.brought_in(look, program, self.transition)
