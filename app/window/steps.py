"""Steps back and forth over all that a hand does: the stroke under way, the looks and the cues, in one line.

Show and cue sheet each keep their own steps, numbered in one order; what was done last of both is taken back first, and
what was taken back last is done again first. Whatever is done anew ends the way forward in both.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.cue_history import Deed
from app.cue_sheet import CueSheet
from app.look_history import Back, Field
from app.show import Show
from app.window.mask_editor import MaskEditor
from app.words import window_canvas as words_canvas
from app.words import window_cues as words_cues


class Steps(QObject):
    """said(level, sentence): what was taken back or done again."""

    changed = Signal()
    """Whether there is a step to take back, or one to do again."""
    said = Signal(str, str)

    def __init__(self, show: Show, sheet: CueSheet, editor: MaskEditor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._show, self._sheet, self._editor = show, sheet, editor
        show.history_changed.connect(self.changed)
        show.looks_changed.connect(self.changed)
        sheet.changed.connect(self.changed)
        sheet.taken_back.connect(self._tell_taken_back)
        sheet.done_again.connect(self._tell_done_again)

    @property
    def can_undo(self) -> bool:
        return self._show.can_undo or self._cues_are_last

    @property
    def can_redo(self) -> bool:
        return self._next is not None

    def undo(self) -> None:
        """Take back the stroke under way, or else what the hand did last, whatever it was."""
        if self._editor.is_stroking:
            self._editor.cancel()
        elif self._cues_are_last:
            self._sheet.undo()
        else:
            self.said.emit("info", words_canvas.undone(*self._told(self._show.undo())))

    def redo(self) -> None:
        """Do again what was taken back; nothing within a stroke."""
        if self._editor.is_stroking:
            return
        if self._next is not None and self._next == self._sheet.undone:
            self._sheet.redo()
        else:
            step = self._show.redo() if self._next is not None else None
            self.said.emit("info", words_canvas.redone(*self._told(step)))

    @property
    def _cues_are_last(self) -> bool:
        """What was done to the cues before an audition is not taken back in it."""
        return self._sheet.done > self._show.done

    @property
    def _next(self) -> int | None:
        """When the step to do again was taken back: the last one, unless something else has been done since."""
        undone = [number for number in (self._show.undone, self._sheet.undone) if number is not None]
        newest = max(self._show.newest, self._sheet.newest)
        return max((number for number in undone if number > newest), default=None)

    def _told(self, step: Back | None) -> tuple[tuple[Field, ...], str | None]:
        """Which fields it changed, and the name of the cue that it fired: "" for one that is no more."""
        if step is None:
            return (), None
        if step.cue is None:
            return step.changed, None
        place = self._sheet.place_of(step.cue)
        cue = None if place is None else self._sheet.cue(place)
        return step.changed, "" if cue is None else cue.name

    def _tell_taken_back(self, deed: Deed) -> None:
        self.said.emit("info", words_cues.undone(deed, self._sheet.path))

    def _tell_done_again(self, deed: Deed) -> None:
        self.said.emit("info", words_cues.redone(deed, self._sheet.path))
