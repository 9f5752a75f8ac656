"""What a hand does on the canvas: it paints the mask, draws boxes and drags them, or pulls at the picture's frame.

Each tool asks its editor or the Show; the canvas tells it where things lie and lets it draw over the picture.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from app.expand import Expand
from app.mask_painting import Point
from app.placement import Matrix, Placement
from app.show import Show
from app.window import theme
from app.window.hand_path import Moment, bends
from app.window.mask_editor import LONGEST_SIDE, MaskEditor
from controls.layout import Box, Leg, Sides

_REACH_PX = 16.0
"""How near the frame a hand must be to pull at it."""
_PEN_PX = 4.0
"""How far an outline reaches beyond what it goes around."""
_SMALLEST_BOX = 0.02
_SMALLEST_MOVE = 0.01
_SHORTEST_S, _LONGEST_S = 0.001, 3600.0
"""Of a part of a box's way."""


@dataclass(frozen=True)
class Geometry:
    """Where things lie on the widget. from_source: of the source's whole picture, from_area: of what is seen of it,
    from_canvas: of the engine's canvas, each from fractions of width and height. source: its width and height in
    pixels. place: where it stands on that canvas."""

    from_source: QTransform
    from_area: QTransform
    from_canvas: QTransform
    source: tuple[int, int]
    place: Placement

    def from_mask(self, width: int, height: int) -> QTransform:
        """Of a mask of this size, from its pixels, where it acts."""
        return (
            QTransform.fromScale(1 / width, 1 / height)
            * transform(self.place.of_mask(width, height))
            * self.from_canvas
        )

    def on_source(self, at: QPointF) -> Point:
        place = self.from_source.inverted()[0].map(at)
        return place.x(), place.y()

    def on_area(self, at: QPointF) -> Point:
        place = self.from_area.inverted()[0].map(at)
        return place.x(), place.y()

    def box(self, sides: Sides) -> QRectF:
        """A box of the area on the widget."""
        left, top, right, bottom = sides
        corners = self.from_area.map(QPointF(left, top)), self.from_area.map(QPointF(right, bottom))
        return QRectF(*corners).normalized()


def transform(matrix: Matrix) -> QTransform:
    """``matrix`` (3, 3), of columns (x, y, 1), as Qt's, which is of rows."""
    (a, b, c), (d, e, f) = matrix[:2].tolist()
    return QTransform(a, d, b, e, c, f)


class CanvasTool(Protocol):
    """Points are the widget's. other: the right button, or a pen's other end."""

    def press(self, at: QPointF, geometry: Geometry, pressure: float, other: bool) -> None: ...

    def move(self, at: QPointF, geometry: Geometry, pressure: float) -> None: ...

    def release(self, geometry: Geometry | None) -> None: ...

    def give_up(self) -> bool:
        """A stroke, a shape or a pull under way, as if it had not begun: whether there was one."""
        ...

    def draw(self, painter: QPainter, geometry: Geometry, cursor: QPointF | None) -> None:
        """Over the picture, at each repaint while the tool is chosen."""
        ...

    def drawn_within(self, geometry: Geometry, cursor: QPointF | None) -> QRectF | None:
        """Where ``draw`` would draw now; None where that may be anywhere."""
        ...


class PaintTool:
    """Brush and eraser, shapes and fill, as the editor's tool says."""

    def __init__(self, editor: MaskEditor) -> None:
        self._editor = editor
        self._stroking = self._erases = False
        self._way: list[Point] = []

    def press(self, at: QPointF, geometry: Geometry, pressure: float, other: bool) -> None:
        self._editor.fit_to(geometry.source, geometry.place)
        place = geometry.on_source(at)
        self._erases = other
        if self._editor.tool in ("brush", "eraser"):
            self._stroking = True
            self._editor.press(place, pressure, other)
        else:
            self._way = [place]

    def move(self, at: QPointF, geometry: Geometry, pressure: float) -> None:
        if self._stroking:
            self._editor.move(geometry.on_source(at), pressure)
        elif self._way:
            self._way.append(geometry.on_source(at))

    def release(self, geometry: Geometry | None) -> None:
        if self._stroking:
            self._stroking = False
            self._editor.release()
        elif self._way:
            way, self._way = self._way, []
            self._editor.shape(way, self._erases)
            self._editor.publish()

    def give_up(self) -> bool:
        stroked, drawn = self._editor.is_stroking, bool(self._way)
        self._stroking, self._way = False, []
        if stroked:
            self._editor.cancel()
        return stroked or drawn

    def draw(self, painter: QPainter, geometry: Geometry, cursor: QPointF | None) -> None:
        tool = self._editor.tool
        way = QPolygonF([geometry.from_source.map(QPointF(*place)) for place in self._way])
        if way and tool == "lasso":
            _outlined(painter, lambda: painter.drawPolygon(way))
        elif way and tool in ("rectangle", "ellipse"):
            box = QRectF(way.first(), way.last()).normalized()
            drawn = painter.drawRect if tool == "rectangle" else painter.drawEllipse
            _outlined(painter, lambda: drawn(box))
        elif cursor is not None and tool in ("brush", "eraser"):
            radius = self._radius(geometry)
            _outlined(painter, lambda: painter.drawEllipse(cursor, radius, radius))

    def drawn_within(self, geometry: Geometry, cursor: QPointF | None) -> QRectF | None:
        if self._way:
            return None
        if cursor is None or self._editor.tool not in ("brush", "eraser"):
            return QRectF()
        reach = self._radius(geometry) + _PEN_PX
        return QRectF(cursor.x() - reach, cursor.y() - reach, 2 * reach, 2 * reach)

    def _radius(self, geometry: Geometry) -> float:
        """Of the brush, in pixels of the widget; its size is told in those of a mask."""
        width, height = geometry.source
        step = geometry.from_source.map(QPointF(1 / width, 0)) - geometry.from_source.map(QPointF(0, 0))
        per_pixel = (step.x() ** 2 + step.y() ** 2) ** 0.5
        return float(self._editor.brush.size / 2 * max(width, height) / LONGEST_SIDE * per_pixel)


