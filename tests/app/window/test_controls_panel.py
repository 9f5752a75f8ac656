from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.look import Look
from app.show import Show
from app.status import ControlStatus, Status, Thumbnails, Timing
from app.window.main_window import MainWindow
from app.window.panels.controls import setting_of
from controls.control import ControlSetting
from tests.app.window.hands import click
from tests.app.window.rig import StillRig, plain
from tests.app.window.test_picture import colour_at


def test_there_is_a_row_for_every_control_in_order(window: MainWindow) -> None:
    assert list(window.controls.rows) == ["edge", "pose", "depth"]


def test_on_and_off_go_both_ways(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    row = window.controls.rows["pose"]
    assert not row.switch.isChecked()
    click(row.switch)
    assert setting_of(show.look, "pose").on
    show.set_control("pose", on=False)
    assert not row.switch.isChecked()


def test_a_control_that_the_look_does_not_have_is_added(window: MainWindow, show: Show, qtbot: QtBot) -> None:
    click(window.controls.rows["depth"].switch)
    assert show.look.controls[-1] == ControlSetting("depth", on=True)
    assert [control.name for control in show.look.controls] == ["edge", "pose", "depth"]


def test_weight_goes_both_ways(window: MainWindow, show: Show) -> None:
    row = window.controls.rows["edge"]
    row.weight.number.setValue(0.4)
    assert setting_of(show.look, "edge").weight == 0.4
    show.set_control("edge", weight=0.75)
    assert row.weight.value == 0.75


def test_own_settings_keep_only_what_differs_from_the_default(window: MainWindow, show: Show) -> None:
    faders = window.controls.rows["edge"].settings
    faders["threshold"].number.setValue(150)
    faders["steadiness"].number.setValue(0.25)
    assert setting_of(show.look, "edge").values == (("steadiness", 0.25), ("threshold", 150.0))
    faders["threshold"].reset()
    faders["steadiness"].reset()
    assert show.look == Look()  # equal looks compare equal again
    show.set_control("edge", values=(("threshold", 30.0),))
    assert faders["threshold"].value == 30
    assert faders["steadiness"].value == 0.5


def test_the_live_picture_the_time_and_the_trouble(window: MainWindow, show: Show, rig: StillRig) -> None:
    rig.thumbnails.put(Thumbnails({"edge": plain(10, 200, 10), "pose": plain(0, 0, 99)}, plain(200, 0, 0)))
    rig.now = Status(
        controls={"edge": ControlStatus(Timing(2.04, 3.0)), "pose": ControlStatus(Timing(20.0), "No model is there.")}
    )
    window.poll_pictures()
    window.poll_status()
    edge, pose = window.controls.rows["edge"], window.controls.rows["pose"]
    assert colour_at(edge.picture, 0.5, 0.5) == (10, 200, 10)
    assert colour_at(window.controls.guide, 0.5, 0.5) == (200, 0, 0)
    assert edge.time.text() == "2.0 ms"
    assert not pose.trouble.isVisible()  # it is off: nothing of it is wrong
    show.set_control("pose", on=True)
    window.poll_pictures()
    window.poll_status()
    assert colour_at(pose.picture, 0.5, 0.5) == (0, 0, 99)
    assert pose.trouble.sentence == "No model is there."
    show.set_control("pose", on=False)
    window.poll_status()
    assert colour_at(pose.picture, 0.02, 0.02) == (0, 0, 0)
    assert not pose.trouble.isVisible()
