"""The brush's faders, beside the tools that paint with it. They show what the editor holds, and ask it."""

from __future__ import annotations

from app.mask_painting import Brush, Tool
from app.window.fader import Fader
from app.window.mask_editor import OPACITIES, SIZES, MaskEditor
from app.words import window_canvas as words_canvas

_BRUSH = Brush()
_STROKES: tuple[Tool, ...] = ("brush", "eraser")
_SHAPES: tuple[Tool, ...] = ("lasso", "rectangle", "ellipse", "fill")
_TITLES = (32, 36, 56)
"""Pixels of each fader's title: all three stand in one line beside the panels of an ordinary window."""
_SLIDER = 52
_REST = 132
"""Of its slider and number."""


class BrushFaders:
    """``size``, ``hardness`` and ``opacity``, in the order in which they stand: those that the chosen tool paints with
    are seen. Whoever lays them out owns them."""

    def __init__(self, editor: MaskEditor) -> None:
        self._editor = editor
        words = words_canvas
        size, hard, opacity = _TITLES
        self.size = Fader(
            words.BRUSH_SIZE, *SIZES, _BRUSH.size, whole=True, help=words.BRUSH_SIZE_TIP, title_width=size
        )
        self.hardness = Fader(
            words.BRUSH_HARDNESS, 0, 1, _BRUSH.hardness, help=words.BRUSH_HARDNESS_TIP, title_width=hard
        )
        self.opacity = Fader(
            words.BRUSH_OPACITY, *OPACITIES, _BRUSH.opacity, help=words.BRUSH_OPACITY_TIP, title_width=opacity
        )
        self.size.moved.connect(lambda size: editor.set_brush(size=size))
        self.hardness.moved.connect(lambda hardness: editor.set_brush(hardness=hardness))
        self.opacity.moved.connect(lambda opacity: editor.set_brush(opacity=opacity))
        for fader, title in zip(self.all, _TITLES, strict=True):
            fader.slider.setMinimumWidth(_SLIDER)
            fader.setFixedWidth(title + _REST)

    @property
    def all(self) -> tuple[Fader, ...]:
        return self.size, self.hardness, self.opacity

    def room(self, spacing: int) -> int:
        """Pixels of width that all of them take in one line."""
        return sum(fader.width() for fader in self.all) + spacing * (len(self.all) - 1)

    @property
    def several(self) -> bool:
        """Whether the chosen tool paints with more than one of them."""
        return self._editor.tool in _STROKES

    def follow(self, alone: bool) -> None:
        """The editor's tool or brush has changed, or the room. alone: no more than one of them is seen."""
        brush, tool = self._editor.brush, self._editor.tool
        for fader, value in ((self.size, brush.size), (self.hardness, brush.hardness), (self.opacity, brush.opacity)):
            fader.set_value(value)
        self.size.setVisible(tool in _STROKES)
        self.hardness.setVisible(tool in _STROKES and not alone)
        self.opacity.setVisible(tool in _SHAPES or (tool in _STROKES and not alone))
