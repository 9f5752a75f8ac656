"""Where the window stood, how wide its columns were, which cards were open, where files were chosen last and how the
brush was: kept in a file between runs.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QSize
from PySide6.QtWidgets import QMainWindow, QSplitter

from app.window.cards import FoldingCard
from app.window.file_dialog import FileDialog
from app.window.mask_editor import MaskEditor

FIRST_SIZE = QSize(1400, 900)
FRAME = QSize(16, 48)
"""Pixels that desktops take for a window's frame and title bar, at the most: the foot of the window, which tells what
goes wrong, is to be on the display."""
COLUMNS = (384, 370)
"""Pixels of the panels at the left and at the right, at first."""
_BRUSH = ("size", "hardness", "opacity")


class WindowPlace:
    """Of one window and its columns; without a file it is new at each start."""

    def __init__(self, window: QMainWindow, columns: QSplitter, path: Path | None) -> None:
        self._window, self._columns = window, columns
        self._kept = None if path is None else QSettings(str(path), QSettings.Format.IniFormat)

    def keep(self) -> None:
        if self._kept is not None:
            self._kept.setValue("geometry", self._window.saveGeometry())
            self._kept.setValue("columns", self._columns.saveState())
            for card in self._window.findChildren(FoldingCard):
                self._kept.setValue(f"open/{card.title}", card.opened)
            for dialog in self._window.findChildren(FileDialog):
                self._kept.setValue(f"folder/{dialog.filter}", str(dialog.folder))
            for editor in self._window.findChildren(MaskEditor):
                for name in _BRUSH:
                    self._kept.setValue(f"brush/{name}", getattr(editor.brush, name))
            self._kept.sync()

    def restore(self) -> None:
        kept, window = self._kept, self._window
        geometry = kept.value("geometry") if kept is not None else None
        columns = kept.value("columns") if kept is not None else None
        if not isinstance(geometry, QByteArray) or not window.restoreGeometry(geometry):
            window.resize(FIRST_SIZE.boundedTo(window.screen().availableSize() - FRAME))
        if not isinstance(columns, QByteArray) or not self._columns.restoreState(columns):
            left, right = COLUMNS
            self._columns.setSizes([left, max(200, window.width() - left - right - 16), right])
        if kept is not None:
            for card in window.findChildren(FoldingCard):
                card.open(str(kept.value(f"open/{card.title}", card.opened)).lower() == "true")
            for dialog in window.findChildren(FileDialog):
                dialog.folder = Path(str(kept.value(f"folder/{dialog.filter}", dialog.folder)))
            for editor in window.findChildren(MaskEditor):
                for name in _BRUSH:
                    with suppress(ValueError):  # a damaged file, or one of another version
                        editor.set_brush(**{name: float(str(kept.value(f"brush/{name}", getattr(editor.brush, name))))})
