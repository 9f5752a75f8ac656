"""A show in the real window, recorded and painted again: a camera that changes all the time, and a hand that does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.__main__ import main
from app.frame import Frame, Pixels
from app.journal.reader import JournalReader
from app.look import Look, RecorderChoice, Setup, SourceChoice
from app.playout import Playout
from app.replay import Changes, Replayer
from app.rig import Rig
from app.show import Show
from app.window.main_window import MainWindow
from controls.control import ControlSetting
from engine.host import EngineHost, Submit
from engine.params import ControlChunk, EngineChoice, Params, Picture
from tests.app.journal.performance import same
from tests.app.stage import PATIENCE_MS
from tests.app.test_replay import tiny_host
from tests.fakes import Witness

Step = tuple[ControlChunk, Params]


class RestlessCamera:
    """No two of its pictures are alike, and none is like one of another run."""

    paused = False
    title = "Restless camera, 120x90 at 60"
    rate = 60.0

    def __init__(self, choice: SourceChoice, *, realtime: bool) -> None:
        self._random = np.random.default_rng()

    def open(self) -> None:
        pass

    def read(self) -> Frame:
        time.sleep(1 / self.rate)
        coarse = self._random.integers(0, 256, (6, 8, 3), np.uint8)
        grain = self._random.integers(0, 16, (90, 120, 3), np.uint8)
        return Frame(np.kron(coarse, np.ones((15, 15, 1), np.uint8)) // 2 + grain, time.perf_counter())

    def close(self) -> None:
        pass


class Night:
    """The window, a hand on it, and what the engine painted meanwhile."""

    def __init__(self, qtbot: QtBot, folder: Path, witness: Witness, painted: list[Pixels]) -> None:
        self.qtbot, self.witness, self.painted = qtbot, witness, painted
        self.journal = folder / "show.vjournal"
        look = Look(Params(prompt="ink", steps=1), controls=(ControlSetting("edge"), ControlSetting("pose", on=False)))
        recorder = RecorderChoice(path=str(folder / "show.mp4"))
        setup = Setup(source=SourceChoice("camera"), engine=EngineChoice("tiny", 96, 64), recorder=recorder)
        self.show = Show(look, setup)
        self.rig = Rig(self.show, witness.make_host)
        self.said: list[str] = []
        self.rig.said.connect(lambda level, sentence: self.said.append(sentence))
        self.window = MainWindow(self.show, self.rig, folder / "state.json")
        qtbot.addWidget(self.window)
        self.window.show()
        self.rig.start()

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=PATIENCE_MS)

    def steps_until(self, condition: Callable[[Step], bool], more: int = 2) -> None:
        """Wait for a step of which that holds, and for some after it."""
        self.until(lambda: bool(self.witness.steps) and condition(self.witness.steps[-1]))
        target = len(self.witness.steps) + more
        self.until(lambda: len(self.witness.steps) >= target)

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.window, key)

    def recording(self) -> bool:
        recorder = self.rig.status().outputs.get("recorder")
        return recorder is not None and recorder.running

    def stroke(self) -> None:
        """Paint across the canvas with the brush."""
        canvas = self.window.program.preview
        self.until(lambda: canvas.picture is not None)
        self.press(Qt.Key.Key_D)
        left, right = (QPoint(round(x * canvas.width()), canvas.height() // 2) for x in (0.3, 0.6))
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, left)
        QTest.mouseMove(canvas, right)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, right)


def painted_are(painted: list[Pixels], count: int) -> bool:
    return len(painted) >= count


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """torch counts threads for each of ours: a host that ran before may have left new ones another number than this."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[Pixels]:
    """Every picture that the engine hands out, and a camera that changes all the time."""
    pictures: list[Pixels] = []
    put = Playout.put

    def note(playout: Playout, chunk: Sequence[Pixels], *rest: Any) -> None:
        pictures.extend(chunk)
        put(playout, chunk, *rest)

    monkeypatch.setattr(Playout, "put", note)
    monkeypatch.setattr("app.input_reader.open_source", RestlessCamera)
    return pictures


@pytest.fixture
def night(app: QApplication, qtbot: QtBot, tmp_path: Path, painted: list[Pixels]) -> Iterator[Night]:
    witness = Witness()
    witness.may_load.clear()
    night = Night(qtbot, tmp_path, witness, painted)
    yield night
    night.window.end_show()
    night.rig.stop()


