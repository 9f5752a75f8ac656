from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.look import Setup
from app.show import Show
from app.status import OutputStatus, Status
from app.window.main_window import MainWindow
from app.words import window as words
from tests.app.window.hands import click, pick
from tests.app.window.rig import StillRig


@pytest.mark.parametrize("name", ["virtual_camera", "stage", "recorder"])
def test_each_output_is_switched_and_follows(window: MainWindow, show: Show, qtbot: QtBot, name: str) -> None:
    button = getattr(window.outputs, name).button
    click(button)
    assert getattr(show.setup, name).on
    assert button.isChecked()
    show.set_setup(**{name: replace(getattr(show.setup, name), on=False)})
    assert not button.isChecked()


def test_state_and_failure_stand_there_in_words(window: MainWindow, show: Show, rig: StillRig, qtbot: QtBot) -> None:
    row = window.outputs.virtual_camera
    assert row.state.whole == words.OFF
    click(row.button)
    window.poll_status()
    assert row.state.whole == "Starting"
    rig.now = Status(outputs={"virtual camera": OutputStatus("/dev/video10", running=True)})
    window.poll_status()
    assert row.state.whole == "/dev/video10"
    assert "●" in window.top_bar.virtual_camera.text()
    # The rig switches a failed output off; its sentence stays.
    rig.now = Status(outputs={"virtual camera": OutputStatus(trouble="There is no virtual camera.")})
    show.set_setup(virtual_camera=replace(show.setup.virtual_camera, on=False))
    window.poll_status()
    assert not row.button.isChecked()
    assert row.trouble.sentence == "There is no virtual camera."
    assert row.trouble.isVisible()
    assert "!" in window.top_bar.virtual_camera.text()


def test_a_recording_is_seen_in_the_top_bar(window: MainWindow, rig: StillRig) -> None:
    rig.now = Status(outputs={"recorder": OutputStatus("show.mp4", running=True)})
    window.poll_status()
    assert window.top_bar.recording.text().startswith("● REC 0")
    rig.now = Status()
    window.poll_status()
    assert window.top_bar.recording.text() == "REC"


def test_format_display_path_size_and_fit_go_both_ways(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    outputs = window.outputs
    pick(outputs.format, (640, 360, 30.0))
    assert (show.setup.virtual_camera.width, show.setup.virtual_camera.rate) == (640, 30.0)
    pick(outputs.recorder_size, (1280, 720))
    assert (show.setup.recorder.width, show.setup.recorder.height) == (1280, 720)
    name = QApplication.primaryScreen().name()
    pick(outputs.display, name)
    assert show.setup.stage.screen == name
    outputs.path.setText("/films/night.mp4")
    outputs.path.editingFinished.emit()
    assert show.setup.recorder.path == "/films/night.mp4"
    for row, field in ((outputs.virtual_camera, "virtual_camera"), (outputs.stage, "stage")):
        button = outputs.fits[field].button("stretch")
        click(button)
        assert getattr(show.setup, field).fit == "stretch", row
    show.set_setup(virtual_camera=Setup().virtual_camera, recorder=Setup().recorder, stage=Setup().stage)
    assert outputs.format.value == (1280, 720, 30.0)
    assert outputs.path.text() == ""
    assert outputs.display.value == ""
    assert outputs.fits["stage"].button("fill").isChecked()


def test_a_recording_that_runs_keeps_its_file_and_size(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    click(window.outputs.recorder.button)
    assert not window.outputs.path.isEnabled()
    assert not window.outputs.recorder_size.isEnabled()
    assert window.outputs.recorder.button.isEnabled()
    click(window.outputs.recorder.button)
    assert window.outputs.path.isEnabled()


def test_the_file_dialog_of_the_recorder_is_not_modal(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    click(window.outputs.browse)
    dialog = window.outputs.dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert not dialog.isModal()
    dialog.fileSelected.emit("/films/late.mp4")
    dialog.close()
    assert window.outputs.dialog is None
    assert show.setup.recorder.path == "/films/late.mp4"


def test_a_missing_display_is_told_at_the_stage(window: MainWindow, show: Show) -> None:
    show.set_setup(stage=replace(show.setup.stage, on=True, screen="HDMI-9"))
    assert "HDMI-9" in window.outputs.stage.trouble.sentence
    window.poll_status()
    assert "!" in window.top_bar.stage.text()
    assert window.outputs.display.currentText() == "HDMI-9 (not connected)"
