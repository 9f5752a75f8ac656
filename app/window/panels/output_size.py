"""The size of the picture that the outputs get: by itself, one of the usual ones, or typed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.look import OutputSize
from app.window.bind import Bindings
from app.window.cards import text
from app.window.choice import Picker
from app.window.panels.engine_size import TypedSize, next_size, size_of
from app.words import window as words
from app.words import window_look as words_look

OUTPUT_SIZES = ((640, 360), (1280, 720), (1920, 1080))


class OutputSizeRow(QWidget):
    """Binds ``setup.output_size``. A double-click on its title goes back to "by itself"."""

    picked = Signal(object)
    """An OutputSize, or the text that was typed for one."""

    def __init__(self, bindings: Bindings) -> None:
        super().__init__()
        self._size = OutputSize()
        self._offered = [OutputSize(), *(OutputSize(*size) for size in OUTPUT_SIZES)]
        title = text(words.OUTPUT_SIZE)
        title.setToolTip(words_look.double_click(words.BY_ITSELF))
        self.picker = Picker(words.OUTPUT_SIZE, _told, words.OUTPUT_SIZE_TIP)
        self.picker.setMinimumContentsLength(2)  # so that all three have room in the narrowest column
        self.picker.set_options([(_told(size), size) for size in self._offered])
        self.typed = TypedSize(
            words_look.OUTPUT_SIZE_TYPED, words_look.SIZE_TYPED_PLACEHOLDER, words_look.OUTPUT_SIZE_TYPED_TIP
        )
        self.typed.setFixedWidth(84)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(title)
        layout.addWidget(self.picker, 1)
        layout.addWidget(self.typed)
        self.picker.picked.connect(self.picked)
        self.typed.entered.connect(self._typed_in)
        self.typed.turned.connect(self._turn)
        bindings.setup(
            lambda setup: setup.output_size,
            self._put,
            self.picked,
            lambda wanted: bindings.show.set_setup(
                output_size=OutputSize(*size_of(wanted)) if isinstance(wanted, str) else wanted
            ),
        )

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.picked.emit(OutputSize())

    def _put(self, size: OutputSize) -> None:
        self._size = size
        self.picker.put(size)

    def _typed_in(self, typed: str) -> None:
        """What was typed goes; what came of it stands beside it."""
        if typed:
            self.typed.put("")
            self.picked.emit(typed)

    def _turn(self, step: int) -> None:
        offered = [(size.width, size.height) for size in self._offered]
        size = next_size(offered, (self._size.width, self._size.height), step)
        if size is not None:
            self.picked.emit(OutputSize(*size))


def _told(size: OutputSize) -> str:
    return words.size(size.width, size.height) if size.width else words.BY_ITSELF
