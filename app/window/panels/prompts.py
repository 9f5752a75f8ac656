"""The prompts: one or several with weights, in an order of their own, how they are blended and how long they morph."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget, QWidgetAction

from app.examples import EXAMPLES
from app.look import Look
from app.window import icons
from app.window.bind import Bindings
from app.window.cards import named, text, tool
from app.window.choice import Segments
from app.window.fader import Fader
from app.window.text_fields import PromptField
from app.words import window as words
from app.words import window_look as words_look
from engine.params import WeightedPrompt

MOST = 8
"""Prompts that the button adds at most. A look that comes from elsewhere may have more, and shows them all."""

DEFAULTS = Look().params
WEIGHT = WeightedPrompt("").weight
Prompts = tuple[WeightedPrompt, ...]


class ExamplesButton(QToolButton):
    """A menu of prompts, and of the words that the starter knows. ``picked(prompt)`` is the performer's hand."""

    picked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("menu")
        self.setText(words.EXAMPLE_PROMPTS)
        self.setIcon(icons.icon("chevron-down"))
        self.setIconSize(QSize(16, 16))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setAccessibleName(words.EXAMPLE_PROMPTS)
        self.setToolTip(words.EXAMPLE_PROMPTS_TIP)
        # The arrow at the right of the word, and the menu in line with the button's right end: inside the window.
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        menu = QMenu(self)
        menu.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        for prompt in EXAMPLES:
            menu.addAction(prompt, partial(self.picked.emit, prompt))
        menu.addSeparator()
        self._add_known_words(menu.addMenu(words.KNOWN_WORDS))
        self.setMenu(menu)

    def _add_known_words(self, menu: QMenu) -> None:
        """To be read, not chosen; a screen reader finds them as the text of the menu's only entry."""
        lines = text(words.KNOWN_WORDS_LIST, "dim")
        lines.setContentsMargins(14, 8, 14, 8)
        entry = QWidgetAction(menu)
        entry.setText(words.KNOWN_WORDS_LIST)
        entry.setDefaultWidget(lines)
        entry.setEnabled(False)
        menu.addAction(entry)


class PromptRow(QWidget):
    """One prompt. Alone it is a field and nothing more; among others it has a weight, a place, and can be removed."""

    focused = Signal()
    weighed = Signal(float)
    shifted = Signal(int)
    removed = Signal()

    def __init__(self, index: int) -> None:
        super().__init__()
        first = index == 0
        self._shown: str | None = None
        self.field = PromptField(
            words.PROMPT if first else words_look.prompt_name(index),
            words.PROMPT_PLACEHOLDER if first else words_look.MORE_PROMPT_PLACEHOLDER,
            words.PROMPT_TIP if first else words_look.MORE_PROMPT_TIP,
        )
        if not first:
            self.field.setObjectName("more_prompt")
        self.field.installEventFilter(self)
        self.weight = Fader(words_look.PROMPT_WEIGHT, 0.0, 2.0, WEIGHT, help=words_look.PROMPT_WEIGHT_TIP, most=100.0)
        self.weight.slider.setMinimumWidth(36)
        self.weight.set_spoken_title(words_look.of_prompt(index, words_look.PROMPT_WEIGHT))
        self.up = self._tool(index, "arrow-up", words_look.PROMPT_UP, words_look.PROMPT_UP_TIP)
        self.down = self._tool(index, "arrow-down", words_look.PROMPT_DOWN, words_look.PROMPT_DOWN_TIP)
        self.remove = self._tool(index, "x", words_look.PROMPT_REMOVE, words_look.PROMPT_REMOVE_TIP)
        self._among_others = QWidget()
        line = QHBoxLayout(self._among_others)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(self.weight, 1)
        for button in (self.up, self.down, self.remove):
            line.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.field)
        column.addWidget(self._among_others)
        self.weight.moved.connect(self.weighed)
        self.up.clicked.connect(lambda: self.shifted.emit(-1))
        self.down.clicked.connect(lambda: self.shifted.emit(1))
        self.remove.clicked.connect(self.removed)

    @property
    def parts(self) -> list[QWidget]:
        """In the order of the Tab key."""
        return [self.field, self.weight.slider, self.weight.number, self.up, self.down, self.remove]

    def put(self, prompt: WeightedPrompt, alone: bool, last: bool) -> None:
        if prompt.text != self._shown:  # what is half typed stays while another prompt, or a weight, changes
            self._shown = prompt.text
            self.field.put(prompt.text)
        self.weight.set_value(prompt.weight)
        self._among_others.setVisible(not alone)
        self.down.setEnabled(not last)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self.focused.emit()
        return False

    def _tool(self, index: int, symbol: str, name: str, tip: str) -> QToolButton:
        button = tool(symbol, words_look.of_prompt(index, name), tip)
        button.setIconSize(QSize(16, 16))
        button.setEnabled(symbol != "arrow-up" or index > 0)
        return button


