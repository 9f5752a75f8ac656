"""The canvas: program or audition, source, guide, or the mask over the source; to be zoomed, and painted on while it
moves.

Tells the tool that is chosen where the hand is; knows nothing of what it does.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPointingDevice,
    QTabletEvent,
    QTransform,
    QWheelEvent,
)

from app.frame import Pixels
from app.framing import Fit
from app.looks import Looks
from app.mask_painting import Rect, Tool
from app.mask_shape import MaskShape
from app.placement import Placement, placement
from app.show import Show
from app.window import theme
from app.window.canvas_tools import BoxTool, CanvasTool, FrameTool, Geometry, PaintTool, transform
from app.window.mask_editor import MaskEditor
from app.window.mask_layer import ActingLayer, MaskLayer
from app.window.picture import placed
from app.window.preview import ProgramView
from app.window.rig import Rig
from app.words import window as words
from app.words import window_canvas as words_canvas
from app.words import window_hud as words_hud
from app.words import window_program as words_program

Shown = Literal["output", "input", "guide", "mask"]

_MOST_ZOOM = 16.0
_NONE, _LEFT, _RIGHT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
_MIDDLE = Qt.MouseButton.MiddleButton
_NOTCH = 1.25
"""What one click of the wheel enlarges by."""
_STEP, _FINE_STEP = 0.02, 0.004
"""How far an arrow key moves the hand, as a share of the canvas's width; the fine one is Shift's."""
_WAYS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Canvas(ProgramView):
    """``shown_changed`` and ``zoomed`` speak of the performer's hand and of ``show_``, so that buttons can follow."""

    shown_changed = Signal()
    zoomed = Signal(float)
    said = Signal(str, str)
    tapped = Signal()
    """Space was pressed and let go, and moved nothing."""

    def __init__(self, rig: Rig, show: Show, editor: MaskEditor, fit: Fit) -> None:
        super().__init__(rig, "preview", words.PREVIEW, fit, theme.BACKGROUND)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleDescription(words_hud.CANVAS_KEYS)
        self._key_down = self._framed = False
        self._show, self._editor = show, editor
        self._shown: Shown = "output"
        self._auditions = False
        self._zoom = 1.0
        self._centre = QPointF(0.5, 0.5)
        self._panning: QPointF | None = None
        self._button: Qt.MouseButton = _NONE
        self._held = self._moved = False
        self._paint = PaintTool(editor)
        self._boxes, self._frame = BoxTool(show), FrameTool(show)
        self._tool: CanvasTool | None = None
        self._cursor: QPointF | None = None
        self._drawn: QRectF | None = None
        self._mask, self._acts = MaskLayer(editor), ActingLayer()
        editor.painted.connect(self._follow_mask)
        editor.changed.connect(self._take_tool)
        show.looks_changed.connect(self._follow_looks)
        for another in (show.look_switching, show.look_coming):
            another.connect(self._end)  # what is being drawn belongs to the look that it was begun in
        self._take_tool()
        self._follow_looks(show.looks)

    # what is seen

    @property
    def shown(self) -> Shown:
        return self._shown

    def put_shown(self, shown: Shown) -> None:
        """The program, or what is auditioned; the source or the guide as the engine sees them; or the mask over the
        source."""
        if shown != self._shown:
            self._shown = shown
            self._show_anew()
            self.shown_changed.emit()

    def _follow_looks(self, looks: Looks) -> None:
        auditions = looks.audition is not None
        if auditions != self._auditions:
            self._auditions = auditions
            self._show_anew()
        self._draw_tool()  # which may draw what is in the look, as boxes are

    def _show_anew(self) -> None:
        auditioned = self._auditions and self._shown == "output"
        self.setAccessibleName(words_program.AUDITION_SHOWN if auditioned else words.CANVAS_SHOWS[self._shown])
        self.forget()
        self.look()
        self.update()

    def look(self) -> None:
        if self._shown == "output" and self._auditions:
            auditioned = self._rig.audition()
            self.set_picture(None if auditioned is None else auditioned.rgb)
        elif self._shown == "output":
            super().look()
        elif self._shown == "guide":
            thumbnails = self._rig.thumbnails.get()
            self.set_picture(None if thumbnails is None else thumbnails.guide)
        else:
            view = self._rig.view.get()
            self.set_picture(None if view is None else view.rgb)
            if not self._acts.shows(self._acting()):
                self.update()

    # where it is seen

    @property
    def zoom(self) -> float:
        return self._zoom

    def fit_whole(self) -> None:
        """All of the picture again."""
        self._zoom_to(1.0, QPointF(self.rect().center()))

    def take_hold(self) -> bool:
        """Space goes down: whether it is the hand that moves the picture, which lies under the pointer, enlarged.

        Else, and where it is let go without having moved anything (``tapped``), Space is free for what it means
        elsewhere.
        """
        if self._zoom == 1.0 or self._cursor is None:
            return False
        self._held, self._moved = True, False
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)  # to hear of its end
        self._take_cursor()
        return True

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        self._zoom_to(self._zoom * _NOTCH**notches, event.position())
        event.accept()

    def placing(self, width: int, height: int) -> tuple[QRectF, QRectF]:
        """All of the picture, and where that lies, outside the widget too."""
        room = QRectF(self.rect())
        source, target = placed(width, height, room, self._fit)
        across, down = target.width() / source.width(), target.height() / source.height()
        size = QPointF(width * across * self._zoom, height * down * self._zoom)
        middle = room.center()
        corner = QPointF(middle.x() - self._centre.x() * size.x(), middle.y() - self._centre.y() * size.y())
        return QRectF(0, 0, width, height), QRectF(corner.x(), corner.y(), size.x(), size.y())

    def _zoom_to(self, zoom: float, around: QPointF) -> None:
        """``around`` stays where it is, as far as the picture still fills the middle."""
        rect = self._picture_rect()
        if rect is None:
            return
        zoom = min(_MOST_ZOOM, max(1.0, zoom))
        place = QPointF((around.x() - rect.x()) / rect.width(), (around.y() - rect.y()) / rect.height())
        grown = zoom / self._zoom
        middle = QRectF(self.rect()).center()
        self._zoom = zoom
        self._centre_on(
            place.x() + (middle.x() - around.x()) / (rect.width() * grown),
            place.y() + (middle.y() - around.y()) / (rect.height() * grown),
        )
        self.zoomed.emit(zoom)

    def _centre_on(self, x: float, y: float) -> None:
        if self._zoom == 1.0:
            x = y = 0.5
        self._centre = QPointF(min(1.0, max(0.0, x)), min(1.0, max(0.0, y)))
        self.update()

    def _picture_rect(self) -> QRectF | None:
        if self._rgb is None:
            return None
        height, width = self._rgb.shape[:2]
        return self.placing(width, height)[1]

    # painting on it

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if not self._takes(event.button()):
            return
        if event.button() == _MIDDLE or self._held:
            self._panning = event.position()
            self._moved = True
            self._take_cursor()
        else:
            self._begin(event.position(), 1.0, event.button() == _RIGHT)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        rect = self._picture_rect()
        if self._panning is not None and rect is not None:
            moved = event.position() - self._panning
            self._panning = self._cursor = event.position()
            self._centre_on(self._centre.x() - moved.x() / rect.width(), self._centre.y() - moved.y() / rect.height())
        else:
            self._go_on(event.position(), 1.0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == self._button:
            self._come_up()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """A pen paints by its pressure; its other end and its right button erase. Where it moves the picture, as with
        its middle button, or no tool is chosen, it is a mouse."""
        if self._tool is None or self._held or self._panning is not None:
            event.ignore()
            return
        if event.type() == QEvent.Type.TabletPress and event.button() == _MIDDLE:
            event.ignore()
            return
        if event.type() == QEvent.Type.TabletPress:
            self.setFocus(Qt.FocusReason.MouseFocusReason)  # as a click does: keys are shortcuts again
            if event.button() == _LEFT:  # the tip: what a button of the pen's began above the tablet is over
                self._come_up()
            if self._takes(event.button()):
                erases = event.pointerType() == QPointingDevice.PointerType.Eraser
                self._begin(event.position(), event.pressure(), erases or _RIGHT in (event.button() | event.buttons()))
        elif event.type() == QEvent.Type.TabletMove:
            self._go_on(event.position(), event.pressure())
        elif event.button() == self._button:
            self._come_up()
        event.accept()

    def _takes(self, button: Qt.MouseButton) -> bool:
        """Whether a drag begins with ``button``: it goes on until that one comes up, whatever else is pressed."""
        if self._button not in (_NONE, button) or button not in (_LEFT, _RIGHT, _MIDDLE):
            return False
        self._come_up()  # where nobody heard of it: as that of a dialog
        if self._key_down:
            self._put_down(False)
        self._button = button
        return True

    def _come_up(self) -> None:
        """The button that began a drag."""
        button, self._button = self._button, _NONE
        if self._panning is not None:
            self._panning = None
            self._take_cursor()
        elif button != _NONE:
            self._end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys are the hand: they move the chosen tool, or without one the enlarged picture. Enter puts the tool
        down and takes it up; Shift moves finely, and puts down its other end. Escape gives up what is being drawn. Plus
        and minus look closer and away."""
        key, shift = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key in _WAYS:
            self._step(*_WAYS[key], _FINE_STEP if shift else _STEP)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._tool is not None:
            self._put_down(shift)
        elif key == Qt.Key.Key_Escape and self.give_up():
            pass
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            notch = 1 / _NOTCH if key == Qt.Key.Key_Minus else _NOTCH
            self._zoom_to(self._zoom * notch, QPointF(self.rect().center()))
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self._held and not event.isAutoRepeat():
            self._let_go()
            if not self._moved:
                self.tapped.emit()
        else:
            super().keyReleaseEvent(event)

    def give_up(self) -> bool:
        """What is being drawn or pulled at, as if it had not begun: whether there was such a thing."""
        if self._tool is None or not self._tool.give_up():
            return False
        self._key_down = False
        self.update()
        self.said.emit("info", words_canvas.given_up(self._editor.tool))
        return True

    def _let_go(self) -> None:
        """Of Space: a drag goes on until the button comes up."""
        self._held = False
        self._take_cursor()

    def _step(self, across: int, down: int, step: float) -> None:
        if self._tool is None:
            self._centre_on(self._centre.x() + across * step / self._zoom, self._centre.y() + down * step / self._zoom)
            return
        at = self._hand()
        x, y = at.x() + across * step * self.width(), at.y() + down * step * self.width()
        self._go_on(QPointF(min(self.width() - 1.0, max(0.0, x)), min(self.height() - 1.0, max(0.0, y))), 1.0)

    def _put_down(self, other: bool) -> None:
        self._cursor = self._hand()
        if self._key_down:
            self._key_down = False
            self._end()
        elif self._button == _NONE:
            self._key_down = True
            self._begin(self._cursor, 1.0, other)

    def _hand(self) -> QPointF:
        """Where the pointer or the arrow keys have gone; the middle where neither was here."""
        return QPointF(self.rect().center()) if self._cursor is None else self._cursor

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._framed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._framed = False
        self._let_go()
        if self._key_down:
            self._put_down(False)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._cursor = event.position()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._cursor = None
        self._draw_tool()

    def _begin(self, at: QPointF, pressure: float, other: bool) -> None:
        geometry = self._geometry()
        if self._tool is not None and geometry is not None:
            self._tool.press(at, geometry, pressure, other)
            self._draw_tool()

    def _go_on(self, at: QPointF, pressure: float) -> None:
        self._cursor = at
        geometry = self._geometry()
        if self._tool is not None and geometry is not None:
            self._tool.move(at, geometry, pressure)
            self._draw_tool()

    def _end(self) -> None:
        if self._tool is not None:
            self._tool.release(self._geometry())
            self._draw_tool()

    def _take_tool(self) -> None:
        """The editor has chosen another one, or the same."""
        tools: dict[Tool, CanvasTool | None] = {"none": None, "box": self._boxes, "frame": self._frame}
        tool = tools.get(self._editor.tool, self._paint)
        if tool is not self._tool:
            if self._tool is not None:
                self._tool.release(None)
            self._tool = tool
            self._take_cursor()
            self.update()
        self._draw_tool()

    def _take_cursor(self) -> None:
        shapes = Qt.CursorShape
        if self._panning is not None:
            self.setCursor(shapes.ClosedHandCursor)
        elif self._held:
            self.setCursor(shapes.OpenHandCursor)
        else:
            self.setCursor(shapes.ArrowCursor if self._tool is None else shapes.CrossCursor)

    def _draw_tool(self) -> None:
        """What the tool draws has changed, as when the hand moves: no more is painted anew than that."""
        before, self._drawn = self._drawn, self._drawn_by_tool()
        if before is None or self._drawn is None:
            self.update()
        else:
            for rect in (before, self._drawn):
                self.update(rect.toAlignedRect())

    def _drawn_by_tool(self) -> QRectF | None:
        geometry = self._geometry()
        if self._tool is None or geometry is None:
            return QRectF()
        return self._tool.drawn_within(geometry, self._cursor)

    # the places of widget, picture and source

    def _source_size(self) -> tuple[int, int] | None:
        thumbnails = self._rig.thumbnails.get()
        return None if thumbnails is None or not all(thumbnails.source) else thumbnails.source

    def _placement(self) -> Placement | None:
        """None while there is no picture, or nobody knows of which source it is."""
        thumbnails, source = self._rig.thumbnails.get(), self._source_size()
        if thumbnails is None or source is None or self._rgb is None:
            return None
        height, width = thumbnails.guide.shape[:2]
        return placement(source, (width, height), self._show.setup.framing, self._show.look.expand)

    def _geometry(self) -> Geometry | None:
        where, rect, source = self._placement(), self._picture_rect(), self._source_size()
        if where is None or rect is None or source is None:
            return None
        on_widget = QTransform(rect.width(), 0, 0, rect.height(), rect.x(), rect.y())
        across, down, x, y = where.share
        area = QTransform(across, 0, 0, down, x, y)
        return Geometry(transform(where.matrix) * on_widget, area * on_widget, on_widget, source, where)

    # paint

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        try:
            if self._framed:
                painter.setPen(QPen(QColor(theme.ACCENT), 2))
                painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
            geometry = self._geometry()
            if geometry is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                self._draw_over(painter, geometry)
        finally:  # a painter that is left open takes the widget with it
            painter.end()

    def _draw_over(self, painter: QPainter, geometry: Geometry) -> None:
        """The mask, in the output as an outline alone: there the result is what is to be seen. So is what is painted
        over what acts of it."""
        acting = self._acting()
        self._acts.draw(painter, geometry, acting)
        if self._shows_mask() and not self._editor.is_empty and (acting is None or self._tool is self._paint):
            self._mask.draw(painter, geometry, tinted=self._shown != "output" and acting is None)
        if self._tool is not None:
            self._tool.draw(painter, geometry, self._cursor)

    def _acting(self) -> Pixels | None:
        """The mask as it acts, where the mask view is open and that is another one than what is painted."""
        thumbnails, look = self._rig.thumbnails.get(), self._show.look
        if self._shown != "mask" or thumbnails is None:
            return None
        as_painted = look.repainted == "all" and look.mask_shape == MaskShape() and not look.invert_mask
        return None if as_painted and not look.expand else thumbnails.mask

    def _shows_mask(self) -> bool:
        return self._shown == "mask" or self._tool is self._paint

    def _follow_mask(self, where: Rect) -> None:
        geometry = self._geometry()
        if geometry is None:
            self._mask.forget()
            self.update()
        else:
            changed = self._mask.changed(where, geometry)
            if self._shows_mask():
                self.update(changed)
