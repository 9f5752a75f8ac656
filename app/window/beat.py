"""The beat: a lamp that tells its number, and the line of controls that set the tempo. Binds ``setup.tempo``."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.tempo import FASTEST, NUDGE, SLOWEST, Tempo
from app.window import icons, theme
from app.window.actions import Actions
from app.window.bind import Bindings
from app.window.cards import tool
from app.window.fader import NumberField
from app.words import window as words
from app.words import window_hud as words_hud

_POLL_MS = 16
_LIT = 0.3
"""The share of a beat in which the lamp is lit."""
_NOTCH = 120


class BeatLamp(QWidget):
    """The beat's number in a round lamp that is filled at the beginning of each beat."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        super().__init__()
        self.setFixedSize(36, 36)
        self._clock = clock
        self._tempo = Tempo()
        self._shown = (1, False)
        self._name()
        self._timer = QTimer(self, interval=_POLL_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.look)

    @property
    def shown(self) -> tuple[int, bool]:
        """The number in the lamp, and whether it is lit."""
        return self._shown

    def put(self, tempo: Tempo) -> None:
        self._tempo = tempo
        self.look()

    def look(self) -> None:
        """Bring number and light in line with the clock; repaints only when one of them has changed."""
        number, gone = self._tempo.beat(self._clock())
        shown = (number, gone < _LIT)
        if shown != self._shown:
            before, self._shown = self._shown[0], shown
            self.update()
            if number != before:
                self._name()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _name(self) -> None:
        self.setAccessibleName(words.figure_said(words_hud.BEAT, str(self._shown[0])))

    def paintEvent(self, event: QPaintEvent) -> None:
        number, lit = self._shown
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # The bar's first beat has a thicker rim: it is told from the others in the corner of an eye.
        rim = 4.0 if number == 1 else 2.0
        painter.setPen(QPen(QColor(theme.ACCENT if lit else theme.FAINT), rim))
        painter.setBrush(QColor(theme.ACCENT if lit else theme.FIELD))
        painter.drawEllipse(QRectF(self.rect()).adjusted(rim / 2 + 1, rim / 2 + 1, -rim / 2 - 1, -rim / 2 - 1))
        font = QFont(self.font())
        font.setPixelSize(theme.BUTTON_PX)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(theme.ON_ACCENT if lit else theme.TEXT))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(number))
        painter.end()


class PaceField(NumberField):
    """Beats a minute: typed, or by the wheel."""

    def __init__(self) -> None:
        super().__init__(SLOWEST, FASTEST, decimals=1)
        self.setAccessibleName(words_hud.TEMPO)
        self.setToolTip(words_hud.TEMPO_TIP)
        self.setFixedWidth(76)
        self._wheel = 0

    def put(self, pace: float) -> None:
        with QSignalBlocker(self):
            self.setValue(pace)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._wheel += event.angleDelta().y()
        notches = int(self._wheel / _NOTCH)
        self._wheel -= notches * _NOTCH
        self.setValue(self.value() + notches)
        event.accept()


class TempoBar(QWidget):
    """Tap, beats a minute, nudges, beat 1 now."""

    def __init__(self, bindings: Bindings, actions: Actions) -> None:
        super().__init__()
        self.tap = _button(f" {words_hud.TAP}", words_hud.TAP, words_hud.TAP_TIP)
        self.tap.setIcon(icons.icon("drum"))
        self.tap.setIconSize(QSize(20, 20))
        self.pace = PaceField()
        self.later = tool("chevrons-left", words_hud.NUDGE_LATER, words_hud.NUDGE_LATER_TIP)
        self.earlier = tool("chevrons-right", words_hud.NUDGE_EARLIER, words_hud.NUDGE_EARLIER_TIP)
        self.now = _button(words_hud.BEAT_NOW, words_hud.BEAT_NOW_NAME, words_hud.BEAT_NOW_TIP)
        # On the press and not on its end: the hand is on the beat when it comes down.
        self.tap.pressed.connect(actions.tap_tempo)
        self.now.pressed.connect(actions.beat_now)
        self.later.clicked.connect(partial(self._nudge, actions, -NUDGE))
        self.earlier.clicked.connect(partial(self._nudge, actions, NUDGE))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(5)
        for part in (self.tap, self.pace, self.later, self.earlier, self.now):
            line.addWidget(part)
        bindings.setup(
            lambda setup: setup.tempo.beats_per_minute,
            self.pace.put,
            self.pace.valueChanged,
            actions.set_beats_per_minute,
        )

    @staticmethod
    def _nudge(actions: Actions, beats: float, _: bool = False) -> None:
        actions.nudge_beat(beats)


def _button(title: str, name: str, tip: str) -> QPushButton:
    button = QPushButton(title)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(name)
    button.setToolTip(tip)
    return button
