"""The line above the canvas: what it shows, the tools that paint on it, and steps back. Holds no values."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QToolButton, QVBoxLayout, QWidget

from app.mask_painting import Tool
from app.show import Show
from app.window.brush_faders import BrushFaders
from app.window.canvas import Canvas, Shown
from app.window.cards import tool as tool_button
from app.window.choice import Segments
from app.window.flow import Flow
from app.window.mask_editor import MaskEditor
from app.window.steps import Steps
from app.words import window as words
from app.words import window_canvas as words_canvas

_SYMBOLS: dict[Tool, str] = {
    "none": "eye",
    "brush": "brush",
    "eraser": "eraser",
    "lasso": "lasso",
    "rectangle": "square",
    "ellipse": "circle",
    "fill": "paint-bucket",
    "box": "square-dashed",
    "frame": "frame",
}

_VIEWS_WIDTH = 264
_BRUSH_SPACING = 8


class CanvasBar(QWidget):
    """``tools``: a button for each tool, of which one is down. ``brush``: what the tool paints with; where that would
    take several lines from the canvas its size stands alone, and ``more`` brings the rest."""

    def __init__(self, canvas: Canvas, editor: MaskEditor, show: Show, steps: Steps) -> None:
        super().__init__()
        self._canvas, self._editor, self._show, self._steps = canvas, editor, show, steps
        views = [(title, view) for view, title in words.CANVAS_VIEWS.items()]
        self.shown = Segments(words.CANVAS, views, help=words.CANVAS_TIP)
        self.shown.put(canvas.shown)
        self.shown.picked.connect(self.show_)
        self.tools: dict[Tool, QToolButton] = {}
        self._group = QButtonGroup(self)
        self.undo = tool_button("undo-2", words.UNDO, words.UNDO_TIP)
        self.redo = tool_button("redo-2", words.REDO, words.REDO_TIP)
        self.invert = tool_button("contrast", words.INVERT_PAINTED, words.INVERT_PAINTED_TIP)
        self.clear = tool_button("trash-2", words.CLEAR_PAINTED, words.CLEAR_PAINTED_TIP)
        self.whole = tool_button("maximize", words.WHOLE, words.WHOLE_TIP)
        self.shown.setFixedWidth(_VIEWS_WIDTH)
        line = self._line = Flow(spacing=5)
        brush = Flow(spacing=_BRUSH_SPACING)
        lines = self._lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(5)
        lines.addLayout(line)
        lines.addLayout(brush)
        line.addWidget(self.shown)
        for tool, (name, tip) in words.TOOLS.items():
            button = tool_button(_SYMBOLS[tool], name, tip)
            button.setCheckable(True)
            button.clicked.connect(lambda _, tool=tool: editor.choose(tool))
            self._group.addButton(button)
            self.tools[tool] = button
            line.addWidget(button)
        for button, act in (
            (self.undo, steps.undo),
            (self.redo, steps.redo),
            (self.invert, editor.invert),
            (self.clear, editor.clear_tool),
            (self.whole, canvas.fit_whole),
        ):
            button.clicked.connect(lambda _, act=act: act())
            line.addWidget(button)
        self.brush = BrushFaders(editor)
        self.more = tool_button("chevron-down", words_canvas.BRUSH_MORE, words_canvas.BRUSH_MORE_TIP)
        self.more.setCheckable(True)
        self.more.setIconSize(QSize(16, 16))
        self.more.setFixedWidth(32)  # beside the size in the narrowest column
        self.more.toggled.connect(lambda _: self._follow_brush())
        for part in (self.brush.size, self.more, self.brush.hardness, self.brush.opacity):
            brush.addWidget(part)
        editor.changed.connect(self._follow)
        steps.changed.connect(self._follow_steps)
        canvas.zoomed.connect(lambda zoom: self.whole.setEnabled(zoom > 1))
        self.whole.setEnabled(False)
        self._follow()

    def add(self, part: QWidget) -> None:
        """Behind the tools."""
        self._line.addWidget(part)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where its lines take more height, the window has to know: a splitter does not ask for height by width."""
        super().resizeEvent(event)
        self.shown.setFixedWidth(min(_VIEWS_WIDTH, event.size().width()))
        self._follow_brush()

    def _take_room(self) -> None:
        self.setMinimumHeight(self._lines.heightForWidth(self.width()))

    def show_(self, shown: Shown) -> None:
        self.shown.put(shown)
        self._canvas.put_shown(shown)

    def _follow(self) -> None:
        self.tools[self._editor.tool].setChecked(True)
        self._follow_steps()
        self._follow_brush()

    def _follow_brush(self) -> None:
        crowded = self.brush.several and self.width() < self.brush.room(_BRUSH_SPACING)
        self.more.setVisible(crowded)
        self.brush.follow(alone=crowded and not self.more.isChecked())
        self._take_room()

    def _follow_steps(self) -> None:
        self.undo.setEnabled(self._steps.can_undo)
        self.redo.setEnabled(self._steps.can_redo)
        boxes = self._editor.tool == "box"
        self.clear.setEnabled(bool(self._show.look.layout) if boxes else not self._editor.is_empty)
