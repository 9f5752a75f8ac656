from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.frame import Program
from app.window.preview import ProgramView
from tests.app.window.rig import StillRig, plain
from tests.app.window.test_picture import colour_at


class Paints(QObject):
    """Counts the repaints of one widget."""

    def __init__(self, view: ProgramView) -> None:
        super().__init__(view)
        self.count = 0
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def opened(rig: StillRig, qtbot: QtBot) -> ProgramView:
    view = ProgramView(rig, "preview", "Program", "fit", "#000000")
    qtbot.addWidget(view)
    view.resize(320, 160)
    with qtbot.waitExposed(view):
        view.show()
    return view


def test_it_shows_the_newest_program_and_tells_when_it_has(app: QApplication, rig: StillRig, qtbot: QtBot) -> None:
    view = opened(rig, qtbot)
    assert rig.handed == []
    program = rig.play(plain(10, 220, 30))
    qtbot.waitUntil(lambda: ("preview", program.number) in rig.handed)
    assert colour_at(view, 0.5, 0.5) == (10, 220, 30)


def test_it_repaints_at_most_once_for_each_picture(app: QApplication, rig: StillRig, qtbot: QtBot) -> None:
    view = opened(rig, qtbot)
    qtbot.wait(50)
    paints = Paints(view)
    shown = 0
    for number in range(12):
        program = rig.play(plain(number, 0, 0))
        if number % 3 == 0:  # the others are gone before anyone looks
            continue
        qtbot.waitUntil(lambda wanted=program.number: ("preview", wanted) in rig.handed)  # type: ignore[misc]
        shown += 1
    view.repaint()  # as when another window has moved away: no new picture, nothing to tell
    qtbot.wait(100)  # several polls without anything new
    assert shown < paints.count <= 12 + 1
    assert len(rig.handed) == len(set(rig.handed))


def test_a_hidden_view_rests_and_is_up_to_date_when_shown(
    app: QApplication, rig: StillRig, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = opened(rig, qtbot)
    view.hide()
    program = rig.play(plain(0, 0, 250))
    looks: list[int] = []

    def watched_get() -> Program:
        looks.append(program.number)
        return program

    monkeypatch.setattr(rig.program, "get", watched_get)
    qtbot.wait(100)
    assert looks == []
    view.show()
    qtbot.waitUntil(lambda: ("preview", program.number) in rig.handed)
    assert colour_at(view, 0.5, 0.5) == (0, 0, 250)


def test_the_fit_may_change_while_it_runs(app: QApplication, rig: StillRig, qtbot: QtBot) -> None:
    view = opened(rig, qtbot)
    rig.play(plain(90, 90, 90, width=16, height=16))
    qtbot.waitUntil(lambda: bool(rig.handed))
    assert colour_at(view, 0.02, 0.5) == (0, 0, 0)
    view.set_fit("fill")
    assert colour_at(view, 0.02, 0.5) == (90, 90, 90)
