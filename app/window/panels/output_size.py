"""The size of the picture that the outputs get: by itself, one of the usual ones, or typed."""

from __future__ import annotations

from app.look import OutputSize
from app.window.bind import Bindings
from app.window.panels.size_row import Size, SizeRow, size_of
from app.window.text_fields import LineField
from app.words import window as words
from app.words import window_look as words_look

BY_ITSELF: Size = (OutputSize().width, OutputSize().height)
OUTPUT_SIZES: tuple[Size, ...] = (BY_ITSELF, (640, 360), (1280, 720), (1920, 1080))


class OutputSizeRow(SizeRow):
    """Binds ``setup.output_size``; a change is a step that can be taken back."""

    def __init__(self, bindings: Bindings) -> None:
        field = LineField(words_look.OUTPUT_SIZE_TYPED, help=words_look.OUTPUT_SIZE_TYPED_TIP)
        title = words.OUTPUT_SIZE_TITLE
        super().__init__(title, words.OUTPUT_SIZE_TIP, field, BY_ITSELF, title_width=56, name=words.OUTPUT_SIZE)
        self.offer(OUTPUT_SIZES)
        show = bindings.show
        bindings.setup(
            lambda setup: (setup.output_size.width, setup.output_size.height),
            self.put,
            self.picked,
            lambda wanted: show.set_output_size(*(size_of(wanted) if isinstance(wanted, str) else wanted)),
            field,
        )
