"""One of several (a row of buttons, a drop-down list), and on or off. Setters are silent, as in ``bind``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from app.window import icons, theme

Option = tuple[str, Any]
"""What the performer reads, and the value behind it."""


class Segments(QWidget):
    """A row of buttons of which one is down. ``picked(value)`` speaks only of the performer's hand."""

    picked = Signal(object)

    def __init__(
        self,
        title: str,
        options: Sequence[Option],
        symbols: Sequence[str] = (),
        help: str = "",
        tips: Sequence[str] = (),
    ) -> None:
        """tips: of each option its own, in place of ``help`` for all."""
        super().__init__()
        self._values = [value for _, value in options]
        self._group = QButtonGroup(self)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for index, (text, _) in enumerate(options):
            button = QToolButton()
            button.setText(text)
            button.setObjectName("segment")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAccessibleName(f"{title}: {text}")
            button.setToolTip(tips[index] if tips else help)
            button.setMinimumWidth(48)
            if symbols:
                button.setIcon(icons.icon(symbols[index]))
                button.setIconSize(QSize(20, 20))
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            policy = button.sizePolicy()
            policy.setHorizontalPolicy(policy.Policy.Ignored)
            button.setSizePolicy(policy)
            self._group.addButton(button, index)
            layout.addWidget(button, 0, index)
        self._group.idClicked.connect(lambda index: self.picked.emit(self._values[index]))

    def put(self, value: object) -> None:
        """None is down where ``value`` is no option."""
        if value in self._values:
            self._group.button(self._values.index(value)).setChecked(True)
        elif (down := self._group.checkedButton()) is not None:
            self._group.setExclusive(False)
            down.setChecked(False)
            self._group.setExclusive(True)

    def button(self, value: object) -> QAbstractButton:
        return self._group.button(self._values.index(value))


class Picker(QComboBox):
    """A drop-down list whose choices may change while it is used. A value that is not among them is still shown; what
    has too little room is read whole in the tooltip.

    missing: how such a value reads.
    """

    picked = Signal(object)

    def __init__(self, title: str, missing: Callable[[Any], str] = str, help: str = "") -> None:
        super().__init__()
        self._options: list[Option] = []
        self._listed: list[Option] = []
        self._value: Any = None
        self._missing, self._help = missing, help
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(title)
        self.setToolTip(help)
        # A long device name must not decide how wide the panel is.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.activated.connect(self._activated)
        self.currentTextChanged.connect(self._tell_whole)

    def set_options(self, options: Sequence[Option]) -> None:
        self._options = list(options)
        self._list()

    def put(self, value: Any) -> None:
        self._value = value
        self._list()

    @property
    def value(self) -> Any:
        return self._value

    @property
    def options(self) -> list[Option]:
        """What the list shows now."""
        return list(self._listed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_whole()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # scrolling a panel must not switch cameras

    def paintEvent(self, event: QPaintEvent) -> None:
        """A text that has too little room ends in an ellipsis, clear of the arrow."""
        painter = QStylePainter(self)
        option = self._option()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = self._elided(option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        arrow = icons.symbol("chevron-down", theme.DIM, 16, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - 22, (self.height() - 16) // 2, arrow)
        painter.end()

    def _tell_whole(self) -> None:
        whole = self.currentText()
        lines = (whole if self._elided(self._option()) != whole else "", self._help)
        self.setToolTip("\n".join(line for line in lines if line))

    def _option(self) -> QStyleOptionComboBox:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return option

    def _elided(self, option: QStyleOptionComboBox) -> str:
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self)
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room.width() - 6)

    def _list(self) -> None:
        listed = list(self._options)
        if not listed:
            return
        if self._value is None:  # nothing has been put yet
            self._value = listed[0][1]
        if all(value != self._value for _, value in listed):
            listed.append((self._missing(self._value), self._value))
        if listed != self._listed:
            self._listed = listed
            self.clear()
            self.addItems([text for text, _ in listed])
        self.setCurrentIndex(next(index for index, (_, value) in enumerate(listed) if value == self._value))

    def _activated(self, index: int) -> None:
        value = self._listed[index][1]
        if value != self._value:
            self._value = value
            self.picked.emit(value)


class Switch(QAbstractButton):
    """On or off, told by the knob's place and not by colour alone. ``clicked(bool)`` is the performer's hand."""

    def __init__(self, title: str, help: str = "", caption: bool = True) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(title)
        self.setToolTip(help)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._caption = title if caption else ""

    def sizeHint(self) -> QSize:
        text = self.fontMetrics().horizontalAdvance(self._caption) + 10 if self._caption else 0
        return QSize(44 + text, 28)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on, enabled = self.isChecked(), self.isEnabled()
        track = QRectF(2, self.height() / 2 - 11, 40, 22)
        painter.setPen(QPen(QColor(theme.TEXT if self.hasFocus() else theme.LINE), 2 if self.hasFocus() else 1))
        painter.setBrush(QColor(theme.ACCENT if on and enabled else theme.FIELD))
        painter.drawRoundedRect(track, 11, 11)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor((theme.ON_ACCENT if on else theme.DIM) if enabled else theme.FAINT))
        painter.drawEllipse(QRectF(track.right() - 19 if on else track.left() + 3, track.top() + 3, 16, 16))
        if self._caption:
            painter.setPen(QColor(theme.TEXT if enabled else theme.FAINT))
            painter.drawText(self.rect().adjusted(50, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._caption)
        painter.end()
