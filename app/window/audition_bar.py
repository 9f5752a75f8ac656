"""The line under the preview while a look is auditioned: the program in small, Take, Back, and how a take comes."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QPushButton, QWidget

from app.set_list import TRANSITIONS, Transition
from app.vision_mixer import VisionMixer
from app.window import icons, theme
from app.window.choice import Picker
from app.window.lettered_frame import CAPTION, LetteredFrame
from app.window.morph_length import MorphLength
from app.window.preview import ProgramView
from app.window.rig import Rig
from app.words import window as words
from app.words import window_program as words_program

_PROGRAM, _SMALL = QSize(176, 99 + CAPTION), QSize(112, 63 + CAPTION)
_TRANSITION_WIDTH, _NARROW_TRANSITION_WIDTH, _LEAST_TRANSITION_WIDTH = 232, 206, 120


class AuditionBar(QWidget):
    """Holds no values. ``program`` is what the outputs show, seen and told to the rig as the preview sees it alone.
    ``tools`` is there where the tools had to give their room, and brings them back."""

    said = Signal(str, str)

    def __init__(self, rig: Rig, mixer: VisionMixer) -> None:
        super().__init__()
        self._mixer = mixer
        self.program = ProgramView(rig, "preview", words_program.BESIDE, "fit", theme.BACKGROUND)
        self.program.set_placeholder(words.NO_PICTURE_YET_SHORT)
        self.frame = LetteredFrame(self.program)
        self.frame.put(words_program.PROGRAM_FRAME, words_program.PROGRAM_LINE_SHORT)
        self.take = verb("circle-dot", words_program.TAKE, words_program.TAKE_TIP)
        self.take.clicked.connect(mixer.take)
        self.back = verb("undo-2", words_program.BACK, words_program.BACK_TIP)
        self.back.clicked.connect(mixer.back)
        self.tools = verb("brush", words_program.TOOLS, words_program.TOOLS_TIP)
        self.tools.setCheckable(True)
        self.tools.hide()
        self.transition: Picker = Picker(words_program.TAKE_BY, words.transition, words_program.TAKE_BY_TIP)
        self.transition.set_options([(words.transition(one), one) for one in TRANSITIONS])
        self.transition.picked.connect(self._pick)
        self.morph = MorphLength()
        self.length = self.morph.field
        self.morph.picked.connect(self._pick)
        self.morph.refused.connect(self._refuse)
        self._how = QWidget()
        self._how_layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, self._how)
        self._how_layout.setContentsMargins(0, 0, 0, 0)
        self._how_layout.setSpacing(6)
        self._how_layout.addWidget(self.transition)
        self._how_layout.addWidget(self.morph)
        self._how_layout.addStretch(1)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(6)
        self._grid.setColumnStretch(4, 1)
        self._grid.setRowStretch(3, 1)
        self.set_room(1000, small=False, narrow=False)
        mixer.changed.connect(self._follow)
        self._follow()

    def set_room(self, width: int, *, small: bool, narrow: bool) -> None:
        """Where there is little room the program is smaller still; in a narrow column the rest is beside and below it,
        in a wider one the transition is below the buttons. Elsewhere it takes of ``width`` what the others leave."""
        self.frame.setFixedSize(_SMALL if small or narrow else _PROGRAM)
        below = small and not narrow
        others = (self.frame.width(), *(button.sizeHint().width() for button in (self.take, self.back)))
        left = width - sum(others) - len(others) * self._grid.spacing()
        self.transition.setFixedWidth(
            _NARROW_TRANSITION_WIDTH
            if narrow
            else _TRANSITION_WIDTH
            if below
            else max(_LEAST_TRANSITION_WIDTH, min(_TRANSITION_WIDTH, left))
        )
        self._grid.addWidget(self.frame, 0, 0, 3, 1)
        self._grid.addWidget(self.take, 0, 1)
        self._grid.addWidget(self.back, *((1, 1) if narrow else (0, 2)))
        self._grid.addWidget(self.tools, *((4, 0, 1, 2) if narrow else (0, 3)))
        way = QBoxLayout.Direction.LeftToRight if below else QBoxLayout.Direction.TopToBottom
        self._how_layout.setDirection(way)
        self._grid.addWidget(self._how, *((3, 0, 1, 2) if narrow else (1, 1, 1, 4) if below else (0, 3, 3, 1)))

    def hideEvent(self, event: QHideEvent) -> None:
        """The audition has ended, and with it what was wrong in its line."""
        super().hideEvent(event)
        self.morph.take_back()

    def _pick(self, transition: Transition) -> None:
        self._mixer.set_transition(transition)

    def _refuse(self, reason: str) -> None:
        self.said.emit("warning", reason)
        self._follow()

    def _follow(self) -> None:
        """A length can be typed where there is one."""
        transition = self._mixer.transition
        self.transition.put(transition)
        self.morph.put(transition)
        self.morph.setVisible(transition.kind == "morph")


def verb(symbol: str, title: str, tip: str) -> QPushButton:
    """A button that says what it does."""
    button = QPushButton(icons.icon(symbol), f" {title}")
    button.setIconSize(QSize(20, 20))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(title)
    button.setToolTip(tip)
    return button
