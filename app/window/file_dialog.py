"""A file dialog that stands beside the show: not modal, so that every key still works while it is open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget


class FileDialog(QObject):
    """One dialog of one widget, made when it is opened and gone when it is closed."""

    def __init__(
        self, parent: QWidget, title: str, filter: str, chosen: Callable[[Path], object], saves: str = ""
    ) -> None:
        """chosen: takes the file. saves: the ending of the file that is to be written; "" opens one that is there."""
        super().__init__(parent)
        self._parent, self._title, self._filter, self._chosen, self._saves = parent, title, filter, chosen, saves
        self._dialog: QFileDialog | None = None

    @property
    def dialog(self) -> QFileDialog | None:
        """While it is open."""
        return self._dialog

    def open(self) -> None:
        if self._dialog is None:
            dialog = QFileDialog(self._parent.window(), self._title, str(Path.home()), self._filter)
            if self._saves:
                dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
                dialog.setDefaultSuffix(self._saves)
            else:
                dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.setModal(False)
            dialog.fileSelected.connect(lambda path: self._chosen(Path(path)))
            dialog.finished.connect(self._closed)
            self._dialog = dialog
        self._dialog.show()
        self._dialog.activateWindow()

    def _closed(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None
