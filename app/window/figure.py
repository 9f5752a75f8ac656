"""A figure that is read from afar; who listens hears what it is a figure of."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from app.words import window as words


class Figure(QLabel):
    """To a screen reader a label's name takes the place of what stands in it: so caption and unit are said with it."""

    def __init__(self, caption: str = "", unit: str = "", style: str = "figure") -> None:
        """caption: what it is a figure of; it may stand elsewhere, or nowhere. style: see the theme."""
        super().__init__(words.UNKNOWN)
        self.setObjectName(style)
        self._caption, self._unit = caption, unit
        self.put(words.UNKNOWN)

    def put(self, figure: str, caption: str | None = None) -> None:
        """caption: another one from here on."""
        self._caption = self._caption if caption is None else caption
        said = words.figure_said(self._caption, figure, self._unit)
        if figure != self.text():
            self.setText(figure)
        if said != self.accessibleName():
            self.setAccessibleName(said)
