"""The size that the engine paints at: offered as its model runs well, or typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.look import Setup
from app.window.bind import Bindings
from app.window.cards import text
from app.window.choice import Picker
from app.window.text_fields import LineField
from app.words import window as words
from app.words import window_look as words_look
from engine.config import STARTER
from engine.params import EngineChoice

Size = tuple[int, int]

STARTER_SIZES: tuple[Size, ...] = ((256, 144), (320, 192), (384, 224), (448, 256), (512, 288))
LARGER_SIZES: tuple[Size, ...] = ((512, 288), (640, 352), (832, 480), (960, 544), (1280, 720))
DEFAULT: Size = (Setup().engine.width, Setup().engine.height)
_TYPED = re.compile(r"\s*(\d{1,5})\s*[x×*, ]\s*(\d{1,5})\s*", re.IGNORECASE)


def sizes_for(model: str) -> tuple[Size, ...]:
    """What is offered for the model of this name."""
    return STARTER_SIZES if model == STARTER.name else LARGER_SIZES


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


class TypedSize(LineField):
    """A size as it is typed. The wheel turns only where it has the focus: a panel that is scrolled must not load
    models."""

    turned = Signal(int)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            self.turned.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            event.ignore()


class EngineSizeRow(QWidget):
    """Binds width and height of ``setup.engine``. A double-click on its title goes back to the default."""

    picked = Signal(object)
    """A Size, or the text that was typed for one."""

    def __init__(self, bindings: Bindings) -> None:
        super().__init__()
        show = bindings.show
        self._size = DEFAULT
        self._offered = STARTER_SIZES
        self.title = text(words.ENGINE_SIZE)
        self.title.setFixedWidth(56)
        self.title.setToolTip(words_look.double_click(words.size(*DEFAULT)))
        self.picker = Picker(words.ENGINE_SIZE, lambda size: words.size(*size), words.ENGINE_SIZE_TIP)
        self.typed = TypedSize(words_look.SIZE_TYPED, words_look.SIZE_TYPED_PLACEHOLDER, words_look.SIZE_TYPED_TIP)
        self.typed.setFixedWidth(92)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.title)
        layout.addWidget(self.picker, 1)
        layout.addWidget(self.typed)
        self.picker.picked.connect(self.picked)
        self.typed.entered.connect(self._typed_in)
        self.typed.turned.connect(self._turn)
        bindings.setup(lambda setup: setup.engine.model, self._offer)
        bindings.setup(
            lambda setup: _size(setup.engine),
            self._put,
            self.picked,
            lambda wanted: show.set_setup(engine=_sized(show.setup.engine, wanted)),
        )

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.picked.emit(DEFAULT)

    def _offer(self, model: str) -> None:
        self._offered = sizes_for(model)
        self.picker.set_options([(words.size(*size), size) for size in self._offered])

    def _put(self, size: Size) -> None:
        self._size = size
        self.picker.put(size)

    def _typed_in(self, typed: str) -> None:
        """What was typed goes; what came of it stands beside it."""
        if typed:
            self.typed.put("")
            self.picked.emit(typed)

    def _turn(self, step: int) -> None:
        size = next_size(self._offered, self._size, step)
        if size is not None:
            self.picked.emit(size)


def _size(engine: EngineChoice) -> Size:
    return engine.width, engine.height


def _sized(engine: EngineChoice, wanted: Size | str) -> EngineChoice:
    width, height = size_of(wanted) if isinstance(wanted, str) else wanted
    return replace(engine, width=width, height=height)
