"""The look: prompt and examples, which modes are on, control strength, what is repainted, seed, steps, hard cut.

And the engine's size.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QEvent, QRegularExpression, QSize, Qt, Signal
from PySide6.QtGui import QRegularExpressionValidator, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget, QWidgetAction

from app.examples import EXAMPLES
from app.look import Look
from app.modes import modes_of
from app.window import icons, words
from app.window.actions import Actions
from app.window.bind import Bindings
from app.window.cards import Card, named, text, tool
from app.window.choice import Picker, Segments
from app.window.fader import Fader
from app.window.shortcuts import is_shortcut_in_number
from app.window.text_fields import LineField, PromptField
from engine.params import EngineChoice

DEFAULTS = Look().params
LARGEST_SEED = 2**63 - 1
SIZES = ((256, 144), (320, 192), (384, 224), (512, 288), (640, 352), (832, 480))


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


class SeedField(LineField):
    """A typed seed; the wheel goes to its neighbours. Letters stay shortcuts, as in every number."""

    def __init__(self) -> None:
        super().__init__(words.SEED, help=words.SEED_TIP)
        self.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d{1,19}"), self))
        self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def event(self, event: QEvent) -> bool:
        if is_shortcut_in_number(event):
            event.ignore()
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        step = 1 if event.angleDelta().y() > 0 else -1
        self.setText(str(min(LARGEST_SEED, max(0, int(self.text() or 0) + step))))
        self.editingFinished.emit()
        event.accept()


class SeedRow(QWidget):
    """Seed, lock, next, random. The lock is the performer's own: it keeps hands off, and holds nobody else back."""

    picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._seed = DEFAULTS.seed
        self.field = SeedField()
        self.lock = tool("lock-open", words.SEED_LOCK, words.SEED_LOCK_TIP)
        self.lock.setCheckable(True)
        self.next = tool("step-forward", words.SEED_NEXT, words.SEED_NEXT_TIP)
        self.random = tool("dices", words.SEED_RANDOM, words.SEED_RANDOM_TIP)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.field, 1)
        for button in (self.lock, self.next, self.random):
            layout.addWidget(button)
        self.field.entered.connect(lambda typed: self.picked.emit(int(typed) if typed else self._seed))
        self.next.clicked.connect(lambda: self.picked.emit((self._seed + 1) % (LARGEST_SEED + 1)))
        # Six figures: a seed is read out across a stage and typed again.
        self.random.clicked.connect(lambda: self.picked.emit(random.randrange(1_000_000)))
        self.lock.toggled.connect(self._locked)

    def put(self, seed: int) -> None:
        self._seed = seed
        self.field.put(str(seed))

    def _locked(self, locked: bool) -> None:
        self.lock.setIcon(icons.icon("lock" if locked else "lock-open"))
        for part in (self.field, self.next, self.random):
            part.setEnabled(not locked)


class ModesRow(QWidget):
    """Which modes are on, and a button that takes them back; takes no room while none is."""

    def __init__(self) -> None:
        super().__init__()
        self.line = text("", "dim")
        self.line.setWordWrap(True)
        self.line.setToolTip(words.MODES_TIP)
        self.clear = QPushButton(words.CLEAR)
        self.clear.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clear.setAccessibleName(words.CLEAR_MODES)
        self.clear.setToolTip(words.CLEAR_MODES_TIP)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.clear)

    def put(self, modes: Sequence[str]) -> None:
        line = words.modes_on(modes)
        self.line.setText(line)
        self.clear.setAccessibleDescription(line)  # a screen reader that lands on the button tells what it takes back
        self.setVisible(bool(modes))


class LookPanel(Card):
    """Everything on it acts from the engine's next chunk on."""

    def __init__(self, bindings: Bindings, actions: Actions) -> None:
        super().__init__(words.LOOK)
        show = bindings.show
        self.examples = ExamplesButton()
        self.examples.picked.connect(lambda prompt: show.set_params(prompt=prompt))
        self.prompt = PromptField(words.PROMPT, words.PROMPT_PLACEHOLDER, words.PROMPT_TIP)
        self.modes = ModesRow()
        self.modes.clear.clicked.connect(actions.clear_modes)
        self.strength = Fader(words.STRENGTH, 0.0, 2.0, DEFAULTS.control_strength, help=words.STRENGTH_TIP)
        self.steps = Fader(words.STEPS, 1, 8, DEFAULTS.steps, whole=True, help=words.STEPS_TIP)
        self.repainted = Segments(words.REPAINT, words.REPAINTED, help=words.REPAINT_TIP)
        self.seed = SeedRow()
        self.engine_size = Picker(words.ENGINE_SIZE, lambda size: words.size(*size), words.ENGINE_SIZE_TIP)
        self.engine_size.set_options([(words.size(*size), size) for size in SIZES])
        self.cut = QPushButton(icons.icon("scissors"), f" {words.HARD_CUT}")
        self.cut.setIconSize(QSize(20, 20))
        self.cut.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.cut.setAccessibleName(words.HARD_CUT)
        self.cut.setToolTip(words.HARD_CUT_TIP)
        self.cut.clicked.connect(actions.hard_cut)

        self.header.addWidget(self.examples)
        self.body.addWidget(self.prompt)
        self.body.addWidget(self.modes)
        self.body.addWidget(self.strength)
        self.body.addWidget(self.steps)
        self.body.addLayout(named(words.REPAINT, self.repainted, 56))
        self.body.addLayout(named(words.SEED, self.seed, 56))
        self.body.addLayout(named(words.ENGINE_SIZE, self.engine_size, 56))
        self.body.addWidget(self.cut)

        bindings.look(
            lambda look: look.params.prompt,
            self.prompt.put,
            self.prompt.edited,
            lambda prompt: show.set_params(prompt=prompt),
        )
        bindings.look(modes_of, self.modes.put)
        bindings.look(
            lambda look: look.params.control_strength,
            self.strength.set_value,
            self.strength.moved,
            lambda strength: show.set_params(control_strength=strength),
        )
        bindings.look(
            lambda look: float(look.params.steps),
            self.steps.set_value,
            self.steps.moved,
            lambda steps: show.set_params(steps=round(steps)),
        )
        bindings.look(lambda look: look.repainted, self.repainted.put, self.repainted.picked, show.set_repainted)
        bindings.look(
            lambda look: look.params.seed, self.seed.put, self.seed.picked, lambda seed: show.set_params(seed=seed)
        )
        bindings.setup(
            lambda setup: _size(setup.engine),
            self.engine_size.put,
            self.engine_size.picked,
            lambda size: show.set_setup(engine=replace(show.setup.engine, width=size[0], height=size[1])),
        )


def _size(engine: EngineChoice) -> tuple[int, int]:
    return engine.width, engine.height
