"""A frame that says in letters what is in it, so that nobody takes one picture for another. Knows no pictures."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.window import theme

CAPTION = 28
"""Pixels of the line above what is framed."""
_BESIDE = 6
"""Pixels at both ends of that line."""
_LINE = 3


class LetteredFrame(QWidget):
    """``inside`` under a caption. Marked, the frame is dashed and its caption dark on bright: seen without colours."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self._title = self._line = ""
        self._marked = False
        column = QVBoxLayout(self)
        column.setContentsMargins(_LINE, CAPTION, _LINE, _LINE)
        column.addWidget(inside)

    @property
    def caption(self) -> str:
        return f"{self._title}: {self._line}" if self._line else self._title

    @property
    def title_width(self) -> int:
        """Pixels that it takes to read the caption's title in full."""
        return QFontMetrics(self._title_font()).horizontalAdvance(self._title) + 2 * _BESIDE

    def put(self, title: str, line: str = "", marked: bool = False) -> None:
        """title: a word in capitals. line: more about it, as far as there is room."""
        if (title, line, marked) != (self._title, self._line, self._marked):
            self._title, self._line, self._marked = title, line, marked
            self.setAccessibleName(self.caption)
            self.setToolTip(line)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = QRectF(self.rect())
        strip = QRectF(room.left(), room.top(), room.width(), CAPTION)
        painter.fillRect(strip, QColor(theme.ACCENT if self._marked else theme.PANEL))
        painter.setFont(self._title_font())
        painter.setPen(QColor(theme.ON_ACCENT if self._marked else theme.TEXT))
        place = strip.adjusted(_BESIDE, 0, -_BESIDE, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place, middle, self._title)
        place.setLeft(place.left() + painter.fontMetrics().horizontalAdvance(self._title) + 12)
        plain = QFont(self.font())
        plain.setPixelSize(theme.SMALL_PX)
        painter.setFont(plain)
        painter.setPen(QColor(theme.ON_ACCENT if self._marked else theme.DIM))
        line = painter.fontMetrics().elidedText(self._line, Qt.TextElideMode.ElideRight, int(place.width()))
        painter.drawText(place, middle, line)
        pen = QPen(QColor(theme.ACCENT if self._marked else theme.LINE), _LINE if self._marked else 1)
        pen.setStyle(Qt.PenStyle.DashLine if self._marked else Qt.PenStyle.SolidLine)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        inset = pen.widthF() / 2
        painter.drawRect(room.adjusted(inset, inset, -inset, -inset))
        painter.end()

    def _title_font(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(theme.STATUS_PX)
        font.setWeight(QFont.Weight.DemiBold)
        return font
