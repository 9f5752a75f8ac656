"""Cards that fold: by mouse, by keys, and between runs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.show import Show
from app.window.cards import Column, FoldingCard
from app.window.main_window import MainWindow
from tests.app.window.conftest import KINDS
from tests.app.window.hands import click, press
from tests.app.window.rig import StillRig


def test_a_card_folds_by_its_arrow_by_its_head_and_by_keys(window: MainWindow) -> None:
    card = window.references
    assert not card.opened
    assert not card.tray.isVisible()
    click(card.arrow)
    assert card.tray.isVisible()
    click(card, QPoint(card.width() // 2, 12))
    assert not card.tray.isVisible()
    card.arrow.setFocus(Qt.FocusReason.TabFocusReason)
    press(card.arrow, Qt.Key.Key_Space)
    assert card.tray.isVisible()
    click(card, QPoint(card.width() - 4, card.height() - 4))
    assert card.tray.isVisible(), "only the head folds it"


def test_a_button_in_the_head_that_is_off_folds_nothing(window: MainWindow) -> None:
    window.look.prompts.add.setEnabled(False)
    click(window.look.prompts.add)
    assert window.look.opened


def test_the_prompts_key_opens_a_folded_look(window: MainWindow) -> None:
    window.look.open(False)
    assert not window.look.prompt.isVisible()
    press(window, Qt.Key.Key_P)
    assert window.look.prompt.hasFocus()


def test_cards_are_folded_as_they_were_left(show: Show, state_path: Path, qtbot: QtBot) -> None:
    def opened() -> MainWindow:
        window = MainWindow(show, StillRig(), state_path, KINDS)
        qtbot.addWidget(window)
        window.show()
        return window

    first = opened()
    assert [first.look.opened, first.references.opened, first.loras.opened] == [True, False, False]
    first.look.open(False)
    first.loras.open()
    first.close()
    again = opened()
    assert [again.look.opened, again.references.opened, again.loras.opened] == [False, False, True]
    again.close()


def test_all_is_in_reach_in_a_low_window_when_everything_is_open(window: MainWindow) -> None:
    """At 1280 by 660 nothing is cut off at the side, and what is too low is scrolled to."""
    window.resize(1280, 660)
    for card in window.findChildren(FoldingCard):
        card.open()
    last = window.outputs.recorder.button
    column = next(column for column in window.findChildren(Column) if column.isAncestorOf(last))
    content = column.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= column.viewport().width()
    column.ensureWidgetVisible(last)
    shown = last.mapTo(column.viewport(), last.rect().center())
    assert column.viewport().rect().contains(shown)
