"""The centre: the canvas under its tools, and a line that says what the outputs show and which model paints it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.framing import Fit
from app.look import Treatment
from app.status import Status
from app.window import words
from app.window.bind import Bindings
from app.window.canvas import Canvas
from app.window.canvas_bar import CanvasBar
from app.window.cards import Elided
from app.window.choice import Picker
from app.window.mask_editor import MaskEditor
from app.window.rig import Rig
from app.window.top_bar import Chip

ROOM_FOR_NOTE = 460
"""Below this width the model's note has no chip of its own; it stands in the line about the model."""


class ProgramPanel(QWidget):
    """The preview with its header."""

    def __init__(self, bindings: Bindings, rig: Rig, editor: MaskEditor) -> None:
        super().__init__()
        show = bindings.show
        self._rig = rig
        self._status = Status()
        self._treatment: Treatment = show.look.treatment
        self.preview = Canvas(rig, show, editor, show.setup.preview_fit)
        self.preview.setMinimumSize(200, 120)
        self.on_air = Chip("", words.PREVIEW_TIP)
        self.note = Chip("", words.NOTE_TIP)
        self.model = Elided("dim")
        self.fit = Picker(words.PREVIEW_FIT, help=words.PREVIEW_FIT_TIP)
        self.fit.set_options(words.FITS)
        self.fit.setFixedWidth(88)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self.on_air, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self.note, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self.model, 1)
        head.addWidget(self.fit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.bar = CanvasBar(self.preview, editor)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addWidget(self.preview, 1)
        bindings.look(lambda look: look.treatment, self._put_treatment)
        bindings.setup(
            lambda setup: setup.preview_fit, self._put_fit, self.fit.picked, lambda fit: show.set_setup(preview_fit=fit)
        )

    def put_status(self, status: Status) -> None:
        self._status = status
        self._describe()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._describe()

    def _put_treatment(self, treatment: Treatment) -> None:
        self._treatment = treatment
        self._describe()

    def _put_fit(self, fit: Fit) -> None:
        self.fit.put(fit)
        self.preview.set_fit(fit)

    def _describe(self) -> None:
        note = words.note(self._status.note)
        wide = self.width() >= ROOM_FOR_NOTE
        self.note.setVisible(bool(note) and wide)
        self.note.put(note, "note")
        self.model.put(words.model_line(self._status, "" if wide else note))
        program = self._rig.program.get()
        caption, lit = words.on_air_now(self._treatment, program.kind if program is not None else None)
        self.on_air.put(caption, lit)
