"""The mask as it lies on the canvas: drawn where it acts, and drawn anew only where it has changed; and as it acts.

Asks the editor for its pixels; the canvas tells it where things lie. Knows no tool.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

from app.frame import Pixels
from app.mask_painting import Rect, united
from app.pictures import shrunk
from app.window.canvas_tools import Geometry
from app.window.mask_editor import LONGEST_SIDE, PAINTED_SIDE, MaskEditor
from app.window.mask_overlay import MaskOverlay, outline_reach

_SMOOTHED_PX = 2.0
"""So far beyond what has changed does smooth scaling show it, in pixels of the widget and of the mask."""


class ActingLayer:
    """The mask as the engine is handed it, inverted, grown and with people, over all of the canvas."""

    def __init__(self) -> None:
        self._mask: Pixels | None = None
        self._overlay: MaskOverlay | None = None

    def shows(self, mask: Pixels | None) -> bool:
        """Whether this very one was drawn last."""
        return self._mask is mask

    def draw(self, painter: QPainter, geometry: Geometry, mask: Pixels | None) -> None:
        if self._mask is not mask:
            self._mask = mask
            self._overlay = None if mask is None else MaskOverlay(mask, tinted=True)
        if self._overlay is not None:
            height, width = self._overlay.tints.shape
            image = _image_of(self._overlay)
            painter.setTransform(QTransform.fromScale(1 / width, 1 / height) * geometry.from_canvas)
            painter.drawImage(0, 0, image)
            painter.resetTransform()


class MaskLayer:
    """Follows ``editor.painted``, of which the canvas tells it, at the next ``draw``. A mask that is larger than those
    that are painted on is drawn of a copy that is no larger than the canvas shows."""

    def __init__(self, editor: MaskEditor) -> None:
        self._editor = editor
        self._overlay: MaskOverlay | None = None
        self._mask_shape: tuple[int, ...] = ()
        self._image = QImage()
        self._stale: Rect | None = None

    def changed(self, where: Rect, geometry: Geometry) -> QRect:
        """The mask has changed ``where``: which part of the widget is to be painted anew."""
        self._stale = united(self._stale, where)
        mask = self._editor.pixels
        height, width = mask.shape
        grown = QRectF(where.left, where.top, where.right - where.left, where.bottom - where.top)
        by = outline_reach(mask) + _SMOOTHED_PX
        on_widget = geometry.from_mask(width, height).mapRect(grown.adjusted(-by, -by, by, by))
        return on_widget.adjusted(-_SMOOTHED_PX, -_SMOOTHED_PX, _SMOOTHED_PX, _SMOOTHED_PX).toAlignedRect()

    def forget(self) -> None:
        """The next ``draw`` begins anew: the mask has changed while nobody knew where things lie."""
        self._overlay = None

    def draw(self, painter: QPainter, geometry: Geometry, *, tinted: bool) -> None:
        """tinted: see ``MaskOverlay``."""
        mask = self._editor.pixels
        height, width = mask.shape
        is_large = max(width, height) > PAINTED_SIDE  # it is opened, and no hand paints on it as it is
        overlay = self._overlay
        begins = overlay is None or self._mask_shape != mask.shape or overlay.tinted != tinted
        if overlay is None or begins or (is_large and self._stale is not None):
            overlay = MaskOverlay(shrunk(mask, LONGEST_SIDE) if is_large else mask, tinted=tinted)
            self._overlay, self._mask_shape, self._image = overlay, mask.shape, _image_of(overlay)
        elif self._stale is not None:
            overlay.follow(mask, self._stale)
        self._stale = None
        painter.setClipRect(geometry.from_canvas.mapRect(QRectF(0, 0, 1, 1)))  # elsewhere it acts on nothing
        across, down = width / self._image.width(), height / self._image.height()
        painter.setTransform(QTransform.fromScale(across, down) * geometry.from_mask(width, height))
        painter.drawImage(0, 0, self._image)
        painter.resetTransform()
        painter.setClipping(False)


def _image_of(overlay: MaskOverlay) -> QImage:
    """A view of ``overlay.tints``, which must outlive it."""
    height, width = overlay.tints.shape
    return QImage(overlay.tints.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
