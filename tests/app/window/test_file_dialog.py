"""File dialogs: they ask nothing that would stop the keys, and begin where the last file was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.file_worker import at_once
from app.look import SourceChoice
from app.show import Show
from app.window.file_dialog import FileDialog
from app.window.main_window import MainWindow
from tests.app.window.conftest import KINDS
from tests.app.window.rig import StillRig


def choose(dialog: FileDialog, path: Path) -> list[str]:
    """Open it, name ``path`` and press its button. The modal windows that came of it, by their titles."""
    dialog.open()
    assert isinstance(dialog.dialog, QFileDialog)
    dialog.dialog.setDirectory(str(path.parent))
    dialog.dialog.selectFile(path.name)
    modal: list[str] = []

    def look() -> None:
        window = QApplication.activeModalWidget()
        if window is not None:
            modal.append(type(window).__name__)
            window.close()

    watch = QTimer()
    watch.timeout.connect(look)
    watch.start(20)
    dialog.dialog.accept()  # a modal question would wait in here
    look()
    watch.stop()
    return modal


def test_a_file_that_is_there_is_no_question(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "friday.vlive"
    path.write_bytes(b"what stood there")
    window.cues.sheet.add()
    assert choose(window.cues.saving, path) == []
    assert path.read_bytes() != b"what stood there"
    assert (tmp_path / "friday.vlive~").read_bytes() == b"what stood there"
    assert "friday.vlive~" in window.messages.shown[1]


def test_a_file_that_is_not_there_is_a_sentence(window: MainWindow, tmp_path: Path) -> None:
    assert choose(window.cues.opening, tmp_path / "gone.vlive") == []
    assert "There is no set list" in window.messages.shown[1]


def test_a_mask_keeps_the_dots_of_its_name_and_what_it_replaces(window: MainWindow, tmp_path: Path) -> None:
    editor = window.editor
    editor.choose("brush")
    editor.press((0.5, 0.5))
    editor.release()
    (tmp_path / "v1.png").write_bytes(b"another mask")
    assert choose(window.mask_panel.saving, tmp_path / "v1.2") == []
    assert choose(window.mask_panel.saving, tmp_path / "v1.2.png") == []
    assert (tmp_path / "v1.png").read_bytes() == b"another mask"
    assert (tmp_path / "v1.2.png~").read_bytes() == (tmp_path / "v1.2.png").read_bytes()


@pytest.mark.parametrize("restarts", [False, True])
def test_it_begins_where_the_last_file_was(
    window: MainWindow, state_path: Path, tmp_path: Path, qtbot: QtBot, restarts: bool
) -> None:
    folder = tmp_path / "sets"
    folder.mkdir()
    window.cues.sheet.add()
    choose(window.cues.saving, folder / "friday.vlive")
    other = window
    if restarts:
        window.close()
        other = MainWindow(Show(), StillRig(), state_path, KINDS)
        qtbot.addWidget(other)
    for dialog, begins in ((other.cues.opening, folder), (other.mask_panel.loading, Path.home())):
        dialog.open()
        assert dialog.dialog is not None
        assert Path(dialog.dialog.directory().absolutePath()) == begins
        dialog.dialog.close()
    folder.rename(tmp_path / "moved")
    other.cues.opening.open()
    assert other.cues.opening.dialog is not None
    assert Path(other.cues.opening.dialog.directory().absolutePath()) == Path.home()
    other.cues.opening.dialog.close()


def test_a_folder_that_hangs_holds_up_no_dialog(
    window: MainWindow, show: Show, rig: StillRig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each opens without a look at the disk, and goes to the folder once that has answered, if it is still wanted."""
    asked: list[Callable[[], None]] = []
    window.cues.sheet.add()
    window.cues.sheet.save(tmp_path / "friday.vlive")
    window.cues.sheet.open(tmp_path / "friday.vlive")
    monkeypatch.setattr(Path, "is_dir", lambda path: pytest.fail("the window's thread asked the disk"))
    show.set_setup(
        source=SourceChoice("clip", str(tmp_path / "rain.mp4")),
        recorder=replace(show.setup.recorder, path=str(tmp_path / "take.mp4")),
    )
    for files in window.findChildren(FileDialog):
        assert files.later == rig.later
        files.later, files.folder = lambda name, work: asked.append(work), tmp_path
        files.open()
    window.input.pages.clip.open_dialog()
    window.outputs.browse.click()
    dialogs = window.findChildren(QFileDialog)
    assert len(asked) == len(dialogs) == len(window.findChildren(FileDialog))
    assert {dialog.directory().absolutePath() for dialog in dialogs} == {str(Path.home())}
    monkeypatch.undo()
    elsewhere, proposed = window.cues.opening.dialog, window.cues.saving
    mask, film, clip = window.mask_panel.loading.dialog, window.outputs.dialog, window.input.pages.clip.dialog
    assert elsewhere is not None
    assert proposed.dialog is not None
    elsewhere.setDirectory("/")
    proposed.dialog.close()
    for answer in asked:
        answer()
    assert elsewhere.directory().absolutePath() == "/"
    for dialog in (mask, film, clip):
        assert dialog is not None
        assert dialog.directory().absolutePath() == str(tmp_path)
    for files in window.findChildren(FileDialog):
        if files.dialog is not None:
            files.dialog.close()
    proposed.later = at_once
    proposed.open()
    assert proposed.dialog is not None
    assert proposed.dialog.selectedFiles() == [str(tmp_path / "friday.vlive")]
    proposed.dialog.close()


def test_an_answer_that_is_late_moves_no_dialog_that_was_opened_since(window: MainWindow, tmp_path: Path) -> None:
    asked: list[Callable[[], None]] = []
    files = window.mask_panel.loading
    files.later, files.folder = lambda name, work: asked.append(work), tmp_path
    files.open()
    assert files.dialog is not None
    files.dialog.close()
    files.folder = Path.home()
    files.open()
    for answer in asked:
        answer()
    assert files.dialog.directory().absolutePath() == str(Path.home())
    files.dialog.close()
