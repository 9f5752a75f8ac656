"""The performer's hand on the look's mask: tools, brush, steps back, files. Knows no widget; asks the Show.

Places are (x, y) as fractions of the source's picture, on which the mask lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.errors import ShowError
from app.frame import Pixels
from app.framing import resized
from app.look import Look
from app.mask_painting import Brush, MaskPainting, Point, Rect, Tool
from app.pictures import load_mask
from app.show import Show
from app.window import words
from engine.params import Picture

LONGEST_SIDE = 1280
"""Pixels of a mask that is painted here, and the unit of a brush's size: as much as the outputs show."""
SIZES = (1.0, 600.0)
"""Of a brush."""
PUBLISH_MS = 33
"""Painting is told to the Show so often; the next chunk takes what is there."""


class MaskEditor(QObject):
    """Owns the painting while it goes on; a mask that comes from elsewhere, as with a cue, is a step like any other."""

    painted = Signal()
    """The pixels have changed."""
    changed = Signal()
    """What can be undone, the tool or the brush has changed."""
    said = Signal(str, str)

    def __init__(self, show: Show, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._show = show
        self._painting = MaskPainting(LONGEST_SIDE, LONGEST_SIDE * 9 // 16)
        self._told: Picture | None = None
        self.tool: Tool = "none"
        self.brush = Brush()
        self._publishing = QTimer(self, singleShot=True, interval=PUBLISH_MS)
        self._publishing.timeout.connect(self.publish)
        self._follow(show.look)
        show.look_changed.connect(self._follow)
        show.look_switching.connect(self.publish)

    @property
    def pixels(self) -> Pixels:
        """The mask, (H, W): to be read and not kept."""
        return self._painting.pixels

    @property
    def is_empty(self) -> bool:
        return self._painting.is_empty

    @property
    def can_undo(self) -> bool:
        return self._painting.can_undo

    @property
    def can_redo(self) -> bool:
        return self._painting.can_redo

    # tools

    def choose(self, tool: Tool) -> None:
        if tool != self.tool:
            self.tool = tool
            self.changed.emit()

    def set_brush(self, **changes: float) -> None:
        """size in pixels of 1280, hardness and opacity: see ``Brush``."""
        self.brush = replace(self.brush, **changes)  # type: ignore[arg-type]
        self.changed.emit()

    def scale_brush(self, factor: float) -> None:
        """Within the sizes that its fader has."""
        low, high = SIZES
        self.set_brush(size=min(high, max(low, self.brush.size * factor)))

    def fit_to(self, source: tuple[int, int]) -> None:
        """Take the aspect of a source of this width and height, on which it lies; before anything is painted."""
        wanted = self._wanted(source)
        width, height = self._painting.size
        if abs(width * wanted[1] - height * wanted[0]) <= max(width, height, *wanted):
            return  # the same aspect, to a pixel
        fit = self._show.setup.framing.fit
        if self._painting.is_empty and not self._painting.can_undo:
            self._painting = MaskPainting(*wanted)
        else:
            self._painting.take(resized(self._painting.pixels, *wanted, fit))
        self._tell()

    @staticmethod
    def _wanted(source: tuple[int, int]) -> tuple[int, int]:
        scale = LONGEST_SIDE / max(source)
        return max(1, round(source[0] * scale)), max(1, round(source[1] * scale))

    def press(self, at: Point, pressure: float = 1.0, erases: bool = False) -> None:
        """Begin a stroke, with the brush or, by ``erases`` or the tool, against it."""
        self._did(self._painting.press(self._brush(erases), self._point(at), pressure))

    def move(self, at: Point, pressure: float = 1.0) -> None:
        self._did(self._painting.move(self._point(at), pressure))

    def release(self) -> None:
        self._painting.release()
        self.publish()
        self.changed.emit()

    def cancel(self) -> None:
        self._did(self._painting.cancel())

    def shape(self, outline: Sequence[Point], erases: bool = False) -> None:
        """What the tool makes of a drag: a lasso, a rectangle or ellipse between its ends, or a fill at its end."""
        points, brush = [self._point(place) for place in outline], self._brush(erases)
        if self.tool == "lasso":
            self._did(self._painting.lasso(points, brush))
        elif self.tool == "rectangle":
            self._did(self._painting.rectangle(points[0], points[-1], brush))
        elif self.tool == "ellipse":
            self._did(self._painting.ellipse(points[0], points[-1], brush))
        elif self.tool == "fill":
            self._did(self._painting.fill(points[-1], brush))

    def invert(self) -> None:
        self._did(self._painting.invert())

    def clear(self) -> None:
        self._did(self._painting.clear())

    def clear_tool(self) -> None:
        """What the tool draws: the boxes, or else the mask."""
        if self.tool == "box":
            self._show.set_layout(())
        else:
            self.clear()

    def undo(self) -> None:
        self._did(self._painting.undo())

    def redo(self) -> None:
        self._did(self._painting.redo())

    # files

    def save(self, path: Path) -> None:
        """As a grey PNG, white where the picture is repainted."""
        done, data = cv2.imencode(".png", self._painting.pixels)
        try:
            if not done:
                raise OSError("it could not be encoded")
            path.with_suffix(".png").write_bytes(data.tobytes())
            self.said.emit("info", words.mask_saved(path.with_suffix(".png")))
        except OSError as error:
            self.said.emit("warning", words.mask_not_saved(path, error.strerror or str(error)))

    def load(self, path: Path) -> None:
        try:
            pixels = load_mask(path).pixels
        except ShowError as error:
            self.said.emit("warning", words.mask_not_loaded(str(error)))
        else:
            self._did(self._painting.take(pixels))

    # the Show

    def publish(self) -> None:
        """Ask the Show for the mask as it is; none at all where nothing is painted."""
        self._publishing.stop()
        mask = None if self._painting.is_empty else Picture(self._painting.pixels)
        if mask != self._told:
            self._told = mask
            self._show.set_mask(mask, invert=self._show.look.invert_mask)

    def _follow(self, look: Look) -> None:
        if look.mask == self._told:
            return
        self._publishing.stop()
        self._told = look.mask
        pixels = np.zeros_like(self._painting.pixels) if look.mask is None else look.mask.pixels
        self._painting.take(pixels)
        self._tell()

    def _did(self, where: Rect | None) -> None:
        if where is not None:
            self.painted.emit()
            if not self._publishing.isActive():
                self._publishing.start()
        self.changed.emit()

    def _tell(self) -> None:
        self.painted.emit()
        self.changed.emit()

    def _brush(self, erases: bool) -> Brush:
        width, height = self._painting.size
        size = max(1.0, self.brush.size * max(width, height) / LONGEST_SIDE)
        return replace(self.brush, size=size, erases=erases or self.tool == "eraser")

    def _point(self, place: Point) -> Point:
        width, height = self._painting.size
        return place[0] * width, place[1] * height
