"""The seed: typed, locked, stepped, drawn by chance, and walking by itself."""

from __future__ import annotations

import random

from PySide6.QtCore import QEvent, QRegularExpression, Qt, Signal
from PySide6.QtGui import QMouseEvent, QRegularExpressionValidator, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.look import Look
from app.seed_walk import EVERY_BEATS, EVERY_S, LARGEST_SEED, SeedWalk, Unit, seed_after
from app.window import icons
from app.window.cards import scrolls_by, text, tool
from app.window.fader import Fader
from app.window.shortcuts import is_shortcut_in_number
from app.window.text_fields import LineField
from app.words import window as words
from app.words import window_look as words_look

DEFAULT = Look().params.seed
TITLE_WIDTH = 56
_SHORT_SLIDER = 50
"""Pixels: two buttons stand beside it."""


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
        if scrolls_by(self, event):
            event.ignore()
            return
        step = 1 if event.angleDelta().y() > 0 else -1
        self.setText(str(min(LARGEST_SEED, max(0, int(self.text() or 0) + step))))
        self.editingFinished.emit()
        event.accept()


class SeedRow(QWidget):
    """Seed, lock, next, random. The lock is the performer's own: it keeps hands off, and holds nobody else back.

    A double-click on its title goes back to the default.
    """

    picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._seed = DEFAULT
        self.title = text(words.SEED)
        self.title.setFixedWidth(TITLE_WIDTH)
        self.title.setToolTip(words_look.double_click(str(DEFAULT)))
        self.field = SeedField()
        self.lock = tool("lock-open", words.SEED_LOCK, words.SEED_LOCK_TIP)
        self.lock.setCheckable(True)
        self.next = tool("step-forward", words.SEED_NEXT, words.SEED_NEXT_TIP)
        self.random = tool("dices", words.SEED_RANDOM, words.SEED_RANDOM_TIP)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.title)
        layout.addSpacing(2)
        layout.addWidget(self.field, 1)
        for button in (self.lock, self.next, self.random):
            layout.addWidget(button)
        self.field.entered.connect(lambda typed: self.picked.emit(int(typed) if typed else self._seed))
        self.next.clicked.connect(lambda: self.picked.emit(seed_after(self._seed)))
        # Six figures: a seed is read out across a stage and typed again.
        self.random.clicked.connect(lambda: self.picked.emit(random.randrange(1_000_000)))
        self.lock.toggled.connect(self._locked)

    def put(self, seed: int) -> None:
        self._seed = seed
        self.field.put(str(seed))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if not self.lock.isChecked():
            self.picked.emit(DEFAULT)

    def _locked(self, locked: bool) -> None:
        self.lock.setIcon(icons.icon("lock" if locked else "lock-open"))
        for part in (self.field, self.next, self.random):
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
