"""A row of places for pictures: dropped, pasted, opened, grabbed from the outputs, removed, reordered.

It shows what it is handed and says what the performer's hand asks for; it holds nothing and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPoint, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QDrag,
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QApplication, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.errors import ShowError
from app.file_worker import Later
from app.pictures import load_picture
from app.safe_write import reason_of
from app.window import theme
from app.window.cards import tool
from app.window.file_dialog import FileDialog
from app.window.picture import placed
from app.window.picture_data import image_of, may_hold_pictures, pictures_in
from app.words import window as words
from app.words import window_look as words_look
from engine.params import Picture

HEIGHT = 58
_SHOWN = 320
"""Pixels of the picture that a place keeps to paint itself with."""
_MIME = "application/x-vace-live-picture"
"""Carries "NAME:PLACE" of the tray and place that a picture is dragged out of."""


class PictureWell(QAbstractButton):
    """One place. ``clicked`` chooses it; ``offered(QMimeData)`` has been dropped; keys say the rest."""

    chosen = Signal()
    offered = Signal(object)
    pasted = Signal()
    removed = Signal()
    shifted = Signal(int)

    def __init__(self, tray: str, place: int, caption: str) -> None:
        super().__init__()
        self._tray, self._place, self._caption = tray, place, caption
        self._picture: Picture | None = None
        self._image: QImage | None = None
        self._current = False
        self._over = False
        self._pressed_at = QPoint()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAcceptDrops(True)
        self.setMinimumWidth(60)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.pressed.connect(self.chosen)
        self.put(None, False)

    @property
    def picture(self) -> Picture | None:
        return self._picture

    def put(self, picture: Picture | None, current: bool) -> None:
        if picture != self._picture:
            self._image = None
            if picture is not None:
                smooth = Qt.TransformationMode.SmoothTransformation
                self._image = image_of(picture).scaledToWidth(_SHOWN, smooth)
        self._picture, self._current = picture, current
        self.setAccessibleName(words_look.picture_place(self._tray, self._caption, picture is not None))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(88, HEIGHT)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._meaning(event):
            event.accept()  # with the focus here, the key is not the window's shortcut
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        act = self._meaning(event)
        if act is None:
            super().keyPressEvent(event)
        else:
            act()

    def _meaning(self, event: QKeyEvent) -> Callable[[], object] | None:
        if event.matches(QKeySequence.StandardKey.Paste):
            return self.pasted.emit
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            return self.removed.emit
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() == Qt.Key.Key_Left:
            return lambda: self.shifted.emit(-1)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() == Qt.Key.Key_Right:
            return lambda: self.shifted.emit(1)
        return None

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.chosen.emit()

    # dragging

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        far = (event.position().toPoint() - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        if self._picture is None or not event.buttons() & Qt.MouseButton.LeftButton or not far:
            super().mouseMoveEvent(event)
            return
        self.setDown(False)
        drag = QDrag(self)
        drag.setMimeData(self.dragged())
        drag.setPixmap(self.grab())
        drag.setHotSpot(self._pressed_at)
        drag.exec(Qt.DropAction.CopyAction)

    def dragged(self) -> QMimeData:
        """What is dragged out of it: where it came from, and the picture for whoever else takes it."""
        data = QMimeData()
        data.setData(_MIME, f"{self._tray}:{self._place}".encode())
        if self._picture is not None:
            data.setImageData(image_of(self._picture))
        return data

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if may_hold_pictures(event.mimeData()):
            event.acceptProposedAction()
            self._mark(True)

    def dragLeaveEvent(self, event: QEvent) -> None:
        self._mark(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._mark(False)
        event.acceptProposedAction()
        self.offered.emit(event.mimeData())

    def _mark(self, over: bool) -> None:
        self._over = over
        self.update()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        room = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.fillRect(room, QColor(theme.FIELD))
        caption = f"● {self._caption}" if self._current else self._caption
        if self._image is not None:
            source, target = placed(self._image.width(), self._image.height(), room, "fit")
            painter.drawImage(target, self._image, source)
        elif self._over:
            caption = words_look.DROP_HERE
        width = self.fontMetrics().horizontalAdvance(caption) + 12
        badge = QRectF(room.left(), room.bottom() - 20, min(width, room.width()), 20)
        if self._image is None:
            badge = room
        else:
            painter.fillRect(badge, QColor(theme.BACKGROUND))
        painter.setPen(QColor(theme.TEXT if self._image is not None else theme.DIM))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, caption)
        marked = self._current or self._over or self.hasFocus()
        colour = theme.TEXT if self.hasFocus() else theme.ACCENT if marked else theme.LINE
        painter.setPen(QPen(QColor(colour), 2 if marked else 1))
        painter.drawRect(room)
        painter.end()


class PictureTray(QWidget):
    """Places side by side, and buttons that act on the marked one.

    given(place, pictures): one or more Pictures for ``place`` and those after it. removed(place). moved(place, to): a
    picture was dragged or shifted. said(level, sentence): why something could not be had; from any thread.

    Files are read on another thread; what was asked for before ``let_go`` and is read after it goes nowhere.
    """

    given = Signal(int, object)
    removed = Signal(int)
    moved = Signal(int, int)
    said = Signal(str, str)
    _read = Signal(object, object)

    def __init__(
        self,
        title: str,
        captions: Sequence[str],
        grab: Callable[[], Picture | None],
        later: Later,
        stays: str,
        help: str,
        rowed: bool,
    ) -> None:
        """grab: what the outputs show. later: where files are read. stays: what is said to be as before when something
        cannot be had. rowed: the pictures are a row without gaps, whose order can be changed."""
        super().__init__()
        self._title, self._grab, self._later, self._stays, self._rowed = title, grab, later, stays, rowed
        self._asked = self._let_go_at = 0
        self._read.connect(self._take_read)
        self.current = 0
        self._opened_for = 0
        self.setToolTip(help)
        self.wells = [PictureWell(title, place, caption) for place, caption in enumerate(captions)]
        self.opening = FileDialog(self, words_look.PICTURE_OPEN, words.STILL_FILTER, self._open)
        places = QHBoxLayout()
        places.setSpacing(6)
        for place, well in enumerate(self.wells):
            places.addWidget(well)
            self._connect(place, well)
        self.buttons = {
            "open": tool("folder-open", words_look.PICTURE_OPEN, words_look.PICTURE_OPEN_TIP),
            "paste": tool("clipboard-paste", words_look.PICTURE_PASTE, words_look.PICTURE_PASTE_TIP),
            "grab": tool("aperture", words_look.PICTURE_GRAB, words_look.PICTURE_GRAB_TIP),
            "left": tool("arrow-left", words_look.PICTURE_LEFT, words_look.PICTURE_LEFT_TIP),
            "right": tool("arrow-right", words_look.PICTURE_RIGHT, words_look.PICTURE_RIGHT_TIP),
            "remove": tool("trash-2", words_look.PICTURE_REMOVE, words_look.PICTURE_REMOVE_TIP),
        }
        acts: dict[str, Callable[[], object]] = {
            "open": self.ask_for_file,
            "paste": self.paste,
            "grab": self.grab_output,
            "left": lambda: self.shift(-1),
            "right": lambda: self.shift(1),
            "remove": self.remove,
        }
        line = QHBoxLayout()
        line.setSpacing(5)
        for name, button in self.buttons.items():
            button.setAccessibleName(words.of_control(title, button.accessibleName()))
            button.clicked.connect(lambda _, act=acts[name]: act())
            line.addWidget(button)
            if name in ("left", "right"):
                button.setVisible(rowed)
            if name == "grab":
                line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(places)
        column.addLayout(line)
        self.put([None] * len(self.wells))

    def put(self, pictures: Sequence[Picture | None]) -> None:
        """One for each place, in order."""
        for place, (well, picture) in enumerate(zip(self.wells, pictures, strict=True)):
            well.put(picture, place == self.current)
        filled = self.wells[self.current].picture is not None
        after = self.current + 1 < len(self.wells) and self.wells[self.current + 1].picture is not None
        self.buttons["left"].setEnabled(filled and self.current > 0)
        self.buttons["right"].setEnabled(filled and after)
        self.buttons["remove"].setEnabled(filled)

    def choose(self, place: int) -> None:
        """Mark the place that buttons and new pictures are for; in a row, the first empty one at most."""
        self.current = min(place, self._first_empty(), len(self.wells) - 1) if self._rowed else place
        self.put([well.picture for well in self.wells])

    # where pictures come from

    def take(self, data: QMimeData, place: int | None = None) -> None:
        """What was dropped or copied; place: None = the first empty one, or the marked one where none is."""
        dragged = self._own_place(data)
        if dragged is not None and self._rowed:
            self.moved.emit(dragged, self._free() if place is None else place)
            return
        try:
            self._fetch(place, pictures_in(data))
        except ShowError as error:
            self._refuse(str(error))

    def let_go(self) -> None:
        """What is still being read was meant for a look that is no longer the edited one."""
        self._let_go_at = self._asked

    def paste(self) -> None:
        # None where the clipboard holds nothing, or its owner does not answer; Qt's types do not say so.
        self.take(QApplication.clipboard().mimeData() or QMimeData(), self.current)

    def grab_output(self) -> None:
        picture = self._grab()
        if picture is None:
            self._refuse(words_look.NOTHING_TO_GRAB)
        else:
            self._give(self.current, [picture])

    def ask_for_file(self) -> None:
        """The place is the one that is marked now, whichever is by the time the file is chosen."""
        self._opened_for = self.current
        self.opening.open()

    def _open(self, path: Path) -> None:
        self._fetch(self._opened_for, lambda: [load_picture(path)])

    def _fetch(self, place: int | None, read: Callable[[], list[Picture]]) -> None:
        """place: None, or an empty one of a row = the one that is free when they have been read."""
        self._asked += 1
        if place is not None and self._rowed and self.wells[place].picture is None:
            place = None
        request = (self._asked, place)
        # Each under a name of its own: none of them takes the place of one that waits.
        self._later(f"{self._title} ({self._asked})", lambda: self._read_pictures(request, read))

    def _read_pictures(self, request: tuple[int, int | None], read: Callable[[], list[Picture]]) -> None:
        try:
            pictures = read()
        except ShowError as error:
            self._refuse(str(error))
        except Exception as error:  # noqa: BLE001 - a hand waits for an answer
            self._refuse(words_look.unreadable(reason_of(error)))
        else:
            self._read.emit(request, pictures)

    @Slot(object, object)
    def _take_read(self, request: tuple[int, int | None], pictures: list[Picture]) -> None:
        number, place = request
        if number <= self._let_go_at:
            self._refuse(words.READ_TOO_LATE)
        else:
            self._give(self._free() if place is None else place, pictures)

    def _free(self) -> int:
        """The first empty place; where none is, behind a row, or else the marked one."""
        empty = self._first_empty()
        return empty if self._rowed or empty < len(self.wells) else self.current

    def _give(self, place: int, pictures: list[Picture]) -> None:
        """In a row the next empty place is then the marked one, so that one after the other can be added."""
        filled = place < len(self.wells) and self.wells[place].picture is not None
        self.given.emit(place, pictures)
        if self._rowed and not filled:
            self.choose(self._first_empty())

    def _refuse(self, reason: str) -> None:
        self.said.emit("warning", f"{reason} {self._stays}")

    # what is there

    def remove(self) -> None:
        if self.wells[self.current].picture is not None:
            self.removed.emit(self.current)

    def shift(self, step: int) -> None:
        """Swap the marked picture with its neighbour, and keep it marked."""
        to = self.current + step
        if self._rowed and 0 <= to < self._first_empty() and self.wells[self.current].picture is not None:
            self.moved.emit(self.current, to)
            self.choose(to)

    def _connect(self, place: int, well: PictureWell) -> None:
        well.chosen.connect(lambda: self.choose(place))
        well.clicked.connect(lambda: self._clicked(well))
        well.offered.connect(lambda data: self.take(data, place))
        well.pasted.connect(self.paste)
        well.removed.connect(self.remove)
        well.shifted.connect(self.shift)

    def _clicked(self, well: PictureWell) -> None:
        if well.picture is None:
            self.ask_for_file()

    def _first_empty(self) -> int:
        """The number of places where none is."""
        return next((place for place, well in enumerate(self.wells) if well.picture is None), len(self.wells))

    def _own_place(self, data: QMimeData) -> int | None:
        """The place of this tray that ``data`` was dragged out of."""
        title, _, place = bytes(data.data(_MIME).data()).decode().rpartition(":")
        return int(place) if title == self._title else None
