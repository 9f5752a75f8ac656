"""My camera, stylised, in Zoom: the clicks that the README lists, and no other, from the first launch on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu
from pytestqt.qtbot import QtBot

from app import live
from app.framing import resized
from app.inputs import CameraInfo
from app.look import SourceChoice
from app.rig import Rig
from app.show import Show
from app.window.main_window import MainWindow
from tests.app.fake_devices import CAMERA, MovingCamera, SentCamera
from tests.fakes import Witness

ROOT = Path(__file__).parents[2]
HEADING = "## My camera, stylised, in Zoom"
PATIENCE_MS = 60_000


def listed_clicks() -> list[tuple[str, str]]:
    """(where, what) of each click that the README lists, in order; what is in bold there, where is "here" or "Zoom"."""
    section = (ROOT / "README.md").read_text("utf-8").split(HEADING, 1)[1].split("\n## ", 1)[0]
    lines = re.findall(r"^\d+\. (.+)$", section, re.MULTILINE)
    clicks = []
    for line in lines:
        bold = re.search(r"\*\*(.+?)\*\*", line)
        assert bold is not None, line
        clicks.append(("Zoom" if line.startswith("In Zoom") else "here", bold[1]))
    return clicks


def test_the_readme_lists_five_clicks_at_most() -> None:
    clicks = listed_clicks()
    assert 1 <= len(clicks) <= 5
    assert [where for where, _ in clicks] == sorted((where for where, _ in clicks), key=["here", "Zoom"].index)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[SentCamera]:
    """A fresh machine with a camera and a virtual camera's driver; the virtual cameras that are opened on it."""
    opened: list[SentCamera] = []
    monkeypatch.setattr(SentCamera, "opened", opened, raising=False)
    monkeypatch.setattr("pyvirtualcam.Camera", SentCamera)
    cameras = [CameraInfo(CAMERA, "/dev/video0")]
    monkeypatch.setattr("app.live.list_cameras", lambda: cameras)
    monkeypatch.setattr("app.rig.list_cameras", lambda: cameras)
    monkeypatch.setattr("app.input_reader.open_source", lambda choice, realtime: MovingCamera())
    return opened


@pytest.fixture
def window(app: QApplication, qtbot: QtBot, tmp_path: Path, sent: list[SentCamera]) -> Iterator[MainWindow]:
    """The first launch: no settings are kept, the window has the size of a usual laptop's screen."""
    state = tmp_path / "settings" / "state.json"
    look, setup, notice = live.starting_values(state, fresh=False)
    assert notice == ""
    assert setup.source == SourceChoice("camera")
    show = Show(look, setup)
    rig = Rig(show, Witness().make_host)
    window = MainWindow(show, rig, state)
    qtbot.addWidget(window)
    window.resize(1366, 720)
    window.show()
    rig.start()
    yield window
    window.end_show()
    rig.stop()


def click_on(window: MainWindow, name: str) -> None:
    """One click of the left button, on the one thing in sight that reads ``name``; it must be seen whole."""
    buttons = [
        button
        for button in window.findChildren(QAbstractButton)
        if button.text().strip() == name and button.isVisible() and button.isEnabled()
    ]
    assert len(buttons) == 1, f"{len(buttons)} buttons read {name}"
    button = buttons[0]
    assert button.visibleRegion().boundingRect() == button.rect(), f"{name} is not seen whole"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def click_in_menu(name: str) -> None:
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu), "no menu is open"
    entry = next(action for action in menu.actions() if action.text() == name)
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center())


@pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing the keyboard)")
def test_those_clicks_bring_the_stylised_camera_to_zoom(
    window: MainWindow, sent: list[SentCamera], qtbot: QtBot
) -> None:
    clicks = listed_clicks()
    here = [what for where, what in clicks if where == "here"]
    show = window.performer
    examples, prompt, cam = here
    failed: list[BaseException] = []

    def choose() -> None:
        try:
            click_in_menu(prompt)
        except BaseException as error:  # noqa: BLE001 - told below: nothing may leave the menu's own loop
            failed.append(error)
            menu = QApplication.activePopupWidget()
            if menu is not None:
                menu.close()

    QTimer.singleShot(0, choose)  # the open menu keeps the click on its button busy until it closes
    click_on(window, examples)
    assert not failed, failed
    click_on(window, cam)
    assert show.setup.virtual_camera.on
    qtbot.waitUntil(lambda: bool(sent) and len(sent[-1].sent) > 10, timeout=PATIENCE_MS)
    # Zoom: its list of cameras has the name of the last click, and what it shows is what the engine paints.
    assert clicks[-1] == ("Zoom", sent[-1].device)
    rig = window._rig

    def painted() -> bool:
        program = rig.program.get()
        if program is None or program.kind != "engine":
            return False
        expected = resized(program.rgb, sent[-1].width, sent[-1].height, "fill")
        return any(np.array_equal(picture, expected) for picture in sent[-1].sent)

    qtbot.waitUntil(painted, timeout=PATIENCE_MS)
    assert (sent[-1].width, sent[-1].height) == (1280, 720), "what Zoom expects"
