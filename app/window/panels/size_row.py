"""A size: those that are offered, in a list and along a slider, and any that is typed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.window.cards import TitledGrid, text
from app.window.choice import Picker
from app.window.fader import Notches, Slider
from app.window.text_fields import LineField
from app.words import window as words
from app.words import window_look as words_look

Size = tuple[int, int]
_LONGEST = "8888x8888"

_TYPED = re.compile(r"\s*(\d{1,5})\s*[x×*, ]\s*(\d{1,5})\s*", re.IGNORECASE)


def size_of(typed: str) -> Size:
    """Width and height of "640x352". ValueError in words."""
    found = _TYPED.fullmatch(typed)
    if found is None:
        raise ValueError(words_look.size_unreadable(typed))
    return int(found[1]), int(found[2])


def next_size(offered: Sequence[Size], now: Size, step: int) -> Size | None:
    """The next one that is larger (step above 0) or smaller; None where there is none."""
    further = [size for size in offered if (size > now if step > 0 else size < now)]
    if not further:
        return None
    return min(further) if step > 0 else max(further)


def told(size: Size) -> str:
    """As it is read; 0x0 is the size that comes by itself."""
    return words.size(*size) if size[0] else words.BY_ITSELF


class SizeRow(QWidget):
    """``put`` is silent. A double-click on title or slider goes back to the default.

    The wheel turns where slider or field has the focus, and a slider that is dragged counts when it is let go: a hand
    that scrolls or passes by must not load models.
    """

    picked = Signal(object)
    """A Size, or the text that was typed for one."""

    def __init__(
        self, title: str, tip: str, field: LineField, default: Size, title_width: int = 0, name: str = ""
    ) -> None:
        """field: where a size is typed. title_width: pixels; 0 = as wide as it is. name: what its parts are called; ""
        = as the title."""
        super().__init__()
        self._default = self._size = default
        self._offered: list[Size] = []
        self._notches = Notches()
        self.title = text(title)
        if title_width:
            self.title.setFixedWidth(title_width)
        self.title.setToolTip(words.to_default(told(default)))
        self.picker = Picker(name or title, told, tip)
        self.slider = Slider(1)
        self.slider.setTracking(False)
        self.slider.setMinimumWidth(60)
        self._spoken_title = words_look.along(name or title)
        self.slider.setToolTip(words_look.size_slider_tip(told(default)))
        self.typed = field
        self.typed.setObjectName("value")
        self.typed.hold((_LONGEST, words.BY_ITSELF))
        self.typed.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = TitledGrid(self, rows_apart=4)
        layout.addWidget(self.title, 0, 0)
        layout.addWidget(self.picker, 0, 1, 1, 2)
        layout.addWidget(self.slider, 1, 1)
        layout.addWidget(self.typed, 1, 2)
        self.picker.picked.connect(self.picked)
        self.typed.entered.connect(self._typed_in)
        self.slider.valueChanged.connect(lambda place: self.picked.emit(self._offered[place]))
        self.slider.sliderMoved.connect(lambda place: self._tell(self._offered[place]))
        # Let go where it stood it tells nobody; later, for what it does tell comes behind this.
        self.slider.sliderReleased.connect(self._place, Qt.ConnectionType.QueuedConnection)
        self.slider.reset.connect(self.reset)

    def offer(self, sizes: Sequence[Size]) -> None:
        """sizes: the smallest first."""
        self._offered = list(sizes)
        self.picker.set_options([(told(size), size) for size in sizes])
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, len(sizes) - 1)
        self._place()

    def put(self, size: Size) -> None:
        self._size = size
        self.picker.put(size)
        self._place()

    def reset(self) -> None:
        self.typed.put("")
        self.picked.emit(self._default)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset()

    def wheelEvent(self, event: QWheelEvent) -> None:
        at = event.position().toPoint()
        if not any(part.hasFocus() and part.geometry().contains(at) for part in (self.slider, self.typed)):
            event.ignore()
            return
        notches = self._notches.turned(event)
        size = next_size(self._offered, self._size, notches) if notches else None
        if size is not None:
            self.picked.emit(size)
        event.accept()

    def _typed_in(self, typed: str) -> None:
        """What was typed goes; what came of it stands there instead, as in a field that waits to be typed in."""
        if typed:
            self.typed.put("")
            self.picked.emit(typed)

    @Slot()
    def _place(self) -> None:
        """At the size, or at the next smaller one that is offered."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(max(0, bisect_right(self._offered, self._size) - 1))
        self._tell(self._size)

    def _tell(self, size: Size) -> None:
        """What the slider stands at: read beside it, and by a screen reader that lands on it."""
        self.typed.setPlaceholderText("{}x{}".format(*size) if size[0] else told(size))
        self.slider.setAccessibleName(words.figure_said(self._spoken_title, told(size)))
