"""A file dialog that stands beside the show: not modal, so that every key still works while it is open.

It opens at once, in the performer's own folder, and goes on to the one that is wanted as soon as that is seen to be
there: a network that hangs holds up no window.

It asks nothing: a question about a file that is there, or is not, would be modal. Who writes keeps what is replaced,
who opens says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from app.file_worker import Later, at_once


class FileDialog(QObject):
    """One dialog of one widget, made when it is opened and gone when it is closed.

    folder: where it begins: that of the file chosen last in any dialog of its window with the same ``filter``.
    later: where the disk is asked; the window sets it, for all that it has.
    """

    given_up = Signal()
    """It was closed, and nothing was chosen."""
    _seen = Signal(int, str)

    def __init__(
        self,
        parent: QWidget,
        title: str,
        filter: str,
        chosen: Callable[[Path], object],
        saves: str = "",
        name: Callable[[], str] = lambda: "",
        begins: Callable[[], Sequence[Path]] = lambda: (),
    ) -> None:
        """chosen: takes the file. saves: the ending of the file that is to be written; "" opens one that is there.
        name: of the file that is proposed. begins: folders that come before ``folder``, the first that is there."""
        super().__init__(parent)
        self._parent, self._title, self._chosen, self._saves, self._name = parent, title, chosen, saves, name
        self.filter = filter
        self.folder = Path.home()
        self.later: Later = at_once
        self._begins = begins
        self._dialog: QFileDialog | None = None
        self._openings = 0
        self._seen.connect(self._begin_in)

    @property
    def dialog(self) -> QFileDialog | None:
        """While it is open."""
        return self._dialog

    def open(self) -> None:
        if self._dialog is None:
            dialog = QFileDialog(self._parent.window(), self._title, str(Path.home()), self.filter)
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
            dialog.rejected.connect(self.given_up)
            self._dialog = dialog
            self._openings += 1
            folders = [folder for folder in (*self._begins(), self.folder) if folder != Path.home()]
            if folders:
                self.later(str(folders[0]), partial(self._look_for, self._openings, folders))
        self._dialog.show()
        self._dialog.activateWindow()

    def _look_for(self, opening: int, folders: Sequence[Path]) -> None:
        """Tell the first of ``folders`` that is there. On any thread."""
        there = _first_there(folders)
        if there is not None:
            with suppress(RuntimeError):  # the window has gone
                self._seen.emit(opening, str(there))

    @Slot(int, str)
    def _begin_in(self, opening: int, folder: str) -> None:
        """Unless it was closed meanwhile, or the performer is somewhere else by now."""
        dialog = self._dialog if opening == self._openings else None
        if dialog is not None and Path(dialog.directory().absolutePath()) == Path.home():
            dialog.setDirectory(folder)

    def _choose(self, path: str) -> None:
        for dialog in self._parent.window().findChildren(FileDialog):
            if dialog.filter == self.filter:
                dialog.folder = Path(path).parent
        self._chosen(Path(path))

    def _closed(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None


def _first_there(folders: Sequence[Path]) -> Path | None:
    for folder in folders:
        with suppress(OSError):  # not to be looked at, or longer than any path
            if folder.is_dir():
                return folder
    return None
