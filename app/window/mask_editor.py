"""The performer's hand on the look's mask: tools, brush and files. Knows no widget; asks the Show.

Places are (x, y) as fractions of the source's picture, on which the mask lies. Files are read and written on another
thread than the window's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.file_worker import Later, at_once
from app.frame import Pixels
from app.look import Look
from app.mask_painting import Brush, MaskPainting, Point, Rect, Tool
from app.pictures import load_mask, shrunk
from app.placement import Placement
from app.png import png_of
from app.safe_write import reason_of, swapped_in, with_ending
from app.show import Show
from app.source_mask import on_source
from app.words import window as words
from engine.params import Picture

LONGEST_SIDE = 1280
"""Pixels of a mask that is painted here, and the unit of a brush's size: as much as the outputs show."""
PAINTED_SIDE = 1920
"""The most pixels of a mask that a hand paints on; a larger one, from a file, is reduced to it by the first stroke.
What the Show is told while a stroke goes on takes a time that grows with the mask, on the window's thread."""
SIZES = (1.0, 600.0)
"""Of a brush."""
OPACITIES = (0.1, 1.0)
"""Of a brush: less than a tenth of the painted picture shows nothing of it."""
PUBLISH_MS = 33
"""Painting is told to the Show so often; the next chunk takes what is there."""


