"""References, first and last frame: how pictures come into the look, change places, and leave it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QClipboard
from PySide6.QtWidgets import QApplication

from app.file_worker import Work
from app.frame import Kind
from app.show import Show
from app.window.main_window import MainWindow
from app.window.panels.frames import FramesPanel
from app.window.panels.references import ReferencesPanel
from app.window.picture_data import image_of
from app.window.picture_tray import PictureTray
from app.words import window as words
from app.words import window_look as words_look
from engine.params import Picture
from tests.app.window.hands import click, drop_on, files, press
from tests.app.window.rig import StillRig, plain, quarters

RED, GREEN, BLUE, GREY = (Picture(plain(*colour)) for colour in ((200, 0, 0), (0, 200, 0), (0, 0, 200), (90, 90, 90)))


@pytest.fixture
def references(window: MainWindow) -> ReferencesPanel:
    window.references.open()
    return window.references


@pytest.fixture
def frames(window: MainWindow) -> FramesPanel:
    window.frames.open()
    return window.frames


def held(show: Show) -> tuple[Picture, ...]:
    return show.look.params.references


def ends(show: Show) -> tuple[Picture | None, ...]:
    return show.look.params.first_frame, show.look.params.last_frame


def png(path: Path, picture: Picture) -> Path:
    assert cv2.imwrite(str(path), cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2BGR))
    return path


def copied(picture: Picture) -> QMimeData:
    data = QMimeData()
    data.setImageData(image_of(picture))
    return data


def shown(tray: PictureTray) -> list[Picture | None]:
    return [well.picture for well in tray.wells]


def test_dropped_files_become_references_by_content(references: ReferencesPanel, show: Show, tmp_path: Path) -> None:
    one, other = png(tmp_path / "one.png", RED), png(tmp_path / "other.png", GREEN)
    drop_on(references.tray.wells[0], files(one))
    drop_on(references, files(other))
    one.unlink()
    assert held(show) == (RED, GREEN)
    assert shown(references.tray) == [RED, GREEN, None]
    assert references.summary.whole == "2 of 3"


def test_a_drop_on_a_picture_takes_its_place(references: ReferencesPanel, show: Show) -> None:
    show.set_params(references=(RED, GREEN))
    drop_on(references.tray.wells[0], copied(BLUE))
    assert held(show) == (BLUE, GREEN)
    drop_on(references.tray.wells[2], copied(RED))
    assert held(show) == (BLUE, GREEN, RED)


def test_several_at_once_fill_the_row(references: ReferencesPanel, show: Show, tmp_path: Path) -> None:
    drop_on(references, files(*(png(tmp_path / f"{n}.png", picture) for n, picture in enumerate((RED, GREEN, BLUE)))))
    assert held(show) == (RED, GREEN, BLUE)


def test_a_folded_card_takes_what_is_dropped_and_opens(window: MainWindow, show: Show) -> None:
    source = show.setup.source
    drop_on(window.references, copied(RED))
    assert held(show) == (RED,)
    assert window.references.opened
    drop_on(window.frames, copied(GREEN))
    assert show.look.params.first_frame == GREEN
    assert window.frames.opened
    assert show.setup.source == source, "it was not meant for the window"


def test_a_fourth_reference_is_refused_in_a_sentence(
    references: ReferencesPanel, window: MainWindow, show: Show
) -> None:
    show.set_params(references=(RED, GREEN, BLUE))
    before = show.look
    drop_on(references, copied(GREY))
    assert show.look is before
    level, sentence = window.messages.shown
    assert level == words.LEVELS["warning"]
    assert sentence.startswith("That would be 4 references")


def test_a_wrong_file_changes_nothing_and_is_told(
    references: ReferencesPanel, frames: FramesPanel, window: MainWindow, show: Show, tmp_path: Path
) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no picture")
    before = show.look
    for tray, stays in (
        (references.tray, words_look.REFERENCES_STAY),
        (frames.tray, words_look.FRAMES_STAY),
    ):
        drop_on(tray.wells[0], files(wrong))
        assert window.messages.shown == (
            words.LEVELS["warning"],
            f"notes.txt is not a picture that can be read; choose another file, for example a PNG. {stays}",
        )
    drop_on(references.tray.wells[0], files(png(tmp_path / "good.png", RED), wrong))
    assert show.look is before, "all of a drop or none of it"


@pytest.mark.parametrize("by", ["button", "key"])
def test_paste_puts_what_was_copied_in_the_marked_place(references: ReferencesPanel, show: Show, by: str) -> None:
    QApplication.clipboard().setMimeData(copied(RED))
    well = references.tray.wells[0]
    if by == "button":
        click(references.tray.buttons["paste"])
    else:
        well.setFocus()
        press(well, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert held(show) == (RED,)
    assert not show.setup.virtual_camera.on, "V was not the window's"


def test_pasting_words_is_told(references: ReferencesPanel, window: MainWindow, show: Show) -> None:
    QApplication.clipboard().setText("only words")
    click(references.tray.buttons["paste"])
    assert held(show) == ()
    assert "no picture in it" in window.messages.shown[1]


def test_a_file_is_opened_for_the_place_that_was_marked(
    references: ReferencesPanel, show: Show, tmp_path: Path
) -> None:
    show.set_params(references=(RED, GREEN))
    tray = references.tray
    tray.choose(0)
    click(tray.buttons["open"])
    tray.choose(1)
    dialog = tray.opening.dialog
    assert dialog is not None
    assert not dialog.isModal()
    dialog.fileSelected.emit(str(png(tmp_path / "blue.png", BLUE)))
    dialog.close()
    assert held(show) == (BLUE, GREEN)


def test_grabbing_takes_what_the_outputs_show(
    references: ReferencesPanel, frames: FramesPanel, rig: StillRig, show: Show
) -> None:
    for rgb in (quarters(), quarters()[::-1]):
        rig.play(np.ascontiguousarray(rgb))
        click(references.tray.buttons["grab"])
    assert held(show) == (Picture(quarters()), Picture(np.ascontiguousarray(quarters()[::-1])))
    frames.tray.choose(1)
    click(frames.tray.buttons["grab"])
    assert show.look.params.last_frame == show.look.params.references[1]


@pytest.mark.parametrize("kind", [None, "slate", "black"])
def test_there_is_nothing_to_grab_while_no_picture_is_shown(
    references: ReferencesPanel, window: MainWindow, rig: StillRig, show: Show, kind: Kind | None
) -> None:
    if kind is not None:
        rig.play(plain(0, 0, 0), kind)
    click(references.tray.buttons["grab"])
    assert held(show) == ()
    assert window.messages.shown[1] == f"{words_look.NOTHING_TO_GRAB} {words_look.REFERENCES_STAY}"


def test_references_change_places_by_buttons_keys_and_dragging(references: ReferencesPanel, show: Show) -> None:
    show.set_params(references=(RED, GREEN, BLUE))
    tray = references.tray
    click(tray.wells[0])
    click(tray.buttons["right"])
    assert held(show) == (GREEN, RED, BLUE)
    tray.wells[1].setFocus()
    press(tray.wells[1], Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert held(show) == (GREEN, BLUE, RED), "the one that was moved stays marked"
    assert tray.current == 2
    drop_on(tray.wells[0], tray.wells[2].dragged())
    assert held(show) == (RED, GREEN, BLUE)
    assert not tray.buttons["right"].isEnabled()


def test_what_is_removed_leaves_no_gap(references: ReferencesPanel, show: Show) -> None:
    show.set_params(references=(RED, GREEN, BLUE))
    well = references.tray.wells[1]
    well.setFocus()
    press(well, Qt.Key.Key_Delete)
    assert held(show) == (RED, BLUE)
    click(references.tray.wells[0])
    click(references.tray.buttons["remove"])
    assert held(show) == (BLUE,)
    assert shown(references.tray) == [BLUE, None, None]


def test_delete_on_a_place_is_not_the_masks(references: ReferencesPanel, window: MainWindow, show: Show) -> None:
    mask = Picture(np.full((4, 4), 255, np.uint8))
    show.set_mask(mask)
    show.set_params(references=(RED,))
    well = references.tray.wells[0]
    well.setFocus()
    press(well, Qt.Key.Key_Delete)
    assert show.look.mask == mask
    assert held(show) == ()


def test_how_references_are_shown_goes_both_ways(references: ReferencesPanel, show: Show) -> None:
    click(references.mode.button("aligned"))
    assert show.look.params.reference_mode == "aligned"
    show.set_params(reference_mode="reference")
    assert references.mode.button("reference").isChecked()


def test_first_and_last_frame_are_dropped_swapped_and_cleared(frames: FramesPanel, show: Show) -> None:
    tray = frames.tray
    drop_on(tray.wells[1], copied(RED))
    assert ends(show) == (None, RED)
    drop_on(frames, copied(GREEN))
    assert ends(show) == (GREEN, RED)
    assert frames.summary.whole == "First, Last"
    drop_on(tray.wells[1], tray.wells[0].dragged())
    assert ends(show) == (GREEN, GREEN), "a copy: both may be one"
    click(tray.wells[0])
    click(tray.buttons["remove"])
    assert ends(show) == (None, GREEN)
    show.set_params(last_frame=None)
    assert shown(tray) == [None, None]


def test_two_files_are_first_and_last_frame(frames: FramesPanel, show: Show, tmp_path: Path) -> None:
    drop_on(frames.tray.wells[0], files(png(tmp_path / "a.png", RED), png(tmp_path / "b.png", GREEN)))
    assert ends(show) == (RED, GREEN)


def test_a_reference_dragged_to_the_frames_is_copied(
    references: ReferencesPanel, frames: FramesPanel, show: Show
) -> None:
    show.set_params(references=(RED,))
    drop_on(frames.tray.wells[0], references.tray.wells[0].dragged())
    assert show.look.params.first_frame == RED
    assert held(show) == (RED,)


def test_places_are_read_out_with_what_is_in_them(references: ReferencesPanel, show: Show) -> None:
    well = references.tray.wells[0]
    assert well.accessibleName() == "References, 1: empty"
    show.set_params(references=(RED,))
    assert well.accessibleName() == "References, 1: a picture"


def test_files_are_read_where_the_panel_is_told_to(
    window: MainWindow, references: ReferencesPanel, frames: FramesPanel, show: Show, tmp_path: Path
) -> None:
    """The window waits for no disk; what was asked for of one look never lands in another."""
    waiting: dict[str, Work] = {}
    for tray in (references.tray, frames.tray):
        tray._later = waiting.__setitem__
    one, other = png(tmp_path / "one.png", RED), png(tmp_path / "other.png", GREEN)
    drop_on(references, files(one))
    drop_on(references.tray.wells[0], files(other))
    drop_on(frames, files(other))
    QApplication.clipboard().setText(str(tmp_path / "gone.png"))
    click(references.tray.buttons["paste"])
    assert (held(show), ends(show)) == ((), (None, None))
    for work in waiting.values():
        work()
    assert (held(show), ends(show)) == ((RED, GREEN), (GREEN, None)), "neither takes the place of the other"
    assert "There is no file" in window.messages.shown[1]
    waiting.clear()
    drop_on(references, files(one))
    show.begin_audition()
    for work in waiting.values():
        work()
    assert held(show) == (RED, GREEN)
    assert window.messages.shown[1].startswith("The file was read too late")


def test_an_empty_clipboard_is_told(
    window: MainWindow, references: ReferencesPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Qt hands over nothing at all where its owner does not answer."""
    monkeypatch.setattr(QClipboard, "mimeData", lambda *_: None)
    references.tray.paste()
    assert "no picture" in window.messages.shown[1].lower()
