"""A pad of the cue grid: one cue with its picture, colour, key and name, or an empty place. It decides nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QApplication

from app.set_list import Cue
from app.window import theme
from app.window.shortcuts import BY_CLICK
from app.window.text_fields import ClickElsewhere
from app.words import window as words

KEYS = 18
"""Of which the first nine cues have 1 to 9, and the next nine the same with Shift."""
CUE_MIME = "application/x-vace-live-cue"
"""Carries the place that a pad is dragged from."""
_STRIP = 5
"""Pixels of the cue's colour at the pad's left side."""
_CAPTION = 26
"""Pixels of the line with the name; a pad that has not twice as many shows no picture."""


class CuePad(QAbstractButton):
    """``clicked`` fires it, ``asked`` wants its menu, ``dropped(place)`` is another pad, ``removed`` wants it gone."""

    asked = Signal(QPoint)
    dropped = Signal(int)
    removed = Signal()

    def __init__(self, place: int, size: QSize) -> None:
        super().__init__()
        self.place = place
        self.setFixedSize(size)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self._cue: Cue | None = None
        self._on_air = self._auditioned = False
        self._picture: QImage | None = None
        self._pressed_at = QPoint()
        self._elsewhere = ClickElsewhere(self)
        self.put(None, on_air=False, auditioned=False)

    @property
    def clicked_last(self) -> bool:
        """Whether it has the focus from a click. Space is then no press of it: see ``shortcuts``."""
        return self.hasFocus() and bool(self.property(BY_CLICK))

    def put(self, cue: Cue | None, on_air: bool, auditioned: bool) -> None:
        """on_air: it was fired last for the outputs. auditioned: for the audition."""
        if cue is not self._cue:
            self._picture = None
            if cue is not None and cue.thumbnail is not None:
                pixels = cue.thumbnail.pixels
                height, width = pixels.shape[:2]
                self._picture = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self._cue, self._on_air, self._auditioned = cue, on_air, auditioned
        self.setAccessibleName(words.cue_pad(self.place, "" if cue is None else cue.name, on_air, auditioned))
        self.setAccessibleDescription("" if cue is None else words.transition(cue.transition))
        self.setToolTip(words.cue_tip(cue, self._key))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        room = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        low = self.height() < 2 * _CAPTION
        painter.fillRect(room, QColor(theme.RAISED if self._cue is not None else theme.FIELD))
        key = self._key.replace("Shift+", "⇧")
        width = painter.fontMetrics().horizontalAdvance(key) + 8 if low else 30
        badge = QRectF(room.right() - width - (2 if low else 4), room.top() + (6 if low else 4), width, 20)
        if self._cue is not None:
            self._paint_cue(painter, self._cue, room, badge.left() if low and self._key else room.right(), low)
        if self._key:
            painter.fillRect(badge, QColor(theme.BACKGROUND))
            painter.setPen(QColor(theme.TEXT if self._cue is not None else theme.FAINT))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, key)
        marked = self._on_air or self._auditioned
        framed = theme.TEXT if self.hasFocus() else theme.ACCENT if marked else theme.LINE
        line = Qt.PenStyle.SolidLine if self._on_air or not marked else Qt.PenStyle.DashLine
        painter.setPen(QPen(QColor(framed), 2 if marked or self.hasFocus() else 1, line))
        painter.drawRect(room)
        painter.end()

    @property
    def _key(self) -> str:
        return key_of(self.place)

    def _paint_cue(self, painter: QPainter, cue: Cue, room: QRectF, end: float, low: bool) -> None:
        """end: where there is no more room for its name."""
        caption = QRectF(room) if low else QRectF(room.left(), room.bottom() - _CAPTION, room.width(), _CAPTION)
        if self._picture is not None and not low:
            picture = QRectF(room.left(), room.top(), room.width(), room.height() - _CAPTION)
            painter.drawImage(picture, self._picture, _middle(self._picture, picture))
        painter.fillRect(QRectF(room.left(), room.top(), _STRIP, room.height()), QColor(cue.colour))
        name = "● " * self._on_air + "○ " * self._auditioned + cue.name
        left = caption.left() + _STRIP + 6
        wide = left + self.fontMetrics().horizontalAdvance(name) + 6
        end = self._paint_transition(painter, cue, room, end, wide if low else None)
        painter.setPen(QColor(theme.TEXT))
        line = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(end - left) - 6)
        painter.drawText(caption.adjusted(_STRIP + 6, 0, -6, 0), Qt.AlignmentFlag.AlignVCenter, line)

    def _paint_transition(self, painter: QPainter, cue: Cue, room: QRectF, end: float, behind: float | None) -> float:
        """How it comes: over the picture, or ``behind`` the name, if that leaves room for it; the tooltip has it as
        well. Returns where there is no more room for the name."""
        mark = words.transition_mark(cue.transition)
        font = painter.font()
        painter.save()
        font.setPixelSize(theme.SMALL_PX)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(mark) + 8
        left = room.left() + _STRIP + 4 if behind is None else end - width - 2
        if behind is None or behind <= left:
            box = QRectF(left, room.top() + (4 if behind is None else 6), width, 20)
            painter.fillRect(box, QColor(theme.BACKGROUND))
            painter.setPen(QColor(theme.DIM))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, mark)
            end = end if behind is None else left
        painter.restore()
        return end

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        by_click = event.reason() == Qt.FocusReason.MouseFocusReason
        self.setProperty(BY_CLICK, by_click)
        if by_click:
            self._elsewhere.watch()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._elsewhere.rest()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.asked.emit(event.globalPos())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _deletes(event):
            event.accept()  # with the focus here it is about the cue, and not about what is painted
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow down opens the menu, as it does a list: not every keyboard has a key for menus."""
        if event.key() == Qt.Key.Key_Down:
            self.asked.emit(self.mapToGlobal(self.rect().center()))
        elif _deletes(event):
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        far = (event.position().toPoint() - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        if self._cue is None or not event.buttons() & Qt.MouseButton.LeftButton or not far:
            super().mouseMoveEvent(event)
            return
        self.setDown(False)
        data = QMimeData()
        data.setData(CUE_MIME, str(self.place).encode())
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.setPixmap(self.grab())
        drag.setHotSpot(self._pressed_at)
        drag.exec(Qt.DropAction.MoveAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(CUE_MIME):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.dropped.emit(int(bytes(event.mimeData().data(CUE_MIME).data())))
        event.acceptProposedAction()


def _deletes(event: QKeyEvent) -> bool:
    return event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


def _middle(picture: QImage, room: QRectF) -> QRectF:
    """The largest part of ``picture`` that has the aspect of ``room``."""
    scale = min(picture.width() / room.width(), picture.height() / room.height())
    width, height = room.width() * scale, room.height() * scale
    return QRectF((picture.width() - width) / 2, (picture.height() - height) / 2, width, height)


def key_of(place: int) -> str:
    """The key that fires the cue at ``place``; "" for none."""
    if place < KEYS // 2:
        return str(place + 1)
    return f"Shift+{place - KEYS // 2 + 1}" if place < KEYS else ""
