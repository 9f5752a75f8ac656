from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.show import Show, load_state
from app.window import keeping
from app.window.keeping import StateKeeper


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
