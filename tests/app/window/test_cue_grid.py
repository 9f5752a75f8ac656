"""The cue grid in the real window: keys and clicks fire, a menu and dragging change; the next start knows it all."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QScrollArea
from pytestqt.qtbot import QtBot

from app.look import Look
from app.set_list import Transition, load
from app.show import Show
from app.window.cue_grid import SPACING, CueGrid
from app.window.cue_pad import CUE_MIME, KEYS, CuePad
from app.window.file_dialog import FileDialog
from app.window.main_window import MainWindow
from app.words import window as words
from app.words import window_cues as words_cues
from tests.app.damage import damage_contents
from tests.app.window.conftest import KINDS
from tests.app.window.hands import click, press, turn_wheel, type_text
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
    data.setData(CUE_MIME, b"0")
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


def in_sight(pad: CuePad) -> bool:
    return pad.visibleRegion().boundingRect() == pad.rect()


def test_it_is_a_grid_with_a_pad_for_each_key(window: MainWindow, show: Show, grid: CueGrid, qtbot: QtBot) -> None:
    assert len(grid.pads) == KEYS
    tops = {pad.y() for pad in grid.pads}
    assert len(tops) >= 2
    click(grid.pads[5])
    assert prompts(grid)[5] == show.look.params.prompt
    assert len(prompts(grid)) == 6
    grid.sheet.add(16)
    qtbot.waitUntil(lambda: all(in_sight(pad) for pad in grid.pads))  # at 1400x900 no cue is fired blind


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (1280, 720), (960, 540)])
def test_the_current_cue_is_in_sight_whatever_fired_it(
    window: MainWindow, show: Show, grid: CueGrid, qtbot: QtBot, width: int, height: int
) -> None:
    window.resize(width, height)
    for number in range(40):
        show.set_params(prompt=f"look {number}")
        grid.sheet.add()
    assert len(grid.pads) == 44
    for place in (0, 42, 17, 3):
        grid.sheet.fire(place)
        qtbot.waitUntil(lambda place=place: in_sight(grid.pads[place]))  # type: ignore[misc]
    assert sum(in_sight(pad) for pad in grid.pads) >= 5


def test_the_wheel_goes_through_the_rows(window: MainWindow, show: Show, grid: CueGrid, qtbot: QtBot) -> None:
    for _ in range(40):
        grid.sheet.add()
    grid.sheet.fire(0)
    qtbot.waitUntil(lambda: in_sight(grid.pads[0]))

    def turned() -> bool:
        """What brings the current cue in sight may still be under way, so it takes more than one turn."""
        turn_wheel(grid, -120)
        return not in_sight(grid.pads[0])

    qtbot.waitUntil(turned)


def test_in_a_small_window_the_cues_are_scrolled_to_and_come_back(window: MainWindow, grid: CueGrid) -> None:
    for width, height in ((700, 430), (1400, 900)):
        window.resize(width, height)
        QApplication.processEvents()
        window.body.ensureWidgetVisible(grid.pads[0])
        assert (window.width(), window.height()) == (width, height)
        assert in_sight(grid.pads[0])


def test_delete_on_a_pad_is_about_its_cue(window: MainWindow, show: Show, grid: CueGrid) -> None:
    window.editor.choose("brush")
    window.editor.press((0.5, 0.5))
    window.editor.release()
    mask = show.look.mask
    assert mask is not None
    for place in (1, 4):
        grid.pads[place].setFocus(Qt.FocusReason.TabFocusReason)
        press(grid.pads[place], Qt.Key.Key_Delete)
    assert prompts(grid) == ["ink", None, "lava"]
    assert show.look.mask == mask


def test_a_clicked_pad_gives_delete_its_cue_and_no_key_of_the_stage(
    window: MainWindow, show: Show, grid: CueGrid
) -> None:
    click(grid.pads[1])
    assert show.look.params.prompt == "neon"
    show.set_params(prompt="other")
    paused = show.setup.paused
    press(grid.pads[1], Qt.Key.Key_Space)
    assert show.setup.paused != paused
    assert show.look.params.prompt == "other", "Space is no press of the pad"
    press(grid.pads[1], Qt.Key.Key_B)
    assert show.look.treatment == "blackout"
    press(grid.pads[1], Qt.Key.Key_Delete)
    assert prompts(grid) == ["ink", None, "lava"]
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert prompts(grid) == ["ink", "neon", "lava"]
    click(grid.pads[1])
    press(window, Qt.Key.Key_3)
    press(window, Qt.Key.Key_Delete)
    click(grid.pads[1])
    click(window.look)
    press(window, Qt.Key.Key_Delete)
    assert prompts(grid) == ["ink", "neon", "lava"], "by then it is about what is painted"


def test_pads_tell_how_a_cue_comes_and_whether_it_is_on_air_or_on_audition(window: MainWindow, grid: CueGrid) -> None:
    pads = grid.pads
    cut = pads[0].grab().toImage()
    grid.sheet.set_cue(0, transition=Transition("morph", 8.0, "beats"))
    assert pads[0].grab().toImage() != cut
    assert pads[0].accessibleDescription() == "Morph over 8 beats"
    press(window, Qt.Key.Key_1)
    on_air = pads[0].grab().toImage()
    press(window, Qt.Key.Key_F5)
    press(window, Qt.Key.Key_2)
    assert pads[0].accessibleName().endswith("fired last")
    assert pads[1].accessibleName().endswith("on audition")
    assert pads[0].grab().toImage() == on_air
    auditioned = pads[1].grab().toImage()
    press(window, Qt.Key.Key_F6)
    assert pads[1].accessibleName().endswith("fired last")
    assert pads[1].grab().toImage() != auditioned
    assert not pads[0].accessibleName().endswith("fired last")


def test_the_length_of_a_cue_slides_while_it_is_typed(window: MainWindow, grid: CueGrid, qtbot: QtBot) -> None:
    def transition() -> Transition:
        cue = grid.sheet.cue(0)
        assert cue is not None
        return cue.transition

    before = transition()
    chosen(grid.menu(0), words.CUE_TRANSITION, words_cues.CUE_LENGTH)
    press(grid.length, Qt.Key.Key_Backtab)
    slider = grid.morph.slider
    assert slider.hasFocus()
    QApplication.processEvents()
    assert slider.isVisible(), "the focus went to the other part"
    press(slider, Qt.Key.Key_Right)
    press(slider, Qt.Key.Key_Right)
    assert transition() == Transition("morph", before.length + 2, before.unit)
    assert grid.length.text() == f"{before.length + 2:g} beats"
    grid.sheet.undo()
    assert transition().length == before.length + 1
    assert grid.length.text() == f"{before.length + 1:g} beats"
    assert slider.value() == before.length + 1
    click(window.messages)
    qtbot.waitUntil(lambda: not slider.isVisible())
    press(window, Qt.Key.Key_1)
    assert grid.sheet.current == 0, "keys are shortcuts again"


def test_any_length_of_a_morph_is_typed(window: MainWindow, grid: CueGrid) -> None:
    def transition() -> Transition:
        cue = grid.sheet.cue(0)
        assert cue is not None
        return cue.transition

    chosen(grid.menu(0), words.CUE_TRANSITION, words_cues.CUE_LENGTH)
    assert grid.length.hasFocus()
    QTest.keyClicks(grid.length, "6.5 beats")
    press(grid.length, Qt.Key.Key_Return)
    assert transition() == Transition("morph", 6.5, "beats")
    menu = grid.menu(0)
    assert menu is not None
    names = [action.text() for action in menu.findChildren(QAction) if action.isChecked()]
    assert "Morph over 6.5 beats" in names
    chosen(grid.menu(0), words.CUE_TRANSITION, words_cues.CUE_LENGTH)
    assert grid.length.text() == "6.5 beats"
    QTest.keyClicks(grid.length, "a while")
    click(window.messages)
    assert transition() == Transition("morph", 6.5, "beats")
    assert "a while is no length" in window.messages.shown[1]
    QApplication.processEvents()
    assert "a while is no length" in window.messages.shown[1], "it is read behind the field that has gone"
    assert grid.length.text() == "6.5 beats"
    chosen(grid.menu(0), words.CUE_TRANSITION, words_cues.CUE_LENGTH)
    press(grid.length, Qt.Key.Key_Escape)
    assert transition() == Transition("morph", 6.5, "beats")
    assert window.messages.shown == ("", "")


def is_open(dialog: FileDialog) -> bool:
    return dialog.dialog is not None


def test_one_key_saves_the_set_and_asks_only_where_to_at_first(
    window: MainWindow, grid: CueGrid, tmp_path: Path
) -> None:
    press(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert grid.saving.dialog is not None
    grid.saving.dialog.fileSelected.emit(str(tmp_path / "friday.vlive"))
    grid.saving.dialog.close()
    chosen(grid.menu(0), words.CUE_DELETE)
    press(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert not is_open(grid.saving)
    assert load(tmp_path / "friday.vlive").set_list.cues == grid.sheet.set_list.cues


def test_kept_versions_are_opened_from_a_menu(window: MainWindow, grid: CueGrid) -> None:
    whole = grid.sheet.set_list
    chosen(grid.menu(0), words.CUE_DELETE)
    menu = grid.versions_menu()
    assert len(menu.actions()) == 4, "three cues were added and one is gone"
    menu.actions()[1].trigger()
    assert grid.sheet.set_list == whole
    click(grid.buttons["undo"])
    assert prompts(grid)[0] is None


def test_what_of_the_kept_cues_is_damaged_is_said_at_the_start(grid: CueGrid, state_path: Path) -> None:
    damage_contents(sorted((state_path.parent / "cues").glob("*.vlive"))[-1])
    again = MainWindow(Show(), StillRig(), state_path, KINDS)
    try:
        assert len(again.cues.sheet.set_list.cues) == 2
        assert "damaged" in again.messages.shown[1]
    finally:
        again.close()
        again.deleteLater()


def test_what_is_begun_with_a_cue_is_about_that_cue_wherever_it_goes(window: MainWindow, grid: CueGrid) -> None:
    sheet = grid.sheet
    grid.rename(0)
    type_text(grid.name, "Opening")
    menu = grid.menu(2)
    assert menu is not None
    sheet.move(0, 2)
    press(grid.name, Qt.Key.Key_Return)
    names = [cue.name for cue in sheet.set_list.cues if cue is not None]
    place = names.index("Opening")
    assert place == 1, "it has moved before the last one"
    kept = sheet.cue(2)
    sheet.delete(0)
    sheet.swap(2, 0)
    next(action for action in menu.actions() if action.text() == words.CUE_DELETE).trigger()
    assert kept not in sheet.set_list.cues
    assert [cue.name for cue in sheet.set_list.cues if cue is not None] == ["Opening"]


@pytest.mark.parametrize(("width", "height"), [(1366, 720), (1400, 900)])
def test_the_rows_that_have_cues_and_an_empty_place_are_seen(
    window: MainWindow, grid: CueGrid, qtbot: QtBot, width: int, height: int
) -> None:
    """The canvas needs the room more than a row of empty pads does."""
    scroll = grid.findChild(QScrollArea)
    assert isinstance(scroll, QScrollArea)

    def rows() -> int:
        return (scroll.minimumHeight() + SPACING) // (grid.pads[0].height() + SPACING)

    window.resize(width, height)
    qtbot.waitUntil(lambda: grid.width() > 1300 and rows() == 1)
    across = (grid.width() + SPACING) // (grid.pads[0].width() + SPACING)
    while len(grid.sheet.set_list.cues) < across - 1:
        grid.sheet.add()
    assert rows() == 1
    grid.sheet.add()
    assert rows() == 2, "for the empty place"
    grid.sheet.undo()
    assert rows() == 1
