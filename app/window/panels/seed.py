"""The seed: on a slider, typed, locked, stepped, drawn by chance, and walking by itself."""

from __future__ import annotations

import random

from PySide6.QtCore import QEvent, QRegularExpression, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QMouseEvent, QRegularExpressionValidator, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.look import Look
from app.seed_walk import EVERY_BEATS, EVERY_S, LARGEST_SEED, SeedWalk, Unit, seed_after
from app.window import icons
from app.window.cards import TitledGrid, scrolls_by, text, tool
from app.window.fader import Fader, Notches, Slider
from app.window.shortcuts import is_shortcut_in_number
from app.window.text_fields import LineField
from app.words import window as words
from app.words import window_look as words_look

DEFAULT = Look().params.seed
TITLE_WIDTH = 56
SEEDS = 1_000_000
"""That the slider goes through, and that chance draws from: six figures, for a seed is read out across a stage and
typed again. Any other is typed."""
_SHORT_SLIDER = 50
"""Pixels: two buttons stand beside it."""


class SeedField(LineField):
    """A typed seed; the wheel is the row's. Letters stay shortcuts, as in every number."""

    def __init__(self) -> None:
        super().__init__(words.SEED, help=words.SEED_TIP)
        self.setValidator(QRegularExpressionValidator(QRegularExpression(r"\d{1,19}"), self))
        self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def event(self, event: QEvent) -> bool:
        if is_shortcut_in_number(event):
            event.ignore()
            return True
        return super().event(event)


class SeedRow(QWidget):
    """Seed, lock, next, random. The lock is the performer's own: it keeps hands off, and holds nobody else back.

    The wheel goes to the seed's neighbours; a double-click on title or slider goes back to the default.
    """

    picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._seed = DEFAULT
        self._notches = Notches()
        self.title = text(words.SEED)
        self.title.setFixedWidth(TITLE_WIDTH)
        self.slider = Slider(SEEDS - 1)
        self.slider.setSingleStep(1)
        self.slider.setMinimumWidth(60)
        self.slider.setAccessibleName(words_look.along(words.SEED))
        self.slider.setAccessibleDescription(words.SEED_TIP)
        self.slider.setToolTip(words_look.seed_slider_tip(SEEDS - 1, str(DEFAULT)))
        self.title.setToolTip(words.to_default(str(DEFAULT)))
        self.field = SeedField()
        self.field.setFixedWidth(92)
        self.lock = tool("lock-open", words.SEED_LOCK, words.SEED_LOCK_TIP)
        self.lock.setCheckable(True)
        self.next = tool("step-forward", words.SEED_NEXT, words.SEED_NEXT_TIP)
        self.random = tool("dices", words.SEED_RANDOM, words.SEED_RANDOM_TIP)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in (self.lock, self.next, self.random):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = TitledGrid(self, rows_apart=6)
        layout.addWidget(self.title, 0, 0)
        layout.addWidget(self.slider, 0, 1)
        layout.addWidget(self.field, 0, 2)
        layout.addLayout(buttons, 1, 1, 1, 2)
        self.field.entered.connect(lambda typed: self.picked.emit(int(typed) if typed else self._seed))
        self.slider.valueChanged.connect(self.picked.emit)
        self.slider.reset.connect(self.reset)
        self.next.clicked.connect(lambda: self.picked.emit(seed_after(self._seed)))
        self.random.clicked.connect(lambda: self.picked.emit(random.randrange(SEEDS)))
        self.lock.toggled.connect(self._locked)

    def put(self, seed: int) -> None:
        self._seed = seed
        self.field.put(str(seed))
        with QSignalBlocker(self.slider):
            self.slider.setValue(min(seed, SEEDS - 1))

    def reset(self) -> None:
        if not self.lock.isChecked():
            self.picked.emit(DEFAULT)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Beside slider and field, and while what it stands in is being scrolled, that is scrolled."""
        at = event.position().toPoint()
        over = any(part.geometry().contains(at) for part in (self.slider, self.field))
        if not over or self.lock.isChecked() or scrolls_by(self, event):
            event.ignore()
            return
        seed = min(LARGEST_SEED, max(0, self._seed + self._notches.turned(event)))
        if seed != self._seed:
            self.picked.emit(seed)
        event.accept()

    def _locked(self, locked: bool) -> None:
        self.lock.setIcon(icons.icon("lock" if locked else "lock-open"))
        for part in (self.slider, self.field, self.next, self.random):
            part.setEnabled(not locked)


class SeedWalkRow(QWidget):
    """Whether the seed walks, and how long it stays on each: in seconds, or in beats."""

    def __init__(self) -> None:
        super().__init__()
        (low, most), (fewest, most_beats) = EVERY_S, EVERY_BEATS
        pace = SeedWalk()
        self.every = Fader(
            words_look.WALK,
            low,
            30.0,
            pace.every_s,
            decimals=1,
            suffix=words_look.SECONDS_SUFFIX,
            help=words_look.WALK_TIP,
            most=most,
        )
        self.beats = Fader(
            words_look.WALK,
            fewest,
            32,
            pace.every_beats,
            whole=True,
            suffix=words_look.BEATS_SUFFIX,
            help=words_look.WALK_BEATS_TIP,
            most=most_beats,
        )
        self.by_beat = tool("drum", words_look.WALK_BY_BEAT, words_look.WALK_BY_BEAT_TIP)
        self.switch = tool("footprints", words_look.WALK_ON, words_look.WALK_ON_TIP)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for fader in (self.every, self.beats):
            fader.slider.setMinimumWidth(_SHORT_SLIDER)
            layout.addWidget(fader, 1)
        for button in (self.by_beat, self.switch):
            button.setCheckable(True)
            layout.addWidget(button)
        self.put_unit("seconds")

    def put_unit(self, unit: Unit) -> None:
        self.by_beat.setChecked(unit == "beats")
        self.every.setVisible(unit == "seconds")
        self.beats.setVisible(unit == "beats")
