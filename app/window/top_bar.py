"""The bar across the top: the show in figures that can be read from two metres, and the three big buttons."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QSize, Qt
from PySide6.QtGui import QIcon, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.look import Treatment
from app.status import OutputStatus, Status
from app.tempo import Tempo
from app.window import icons
from app.window.actions import Actions
from app.window.beat import BeatLamp
from app.window.bind import Bindings
from app.window.cards import text
from app.window.figure import Figure
from app.words import window as words
from app.words import window_hud as words_hud

NARROWEST = 600
"""Pixels. Where there is too little room (a small display at 200 %), figures give way to the buttons, one after the
other; the overlay with all figures has them."""


class Readout(QWidget):
    """A small caption over a large figure."""

    def __init__(self, caption: str, tip: str, widest: str, unit: str = "") -> None:
        """unit: that a screen reader says behind the figure; beside it there is no room."""
        super().__init__()
        self._figure = Figure(caption, unit)
        self.setToolTip(tip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(text(caption, "caption"))
        layout.addWidget(self._figure)
        self._widest = widest

    def ensure_width(self) -> None:
        """Room for the widest figure once the theme is on, so that the bar stands still while numbers change."""
        self._figure.ensurePolished()
        self._figure.setMinimumWidth(self._figure.fontMetrics().horizontalAdvance(self._widest))

    @property
    def figure(self) -> str:
        return self._figure.text()

    def put(self, figure: str, more: str = "") -> None:
        """more: what a screen reader can tell of it besides."""
        self._figure.put(figure)
        self._figure.setAccessibleDescription(more)


class Chip(QLabel):
    """A word in a pill: dim when off, bright when on."""

    def __init__(self, caption: str, tip: str) -> None:
        super().__init__(caption)
        self.setObjectName("chip")
        self.setToolTip(tip)
        self._state = ""

    def put(self, caption: str, state: str) -> None:
        """state: "", "on", "warning" or "error"."""
        self.setText(caption)
        if state != self._state:
            self._state = state
            self.setProperty("state", state)
            self.style().unpolish(self)
            self.style().polish(self)


class AirButton(QPushButton):
    """A chip that is pressed: it switches an output on and off, and is lit while that runs."""

    def __init__(self, title: str, caption: str, tip: str, act: Callable[[], None]) -> None:
        super().__init__(caption)
        self.setObjectName("chip")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(title)
        self.setToolTip(tip)
        self.clicked.connect(lambda _: act())
        self._widest = words.on_air(caption, running=True, trouble="")
        self._state = ""

    def ensure_width(self) -> None:
        """Room for what it says while it is lit, so that the bar stands still when it is."""
        self.ensurePolished()
        around = self.sizeHint().width() - self.fontMetrics().horizontalAdvance(self.text())
        self.setMinimumWidth(around + self.fontMetrics().horizontalAdvance(self._widest))

    def put(self, caption: str, state: str) -> None:
        """state: "", "on", "warning" or "error"."""
        self.setText(caption)
        self.setAccessibleDescription(caption)
        if state != self._state:
            self._state = state
            self.setProperty("state", state)
            self.style().unpolish(self)
            self.style().polish(self)


class TopBar(QFrame):
    """Figures, the beat, what is on the air, and Blackout, Freeze, Bypass."""

    def __init__(self, bindings: Bindings, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("top_bar")
        self._row = QHBoxLayout(self)

        self.source = Readout(words.SOURCE_RATE, words.SOURCE_RATE_TIP, "120.0", words.A_SECOND)
        self.engine = Readout(words.ENGINE_RATE, words.ENGINE_RATE_TIP, "120.0", words.A_SECOND)
        self.latency = Readout(words_hud.LATENCY, words_hud.LATENCY_TIP, "8888 ms")
        self.memory = Readout(words_hud.GPU_MEMORY, words_hud.GPU_MEMORY_TIP, "88.8 GB")
        self.dropped = Readout(words.DROPPED, words.DROPPED_TIP, "88888")
        self.repeated = Readout(words.REPEATED, words.REPEATED_TIP, "88888")
        self._readouts = (self.source, self.engine, self.latency, self.memory, self.dropped, self.repeated)
        for readout in self._readouts:
            self._row.addWidget(readout)
        self.lamp = BeatLamp()
        self.beat = QWidget()
        self.beat.setToolTip(words_hud.BEAT_TIP)
        self.pace = Figure(words_hud.TEMPO, style="pace")
        counted = QHBoxLayout(self.beat)
        counted.setContentsMargins(0, 0, 0, 0)
        counted.setSpacing(8)
        counted.addWidget(self.lamp)
        counted.addWidget(self.pace)
        self._row.addWidget(self.beat)
        bindings.setup(lambda setup: setup.tempo, self._put_tempo)

        chips = QVBoxLayout()
        chips.setSpacing(4)
        self.recording = AirButton(words.RECORD, words.REC, words_hud.REC_TIP, actions.toggle_recording)
        self.virtual_camera = AirButton(
            words.VIRTUAL_CAMERA, words.CAM, words_hud.CAM_TIP, actions.toggle_virtual_camera
        )
        self.stage = AirButton(words.STAGE, words.STAGE_CHIP, words_hud.STAGE_TIP, actions.toggle_stage)
        air = QHBoxLayout()
        air.setSpacing(6)
        for chip in (self.virtual_camera, self.stage):
            air.addWidget(chip)
        chips.addWidget(self.recording)
        chips.addLayout(air)
        self._row.addLayout(chips)
        self._row.addStretch(1)
        self._recorded = QElapsedTimer()

        self.treatments: dict[Treatment, QPushButton] = {}
        table: tuple[tuple[Treatment, str, str, str, Callable[[], None]], ...] = (
            ("blackout", words.BLACKOUT, words.BLACKOUT_TIP, "eye-off", actions.blackout),
            ("freeze", words.FREEZE, words.FREEZE_TIP, "snowflake", actions.freeze),
            ("bypass", words.BYPASS, words.BYPASS_TIP, "camera", actions.bypass),
        )
        self._big: dict[QPushButton, tuple[str, str]] = {}
        for treatment, title, tip, symbol, act in table:
            self.treatments[treatment] = _treatment(bindings, treatment, title, tip, symbol, act)
            self._big[self.treatments[treatment]] = title, symbol
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self._nested = (air, chips, buttons)
        for button in self.treatments.values():
            buttons.addWidget(button)
        self._row.addLayout(buttons)
        self.setMinimumWidth(NARROWEST)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._make_room()
        self._row.activate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()
        self._row.activate()

    def _make_room(self) -> None:
        """Show as many figures as there is room for beside the buttons, which always stay; the latency goes last."""
        giving_way = (self.repeated, self.dropped, self.memory, self.source, self.engine, self.pace, self.latency)
        for part in giving_way:
            part.show()
        self.beat.updateGeometry()
        for child in self.findChildren(QWidget):
            child.ensurePolished()  # before the theme is on, nothing has the width that it will have
        for growing in (*self._readouts, self.virtual_camera, self.stage):
            growing.ensure_width()
        self._set_spacing(20, 18, 10)
        self._set_compact(False)
        for part in giving_way[:4]:
            if self._needed() <= self.width():
                return
            part.hide()
        self._set_spacing(12, 18, 10)
        if self._needed() > self.width():
            self._set_spacing(8, 10, 6)
            self._set_compact(True)
        for part in giving_way[4:]:
            if self._needed() <= self.width():
                return
            part.hide()
            self.beat.updateGeometry()  # the pace is in it

    def _needed(self) -> int:
        """The width that all which is shown takes; asked anew of every layout, for each keeps what it knew."""
        for layout in (self.beat.layout(), *self._nested, self._row):
            if layout is not None:
                layout.invalidate()
        return self._row.minimumSize().width()

    def _set_spacing(self, between: int, beside: int, above: int) -> None:
        self._row.setSpacing(between)
        self._row.setContentsMargins(beside, above, beside, above)

    def _set_compact(self, compact: bool) -> None:
        """Whether the big buttons are smaller than they should be: words alone."""
        for button, (title, symbol) in self._big.items():
            name = "big_compact" if compact else "big"
            if button.objectName() != name:
                button.setObjectName(name)
                button.setIcon(QIcon() if compact else icons.icon(symbol))
                button.setText(title if compact else f" {title}")
                button.style().unpolish(button)
                button.style().polish(button)
            button.setMinimumWidth(button.sizeHint().width())

    def _put_tempo(self, tempo: Tempo) -> None:
        self.lamp.put(tempo)
        self.pace.put(words_hud.beats_per_minute(tempo.beats_per_minute))

    def put(self, status: Status, stage: OutputStatus) -> None:
        """stage: of the stage window, which the rig knows nothing of."""
        self.source.put(words.rate(status.source_rate))
        self.engine.put(words.rate(status.engine_rate))
        self.latency.put(words_hud.latency(status.latency), words_hud.latency_said(status.latency))
        self.latency.setToolTip(words_hud.latency_tip(status))
        self.memory.put(words_hud.gpu_memory(status.gpu_memory))
        self.memory.setToolTip(words_hud.gpu_memory_tip(status.gpu_memory))
        repeated = sum(output.repeated for output in status.outputs.values())
        self.dropped.put(str(status.dropped))
        self.repeated.put(str(repeated))
        self.engine.setToolTip(words.engine_tip(status.dropped, repeated))
        _put_output(self.virtual_camera, words.CAM, status.outputs.get("virtual camera", OutputStatus()))
        _put_output(self.stage, words.STAGE_CHIP, stage)
        recorder = status.outputs.get("recorder", OutputStatus())
        if not recorder.running:
            self._recorded.invalidate()
            _put_output(self.recording, words.REC, recorder)
        else:
            if not self._recorded.isValid():
                self._recorded.start()
            self.recording.put(words.recording_for(self._recorded.elapsed() // 1000), "error")


def _put_output(chip: AirButton, caption: str, output: OutputStatus) -> None:
    state = "warning" if output.trouble else "on" if output.running else ""
    chip.put(words.on_air(caption, output.running, output.trouble), state)


def _treatment(
    bindings: Bindings, treatment: Treatment, title: str, tip: str, symbol: str, act: Callable[[], None]
) -> QPushButton:
    button = QPushButton(icons.icon(symbol), f" {title}")
    button.setObjectName("big")
    button.setIconSize(QSize(22, 22))
    button.setCheckable(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(title)
    button.setToolTip(tip)
    bindings.look(lambda look: look.treatment == treatment, button.setChecked, button.clicked, lambda _: act())
    return button
