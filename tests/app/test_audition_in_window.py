"""Audition, Take and Back by a performer's hands: the real window on the real rig with the real network, tiny."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.frame import Program
from tests.app.test_window_on_rig import PATIENCE_MS, Desk, desk

__all__ = ["desk"]


def until_auditioned(desk: Desk, prompt: str) -> Program:
    """The audition's picture, once one that was asked for with ``prompt`` has been painted."""
    witness = desk.witness
    desk.qtbot.waitUntil(lambda: any(params.prompt == prompt for _, params in witness.auditioned), timeout=PATIENCE_MS)
    desk.qtbot.waitUntil(
        lambda: (shown := desk.rig.audition()) is not None and shown.kind == "engine", timeout=PATIENCE_MS
    )
    shown = desk.rig.audition()
    assert shown is not None
    return shown


def type_prompt(desk: Desk, prompt: str) -> None:
    desk.press(Qt.Key.Key_P)
    desk.window.look.prompt.selectAll()
    QTest.keyClicks(desk.window.look.prompt, prompt)
    QTest.keyClick(desk.window.look.prompt, Qt.Key.Key_Return)


def test_a_look_is_auditioned_and_taken(desk: Desk, artefacts: Path) -> None:
    desk.on_air("engine")
    panel, before = desk.window.program, desk.show.program
    assert panel.frame.caption.startswith("PROGRAM")
    desk.press(Qt.Key.Key_F5)
    type_prompt(desk, "black ink")
    until_auditioned(desk, "black ink")
    assert desk.show.program == before
    assert all(params == before.params for _, params in desk.witness.steps), "the stage knows nothing of it"
    assert panel.frame.caption.startswith("AUDITION")
    desk.qtbot.waitUntil(
        lambda: (
            (shown := desk.rig.audition()) is not None
            and panel.preview.picture is not None
            and np.array_equal(panel.preview.picture, shown.rgb)
        ),
        timeout=PATIENCE_MS,
    )
    beside = panel.audition_bar.program
    assert beside.isVisible()
    desk.qtbot.waitUntil(
        lambda: (
            (program := desk.rig.program.get()) is not None
            and beside.picture is not None
            and np.array_equal(beside.picture, program.rgb)
        ),
        timeout=PATIENCE_MS,
    )
    desk.window.poll_status()
    desk.window.grab().save(str(artefacts / "window-audition-live.png"))
    steps = len(desk.witness.steps)
    desk.press(Qt.Key.Key_F6)
    assert desk.show.program.params.prompt == "black ink"
    desk.qtbot.waitUntil(lambda: len(desk.witness.steps) > steps + 1, timeout=PATIENCE_MS)
    assert desk.witness.steps[steps + 1][1].prompt == "black ink", "at the next chunk, but for one under way"
    assert panel.frame.caption.startswith("PROGRAM")
    assert not beside.isVisible()
    desk.qtbot.waitUntil(lambda: len(desk.witness.seconds) == 0, timeout=PATIENCE_MS)


def test_back_restores_what_the_outputs_show(desk: Desk) -> None:
    desk.on_air("engine")
    before = desk.show.program
    desk.press(Qt.Key.Key_J)
    type_prompt(desk, "black ink")
    until_auditioned(desk, "black ink")
    desk.press(Qt.Key.Key_F7)
    assert desk.show.look == before
    assert desk.window.look.prompt.toPlainText() == before.params.prompt
    desk.qtbot.waitUntil(lambda: len(desk.witness.seconds) == 0, timeout=PATIENCE_MS)
    assert all(params == before.params for _, params in desk.witness.steps)


def test_blackout_acts_during_an_audition(desk: Desk) -> None:
    desk.on_air("engine")
    desk.press(Qt.Key.Key_F5)
    until_auditioned(desk, desk.show.look.params.prompt)
    desk.press(Qt.Key.Key_B)
    desk.on_air("black")
    shown = desk.rig.audition()
    assert shown is not None
    assert shown.kind == "engine", "the performer goes on in the dark"
    desk.press(Qt.Key.Key_B)
    desk.on_air("engine")
