"""A file dialog that stands beside the show: not modal, so that every key still works while it is open.

It asks nothing: a question about a file that is there, or is not, would be modal. Who writes keeps what is replaced,
who opens says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget


class FileDialog(QObject):
    """One dialog of one widget, made when it is opened and gone when it is closed.

    folder: where it begins: that of the file chosen last in any dialog of its window with the same ``filter``.
    """

    def __init__(
        self,
        parent: QWidget,
        title: str,
        filter: str,
        chosen: Callable[[Path], object],
        saves: str = "",
        name: Callable[[], str] = lambda: "",
    ) -> None:
        """chosen: takes the file. saves: the ending of the file that is to be written; "" opens one that is there.
        name: of the file that is proposed."""
        super().__init__(parent)
        self._parent, self._title, self._chosen, self._saves, self._name = parent, title, chosen, saves, name
        self.filter = filter
        self.folder = Path.home()
        self._dialog: QFileDialog | None = None

    @property
    def dialog(self) -> QFileDialog | None:
        """While it is open."""
        return self._dialog

    def open(self) -> None:
        if self._dialog is None:
            folder = self.folder if self.folder.is_dir() else Path.home()
            dialog = QFileDialog(self._parent.window(), self._title, str(folder), self.filter)
            if self._saves:
                dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
                dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
                dialog.setDefaultSuffix(self._saves)
                dialog.selectFile(self._name())
            else:
                dialog.setOption(QFileDialog.Option.ReadOnly)
            dialog.setFileMode(QFileDialog.FileMode.AnyFile)
            dialog.setModal(False)
            dialog.fileSelected.connect(self._choose)
            dialog.finished.connect(self._closed)
            self._dialog = dialog
        self._dialog.show()
        self._dialog.activateWindow()

    def _choose(self, path: str) -> None:
        for dialog in self._parent.window().findChildren(FileDialog):
            if dialog.filter == self.filter:
                dialog.folder = Path(path).parent
        self._chosen(Path(path))

    def _closed(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None
