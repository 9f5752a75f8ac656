"""All figures of the show over the window: the latency with its parts, rates, memory, drops, the beat, every output."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.status import LatencyParts, OutputStatus, Status
from app.window import theme
from app.window.cards import text
from app.window.figure import Figure
from app.window.overlay import Overlay
from app.words import window as words
from app.words import window_hud as words_hud

_SHADES = ("#8f9bff", "#ffb84a", theme.ACCENT, "#ff8fd0")
"""Of the latency's parts, in their order; the same order and the figures below tell them apart without colours."""


class LatencyBar(QWidget):
    """The parts of the latency beside one another, each as long as its share of the whole."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._parts: LatencyParts | None = None

    def sizeHint(self) -> QSize:
        return QSize(440, 22)

    def put(self, parts: LatencyParts | None) -> None:
        if parts != self._parts:
            self._parts = parts
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.FIELD))
        if self._parts is not None and self._parts.whole_ms > 0:
            left = 0.0
            for ms, shade in zip(words_hud.latency_parts(self._parts), _SHADES, strict=True):
                width = self.width() * (ms or 0.0) / self._parts.whole_ms
                painter.fillRect(QRectF(left, 0, width, self.height()), QColor(shade))
                left += width
        painter.setPen(QPen(QColor(theme.LINE), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()


class _Part(QWidget):
    """One part of the latency: its name under its shade, its milliseconds large."""

    def __init__(self, name: str, tip: str, shade: str) -> None:
        super().__init__()
        self.setToolTip(f"{name}: {tip}")
        swatch = QLabel()
        swatch.setFixedSize(12, 12)
        swatch.setStyleSheet(f"background: {shade}; border-radius: 3px;")
        self.figure = Figure(name)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(swatch)
        head.addWidget(text(name, "dim"), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.figure)


class _Figures(QWidget):
    """Lines of a name and a figure; as many as there are to tell."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(5)
        self._lines: list[tuple[QLabel, Figure]] = []

    @property
    def lines(self) -> dict[str, str]:
        return {name.text(): figure.text() for name, figure in self._lines if not name.isHidden()}

    def put(self, rows: list[tuple[str, str]]) -> None:
        while len(self._lines) < len(rows):
            line = (text("", "dim"), Figure(style="row_title"))
            for column, label in enumerate(line):
                self._grid.addWidget(label, len(self._lines), column)
            self._lines.append(line)
        for index, (name, figure) in enumerate(self._lines):
            there = index < len(rows)
            name.setVisible(there)
            figure.setVisible(there)
            if there:
                name.setText(rows[index][0])
                figure.put(rows[index][1], caption=rows[index][0])


class Hud(Overlay):
    """``put`` what the rig tells; ``toggle`` shows and hides it."""

    def __init__(self, parent: QWidget, beside: QWidget) -> None:
        """beside: at whose upper left corner it opens."""
        content = QWidget()
        super().__init__(parent, words_hud.HUD, content)
        self._beside = beside
        self.whole = Figure(words_hud.LATENCY)
        self.note = text("", "dim")
        self.note.setWordWrap(True)
        self.bar = LatencyBar()
        named = zip(words_hud.LATENCY_PARTS, words_hud.LATENCY_PARTS_TIP, _SHADES, strict=True)
        self.parts = [_Part(name, tip, shade) for name, tip, shade in named]
        self._figures = _Figures()
        head = QHBoxLayout()
        head.addWidget(text(words_hud.LATENCY, "card_title"))
        head.addStretch(1)
        head.addWidget(self.whole)
        parts = QHBoxLayout()
        parts.setSpacing(20)
        for part in self.parts:
            parts.addWidget(part, 1)
        column = QVBoxLayout(content)
        column.setContentsMargins(18, 12, 18, 14)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addLayout(parts)
        column.addWidget(self.note)
        column.addSpacing(4)
        column.addWidget(self._figures)

    @property
    def lines(self) -> dict[str, str]:
        """The figures below the latency, by their names."""
        return self._figures.lines

    def put(self, status: Status, stage: OutputStatus, beat: str) -> None:
        latency = status.latency
        self.whole.put(words_hud.latency(latency))
        self.note.setText(words_hud.latency_note(status))
        self.note.setVisible(bool(self.note.text()))
        self.bar.put(latency)
        figures = (None,) * len(self.parts) if latency is None else words_hud.latency_parts(latency)
        for part, ms in zip(self.parts, figures, strict=True):
            part.figure.put(words.milliseconds(ms))
        self._figures.put(words_hud.figures(status, stage, beat))
        self.keep_up()

    def toggle(self) -> None:
        self.setVisible(self.isHidden())
        if self.isVisible():
            self.place(self._beside.mapTo(self.window(), self._beside.rect().topLeft()))
