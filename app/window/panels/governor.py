"""The governor: whether it may act, which rate it holds, and what it does now."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.status import GovernorStatus
from app.window.bind import Bindings
from app.window.cards import Elided
from app.window.choice import Picker, Switch
from app.words import window_governor as words


class GovernorRow(QWidget):
    """Binds ``setup.governor``."""

    def __init__(self, bindings: Bindings) -> None:
        super().__init__()
        show = bindings.show
        self.switch = Switch(words.GOVERNOR, words.GOVERNOR_TIP)
        self.rate = Picker(words.RATE, words.rate, words.RATE_TIP)
        self.rate.set_options([(words.rate(rate), rate) for rate in (0.0, *words.RATES)])
        self.state = Elided("dim")
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.switch)
        line.addWidget(self.rate, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(line)
        column.addWidget(self.state)
        bindings.setup(
            lambda setup: setup.governor.on,
            self.switch.setChecked,
            self.switch.clicked,
            lambda on: show.set_setup(governor=replace(show.setup.governor, on=on)),
        )
        bindings.setup(
            lambda setup: setup.governor.rate,
            self.rate.put,
            self.rate.picked,
            lambda rate: show.set_setup(governor=replace(show.setup.governor, rate=rate)),
        )
        bindings.setup(lambda setup: setup.governor.on, self.rate.setEnabled)

    def put_status(self, governor: GovernorStatus) -> None:
        state = words.state(governor)
        self.state.put(state)
        self.switch.setAccessibleDescription(state)
