from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.look import Look
from app.show import Show
from app.status import ControlStatus, Status, Thumbnails, Timing
from app.window.main_window import MainWindow
from app.window.panels.controls import setting_of
from app.words import window as words
from controls.control import MIXES, REGIONS, ControlSetting
from tests.app.window.conftest import KINDS, Kind
from tests.app.window.hands import click, pick
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


def test_mix_region_and_rate_go_both_ways(window: MainWindow, show: Show) -> None:
    row = window.controls.rows["edge"]
    pick(row.mix, "add")
    pick(row.region, "background")
    pick(row.every, 3)
    setting = setting_of(show.look, "edge")
    assert (setting.mix, setting.region, setting.every) == ("add", "background", 3)
    show.set_control("edge", mix="screen", region="outside mask", every=17)
    assert (row.mix.value, row.region.value, row.every.value) == ("screen", "outside mask", 17)
    assert row.every.currentText() == "Every 17th picture", "not one of the list, and shown all the same"
    show.set_control("edge", mix="max", region="all", every=0)
    assert show.look == Look()
    shown = [picker.currentText() for picker in (row.mix, row.region, row.every)]
    assert shown == ["Brightest", "Everywhere", "By itself"]


def test_every_mix_and_region_has_a_word() -> None:
    assert [value for _, value in words.MIXES] == list(MIXES)
    assert [value for _, value in words.WHERES] == list(REGIONS)


def test_a_row_says_how_often_its_control_runs(window: MainWindow, show: Show, rig: StillRig) -> None:
    row = window.controls.rows["edge"]
    for every, said, tip in ((1, "20 ms", "Every picture:"), (12, "20 ms, 1/12", "Every 12th picture:")):
        rig.now = Status(controls={"edge": ControlStatus(Timing(20.0, 30.0), every=every)})
        window.poll_status()
        assert row.time.whole == row.time.text() == said
        assert row.time.toolTip().startswith(tip)
    ordinals = [words.every(number).split()[1] for number in (3, 11, 12, 13, 20, 21, 22, 23, 30)]
    assert ordinals == ["3rd", "11th", "12th", "13th", "20th", "21st", "22nd", "23rd", "30th"]


def test_what_does_not_move_with_the_picture_has_no_rate(
    show: Show, rig: StillRig, state_path: Path, qtbot: QtBot
) -> None:
    window = MainWindow(show, rig, state_path, {"layout": Kind("layout", "Layout", moves=False), "edge": KINDS["edge"]})
    qtbot.addWidget(window)
    rows = window.controls.rows
    assert [rows[name].isAncestorOf(rows[name].every) for name in ("layout", "edge")] == [False, True]


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
    assert edge.time.whole == "2.0 ms"
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
