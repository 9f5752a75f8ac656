"""A ranged value as a performer wants it: slider, typed number, wheel, double-click back to the default."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QLocale, QPointF, QRect, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QLabel,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)

from app.window.cards import TitledGrid, scrolls_by
from app.window.shortcuts import is_shortcut_in_number, is_step
from app.window.text_fields import ClickElsewhere
from app.words import window as words

_NOTCH = 120
"""What ``QWheelEvent.angleDelta`` calls one click of an ordinary wheel."""


class NumberField(QDoubleSpinBox):
    """A typed number; the theme hides its little buttons. Letters stay shortcuts while it has the focus.

    Digits fire cues as soon as the number is typed: the focus leaves it on Enter, on Escape, which takes back what was
    typed, and on a click elsewhere. An Enter on what is out of range leaves it there, selected, to be typed right. The
    wheel does not bring it there.
    """

    def __init__(self, low: float, high: float, decimals: int) -> None:
        super().__init__()
        self.setLocale(QLocale.c())  # a point for the decimals, whatever the system says
        self.setRange(low, high)
        self.setDecimals(decimals)
        self.setKeyboardTracking(False)
        self.lineEdit().setTextMargins(4, 0, 9, 0)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._elsewhere = ClickElsewhere(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.cleanText() and not self.hasAcceptableInput():
                self.selectAll()
                return
            super().keyPressEvent(event)
            self.clearFocus()
        elif event.key() == Qt.Key.Key_Escape:
            self.setValue(self.value())
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._elsewhere.watch()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._elsewhere.rest()

    def event(self, event: QEvent) -> bool:
        if is_shortcut_in_number(event) or (is_step(event) and not self._is_typed_in()):
            event.ignore()
            return True
        return super().event(event)

    def _is_typed_in(self) -> bool:
        return self.cleanText() != self.textFromValue(self.value())

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the Fader around it turns the wheel, so that slider and number feel the same


class Slider(QSlider):
    """Goes where it is clicked instead of paging towards it; leaves wheel and double-click to what it stands in."""

    reset = Signal()

    def __init__(self, most: int, least: int = 0) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(least, most)
        self.setPageStep(max(1, (most - least) // 10))
        self.setSingleStep(max(1, (most - least) // 100))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        handle, at = self._handle(), event.position()
        if event.button() == Qt.MouseButton.LeftButton and not handle.contains(at.toPoint()):
            self.setSliderDown(True)  # or a slider without tracking would count here, and again where it is let go
            room, x = self.width() - handle.width(), round(at.x() - handle.width() / 2)
            self.setSliderPosition(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), x, room))
            # By the handle, which a slider of few places has beside the pointer: it is dragged on from there.
            held = QPointF(self._handle().center())
            event = QMouseEvent(
                event.type(),
                held,
                event.scenePosition(),
                event.globalPosition(),
                event.button(),
                event.buttons(),
                event.modifiers(),
            )
        super().mousePressEvent(event)

    def _handle(self) -> QRect:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        part = QStyle.SubControl.SC_SliderHandle
        return self.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, self)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class Notches:
    """Whole clicks of a wheel, of which a touchpad tells parts."""

    def __init__(self) -> None:
        self._turned = 0

    def turned(self, event: QWheelEvent) -> int:
        """How many are full with ``event``; below 0 towards the hand."""
        self._turned += event.angleDelta().y() or event.angleDelta().x()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        return notches


class Fader(QWidget):
    """One ranged value with its title. ``moved`` speaks only of the performer's hand; ``set_value`` is silent."""

    moved = Signal(float)

    def __init__(
        self,
        title: str,
        low: float,
        high: float,
        default: float,
        *,
        whole: bool = False,
        decimals: int = 2,
        suffix: str = "",
        help: str = "",
        title_width: int = 56,
        most: float | None = None,
    ) -> None:
        """low, high: where the slider ends. most: what may be typed beyond that; None = no more than ``high``."""
        super().__init__()
        self._low, self._high, self._default, self._whole = low, high, default, whole
        self._most = high if most is None else most
        self._value = default
        self._notches = Notches()
        decimals = 0 if whole else decimals
        self._per_unit: int = 10**decimals
        # In units of the last digit that is displayed: what a screen reader hears of a slider is then a number of
        # these and never a place on it; the name has it as it is displayed.
        self._slider = Slider(round(high * self._per_unit), round(low * self._per_unit))
        self._number = NumberField(low, self._most, decimals)
        self._number.setSuffix(suffix)
        self._number.setFixedWidth(76 if suffix else 64)
        self._slider.setMinimumWidth(60)
        label = QLabel(title)
        label.setFixedWidth(title_width)
        for part in (self._slider, self._number):
            part.setAccessibleDescription(help)
        self.setToolTip(words.fader_tip(help, f"{default:.{decimals}f}{suffix}"))

        layout = TitledGrid(self)
        layout.addWidget(label, 0, 0)
        layout.addWidget(self._slider, 0, 1)
        layout.addWidget(self._number, 0, 2)

        self.set_spoken_title(title)
        self._display()
        self._slider.valueChanged.connect(self._slid)
        self._slider.reset.connect(self.reset)
        self._number.valueChanged.connect(self._hand_moves)

    @property
    def value(self) -> float:
        return self._value

    @property
    def slider(self) -> QSlider:
        return self._slider

    @property
    def number(self) -> NumberField:
        return self._number

    def set_spoken_title(self, title: str) -> None:
        """What a screen reader calls it, where the title beside it is one of several."""
        self._spoken_title = title
        self._number.setAccessibleName(title)
        self._speak()

    def set_value(self, value: float) -> None:
        if value != self._value:
            self._value = value
            self._display()

    def reset(self) -> None:
        self._hand_moves(self._default)
        self._display()  # in place of what is typed, too

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Beside slider and number, and while what it stands in is being scrolled, that is scrolled."""
        at = event.position().toPoint()
        if not any(part.geometry().contains(at) for part in (self._slider, self._number)) or scrolls_by(self, event):
            event.ignore()
            return
        notches = self._notches.turned(event)
        if notches:
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self._hand_moves(self._value + notches * self._step(fine))
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset()

    def _step(self, fine: bool) -> float:
        """Never finer than what is displayed, or a turn would be rounded away."""
        displayed = 10.0 ** -self._number.decimals()
        return displayed if self._whole else max(displayed, (self._high - self._low) / (500 if fine else 50))

    def _slid(self, position: int) -> None:
        self._hand_moves(position / self._per_unit)

    def _hand_moves(self, value: float) -> None:
        value = min(self._most, max(self._low, round(value, self._number.decimals())))
        if value != self._value:
            self._value = value
            self._display()
            self.moved.emit(value)

    def _display(self) -> None:
        with QSignalBlocker(self._slider), QSignalBlocker(self._number):
            self._slider.setValue(round(min(self._high, self._value) * self._per_unit))
            self._number.setValue(self._value)
        self._speak()

    def _speak(self) -> None:
        """Of the slider, which Qt tells in its own places; the number tells itself."""
        self._slider.setAccessibleName(words.figure_said(self._spoken_title, self._number.text()))
