"""The live path, wired as it is on stage: real source, real controls, the real network at a tiny size, real outputs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.frame import Program
from app.look import Look, RecorderChoice, Setup, SourceChoice
from app.rig import Rig
from app.show import Show
from controls.control import ControlSetting
from engine.errors import EngineError
from engine.params import EngineChoice, Params
from tests.fakes import Witness

PATIENCE_MS = 60_000  # not a measure of speed: how long a loaded machine may take before a test gives up
TINY = Setup(source=SourceChoice("testcard", width=96, height=64, rate=60), engine=EngineChoice("tiny", 48, 32))
LOOK = Look(Params(prompt="ink", steps=1), controls=(ControlSetting("edge"),))


class Stage:
    """A running rig and what it said."""

    def __init__(self, qtbot: QtBot, setup: Setup, witness: Witness) -> None:
        self.qtbot = qtbot
        self.witness = witness
        self.show = Show(LOOK, setup)
        self.rig = Rig(self.show, witness.make_host)
        self.said: list[tuple[str, str]] = []
        self.rig.said.connect(lambda level, sentence: self.said.append((level, sentence)))
        self.rig.start()

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=PATIENCE_MS)

    def painted(self, more: int = 1) -> None:
        """Wait for ``more`` further pictures of the engine."""
        target = self.rig.status().frames_out + more
        self.until(lambda: self.rig.status().frames_out >= target)

    def program(self, kind: str) -> Program:
        """Wait until the outputs show such a picture."""
        self.until(lambda: (program := self.rig.program.get()) is not None and program.kind == kind)
        program = self.rig.program.get()
        assert program is not None
        return program

    def troubles(self) -> list[str]:
        return [sentence for level, sentence in self.said if level == "error"]


StageMaker = Callable[..., Stage]


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[StageMaker]:
    running: list[Stage] = []

    def make(setup: Setup = TINY, witness: Witness | None = None) -> Stage:
        running.append(Stage(qtbot, setup, witness or Witness()))
        return running[-1]

    yield make
    for one in running:
        one.rig.stop()


def test_pictures_go_in_and_come_out(stage: StageMaker) -> None:
    live = stage()
    live.painted(20)
    program = live.program("engine")
    assert program.rgb.shape == (32, 48, 3)
    assert program.captured is not None
    status = live.rig.status()
    assert status.engine_state in ("running", "waiting")
    assert status.frames_in >= status.frames_out
    assert status.note == "untrained weights"
    assert status.controls["edge"].ms.p50 is not None
    assert not live.troubles()
    chunk, params = live.witness.steps[-1]
    assert params == LOOK.params
    assert chunk.guide.shape == (4, 32, 48, 3)
    assert not np.array_equal(chunk.guide, chunk.source)
    thumbnails = live.rig.thumbnails.get()
    assert thumbnails is not None
    assert list(thumbnails.parts) == ["edge"]


def test_a_change_reaches_the_next_chunk(stage: StageMaker) -> None:
    live = stage()
    live.painted()
    live.show.set_params(prompt="lava", seed=9)
    steps = len(live.witness.steps)
    live.until(lambda: len(live.witness.steps) > steps + 1)
    assert live.witness.steps[steps + 1][1].prompt == "lava"
    assert live.witness.steps[steps + 1][1].seed == 9


def test_a_cut_flushes_every_queue(stage: StageMaker) -> None:
    live = stage()
    live.painted(8)
    live.show.hard_cut()
    live.until(lambda: live.witness.steps[-1][1].cut == 1)
    first_after = next(chunk for chunk, params in live.witness.steps if params.cut == 1)
    assert len(first_after.guide) == 1, "a new stream begins with a single picture"
    live.painted(8)
    assert {params.cut for _, params in live.witness.steps[-2:]} == {1}


def test_an_engine_that_fails_starts_again_and_the_picture_stays(stage: StageMaker) -> None:
    def fail_once(number: int) -> None:
        if number == 3 and witness.loads == 1:
            raise EngineError("There is not enough memory to paint this chunk; the last picture stays.")

    witness = Witness(before_step=fail_once)
    live = stage(witness=witness)
    live.until(lambda: witness.loads == 2)
    assert live.program("engine").rgb.shape == (32, 48, 3)
    live.painted(8)
    assert live.troubles() == ["There is not enough memory to paint this chunk; the last picture stays."]
    assert witness.closes >= 1


def test_whatever_an_engine_throws_becomes_a_sentence(stage: StageMaker, caplog: pytest.LogCaptureFixture) -> None:
    def fail(number: int) -> None:
        if number == 2 and witness.loads == 1:
            raise ZeroDivisionError("oh")

    witness = Witness(before_step=fail)
    live = stage(witness=witness)
    live.until(lambda: witness.loads == 2 and len(witness.steps) > 3)
    assert live.troubles() == ["The engine failed (oh); the last picture stays. It starts again."]
    assert "ZeroDivisionError" in caplog.text, "the log keeps what the performer is spared"


def test_the_camera_shows_while_a_model_loads(stage: StageMaker) -> None:
    witness = Witness()
    witness.may_load.clear()
    live = stage(witness=witness)
    live.program("bypass")
    assert live.rig.status().engine_state == "loading"
    witness.may_load.set()
    live.program("engine")


def test_blackout_freeze_and_bypass_work_while_the_engine_hangs(stage: StageMaker) -> None:
    witness = Witness()
    live = stage(witness=witness)
    live.program("engine")
    witness.may_load.clear()
    live.show.set_setup(engine=EngineChoice("tiny", 64, 32))
    live.until(lambda: live.rig.status().engine_state == "loading")
    live.show.set_treatment("blackout")
    assert live.program("black").rgb.max() == 0
    live.show.set_treatment("bypass")
    live.program("bypass")
    live.show.set_treatment("live")
    assert live.program("engine").rgb.shape == (32, 48, 3), "the last picture of the old engine stays"
    witness.may_load.set()
    live.until(lambda: live.program("engine").rgb.shape == (32, 64, 3))


def test_a_source_that_is_not_there_is_told_once_and_another_one_plays(stage: StageMaker, tmp_path: Path) -> None:
    live = stage(replace(TINY, source=SourceChoice("clip", str(tmp_path / "gone.mp4"))))
    live.until(lambda: len(live.troubles()) == 1)
    assert "gone.mp4" in live.troubles()[0]
    assert live.rig.status().source_trouble == live.troubles()[0]
    live.program("slate")
    live.show.set_setup(source=TINY.source)
    live.program("engine")
    live.until(lambda: live.rig.status().source_trouble == "")
    assert len(live.troubles()) == 1


def test_a_recording_is_switched_on_and_off_while_the_show_goes_on(stage: StageMaker, tmp_path: Path) -> None:
    live, path = stage(), tmp_path / "show.mp4"
    live.program("engine")
    live.show.set_setup(recorder=RecorderChoice(on=True, path=str(path)))
    live.until(lambda: live.rig.status().outputs.get("recorder") is not None)
    live.until(lambda: live.rig.status().outputs["recorder"].written >= 12)
    live.show.set_setup(recorder=RecorderChoice(on=False))
    live.until(lambda: not live.rig.status().outputs["recorder"].running)
    live.painted(4)
    live.rig.stop()
    written = live.rig.status().outputs["recorder"].written
    with av.open(str(path)) as container:
        frames = [frame.pts for frame in container.decode(video=0)]
    assert len(frames) == written
    assert all(a < b for a, b in itertools.pairwise(frames))  # type: ignore[operator]
    assert live.rig.status().outputs["recorder"].latency_ms.p50 is not None


def test_an_output_that_fails_is_told_and_hurts_nothing_else(stage: StageMaker, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    live = stage()
    live.show.set_setup(recorder=RecorderChoice(on=True, path=str(tmp_path / "file" / "show.mp4")))
    live.until(lambda: not live.show.setup.recorder.on)
    assert len(live.troubles()) == 1
    assert live.rig.status().outputs["recorder"].trouble == live.troubles()[0]
    live.painted(8)


def test_equal_setups_reopen_nothing(stage: StageMaker) -> None:
    live = stage()
    live.painted()
    live.show.set_setup(preview_fit="fill")
    live.show.set_setup(source=replace(TINY.source), engine=replace(TINY.engine))
    live.painted(8)
    assert live.witness.loads == 1


def test_stop_leaves_no_thread_behind(stage: StageMaker) -> None:
    live = stage()
    live.painted()
    live.rig.stop()
    assert not any(thread.is_alive() for thread in live.rig._threads)
    assert not live.rig._engine.isRunning()
