"""The furniture of the panels: cards, rows that open, troubles in words, scrolling columns. Holds no values."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.window import icons, theme

SCROLLS_ON_MS = 400
"""From one turn of the wheel to the next: a hand that scrolls makes shorter pauses."""


class Card(QFrame):
    """A titled group of widgets on a panel of its own colour; ``header`` has room for more beside the title."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(14, 11, 14, 13)
        self.body.setSpacing(8)
        self.header = QHBoxLayout()
        self.header.setSpacing(8)
        self.header.addWidget(text(title, "card_title"))
        self.header.addStretch(1)
        self.body.addLayout(self.header)


class Expander(QToolButton):
    """A small arrow that opens and closes ``part``."""

    def __init__(self, title: str, part: QWidget, caption: str = "") -> None:
        super().__init__()
        self.setObjectName("plain")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(title)
        self.setToolTip(title)
        self.setIconSize(QSize(18, 18))
        if caption:
            self.setText(caption)
            self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._part = part
        self.toggled.connect(self._open)
        self._open(False)

    def _open(self, opened: bool) -> None:
        self._part.setVisible(opened)
        self.setIcon(icons.icon("chevron-down" if opened else "chevron-right", checked=theme.TEXT))


class FoldingCard(Card):
    """A card whose ``body`` can be put away; its title, and a line that sums up what is in it, stay."""

    def __init__(self, title: str, opened: bool = True) -> None:
        super().__init__(title)
        self.title = title
        inside = QWidget()
        self.body.addWidget(inside)
        self.body = QVBoxLayout(inside)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(8)
        self.summary = Elided("dim")
        self.arrow = Expander(title, inside)
        self.arrow.setChecked(opened)
        self.header.insertWidget(0, self.arrow)
        self.header.setStretch(self.header.count() - 1, 0)
        self.header.addWidget(self.summary, 1)

    @property
    def opened(self) -> bool:
        return self.arrow.isChecked()

    def open(self, opened: bool = True) -> None:
        self.arrow.setChecked(opened)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The whole head is a larger arrow, but for its buttons: one that is off lets a press through."""
        at = event.position().toPoint()
        on_button = isinstance(self.childAt(at), QToolButton)
        if event.button() == Qt.MouseButton.LeftButton and at.y() <= self.header.geometry().bottom() and not on_button:
            self.arrow.toggle()
        else:
            super().mousePressEvent(event)


class Trouble(QWidget):
    """A sentence about what is wrong, with a warning sign; takes no room while all is well."""

    def __init__(self) -> None:
        super().__init__()
        sign = QLabel()
        sign.setPixmap(icons.symbol("triangle-alert", theme.WARNING, 16, self.devicePixelRatioF()))
        self._sentence = text("", "trouble")
        self._sentence.setWordWrap(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._sentence, 1)
        self.hide()

    @property
    def sentence(self) -> str:
        return self._sentence.text()

    def put(self, sentence: str) -> None:
        if sentence != self._sentence.text():
            self._sentence.setText(sentence)
        self.setVisible(bool(sentence))


class Elided(QLabel):
    """One line that gives way when there is too little room; the whole of it is in the tooltip, and is what a screen
    reader says.

    more: what stands at the end of a line that was cut, where there is room for it.
    """

    def __init__(self, name: str = "dim", more: str = "") -> None:
        super().__init__()
        self._more = more
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._whole = ""

    @property
    def whole(self) -> str:
        return self._whole

    def put(self, line: str) -> None:
        if line != self._whole:
            self._whole = line
            self.setToolTip(line)
            self.setAccessibleName(line)
            self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics, width = self.fontMetrics(), self.width()
        more = self._more if metrics.horizontalAdvance(self._whole) > width > 3 * self._more_width() else ""
        width -= self._more_width() if more else 0
        self.setText(metrics.elidedText(self._whole, Qt.TextElideMode.ElideRight, width) + more)

    def _more_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(self._more)


class TitledGrid(QGridLayout):
    """Of a value with its title: that at the left, then what takes the room there is, and a field at the right."""

    def __init__(self, part: QWidget, rows_apart: int = 0) -> None:
        """rows_apart: pixels between its rows, where there are several."""
        super().__init__(part)
        self.setContentsMargins(0, 0, 0, 0)
        self.setHorizontalSpacing(8)
        self.setVerticalSpacing(rows_apart)
        self.setColumnStretch(1, 1)


class Scroller(QScrollArea):
    """Remembers when the wheel scrolled it, so that a fader that comes under the pointer meanwhile is not turned."""

    def __init__(self) -> None:
        super().__init__()
        self._scrolled_ms: int | None = None

    def scrolls_on(self, event: QWheelEvent) -> bool:
        """Whether ``event`` comes so soon after one that scrolled that it belongs to it."""
        return self._scrolled_ms is not None and event.timestamp() - self._scrolled_ms < SCROLLS_ON_MS

    def wheelEvent(self, event: QWheelEvent) -> None:
        bar = self.verticalScrollBar()
        self._scrolled_ms = event.timestamp() if bar.maximum() > bar.minimum() else None
        super().wheelEvent(event)


def scrolls_by(part: QWidget, event: QWheelEvent) -> bool:
    """Whether ``part`` came under the pointer while what it stands in is being scrolled: ``event`` is not for it."""
    around = part.parentWidget()
    while around is not None:
        if isinstance(around, Scroller) and around.scrolls_on(event):
            return True
        around = around.parentWidget()
    return False


class Column(Scroller):
    """Cards above one another; scrolls when the window is low, so that nothing is ever out of reach."""

    def __init__(self, *cards: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        inside.setObjectName("scrolled")
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 4, 0)
        layout.setSpacing(10)
        for card in cards:
            layout.addWidget(card)
        layout.addStretch(1)
        self.setWidget(inside)


def text(words: str, name: str = "") -> QLabel:
    """A label; ``name`` picks its style in the theme."""
    label = QLabel(words)
    label.setObjectName(name)
    return label


def tool(symbol: str, title: str, tip: str) -> QToolButton:
    """A button that is an icon alone."""
    button = QToolButton()
    button.setObjectName("tool")
    button.setIcon(icons.icon(symbol))
    button.setIconSize(QSize(20, 20))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(title)
    button.setToolTip(tip)
    return button


def named(name: str, part: QWidget | QLayout, width: int = 92) -> QHBoxLayout:
    """``part`` with its name at the left, in one line."""
    line = QHBoxLayout()
    line.setSpacing(8)
    label = text(name)
    label.setFixedWidth(width)
    line.addWidget(label)
    if isinstance(part, QLayout):
        line.addLayout(part, 1)
    else:
        line.addWidget(part, 1)
    return line
