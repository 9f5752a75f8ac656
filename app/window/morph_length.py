"""How long a morph takes: along a slider, or typed in beats or seconds."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFocusEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.set_list import Transition, Unit
from app.window.cards import scrolls_by
from app.window.fader import Notches, Slider
from app.window.text_fields import ClickElsewhere, LineField
from app.words import window_cues as words
from app.words.window import figure_said

STEPS: dict[Unit, tuple[float, int]] = {"beats": (1.0, 32), "seconds": (0.5, 60)}
"""What one step of the slider is, and how many it has; longer morphs are typed."""
LONGEST = tuple(Transition("morph", 599.75, unit) for unit in STEPS)
"""What takes most room to read, of what is slid, turned or typed to a quarter."""
DEFAULT = Transition("morph").length
"""In beats or in seconds, whichever it is counted in."""


class MorphLength(QWidget):
    """``put`` is silent. A slider that is dragged counts when it is let go, so that it is one step back."""

    picked = Signal(object)
    """A Transition."""
    refused = Signal(str)
    """What was typed and is no length."""
    taken_back = Signal(str)
    """What ``refused`` told: there is another length now, or the field was given up."""
    left = Signal()
    """Neither of its parts has the focus any more."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = Transition("morph")
        self._notches = Notches()
        self._refusal = ""
        self.slider = Slider(1)
        self.slider.setTracking(False)
        self.slider.setMinimumWidth(28)
        self.field = LineField(words.CUE_LENGTH_NAME, words.CUE_LENGTH_PLACEHOLDER, words.CUE_LENGTH_TIP)
        self.field.hold((*(words.length(longest) for longest in LONGEST), words.CUE_LENGTH_PLACEHOLDER))
        self.field.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._elsewhere = ClickElsewhere(self.slider)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.field)
        for part in (self.slider, self.field):
            part.installEventFilter(self)
        self.slider.valueChanged.connect(lambda place: self.picked.emit(self._at(place)))
        self.slider.sliderMoved.connect(lambda place: self.field.put(words.length(self._at(place))))
        # Let go where it stood it tells nobody; later, for what it does tell comes behind this.
        self.slider.sliderReleased.connect(self._put_back, Qt.ConnectionType.QueuedConnection)
        self.slider.reset.connect(self.reset)
        self.field.entered.connect(self._typed)
        self.field.given_up.connect(self.take_back)
        self.picked.connect(lambda _: self.take_back())
        self.put(self._shown)

    @property
    def shown(self) -> Transition:
        """What was put last."""
        return self._shown

    def put(self, transition: Transition) -> None:
        """A slider stands at its end where the morph is longer than it. What was refused stays in the field until it is
        typed right, given up, or there is another length."""
        same = transition == self._shown
        if not same:
            self.take_back()
        self._shown = transition
        step, places = STEPS[transition.unit]
        with QSignalBlocker(self.slider):
            self.slider.setRange(1, places)
            self.slider.setValue(round(transition.length / step))
        self.slider.setAccessibleName(figure_said(words.CUE_LENGTH_SLIDER, words.length(transition)))
        self.slider.setToolTip(words.length_slider_tip(words.length(self._at(places)), f"{DEFAULT:g}"))
        if not (same and self.field.refused):
            self.field.put(words.length(transition))

    def reset(self) -> None:
        self.picked.emit(Transition("morph", DEFAULT, self._shown.unit))

    def take_back(self) -> None:
        """What was refused last, if that is told still."""
        refusal, self._refusal = self._refusal, ""
        if refusal:
            self.taken_back.emit(refusal)

    def wheelEvent(self, event: QWheelEvent) -> None:
        at = event.position().toPoint()
        if scrolls_by(self, event) or not any(part.geometry().contains(at) for part in (self.slider, self.field)):
            event.ignore()
            return
        notches = self._notches.turned(event)
        if notches:
            step, _ = STEPS[self._shown.unit]
            length = min(600.0, max(step, self._shown.length + notches * step))
            self.picked.emit(Transition("morph", length, self._shown.unit))
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.slider and event.type() == QEvent.Type.FocusIn:
            self._elsewhere.watch()
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
            self._elsewhere.rest()
            QTimer.singleShot(0, self, self._tell_left)  # the focus may be on its way to the other part
        return False

    def _tell_left(self) -> None:
        if not self.slider.hasFocus() and not self.field.hasFocus():
            self.left.emit()

    @Slot()
    def _put_back(self) -> None:
        self.put(self._shown)

    def _at(self, place: int) -> Transition:
        return Transition("morph", place * STEPS[self._shown.unit][0], self._shown.unit)

    def _typed(self, typed: str) -> None:
        if not typed:
            self._put_back()
            return
        try:
            transition = Transition.morph(typed, self._shown.unit)
        except ValueError:
            self._put_back()  # what stands there is what counts
            self.take_back()
            self._refusal = words.no_length(typed)
            self.refused.emit(self._refusal)
            self.field.refuse()
        else:
            self.picked.emit(transition)
