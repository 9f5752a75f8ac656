"""The governor in the window: switched by hand, remembered; what it does is read in the panel and in the figures."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt

from app.look import GovernorChoice
from app.show import Show, load_state
from app.status import GovernorStatus, Status
from app.window.main_window import MainWindow
from app.words import window as words
from app.words import window_governor as words_governor
from tests.app.window.hands import click, press
from tests.app.window.rig import StillRig


def test_a_click_or_a_key_switches_it_and_it_is_remembered(window: MainWindow, show: Show, state_path: Path) -> None:
    row = window.outputs.governor
    assert row.switch.isChecked()
    assert row.switch.accessibleName() == "Hold the rate"
    click(row.switch)
    assert show.setup.governor == GovernorChoice(on=False)
    assert not row.rate.isEnabled(), "what it would hold says nothing while it is off"
    row.switch.setFocus()
    press(row.switch, Qt.Key.Key_Space)
    assert show.setup.governor == GovernorChoice()
    row.rate.picked.emit(24.0)
    click(row.switch)
    window.end_show()
    kept = load_state(state_path)
    assert kept is not None
    assert kept[1].governor == GovernorChoice(on=False, rate=24.0)


def test_what_it_does_is_read_in_the_panel_and_in_the_figures(window: MainWindow, rig: StillRig) -> None:
    row = window.outputs.governor
    for governor, state in (
        (GovernorStatus(on=False), words_governor.OFF),
        (GovernorStatus(on=True), words.UNKNOWN),
        (GovernorStatus(on=True, rate=20.0), "All as asked for; holds 20 a second"),
        (GovernorStatus(True, 20.0, "2 steps instead of 4"), "2 steps instead of 4; holds 20 a second"),
        (GovernorStatus(True, 20.0, "", (), "It cannot."), "All as asked for; 20 a second cannot be held"),
    ):
        rig.now = Status(governor=governor)
        window.poll_status()
        assert row.state.whole == state
        assert row.switch.accessibleDescription() == state
        assert window.hud.lines["Governor"] == state