def test_a_show_in_the_window_replays_to_the_same_pictures(night: Night) -> None:
    night.press(Qt.Key.Key_R)
    night.until(night.recording)
    night.witness.may_load.set()
    night.steps_until(lambda step: step[1].prompt == "ink")
    night.show.set_params(prompt="lava", seed=9)
    night.steps_until(lambda step: step[1].prompt == "lava")
    night.stroke()
    night.steps_until(lambda step: step[0].mask is not None)
    night.show.set_params(references=(Picture(np.full((20, 30, 3), (220, 40, 90), np.uint8)),))
    night.steps_until(lambda step: bool(step[1].references))
    night.show.hard_cut()
    night.steps_until(lambda step: step[1].cut == 1)
    night.show.set_setup(engine=EngineChoice("tiny", 64, 48))
    night.steps_until(lambda step: step[0].guide.shape[1:3] == (48, 64))
    night.show.set_control("edge", weight=0.5)
    night.steps_until(lambda step: True)
    seen = len(night.painted)
    night.press(Qt.Key.Key_R)
    night.until(lambda: any("paints the show again" in sentence for sentence in night.said))

    with JournalReader(night.journal) as journal:
        assert journal.pictures >= seen
        replayer = Replayer(journal, Changes(), lambda sentence: None, True, tiny_host)
        again = [picture.painted for picture in replayer.paint()]
        assert same(again, night.painted[: journal.pictures])
        assert replayer.same == journal.pictures
        assert list(replayer.warnings()) == []
        larger = Replayer(
            journal,
            Changes(lambda choice: replace(choice, width=160, height=96), {"steps": 2}),
            lambda sentence: None,
            True,
            tiny_host,
        )
        better = [picture.rgb.shape for picture in larger.paint()]
    assert better == [(96, 160, 3)] * len(again)


def test_a_recording_with_a_cut_in_mid_show_replays_to_the_same_pictures(night: Night) -> None:
    night.witness.may_load.set()
    night.steps_until(lambda step: step[1].prompt == "ink")
    night.window.outputs.begin_with_cut.click()
    assert night.show.setup.recorder.begin_with_cut
    night.press(Qt.Key.Key_R)
    night.steps_until(lambda step: step[1].cut == 1, more=3)
    night.press(Qt.Key.Key_R)
    night.until(lambda: any("paints the show again" in sentence for sentence in night.said))
    steps = list(night.witness.steps)
    began = sum(len(chunk.guide) for chunk, params in steps if params.cut == 0)
    with JournalReader(night.journal) as journal:
        replayer = Replayer(journal, Changes(), lambda sentence: None, True, tiny_host)
        again = [picture.painted for picture in replayer.paint()]
        assert list(replayer.warnings()) == []
        assert same(again, night.painted[began : began + journal.pictures])
        assert replayer.same == journal.pictures > 0


def test_without_a_journal_there_is_none(night: Night) -> None:
    night.witness.may_load.set()
    assert night.window.outputs.journal.isChecked()
    night.window.outputs.journal.click()
    assert not night.show.setup.recorder.journal
    night.press(Qt.Key.Key_R)
    night.until(night.recording)
    night.steps_until(lambda step: True)
    night.press(Qt.Key.Key_R)
    night.until(lambda: any("Recorded" in sentence for sentence in night.said))
    assert night.journal.with_suffix(".mp4").exists()
    assert not night.journal.exists()


def test_the_starter_paints_its_show_again(qtbot: QtBot, tmp_path: Path, painted: list[Pixels], capsys: Any) -> None:
    """The real engine from its warm-up on, through the command; once more with more steps at another size."""

    def make_host(choice: EngineChoice, *, submit: Submit) -> EngineHost:
        return EngineHost(choice, 1, submit)

    recorder = RecorderChoice(on=True, path=str(tmp_path / "show.mp4"))
    setup = Setup(source=SourceChoice("camera"), engine=EngineChoice("starter", 64, 48), recorder=recorder)
    show = Show(Look(Params(prompt="neon lines", steps=1), controls=(ControlSetting("edge"),)), setup)
    rig = Rig(show, make_host)
    rig.start()
    for count, prompt in enumerate(("neon lines", "a charcoal drawing on paper", "neon lines")):
        show.set_params(prompt=prompt, morph_chunks=3)
        qtbot.waitUntil(partial(painted_are, painted, 12 * count + 12), timeout=PATIENCE_MS)
    rig.stop()
    capsys.readouterr()
    journal, film = tmp_path / "show.vjournal", tmp_path / "again.mp4"
    assert main(["replay", str(journal), "-o", str(film)]) == 0
    with JournalReader(journal) as kept:
        count = kept.pictures
    assert len(painted) - 4 <= count <= len(painted)  # what was painted while all came to its end is not in the film
    assert f"{count} of them are those of the show, bit for bit." in capsys.readouterr().out
    assert main(["replay", str(journal), "-o", str(film), "--steps", "2", "--size", "96x64"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{count} pictures are in {film}")
    assert "bit for bit" not in told
