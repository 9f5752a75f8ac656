"""The look: prompts, which modes are on, how strongly what counts, what is repainted, seed, steps, sizes, hard cut.

Its other pictures and files have panels of their own: ``references``, ``frames``, ``loras``, ``mask``.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.look import Look
from app.modes import modes_of
from app.window import icons
from app.window.actions import Actions
from app.window.bind import Bindings
from app.window.cards import Expander, FoldingCard, named, text
from app.window.choice import Segments
from app.window.fader import Fader
from app.window.panels.engine_size import EngineSizeRow
from app.window.panels.output_size import OutputSizeRow
from app.window.panels.prompts import MorphRow, PromptList
from app.window.panels.seed import SeedRow, SeedWalkRow
from app.words import window as words
from app.words import window_look as words_look

DEFAULTS = Look().params


class ModesRow(QWidget):
    """Which modes are on, and a button that takes them back; as high while none is, so that nothing below it jumps."""

    def __init__(self) -> None:
        super().__init__()
        self.line = text("", "dim")
        self.line.setWordWrap(True)
        self.line.setToolTip(words.MODES_TIP)
        self.line.setMinimumHeight(2 * self.line.fontMetrics().lineSpacing())  # some modes are two lines
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
        self.clear.setEnabled(bool(modes))


class Strengths(QWidget):
    """How strongly what counts: the guide, the past, the source; and how many passes there are."""

    def __init__(self, bindings: Bindings) -> None:
        super().__init__()
        self.control = Fader(words.STRENGTH, 0.0, 2.0, DEFAULTS.control_strength, help=words.STRENGTH_TIP)
        self.past = Fader(words_look.PAST, 0.01, 1.0, DEFAULTS.past, help=words_look.PAST_TIP)
        self.video = Fader(words_look.VIDEO, 0.05, 1.0, DEFAULTS.strength, help=words_look.VIDEO_TIP)
        self.steps = Fader(words.STEPS, 1, 8, DEFAULTS.steps, whole=True, help=words.STEPS_TIP)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for fader in (self.control, self.past, self.video, self.steps):
            column.addWidget(fader)
        _bind(bindings, "control_strength", self.control)
        _bind(bindings, "past", self.past)
        _bind(bindings, "strength", self.video)
        _bind(bindings, "steps", self.steps, whole=True)


class Seldom(QWidget):
    """What is set before a show and seldom in it: what new words do to the past, and what a soft cut is."""

    def __init__(self, bindings: Bindings) -> None:
        super().__init__()
        show = bindings.show
        self.past_read = Segments(words_look.PAST_READ, words_look.PAST_READS, help=words_look.PAST_READ_TIP)
        self.soft_cut_chunks = Fader(
            words_look.SOFT_CUT_CHUNKS,
            1,
            60,
            DEFAULTS.soft_cut_chunks,
            whole=True,
            help=words_look.SOFT_CUT_CHUNKS_TIP,
            most=1000,
        )
        self.soft_cut_past = Fader(
            words_look.SOFT_CUT_PAST, 0.01, 1.0, DEFAULTS.soft_cut_past, help=words_look.SOFT_CUT_PAST_TIP
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(named(words_look.PAST_READ, self.past_read, 56))
        column.addWidget(self.soft_cut_chunks)
        column.addWidget(self.soft_cut_past)
        bindings.look(
            lambda look: look.params.prompt_change,
            self.past_read.put,
            self.past_read.picked,
            lambda change: show.set_params(prompt_change=change),
        )
        _bind(bindings, "soft_cut_chunks", self.soft_cut_chunks, whole=True)
        _bind(bindings, "soft_cut_past", self.soft_cut_past)


class LookPanel(FoldingCard):
    """Everything on it acts from the engine's next chunk on."""

    def __init__(self, bindings: Bindings, actions: Actions) -> None:
        super().__init__(words.LOOK)
        show = bindings.show
        self.prompts = PromptList(bindings)
        self.prompts.add.pressed.connect(self.open)  # the new field is seen, and can have the focus
        self.prompt, self.examples = self.prompts.first, self.prompts.examples
        self.modes = ModesRow()
        self.modes.clear.clicked.connect(actions.clear_modes)
        self.morph = MorphRow()
        self.strengths = Strengths(bindings)
        self.strength, self.steps = self.strengths.control, self.strengths.steps
        self.repainted = Segments(words.REPAINT, words.REPAINTED, help=words.REPAINT_TIP)
        self.seed, self.walk = SeedRow(), SeedWalkRow()
        self.size_row = EngineSizeRow(bindings)
        self.engine_size = self.size_row.picker
        self.output_size = OutputSizeRow(bindings)
        self.cut = QPushButton(icons.icon("scissors"), f" {words.HARD_CUT}")
        self.cut.setIconSize(QSize(20, 20))
        self.cut.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.cut.setAccessibleName(words.HARD_CUT)
        self.cut.setToolTip(words.HARD_CUT_TIP)
        self.cut.clicked.connect(actions.hard_cut)
        self.seldom = Seldom(bindings)
        self._lay_out()

        bindings.look(modes_of, self.modes.put)
        bindings.look(
            lambda look: float(look.params.morph_chunks),
            self.morph.put,
            self.morph.fader.moved,
            lambda chunks: show.set_params(morph_chunks=round(chunks)),
        )
        bindings.look(lambda look: look.repainted, self.repainted.put, self.repainted.picked, show.set_repainted)
        bindings.look(
            lambda look: look.params.seed,
            self.seed.put,
            self.seed.picked,
            lambda seed: show.set_params(seed=seed),
            self.seed.field,
        )
        bindings.look(
            lambda look: look.seed_walk.every_s,
            self.walk.every.set_value,
            self.walk.every.moved,
            lambda every_s: show.set_seed_walk(every_s=every_s),
        )
        bindings.look(
            lambda look: float(look.seed_walk.every_beats),
            self.walk.beats.set_value,
            self.walk.beats.moved,
            lambda beats: show.set_seed_walk(every_beats=round(beats)),
        )
        bindings.look(
            lambda look: look.seed_walk.unit,
            self.walk.put_unit,
            self.walk.by_beat.clicked,
            lambda _: show.set_seed_walk(unit="beats" if self.walk.by_beat.isChecked() else "seconds"),
        )
        bindings.look(
            lambda look: look.seed_walk.on,
            self.walk.switch.setChecked,
            self.walk.switch.clicked,
            lambda on: show.set_seed_walk(on=on),
        )

    def put_chunk_s(self, seconds: float) -> None:
        """How long one of the engine's chunks lasts now."""
        self.morph.put_chunk_s(seconds)

    def _lay_out(self) -> None:
        self.header.addWidget(self.prompts.add)
        self.header.addWidget(self.examples)
        self.body.addWidget(self.prompts)
        self.body.addWidget(self.modes)
        self.body.addWidget(self.morph)
        self.body.addWidget(self.strengths)
        self.body.addLayout(named(words.REPAINT, self.repainted, 56))
        self.body.addWidget(self.seed)
        self.body.addWidget(self.walk)
        self.body.addWidget(self.size_row)
        self.body.addWidget(self.output_size)
        self.body.addWidget(self.cut)
        self.body.addWidget(Expander(words_look.MORE, self.seldom, words_look.MORE))
        self.body.addWidget(self.seldom)


def _bind(bindings: Bindings, name: str, fader: Fader, whole: bool = False) -> None:
    """``fader`` shows the field of ``Params`` of this name, and sets it."""
    bindings.look(
        lambda look: float(getattr(look.params, name)),
        fader.set_value,
        fader.moved,
        lambda value: bindings.show.set_params(**{name: round(value) if whole else value}),
    )
