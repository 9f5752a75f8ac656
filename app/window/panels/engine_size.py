"""The size that the engine paints at: offered as its model runs well, or typed."""

from __future__ import annotations

from app.look import Setup
from app.window.bind import Bindings
from app.window.panels.size_row import Size, SizeRow, size_of
from app.window.text_fields import LineField
from app.words import window as words
from app.words import window_look as words_look
from engine.config import STARTER
from engine.params import EngineChoice

STARTER_SIZES: tuple[Size, ...] = ((256, 144), (320, 192), (384, 224), (448, 256), (512, 288))
LARGER_SIZES: tuple[Size, ...] = ((512, 288), (640, 352), (832, 480), (960, 544), (1280, 720))
DEFAULT: Size = (Setup().engine.width, Setup().engine.height)


def sizes_for(model: str) -> tuple[Size, ...]:
    """What is offered for the model of this name."""
    return STARTER_SIZES if model == STARTER.name else LARGER_SIZES


class EngineSizeRow(SizeRow):
    """Binds width and height of ``setup.engine``; a change is a step that can be taken back."""

    def __init__(self, bindings: Bindings) -> None:
        field = LineField(words_look.SIZE_TYPED, help=words_look.SIZE_TYPED_TIP)
        super().__init__(words.ENGINE_SIZE, words.ENGINE_SIZE_TIP, field, DEFAULT, title_width=56)
        show = bindings.show
        bindings.setup(lambda setup: sizes_for(setup.engine.model), self.offer)
        bindings.setup(
            lambda setup: _size(setup.engine),
            self.put,
            self.picked,
            lambda wanted: show.set_engine_size(*(size_of(wanted) if isinstance(wanted, str) else wanted)),
            field,
        )


def _size(engine: EngineChoice) -> Size:
    return engine.width, engine.height
