"""A frame that says in letters what is in it, so that nobody takes one picture for another. Knows no pictures."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.window import theme

CAPTION = 24
"""Pixels of the line above what is framed."""
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
        title = QFont(self.font())
        title.setPixelSize(theme.SMALL_PX)
        title.setWeight(QFont.Weight.DemiBold)
        painter.setFont(title)
        painter.setPen(QColor(theme.ON_ACCENT if self._marked else theme.TEXT))
        place = strip.adjusted(10, 0, -10, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place, middle, self._title)
        place.setLeft(place.left() + painter.fontMetrics().horizontalAdvance(self._title) + 12)
        plain = QFont(title)
        plain.setWeight(QFont.Weight.Normal)
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