class MaskEditor(QObject):
    """Owns the painting while it goes on; a mask that comes from elsewhere, as with a cue, takes its place.

    A stroke, a shape and a fill are one step of the Show's each.
    """

    painted = Signal(object)
    """The pixels have changed, within this ``Rect``."""
    changed = Signal()
    """What is painted, the tool or the brush has changed."""
    said = Signal(str, str)
    """From any thread."""
    taken_back = Signal(str)
    """A sentence that said that the mask stays, which it no longer does."""
    _read = Signal(object, object)

    def __init__(
        self, show: Show, parent: QObject | None = None, later: Later = at_once, keep: Later = at_once
    ) -> None:
        """later: where files are read. keep: where they are written."""
        super().__init__(parent)
        self._show, self._later, self._keep = show, later, keep
        self._switches = self._asked = 0
        self._refusal = ""
        self._read.connect(self._take)
        self._painting = MaskPainting(LONGEST_SIDE, LONGEST_SIDE * 9 // 16)
        self._told: Picture | None = None
        self.tool: Tool = "none"
        self.brush = Brush()
        self._publishing = QTimer(self, singleShot=True, interval=PUBLISH_MS)
        self._publishing.timeout.connect(self.publish)
        self._follow(show.look)
        show.look_changed.connect(self._follow)
        show.look_switching.connect(self._let_go)
        show.look_coming.connect(self._publish_stroke)

    @property
    def pixels(self) -> Pixels:
        """The mask, (H, W): to be read and not kept."""
        return self._painting.pixels

    @property
    def is_empty(self) -> bool:
        return self._painting.is_empty

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

    def fit_to(self, source: tuple[int, int], place: Placement) -> None:
        """Take the aspect of a source of this width and height, and a size to paint on; before anything is painted.

        place: of that source. What is painted already goes on acting where it acts: on a mask of another aspect than
        the source's that is elsewhere than on all of the source.
        """
        wanted = self._wanted(source)
        width, height = self._painting.size
        if abs(width * wanted[1] - height * wanted[0]) <= max(width, height, *wanted):  # the same aspect, to a pixel
            if max(width, height) > PAINTED_SIDE:
                self._painting.take(shrunk(self._painting.pixels, PAINTED_SIDE))
                self._tell()
            return
        if self._painting.is_empty:
            self._painting = MaskPainting(*wanted)
        else:
            self._painting.take(on_source(self._painting.pixels, place, *wanted))
        self._tell()

    @staticmethod
    def _wanted(source: tuple[int, int]) -> tuple[int, int]:
        scale = LONGEST_SIDE / max(source)
        return max(1, round(source[0] * scale)), max(1, round(source[1] * scale))

    def press(self, at: Point, pressure: float = 1.0, erases: bool = False) -> None:
        """Begin a stroke, with the brush or, by ``erases`` or the tool, against it."""
        if self._painting.is_stroking:
            self.release()
        self._show.begin_step()
        self._stroke(self._painting.press(self._brush(erases), self._point(at), pressure))

    def move(self, at: Point, pressure: float = 1.0) -> None:
        self._stroke(self._painting.move(self._point(at), pressure))

    def release(self) -> None:
        self._end(self._painting.release())

    @property
    def is_stroking(self) -> bool:
        return self._painting.is_stroking

    def cancel(self) -> None:
        """Take the stroke under way back."""
        self._end(self._painting.cancel())

    def _end(self, where: Rect | None) -> None:
        """The stroke is over; what ends with it has changed ``where``."""
        self._did(where)
        self._show.end_step()

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

    # files

    def save(self, path: Path) -> None:
        """As a grey PNG, white where the picture is repainted."""
        path, mask = with_ending(path, ".png"), Picture(self._painting.pixels)
        self._keep(str(path), lambda: self._write(mask, path))

    def load(self, path: Path) -> None:
        """For the look that is edited now: where another one is by the time it is read, it is not put there."""
        self._asked += 1
        request = (self._switches, self._asked)
        self._later(str(path), lambda: self._read_file(path, request))

    def _write(self, mask: Picture, path: Path) -> None:
        try:
            with swapped_in(path, keeps_old=True) as file:
                file.write(png_of(mask))
        except Exception as error:  # noqa: BLE001 - whatever it is, what is not saved must be told
            self.said.emit("warning", words.mask_not_saved(path, reason_of(error)))
        else:
            self.said.emit("info", words.mask_saved(path))

    def _read_file(self, path: Path, request: tuple[int, int]) -> None:
        try:
            mask = load_mask(path)
        except Exception as error:  # noqa: BLE001 - a hand waits for an answer
            self._refuse(str(error))
        else:
            self._read.emit(mask, request)

    @Slot(object, object)
    def _take(self, mask: Picture, request: tuple[int, int]) -> None:
        looks, number = request
        if number != self._asked:
            return  # it took so long that another one was opened meanwhile
        if looks != self._switches:
            self._refuse(words.READ_TOO_LATE)
        else:
            self._take_back()
            where = self._painting.take(mask.pixels)
            if where is not None:
                self.painted.emit(where)
            self._put(None if self._painting.is_empty else mask)
            self.changed.emit()

    def _refuse(self, reason: str) -> None:
        """To load a mask. On any thread."""
        self._refusal = words.mask_not_loaded(reason)
        self.said.emit("warning", self._refusal)

    def _take_back(self) -> None:
        """The mask is another one than when it was refused to load one."""
        refusal, self._refusal = self._refusal, ""
        if refusal:
            self.taken_back.emit(refusal)

    def _let_go(self) -> None:
        """Another look is about to be edited."""
        self.publish()
        self._switches += 1

    # the Show

    def publish(self) -> None:
        """Ask the Show for the mask as it is; none at all where nothing is painted that would show."""
        self._put(None if self._painting.is_empty else Picture(self._painting.pixels))

    def _publish_stroke(self) -> None:
        """What of a stroke the Show has not heard of: it belongs to the look that goes."""
        if self._publishing.isActive():
            self.publish()

    def _put(self, mask: Picture | None) -> None:
        self._publishing.stop()
        if mask != self._told:
            self._told = mask
            self._take_back()
            self._show.set_mask(mask, invert=self._show.look.invert_mask)

    def _follow(self, look: Look) -> None:
        if look.mask == self._told:
            return
        self._publishing.stop()
        self._told = look.mask
        self._take_back()
        pixels = np.zeros_like(self._painting.pixels) if look.mask is None else look.mask.pixels
        self._painting.take(pixels)
        self._tell()

    def _stroke(self, where: Rect | None) -> None:
        """A part of a stroke: the Show hears of several at once."""
        if where is not None:
            self.painted.emit(where)
            if not self._publishing.isActive():
                self._publishing.start()

    def _did(self, where: Rect | None) -> None:
        if where is not None:
            self.painted.emit(where)
        self.publish()
        self.changed.emit()

    def _tell(self) -> None:
        """Of all of it."""
        self.painted.emit(Rect(0, 0, *self._painting.size))
        self.changed.emit()

    def _brush(self, erases: bool) -> Brush:
        width, height = self._painting.size
        size = max(1.0, self.brush.size * max(width, height) / LONGEST_SIDE)
        return replace(self.brush, size=size, erases=erases or self.tool == "eraser")

    def _point(self, place: Point) -> Point:
        width, height = self._painting.size
        return place[0] * width, place[1] * height
