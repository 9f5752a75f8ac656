"""The bar across the top: the show in figures that can be read from two metres, and the three big buttons."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.look import Treatment
from app.status import OutputStatus, Status
from app.window import icons, words
from app.window.actions import Actions
from app.window.bind import Bindings
from app.window.cards import text

NARROWEST = 900
ROOM_FOR_ALL = 1280
"""Below this width (a small display at 200 %) the counters give way to the buttons; the engine's tooltip has them."""


class Readout(QWidget):
    """A small caption over a large figure."""

    def __init__(self, caption: str, tip: str, widest: str) -> None:
        super().__init__()
        self._figure = text(words.UNKNOWN, "figure")
        self._figure.setAccessibleName(caption)
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

    def put(self, figure: str) -> None:
        if figure != self._figure.text():
            self._figure.setText(figure)


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


class TopBar(QFrame):
    """Figures, what is on the air, and Blackout, Freeze, Bypass."""

    def __init__(self, bindings: Bindings, actions: Actions) -> None:
        super().__init__()
        self.setObjectName("top_bar")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(18, 10, 16, 10)

        self.source = Readout(words.SOURCE_RATE, words.SOURCE_RATE_TIP, "120.0")
        self.engine = Readout(words.ENGINE_RATE, words.ENGINE_RATE_TIP, "120.0")
        self.latency = Readout(words.LATENCY, words.LATENCY_TIP, "8888 ms")
        self.dropped = Readout(words.DROPPED, words.DROPPED_TIP, "88888")
        self.repeated = Readout(words.REPEATED, words.REPEATED_TIP, "88888")
        self._readouts = (self.source, self.engine, self.latency, self.dropped, self.repeated)
        for readout in self._readouts:
            self._row.addWidget(readout)

        chips = QVBoxLayout()
        chips.setSpacing(4)
        self.recording = Chip(words.REC, words.REC_TIP)
        self.virtual_camera = Chip(words.CAM, words.CAM_TIP)
        self.stage = Chip(words.STAGE_CHIP, words.STAGE_CHIP_TIP)
        air = QHBoxLayout()
        air.setSpacing(6)
        for chip in (self.virtual_camera, self.stage):
            air.addWidget(chip)
        chips.addWidget(self.recording, 0, Qt.AlignmentFlag.AlignLeft)
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
        for treatment, title, tip, symbol, act in table:
            self.treatments[treatment] = _treatment(bindings, treatment, title, tip, symbol, act)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in self.treatments.values():
            buttons.addWidget(button)
        self._row.addLayout(buttons)
        self.setMinimumWidth(NARROWEST)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        roomy = event.size().width() >= ROOM_FOR_ALL
        self._row.setSpacing(22 if roomy else 12)
        for readout in (self.dropped, self.repeated):
            readout.setVisible(roomy)

    def put(self, status: Status, stage: OutputStatus) -> None:
        """stage: of the stage window, which the rig knows nothing of."""
        for readout in self._readouts:
            readout.ensure_width()
        self.source.put(words.rate(status.source_rate))
        self.engine.put(words.rate(status.engine_rate))
        self.latency.put(words.milliseconds(status.latency_ms.p50))
        self.latency.setToolTip(words.latency_tip(status))
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


def _put_output(chip: Chip, caption: str, output: OutputStatus) -> None:
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
