"""The cue grid in the real window: keys and clicks fire, a menu and dragging change; the next start knows it all."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app.look import Look
from app.set_list import Transition
from app.show import Show
from app.window import words
from app.window.cue_grid import _MIME, CueGrid
from app.window.main_window import MainWindow
from tests.app.window.conftest import KINDS
from tests.app.window.hands import click, press
from tests.app.window.rig import StillRig, plain


@pytest.fixture
def grid(window: MainWindow, show: Show, rig: StillRig) -> CueGrid:
    for number, prompt in enumerate(("ink", "neon", "lava")):
        rig.play(plain(60 * number, 100, 0))
        show.set_params(prompt=prompt)
        press(window, Qt.Key.Key_A)
    return window.cues


def prompts(grid: CueGrid) -> list[str | None]:
    return [None if cue is None else cue.look.params.prompt for cue in grid.sheet.set_list.cues]


def chosen(menu: QMenu | None, *path: str) -> None:
    """Choose an entry, through submenus, by what it says."""
    assert menu is not None
    for name in path[:-1]:
        menu = next(action.menu() for action in menu.actions() if action.text() == name)  # type: ignore[assignment]
        assert isinstance(menu, QMenu)
    next(action for action in menu.actions() if action.text() == path[-1]).trigger()


def test_keys_and_clicks_fire(window: MainWindow, show: Show, grid: CueGrid) -> None:
    told: list[Look] = []
    show.look_changed.connect(told.append)
    press(window, Qt.Key.Key_2)
    assert show.look.params.prompt == "neon"
    click(grid.pads[0])
    assert show.look.params.prompt == "ink"
    press(window, Qt.Key.Key_PageDown)
    press(window, Qt.Key.Key_PageDown)
    assert show.look.params.prompt == "lava"
    press(window, Qt.Key.Key_PageUp)
    assert show.look.params.prompt == "neon"
    assert len(told) == 5
    assert "fired last" in grid.pads[1].accessibleName()
    assert "fired last" not in grid.pads[0].accessibleName()
    press(window, Qt.Key.Key_9)
    assert len(told) == 5, "an empty place is nothing"


def test_shift_reaches_nine_more(window: MainWindow, show: Show) -> None:
    for number in range(11):
        show.set_params(prompt=f"look {number}")
        press(window, Qt.Key.Key_A)
    press(window, Qt.Key.Key_2, Qt.KeyboardModifier.ShiftModifier)
    assert show.look.params.prompt == "look 10"


def test_digits_in_a_field_fire_nothing(window: MainWindow, show: Show, grid: CueGrid) -> None:
    show.set_params(prompt="now")
    field = window.look.strength.number
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "1")
    prompt = window.look.prompt
    prompt.setFocus()
    prompt.selectAll()
    QTest.keyClicks(prompt, "2 birds")
    press(prompt, Qt.Key.Key_Return)
    assert show.look.params.prompt == "2 birds"


def test_an_empty_place_takes_the_look_and_its_picture(
    window: MainWindow, show: Show, rig: StillRig, grid: CueGrid
) -> None:
    rig.play(plain(9, 8, 7))
    show.set_params(prompt="gold")
    assert "Empty place 4" in grid.pads[3].accessibleName()
    click(grid.pads[3])
    cue = grid.sheet.cue(3)
    assert cue is not None
    assert cue.look.params.prompt == "gold"
    assert cue.thumbnail is not None
    assert tuple(cue.thumbnail.pixels[5, 5]) == (9, 8, 7)
    assert len(grid.pads) == 5, "and there is another empty one"
    show.set_params(prompt="better gold")
    press(window, Qt.Key.Key_U)
    assert prompts(grid)[3] == "better gold"


def test_the_menu_of_a_cue(window: MainWindow, show: Show, grid: CueGrid) -> None:
    chosen(grid.menu(0), words.CUE_TRANSITION, "Morph over 8 beats")
    chosen(grid.menu(0), words.CUE_COLOUR, "Red")
    cue = grid.sheet.cue(0)
    assert cue is not None
    assert cue.transition == Transition("morph", 8, "beats")
    assert cue.colour == "#ff6f6f"
    menu = grid.menu(0)
    assert menu is not None
    chosen(menu, words.CUE_RENAME)
    assert grid.name.hasFocus()
    QTest.keyClicks(grid.name, "Opening 1")
    press(grid.name, Qt.Key.Key_Return)
    assert "Opening 1" in grid.pads[0].accessibleName()
    QApplication.processEvents()
    assert not grid.name.isVisible()
    chosen(grid.menu(0), words.CUE_DUPLICATE)
    assert prompts(grid) == ["ink", "ink", "neon", "lava"]
    show.set_params(prompt="chalk")
    chosen(grid.menu(1), words.CUE_UPDATE)
    chosen(grid.menu(0), words.CUE_DELETE)
    assert prompts(grid) == [None, "chalk", "neon", "lava"]
    assert grid.menu(0) is None
    click(grid.buttons["undo"])
    assert prompts(grid)[0] == "ink"
    click(grid.buttons["redo"])
    assert prompts(grid)[0] is None


def test_a_pad_dropped_on_another_moves(window: MainWindow, grid: CueGrid) -> None:
    data = QMimeData()
    data.setData(_MIME, b"0")
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    grid.pads[3].dropEvent(event)
    assert [name for name in prompts(grid) if name] == ["neon", "lava", "ink"]


def test_a_set_list_goes_through_a_file(window: MainWindow, show: Show, grid: CueGrid, tmp_path: Path) -> None:
    kept = grid.sheet.set_list.cues
    click(grid.buttons["save"])
    assert grid.saving.dialog is not None
    grid.saving.dialog.fileSelected.emit(str(tmp_path / "friday.vlive"))
    grid.saving.dialog.close()
    chosen(grid.menu(0), words.CUE_DELETE)
    click(grid.buttons["open"])
    assert grid.opening.dialog is not None
    assert not grid.opening.dialog.isModal()
    grid.opening.dialog.fileSelected.emit(str(tmp_path / "friday.vlive"))
    grid.opening.dialog.close()
    assert grid.sheet.set_list.cues == kept


def test_the_next_start_has_the_cues(
    window: MainWindow, show: Show, grid: CueGrid, state_path: Path, app: QApplication
) -> None:
    kept = grid.sheet.set_list
    again = MainWindow(Show(), StillRig(), state_path, KINDS)
    try:
        assert again.cues.sheet.set_list == kept
    finally:
        again.close()
        again.deleteLater()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_right_click_opens_the_menu(window: MainWindow, grid: CueGrid) -> None:
    grid.pads[0].asked.emit(grid.pads[0].mapToGlobal(QPoint(3, 3)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    menu.close()