class PromptList(QWidget):
    """Binds all prompts of the look. Examples go to the one that was typed in last."""

    changed = Signal(object)
    """All prompts, as the performer's hand would have them."""

    def __init__(self, bindings: Bindings) -> None:
        super().__init__()
        self._prompts: Prompts = ()
        self._current = 0
        self.rows: list[PromptRow] = []
        self.examples = ExamplesButton()
        self.examples.picked.connect(self._write)
        self.add = tool("plus", words_look.ADD_PROMPT, words_look.ADD_PROMPT_TIP)
        self.add.setIconSize(QSize(16, 16))
        self.add.clicked.connect(self._add)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.blend = Segments(words_look.BLEND, words_look.BLENDS, help=words_look.BLEND_TIP)
        self._blending = QWidget()
        blending = named(words_look.BLEND, self.blend, 56)
        blending.setContentsMargins(0, 0, 0, 0)
        self._blending.setLayout(blending)
        self._add_row()
        self._column.addWidget(self._blending)
        bindings.look(lambda look: look.params.prompts, self._put, self.changed, bindings.show.set_prompts)
        bindings.look(
            lambda look: look.params.blend,
            self.blend.put,
            self.blend.picked,
            lambda blend: bindings.show.set_params(blend=blend),
        )

    @property
    def first(self) -> PromptField:
        return self.rows[0].field

    def _add(self) -> None:
        """One more, which is typed next."""
        self.changed.emit((*self._prompts, WeightedPrompt("")))
        self._mark(len(self.rows) - 1)
        self.rows[-1].field.setFocus()

    def _put(self, prompts: Prompts) -> None:
        self._prompts = prompts
        while len(self.rows) < len(prompts):
            self._add_row()
        while len(self.rows) > len(prompts):
            row = self.rows.pop()
            row.hide()
            row.deleteLater()
        for index, (row, prompt) in enumerate(zip(self.rows, prompts, strict=True)):
            row.put(prompt, alone=len(prompts) == 1, last=index == len(prompts) - 1)
        self._blending.setVisible(len(prompts) > 1)
        self.add.setEnabled(len(prompts) < MOST)

    def _add_row(self) -> None:
        index = len(self.rows)
        row = PromptRow(index)
        before = self.rows[-1].parts[-1] if self.rows else None
        self._column.insertWidget(index, row)
        self.rows.append(row)
        if before is not None:
            for one, next_one in pairwise([before, *row.parts]):
                QWidget.setTabOrder(one, next_one)
        row.focused.connect(lambda: self._mark(index))
        row.field.edited.connect(lambda typed: self._change(index, text=typed))
        row.weighed.connect(lambda weight: self._change(index, weight=weight))
        row.shifted.connect(lambda step: self._shift(index, index + step))
        row.removed.connect(lambda: self.changed.emit(self._prompts[:index] + self._prompts[index + 1 :]))

    def _mark(self, index: int) -> None:
        self._current = index

    def _write(self, prompt: str) -> None:
        self._change(min(self._current, len(self._prompts) - 1), text=prompt)

    def _change(self, index: int, **changes: object) -> None:
        if index < len(self._prompts):  # a field that is on its way out may still tell what was typed in it
            prompts = [*self._prompts]
            prompts[index] = replace(prompts[index], **changes)  # type: ignore[arg-type]  # fields of WeightedPrompt
            self.changed.emit(tuple(prompts))

    def _shift(self, index: int, to: int) -> None:
        prompts = [*self._prompts]
        prompts.insert(to, prompts.pop(index))
        self.changed.emit(tuple(prompts))


class MorphRow(QWidget):
    """How many chunks a morph takes, and how long that is at the engine's present pace."""

    def __init__(self) -> None:
        super().__init__()
        self.fader = Fader(
            words_look.MORPH, 0, 60, DEFAULTS.morph_chunks, whole=True, help=words_look.MORPH_TIP, most=1000
        )
        self.seconds = text("", "dim")
        self._chunk_s = 0.0
        line = QVBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.fader)
        line.addWidget(self.seconds)
        self.seconds.setIndent(64)
        self.fader.moved.connect(self._tell)

    def put(self, chunks: float) -> None:
        self.fader.set_value(chunks)
        self._tell()

    def put_chunk_s(self, seconds: float) -> None:
        self._chunk_s = seconds
        self._tell()

    def _tell(self) -> None:
        self.seconds.setText(words_look.morph_lasts(round(self.fader.value), self._chunk_s))
