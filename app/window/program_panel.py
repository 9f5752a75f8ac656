"""The centre: the canvas under its tools, and a line that says what the outputs show and which model paints it.

While a look is auditioned the canvas is that look's; the program stands beside it in small.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.framing import Fit
from app.look import Treatment
from app.looks import Looks
from app.status import Status
from app.vision_mixer import VisionMixer
from app.window.audition_bar import AuditionBar, verb
from app.window.bind import Bindings
from app.window.canvas import Canvas
from app.window.canvas_bar import CanvasBar
from app.window.cards import Elided
from app.window.choice import Picker
from app.window.lettered_frame import LetteredFrame
from app.window.mask_editor import MaskEditor
from app.window.rig import Rig
from app.window.steps import Steps
from app.window.top_bar import Chip
from app.words import window as words
from app.words import window_program as words_program

ROOM_FOR_NOTE = 460
"""Below this width the model's note has no chip of its own; it stands in the line about the model."""

ROOM_FOR_VERB = 520
"""Below this width the audition's button is a symbol, or it would take a line of its own from the canvas."""
ROOM_FOR_PROGRAM = 620
"""Below this width the program beside an audition is smaller, or it would push its verbs out of sight."""

LOW = 440
"""Pixels of height below which the tools give their room to an audition; a button of its bar brings them back."""

_AT_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class ProgramPanel(QWidget):
    """The preview with its header."""

    def __init__(self, bindings: Bindings, rig: Rig, editor: MaskEditor, mixer: VisionMixer, steps: Steps) -> None:
        super().__init__()
        show = bindings.show
        self._rig, self._show = rig, show
        self._status = Status()
        self._treatment: Treatment = show.look.treatment
        self.preview = Canvas(rig, show, editor, show.setup.preview_fit)
        self.preview.setMinimumSize(200, 116)
        self.frame = LetteredFrame(self.preview)
        self.audition = verb("sparkles", words_program.AUDITION, words_program.AUDITION_TIP)
        self.audition.clicked.connect(mixer.audition)
        self.audition_bar = AuditionBar(rig, mixer)
        self.audition_bar.tools.toggled.connect(lambda _: self._make_room())
        self.on_air = Chip("", words.PREVIEW_TIP)
        self.note = Chip("", words.NOTE_TIP)
        self.model = Elided("dim")
        self.fit = Picker(words.PREVIEW_FIT, help=words.PREVIEW_FIT_TIP)
        self.fit.set_options(words.FITS)
        self.fit.setFixedWidth(88)
        self._head = QGridLayout()
        self._head.setHorizontalSpacing(10)
        self._head.setVerticalSpacing(6)
        self._head.setColumnStretch(2, 1)
        self._head.addWidget(self.note, 0, 1, Qt.AlignmentFlag.AlignVCenter)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.bar = CanvasBar(self.preview, editor, show, steps)
        column.addLayout(self._head)
        self.bar.add(self.audition)
        column.addWidget(self.bar)
        column.addWidget(self.frame, 1)
        column.addWidget(self.audition_bar)
        editor.changed.connect(self._make_room)
        show.looks_changed.connect(self._put_looks)
        self.preview.shown_changed.connect(lambda: self._put_looks(show.looks))
        self._put_looks(show.looks)
        bindings.look(lambda look: look.treatment, self._put_treatment)
        bindings.setup(
            lambda setup: setup.preview_fit, self._put_fit, self.fit.picked, lambda fit: show.set_setup(preview_fit=fit)
        )

    def put_status(self, status: Status) -> None:
        self._status = status
        self._describe()
        self._put_looks(self._show.looks)

    def _put_looks(self, looks: Looks) -> None:
        auditions = looks.audition is not None
        self.audition_bar.setVisible(auditions)
        self.audition.setVisible(not auditions)
        self._make_room()
        shown = "" if self.preview.shown == "output" else words.CANVAS_SHOWS[self.preview.shown]
        if auditions:
            line = words_program.audition_line(shown, self._status.audition_trouble)
            self.frame.put(words_program.AUDITION_FRAME, line, marked=True)
        else:
            self.frame.put(words_program.PROGRAM_FRAME, words_program.program_line(shown))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()
        self._describe()

    def _make_room(self) -> None:
        tools, narrow = self.audition_bar.tools, self.width() < ROOM_FOR_NOTE
        # With the tools brought back it may be higher only because they are there: what scrolls is low as before.
        low = self.height() < LOW or (not tools.isHidden() and self.height() <= self.minimumHeight())
        # What is on the air is told in large letters: in a narrow column nothing has room beside it.
        self._head.addWidget(self.on_air, 0, 0, 1, 4 if narrow else 1, _AT_LEFT)
        self._head.addWidget(self.model, *((1, 0, 1, 3) if narrow else (0, 2)))
        self._head.addWidget(self.fit, 1 if narrow else 0, 3)
        give_room = low and self._show.looks.audition is not None
        tools.setVisible(give_room)
        self.audition_bar.set_room(self.width(), small=low or self.width() < ROOM_FOR_PROGRAM, narrow=narrow)
        self.bar.setVisible(not give_room or tools.isChecked())
        self.audition.setText("" if self.width() < ROOM_FOR_VERB else f" {words_program.AUDITION}")
        # What has come into view asks for its room at once: splitters hear of it too late.
        self.setMinimumHeight(self._column.totalMinimumSize().height())

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
        kind = program.kind if program is not None else None
        stands = words.standstill(self._status) if kind in ("engine", "bypass") else ""
        lit = "warning" if self._treatment != "live" or stands else "on" if kind == "engine" else ""
        self.on_air.put(words.on_air_now(self._treatment, kind, stands), lit)