class BoxTool:
    """Boxes of the control ``layout``: drawn by a drag; a box that is dragged goes the hand's way, at its pace.
    A click stops it, the right button takes it away. A drag whose box goes away, as by a cue, is over."""

    def __init__(self, show: Show, clock: Callable[[], float] = time.monotonic) -> None:
        self._show, self._clock = show, clock
        self._dragged: Box | None = None
        self._moments: list[Moment] = []

    def press(self, at: QPointF, geometry: Geometry, pressure: float, other: bool) -> None:
        place, boxes = geometry.on_area(at), self._show.look.layout
        under = [index for index, box in enumerate(boxes) if _holds(box.start, place)]
        if other:
            self._give_up()
            if under:
                self._show.set_layout(tuple(box for index, box in enumerate(boxes) if index != under[-1]))
            return
        self._dragged = boxes[under[-1]] if under else None
        self._moments = [Moment(place, self._clock())]

    def move(self, at: QPointF, geometry: Geometry, pressure: float) -> None:
        if self._is_dragging():
            self._moments.append(Moment(geometry.on_area(at), self._clock()))

    def release(self, geometry: Geometry | None) -> None:
        if not self._is_dragging():
            return
        boxes, box, moments = list(self._show.look.layout), self._dragged, self._moments
        self._give_up()
        (x, y), (last_x, last_y) = moments[0].place, moments[-1].place
        if box is None:
            sides = _between((x, y), (last_x, last_y))
            if min(sides[2] - sides[0], sides[3] - sides[1]) >= _SMALLEST_BOX:
                boxes.append(Box(sides))
        elif max(abs(last_x - x), abs(last_y - y)) < _SMALLEST_MOVE:
            boxes[boxes.index(box)] = Box(box.start)
        else:
            moments.append(Moment(moments[-1].place, self._clock()))
            with suppress(ValueError):  # it would never touch the picture
                boxes[boxes.index(box)] = Box(box.start, _way(box.start, bends(moments)))
        self._show.set_layout(tuple(boxes))

    def give_up(self) -> bool:
        dragged = self._is_dragging()
        self._give_up()
        return dragged

    def _is_dragging(self) -> bool:
        """Whether a drag is under way; that of a box which is gone ends here."""
        if self._dragged is not None and self._dragged not in self._show.look.layout:
            self._give_up()
        return bool(self._moments)

    def _give_up(self) -> None:
        self._moments, self._dragged = [], None

    def draw(self, painter: QPainter, geometry: Geometry, cursor: QPointF | None) -> None:
        for box in self._show.look.layout:
            start = geometry.box(box.start)
            _outlined(painter, lambda start=start: painter.drawRect(start))  # type: ignore[misc]
            if box.way:
                way = _drawn_way(box.start, box.way, geometry)
                _outlined(painter, lambda way=way: painter.drawPath(way), Qt.PenStyle.DashLine)  # type: ignore[misc]
        if not self._is_dragging():
            return
        if self._dragged is None:
            drawn = geometry.box(_between(self._moments[0].place, self._moments[-1].place))
            _outlined(painter, lambda: painter.drawRect(drawn), Qt.PenStyle.DashLine)
        else:
            begin = self._dragged.start
            dragged = _drawn_way(begin, _way(begin, self._moments), geometry)
            _outlined(painter, lambda: painter.drawPath(dragged), Qt.PenStyle.DashLine)

    def drawn_within(self, geometry: Geometry, cursor: QPointF | None) -> QRectF | None:
        return None


