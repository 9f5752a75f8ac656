"""What a hand does on the canvas: it paints the mask, draws boxes and drags them, or pulls at the picture's frame.

Each tool asks its editor or the Show; the canvas tells it where things lie and lets it draw over the picture.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from app.expand import Expand
from app.mask_painting import Point
from app.show import Show
from app.window import theme
from app.window.mask_editor import LONGEST_SIDE, MaskEditor
from controls.layout import Box, Sides

_REACH_PX = 16.0
"""How near the frame a hand must be to pull at it."""
_SMALLEST_BOX = 0.02
_SMALLEST_MOVE = 0.01
_SHORTEST_S = 0.2


@dataclass(frozen=True)
class Geometry:
    """Where things lie on the widget. from_source: of the source's whole picture, from_area: of what is seen of it,
    each from fractions of width and height. source: its width and height in pixels."""

    from_source: QTransform
    from_area: QTransform
    source: tuple[int, int]

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


class CanvasTool(Protocol):
    """Points are the widget's. other: the right button, or a pen's other end."""

    def press(self, at: QPointF, geometry: Geometry, pressure: float, other: bool) -> None: ...

    def move(self, at: QPointF, geometry: Geometry, pressure: float) -> None: ...

    def release(self, geometry: Geometry | None) -> None: ...

    def draw(self, painter: QPainter, geometry: Geometry, cursor: QPointF | None) -> None:
        """Over the picture, at each repaint while the tool is chosen."""
        ...


class PaintTool:
    """Brush and eraser, shapes and fill, as the editor's tool says."""

    def __init__(self, editor: MaskEditor) -> None:
        self._editor = editor
        self._stroking = self._erases = False
        self._way: list[Point] = []

    def press(self, at: QPointF, geometry: Geometry, pressure: float, other: bool) -> None:
        self._editor.fit_to(geometry.source)
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

    def _radius(self, geometry: Geometry) -> float:
        """Of the brush, in pixels of the widget; its size is told in those of a mask."""
        width, height = geometry.source
        step = geometry.from_source.map(QPointF(1 / width, 0)) - geometry.from_source.map(QPointF(0, 0))
        per_pixel = (step.x() ** 2 + step.y() ** 2) ** 0.5
        return float(self._editor.brush.size / 2 * max(width, height) / LONGEST_SIDE * per_pixel)


class BoxTool:
    """Boxes of the control ``layout``: drawn by a drag; a box that is dragged goes there, in the time that the drag
    took. A click stops it, the right button takes it away."""

    def __init__(self, show: Show, clock: Callable[[], float] = time.monotonic) -> None:
        self._show, self._clock = show, clock
        self._dragged: int | None = None
        self._begin: Point | None = None
        self._end: Point = (0.0, 0.0)
        self._began = 0.0

    def press(self, at: QPointF, geometry: Geometry, pressure: float, other: bool) -> None:
        place, boxes = geometry.on_area(at), self._show.look.layout
        under = [index for index, box in enumerate(boxes) if _holds(box.start, place)]
        if other:
            if under:
                self._show.set_layout(tuple(box for index, box in enumerate(boxes) if index != under[-1]))
            return
        self._dragged = under[-1] if under else None
        self._begin = self._end = place
        self._began = self._clock()

    def move(self, at: QPointF, geometry: Geometry, pressure: float) -> None:
        self._end = geometry.on_area(at)

    def release(self, geometry: Geometry | None) -> None:
        if self._begin is None:
            return
        boxes, dragged, sides = list(self._show.look.layout), self._dragged, self._sides()
        moved = max(abs(b - a) for a, b in zip(self._begin, self._end, strict=True))
        seconds = max(_SHORTEST_S, self._clock() - self._began)
        self._begin = self._dragged = None
        if dragged is None:
            if min(sides[2] - sides[0], sides[3] - sides[1]) >= _SMALLEST_BOX:
                boxes.append(Box(sides))
        elif moved < _SMALLEST_MOVE:
            boxes[dragged] = Box(boxes[dragged].start)
        else:
            boxes[dragged] = Box(boxes[dragged].start, sides, seconds)
        self._show.set_layout(tuple(boxes))

    def draw(self, painter: QPainter, geometry: Geometry, cursor: QPointF | None) -> None:
        for box in self._show.look.layout:
            start = geometry.box(box.start)
            _outlined(painter, lambda start=start: painter.drawRect(start))  # type: ignore[misc]
            if box.end is not None:
                end = geometry.box(box.end)
                way = QPainterPath(start.center())
                way.lineTo(end.center())
                way.addRect(end)
                _outlined(painter, lambda way=way: painter.drawPath(way), Qt.PenStyle.DashLine)  # type: ignore[misc]
        if self._begin is not None:
            drawn = geometry.box(self._sides())
            _outlined(painter, lambda: painter.drawRect(drawn), Qt.PenStyle.DashLine)

    def _sides(self) -> Sides:
        """Of what the drag makes: a new box between its ends, or the place that a box is dragged to."""
        assert self._begin is not None
        (x0, y0), (x1, y1) = self._begin, self._end
        if self._dragged is None:
            within = [min(1.0, max(0.0, value)) for value in (x0, y0, x1, y1)]
            return min(within[::2]), min(within[1::2]), max(within[::2]), max(within[1::2])
        left, top, right, bottom = self._show.look.layout[self._dragged].start
        across = min(2.0 - right, max(-1.0 - left, x1 - x0))
        down = min(2.0 - bottom, max(-1.0 - top, y1 - y0))
        return left + across, top + down, right + across, bottom + down


class FrameTool:
    """The picture's frame: pulled inwards, what is around the picture is painted on."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._pulled: tuple[str, ...] = ()
        self._last = QPointF()

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

    def move(self, at: QPointF, geometry: Geometry, pressure: float) -> None:
        if not self._pulled:
            return
        frame, expand = geometry.box((0.0, 0.0, 1.0, 1.0)), self._show.look.expand
        across, down = (at.x() - self._last.x()) / frame.width(), (at.y() - self._last.y()) / frame.height()
        inwards = {"left": across, "right": -across, "top": down, "bottom": -down}
        sides = {side: min(1.0, max(0.0, getattr(expand, side) + inwards[side])) for side in self._pulled}
        self._last = at
        self._show.set_expand(replace(expand, **sides))

    def release(self, geometry: Geometry | None) -> None:
        self._pulled = ()

    def draw(self, painter: QPainter, geometry: Geometry, cursor: QPointF | None) -> None:
        frame = geometry.box((0.0, 0.0, 1.0, 1.0))
        xs, ys = (frame.left(), frame.center().x(), frame.right()), (frame.top(), frame.center().y(), frame.bottom())
        grips = [QRectF(x - 5, y - 5, 10, 10) for x in xs for y in ys if (x, y) != (xs[1], ys[1])]
        _outlined(painter, lambda: (painter.drawRect(frame), painter.drawRects(grips)))


def _holds(sides: Sides, place: Point) -> bool:
    left, top, right, bottom = sides
    return left <= place[0] <= right and top <= place[1] <= bottom


def _outlined(painter: QPainter, draw: Callable[[], object], style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> None:
    """In light over dark, so that it is seen on every picture."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((theme.BACKGROUND, 3.0), (theme.TEXT, 1.25)):
        painter.setPen(QPen(QColor(colour), width, style if colour == theme.TEXT else Qt.PenStyle.SolidLine))
        draw()
