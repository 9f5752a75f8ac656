"""The real main window on a rig that the test moves by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.show import Show
from app.window.main_window import MainWindow
from app.window.theme import dressed_once
from controls.control import Setting
from tests.app.window.rig import StillRig


@dataclass(frozen=True)
class Kind:
    """A control as the window knows it."""

    name: str
    title: str
    settings: tuple[Setting, ...] = ()
    moves: bool = True


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "edge",
            "Edge",
            (
                Setting("threshold", "Threshold", 0, 255, 100, whole=True, help="How faint a line may be."),
                Setting("steadiness", "Steadiness", 0, 1, 0.5, help="How much lines are held still."),
            ),
        ),
        Kind("pose", "Pose"),
        Kind("depth", "Depth"),
    )
}


@pytest.fixture
def show(app: QApplication) -> Show:
    return Show()


@pytest.fixture
def rig(app: QApplication) -> StillRig:
    return StillRig()


@pytest.fixture
def state_path(tmp_path: Path) -> Path:
    return tmp_path / "settings" / "state.json"


@pytest.fixture
def window(app: QApplication, show: Show, rig: StillRig, state_path: Path, qtbot: QtBot) -> Iterator[MainWindow]:
    with dressed_once(app):
        window = MainWindow(show, rig, state_path, KINDS)
    window.resize(1400, 900)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    yield window
    window.end_show()
    window.deleteLater()
    QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
