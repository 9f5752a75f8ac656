"""The cue grid at the foot of the window: a pad for each cue; a click or a key fires it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QMimeData, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QDropEvent,
    QIcon,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.cue_sheet import CueSheet
from app.set_list import COLOURS, Cue, Transition
from app.window import theme, words, words_hud
from app.window.cards import text, tool
from app.window.file_dialog import FileDialog

PAD = QSize(132, 92)
LOW_PAD = QSize(132, 34)
"""In a low window: key, colour and name, without the picture."""
KEYS = 18
"""Of which the first nine cues have 1 to 9, and the next nine the same with Shift."""
_MIME = "application/x-vace-live-cue"
_STRIP = 5
"""Pixels of the cue's colour at the pad's left side."""


class CuePad(QAbstractButton):
    """One cue, or an empty place. ``clicked`` fires it, ``asked`` wants its menu, ``dropped(place)`` is another pad."""

    asked = Signal(QPoint)
    dropped = Signal(int)

    def __init__(self, place: int) -> None:
        super().__init__()
        self.place = place
        self.setFixedSize(PAD)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAcceptDrops(True)
        self._cue: Cue | None = None
        self._current = False
        self._picture: QImage | None = None
        self._pressed_at = QPoint()
        self.put(None, False)

    def put(self, cue: Cue | None, current: bool) -> None:
        if cue is not self._cue:
            self._picture = None
            if cue is not None and cue.thumbnail is not None:
                pixels = cue.thumbnail.pixels
                height, width = pixels.shape[:2]
                self._picture = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self._cue, self._current = cue, current
        self.setEnabled(True)
        self.setAccessibleName(words.cue_pad(self.place, "" if cue is None else cue.name, current))
        self.setToolTip(words.cue_tip(cue, key_of(self.place)))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        room = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        low = self.height() < PAD.height()
        painter.fillRect(room, QColor(theme.RAISED if self._cue is not None else theme.FIELD))
        caption = QRectF(room) if low else QRectF(room.left(), room.bottom() - 26, room.width(), 26)
        key = key_of(self.place)
        badge = QRectF(room.right() - 30, room.top() + (6 if low else 4), 26, 20)
        if len(key) > 1:
            badge.setLeft(badge.left() - 24)
        if self._cue is not None:
            if self._picture is not None and not low:
                painter.drawImage(QRectF(room.left(), room.top(), room.width(), room.height() - 26), self._picture)
            painter.fillRect(QRectF(room.left(), room.top(), _STRIP, room.height()), QColor(self._cue.colour))
            painter.setPen(QColor(theme.TEXT))
            sign = "● " if self._current else ""
            end = badge.left() if low and key else caption.right()
            width = int(end - caption.left()) - _STRIP - 12
            line = self.fontMetrics().elidedText(sign + self._cue.name, Qt.TextElideMode.ElideRight, width)
            painter.drawText(caption.adjusted(_STRIP + 6, 0, -6, 0), Qt.AlignmentFlag.AlignVCenter, line)
        if key:
            painter.fillRect(badge, QColor(theme.BACKGROUND))
            painter.setPen(QColor(theme.TEXT if self._cue is not None else theme.FAINT))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, key)
        framed = theme.TEXT if self.hasFocus() else theme.ACCENT if self._current else theme.LINE
        painter.setPen(QPen(QColor(framed), 2 if self._current or self.hasFocus() else 1))
        painter.drawRect(room)
        painter.end()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.asked.emit(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow down opens the menu, as it does a list: not every keyboard has a key for menus."""
        if event.key() == Qt.Key.Key_Down:
            self.asked.emit(self.mapToGlobal(self.rect().center()))
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
        data.setData(_MIME, str(self.place).encode())
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.setPixmap(self.grab())
        drag.setHotSpot(self._pressed_at)
        drag.exec(Qt.DropAction.MoveAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(_MIME):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.dropped.emit(int(bytes(event.mimeData().data(_MIME).data())))
        event.acceptProposedAction()


class CueGrid(QWidget):
    """Pads in one line that scrolls, always one empty one more than there are cues; a click on that adds a cue."""

    def __init__(self, sheet: CueSheet) -> None:
        super().__init__()
        self.sheet = sheet
        self.pads: list[CuePad] = []
        self._pad_size = PAD
        self._line = QHBoxLayout()
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(6)
        self._line.addStretch(1)
        inside = QWidget()
        inside.setObjectName("scrolled")
        inside.setLayout(self._line)
        self._scroll = QScrollArea()
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFixedHeight(PAD.height() + 14)
        self.name = QLineEdit()
        self.name.setAccessibleName(words.CUE_NAME)
        self.name.setToolTip(words.CUE_NAME_TIP)
        self.name.hide()
        self._naming: int | None = None
        self.name.editingFinished.connect(self._named)
        # Later: a field that hides while the focus leaves it takes the focus from where it goes.
        self.name.editingFinished.connect(self.name.hide, Qt.ConnectionType.QueuedConnection)
        self.buttons = {
            "previous": tool("skip-back", words.CUE_PREVIOUS, words.CUE_PREVIOUS_TIP),
            "next": tool("skip-forward", words.CUE_NEXT, words.CUE_NEXT_TIP),
            "add": tool("plus", words.CUE_ADD, words.CUE_ADD_TIP),
            "update": tool("refresh-cw", words.CUE_UPDATE, words.CUE_UPDATE_TIP),
            "undo": tool("undo-2", words.CUE_UNDO, words.CUE_UNDO_TIP),
            "redo": tool("redo-2", words.CUE_REDO, words.CUE_REDO_TIP),
            "open": tool("folder-open", words.SET_OPEN, words.SET_OPEN_TIP),
            "save": tool("save", words.SET_SAVE, words.SET_SAVE_TIP),
        }
        self.opening = FileDialog(self, words.SET_OPEN, words.SET_FILTER, sheet.open)
        self.saving = FileDialog(self, words.SET_SAVE, words.SET_FILTER, sheet.save, saves="vlive")
        acts = {
            "previous": sheet.previous,
            "next": sheet.next,
            "add": sheet.add,
            "update": self.update_current,
            "undo": sheet.undo,
            "redo": sheet.redo,
            "open": self.opening.open,
            "save": self.saving.open,
        }
        head = QHBoxLayout()
        head.setSpacing(5)
        head.addWidget(text(words.CUES, "card_title"))
        head.addSpacing(8)
        for name, button in self.buttons.items():
            button.clicked.connect(lambda _, act=acts[name]: act())
            head.addWidget(button)
        head.addWidget(self.name)
        head.addStretch(1)
        self._head = head
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self._scroll)
        sheet.changed.connect(self._follow)
        self._follow()

    def add_to_head(self, part: QWidget) -> None:
        """At the right of the line above the pads."""
        self._head.addWidget(part)

    def set_low(self, low: bool) -> None:
        """In a low window the pads' pictures give their room to the canvas; keys, colours and names stay."""
        self._pad_size = LOW_PAD if low else PAD
        self._scroll.setFixedHeight(self._pad_size.height() + 14)
        for pad in self.pads:
            pad.setFixedSize(self._pad_size)

    def update_current(self) -> None:
        """The cue that was fired or added last takes the look as it is now."""
        if self.sheet.current is not None:
            self.sheet.update(self.sheet.current)

    def rename(self, place: int) -> None:
        """Type its name; Enter or a click elsewhere ends that."""
        cue = self.sheet.cue(place)
        if cue is not None:
            self._naming = place
            self.name.setText(cue.name)
            self.name.show()
            self.name.setFocus()
            self.name.selectAll()

    def menu(self, place: int) -> QMenu | None:
        """What can be done with the cue at ``place``; None for an empty place."""
        cue = self.sheet.cue(place)
        if cue is None:
            return None
        sheet, menu = self.sheet, QMenu(self)
        menu.addAction(words.CUE_UPDATE, partial(sheet.update, place))
        menu.addAction(words.CUE_RENAME, partial(self.rename, place))
        menu.addAction(words.CUE_DUPLICATE, partial(sheet.duplicate, place))
        transitions = menu.addMenu(words.CUE_TRANSITION)
        for transition in words.TRANSITIONS:
            action = QAction(words.transition(transition), transitions, checkable=True)
            action.setChecked(transition == cue.transition)
            action.triggered.connect(partial(self._set, place, transition=transition))
            transitions.addAction(action)
        colours = menu.addMenu(words.CUE_COLOUR)
        for name, colour in zip(words.CUE_COLOURS, COLOURS, strict=True):
            swatch = QPixmap(16, 16)
            swatch.fill(QColor(colour))
            action = QAction(QIcon(swatch), name, colours, checkable=True)
            action.setChecked(colour == cue.colour)
            action.triggered.connect(partial(self._set, place, colour=colour))
            colours.addAction(action)
        menu.addSeparator()
        left = menu.addAction(words_hud.CUE_LEFT, partial(sheet.swap, place, place - 1))
        left.setEnabled(place > 0)
        menu.addAction(words_hud.CUE_RIGHT, partial(sheet.swap, place, place + 1))
        menu.addSeparator()
        menu.addAction(words.CUE_DELETE, partial(sheet.delete, place))
        return menu

    def _set(self, place: int, _: bool = False, **changes: Transition | str) -> None:
        self.sheet.set_cue(place, **changes)

    def _named(self) -> None:
        place, self._naming = self._naming, None
        if place is not None and self.name.text().strip():
            self.sheet.set_cue(place, name=self.name.text().strip())

    def _clicked(self, place: int) -> None:
        if self.sheet.cue(place) is None:
            self.sheet.add(place)
        else:
            self.sheet.fire(place)

    def _ask(self, place: int, at: QPoint) -> None:
        menu = self.menu(place)
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(at)

    def _follow(self) -> None:
        cues = self.sheet.set_list.cues
        while len(self.pads) < len(cues) + 1:
            pad = CuePad(len(self.pads))
            pad.setFixedSize(self._pad_size)
            pad.clicked.connect(partial(self._press, pad))
            pad.asked.connect(partial(self._ask, pad.place))
            pad.dropped.connect(partial(self._dropped, pad.place))
            self._line.insertWidget(self._line.count() - 1, pad)
            if self.pads:
                QWidget.setTabOrder(self.pads[-1], pad)
            self.pads.append(pad)
        while len(self.pads) > len(cues) + 1:
            self.pads.pop().deleteLater()
        for pad in self.pads:
            pad.put(self.sheet.cue(pad.place), pad.place == self.sheet.current)
        self.buttons["undo"].setEnabled(self.sheet.can_undo)
        self.buttons["redo"].setEnabled(self.sheet.can_redo)
        self.buttons["update"].setEnabled(self.sheet.current is not None)

    def _press(self, pad: CuePad, _: bool = False) -> None:
        self._clicked(pad.place)
        self._scroll.ensureWidgetVisible(pad)

    def _dropped(self, to: int, place: int) -> None:
        self.sheet.move(place, to)


def key_of(place: int) -> str:
    """The key that fires the cue at ``place``; "" for none."""
    if place < KEYS // 2:
        return str(place + 1)
    return f"Shift+{place - KEYS // 2 + 1}" if place < KEYS else ""
