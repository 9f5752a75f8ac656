from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.file_worker import Work
from app.set_list import Backups
from app.show import Show, load_state
from app.window import keeping
from app.window.keeping import StateKeeper
from app.window.main_window import MainWindow
from tests.app.window.conftest import KINDS
from tests.app.window.rig import StillRig


def test_a_change_is_kept_shortly_after(show: Show, state_path: Path, qtbot: QtBot) -> None:
    keeper = StateKeeper(show, state_path)
    for seed in range(20):
        show.set_params(seed=seed)
    assert not state_path.exists()  # not twenty times
    qtbot.waitUntil(state_path.exists)
    kept = load_state(state_path)
    assert kept is not None
    look, _ = kept
    assert look.params.seed == 19
    keeper.deleteLater()


def test_what_never_stands_still_is_kept_all_the_same(
    show: Show, state_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "PAUSE_MS", 600_000)
    monkeypatch.setattr(keeping, "LATEST_MS", 100)
    keeper = StateKeeper(show, state_path)
    restless = QTimer(keeper, interval=10)
    restless.timeout.connect(show.next_seed)
    restless.start()
    qtbot.waitUntil(state_path.exists, timeout=60_000)
    state_path.unlink()
    qtbot.waitUntil(state_path.exists, timeout=60_000)
    keeper.deleteLater()


def test_a_folder_that_takes_nothing_is_told_once(show: Show, tmp_path: Path) -> None:
    (tmp_path / "settings").write_text("a file where the folder should be")
    keeper = StateKeeper(show, tmp_path / "settings" / "state.json")
    said: list[tuple[str, str]] = []
    keeper.said.connect(lambda level, sentence: said.append((level, sentence)))
    keeper.save()
    keeper.save()
    assert [level for level, _ in said] == ["warning"]
    assert "state.json" in said[0][1]


def test_it_is_told_again_after_it_had_worked(show: Show, state_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = StateKeeper(show, state_path)
    said: list[str] = []
    keeper.said.connect(lambda level, sentence: said.append(level))
    keeper.save()
    assert said == []
    state_path.unlink()
    state_path.mkdir()  # now nothing can be put in its place
    keeper.save()
    keeper.save()
    state_path.rmdir()
    keeper.save()
    state_path.unlink()
    state_path.mkdir()
    keeper.save()
    assert said == ["warning", "warning"]


def test_the_keeper_ends_with_its_owner(app: QApplication, show: Show, state_path: Path) -> None:
    from shiboken6 import delete

    keeper = StateKeeper(show, state_path)
    delete(keeper)
    show.set_params(seed=1)  # nobody is called who is no longer there


def test_the_window_writes_nothing_itself(
    show: Show, rig: StillRig, state_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread draws the stage: files are handed to the rig, and what was asked for is what is written."""
    asked: dict[str, Work] = {}
    monkeypatch.setattr(rig, "keep", asked.__setitem__)
    window = MainWindow(show, rig, state_path, KINDS)
    qtbot.addWidget(window)
    show.set_params(prompt="lava")
    window.cues.sheet.add()
    window.close()
    show.set_params(prompt="after the show")
    assert [path for path in state_path.parent.rglob("*") if path.is_file()] == [state_path.with_name("window.ini")]
    assert len(asked) == 2
    for work in asked.values():
        work()
    kept, cues = load_state(state_path), Backups(state_path.parent / "cues").newest()
    assert kept is not None
    assert cues is not None
    assert kept[0].params.prompt == "lava"
    assert cues.set_list == window.cues.sheet.set_list