class FrameTool:
    """The picture's frame: pulled inwards, what is around the picture is painted on. A pull whose frame becomes another
    one, as by a cue, is over."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._pulled: tuple[str, ...] = ()
        self._last = QPointF()
        self._before = self._made = Expand()

    def press(self, at: QPointF, geometry: Geometry, pressure: float, other: bool) -> None:
        """other: back to no border at all."""
        if other:
            self._show.set_expand(Expand())
            return
        frame = geometry.box((0.0, 0.0, 1.0, 1.0))
        away = {
            "left": abs(at.x() - frame.left()),
            "right": abs(at.x() - frame.right()),
            "top": abs(at.y() - frame.top()),
            "bottom": abs(at.y() - frame.bottom()),
        }
        self._pulled = tuple(side for side, distance in away.items() if distance <= _REACH_PX)
        self._last = at
        self._before = self._made = self._show.look.expand
        self._show.begin_step()

    def move(self, at: QPointF, geometry: Geometry, pressure: float) -> None:
        if not self._is_pulling():
            return
        frame, expand = geometry.box((0.0, 0.0, 1.0, 1.0)), self._made
        across, down = (at.x() - self._last.x()) / frame.width(), (at.y() - self._last.y()) / frame.height()
        inwards = {"left": across, "right": -across, "top": down, "bottom": -down}
        sides = {side: min(1.0, max(0.0, getattr(expand, side) + inwards[side])) for side in self._pulled}
        self._last, self._made = at, replace(expand, **sides)
        self._show.set_expand(self._made)

    def release(self, geometry: Geometry | None) -> None:
        self._pulled = ()
        self._show.end_step()

    def give_up(self) -> bool:
        """A pull acts at once: it is taken back."""
        pulling = self._is_pulling()
        if pulling:
            self._show.set_expand(self._before)
            self.release(None)
        return pulling

    def _is_pulling(self) -> bool:
        """Whether a pull is under way; that of a frame which is gone ends here."""
        if self._pulled and self._show.look.expand != self._made:
            self.release(None)
        return bool(self._pulled)

    def drawn_within(self, geometry: Geometry, cursor: QPointF | None) -> QRectF | None:
        return None

    def draw(self, painter: QPainter, geometry: Geometry, cursor: QPointF | None) -> None:
        frame = geometry.box((0.0, 0.0, 1.0, 1.0))
        xs, ys = (frame.left(), frame.center().x(), frame.right()), (frame.top(), frame.center().y(), frame.bottom())
        grips = [QRectF(x - 5, y - 5, 10, 10) for x in xs for y in ys if (x, y) != (xs[1], ys[1])]
        _outlined(painter, lambda: (painter.drawRect(frame), painter.drawRects(grips)))


def _between(corner: Point, other: Point) -> Sides:
    """The box with these corners, as far as it lies in the picture."""
    (x0, x1), (y0, y1) = ([min(1.0, max(0.0, value)) for value in pair] for pair in zip(corner, other, strict=True))
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _way(start: Sides, moments: list[Moment]) -> tuple[Leg, ...]:
    """Of a box that goes with the hand from ``start`` on, as far as a box may go. moments: those of the hand."""
    left, top, right, bottom = start
    x, y = moments[0].place
    legs = []
    for before, moment in pairwise(moments):
        across = min(2.0 - right, max(-1.0 - left, moment.place[0] - x))
        down = min(2.0 - bottom, max(-1.0 - top, moment.place[1] - y))
        seconds = min(_LONGEST_S, max(_SHORTEST_S, moment.time - before.time))
        legs.append(Leg((left + across, top + down, right + across, bottom + down), seconds))
    return tuple(legs)


def _drawn_way(start: Sides, way: tuple[Leg, ...], geometry: Geometry) -> QPainterPath:
    """From the middle of where a box begins to where it stays, which is drawn whole."""
    places = [geometry.box(sides) for sides in (start, *(leg.to for leg in way))]
    drawn = QPainterPath(places[0].center())
    for place in places[1:]:
        drawn.lineTo(place.center())
    drawn.addRect(places[-1])
    return drawn


def _holds(sides: Sides, place: Point) -> bool:
    left, top, right, bottom = sides
    return left <= place[0] <= right and top <= place[1] <= bottom


def _outlined(painter: QPainter, draw: Callable[[], object], style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> None:
    """In light over dark, so that it is seen on every picture."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((theme.BACKGROUND, 3.0), (theme.TEXT, 1.25)):
        painter.setPen(QPen(QColor(colour), width, style if colour == theme.TEXT else Qt.PenStyle.SolidLine))
        draw()
