"""The live path, wired as it is on stage: real source, real controls, the real network at a tiny size, real outputs."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from app.errors import OutputError, SourceError
from app.frame import Frame, Program
from app.inputs import CameraInfo, Source, open_source
from app.journal.reader import JournalReader
from app.look import RecorderChoice, SourceChoice, VirtualCameraChoice
from app.playout import Playout
from app.replay import Changes, Replayer
from app.rig import Rig
from app.show import Show
from controls.stack import Stack
from engine.errors import EngineError, OutOfMemory
from engine.host import Submit
from engine.params import EngineChoice
from tests.app.inputs.clips import write_clip
from tests.app.stage import LOOK, TINY, StageMaker
from tests.app.test_replay import tiny_host
from tests.fakes import Witness, WitnessedHost
from tests.standins.preload import compiled


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
    goes_on, hangs = threading.Event(), threading.Event()

    def hang(number: int) -> None:
        if number == 3:
            hangs.set()
            goes_on.wait(60)

    live = stage(witness=Witness(before_step=hang))
    live.program("engine")
    live.until(hangs.is_set)
    live.show.set_setup(engine=EngineChoice("tiny", 64, 32))
    live.show.set_treatment("blackout")
    assert live.program("black").rgb.max() == 0
    live.show.set_treatment("bypass")
    live.program("bypass")
    live.show.set_treatment("live")
    assert live.program("engine").rgb.shape == (32, 48, 3), "the last picture of the old engine stays"
    goes_on.set()
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


def test_a_clip_that_cannot_be_opened_leaves_the_one_that_plays(stage: StageMaker, tmp_path: Path) -> None:
    film = SourceChoice("clip", str(write_clip(tmp_path / "film.mp4", 12)))
    live = stage(replace(TINY, source=film))
    live.painted(2)
    live.show.set_setup(source=SourceChoice("clip", str(tmp_path / "gone.mp4")))
    live.until(lambda: live.show.setup.source == film)
    [told] = [(level, sentence) for level, sentence in live.said if "gone.mp4" in sentence]
    assert told[0] == "warning"
    assert "film.mp4" in told[1], "it says what goes on"
    before = live.rig.status().frames_in
    live.until(lambda: live.rig.status().frames_in > before)
    assert live.rig.status().source_trouble == ""
    assert live.rig.status().source_refused == told[1], "for as long as it goes on"
    live.show.set_setup(source=TINY.source)
    live.until(lambda: live.rig.status().source_refused == "")


def test_a_clip_that_stands_still_does_so_while_another_is_opened_and_when_that_fails(
    stage: StageMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film, gone = (SourceChoice("clip", str(tmp_path / name)) for name in ("film.mp4", "gone.mp4"))
    write_clip(Path(film.target), 12)
    opens = threading.Event()

    def slowly(choice: SourceChoice, *, realtime: bool) -> Source:
        if choice == gone:
            opens.wait()
        return open_source(choice, realtime=realtime)

    monkeypatch.setattr("app.input_reader.open_source", slowly)
    live = stage(replace(TINY, source=film))
    live.painted(1)
    live.show.set_setup(paused=True)

    def more() -> None:
        before = live.rig.status().frames_in
        live.until(lambda: live.rig.status().frames_in > before + 2)

    def shown() -> bytes:
        view = live.rig.view.get()
        assert view is not None
        return view.rgb.tobytes()

    more()
    stands = shown()
    live.show.set_setup(source=gone, paused=False)
    more()
    assert shown() == stands
    opens.set()
    live.until(lambda: live.show.setup.source == film)
    assert live.show.setup.paused
    more()
    assert shown() == stands
    live.show.set_setup(paused=False)
    live.until(lambda: shown() != stands)


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


def test_equal_setups_reopen_nothing(stage: StageMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[SourceChoice] = []

    def note(choice: SourceChoice, *, realtime: bool) -> Source:
        opened.append(choice)
        return open_source(choice, realtime=realtime)

    monkeypatch.setattr("app.input_reader.open_source", note)
    live = stage()
    live.painted()
    live.show.set_setup(preview_fit="fill")
    live.show.set_setup(source=replace(TINY.source), engine=replace(TINY.engine))
    live.painted(8)
    assert live.witness.loads == 1
    assert opened == [TINY.source]


def test_after_a_cut_nothing_is_painted_from_before_it(stage: StageMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[tuple[float, int]] = []
    put = Playout.put

    def note(playout: Playout, pictures: Any, captured: Sequence[float], epoch: int, *rest: Any) -> None:
        painted.extend((time, epoch) for time in captured)
        put(playout, pictures, captured, epoch, *rest)

    monkeypatch.setattr(Playout, "put", note)
    live = stage()
    for cut in range(1, 6):
        live.painted(3)
        began = time.perf_counter()
        live.show.hard_cut()
        live.until(lambda cut=cut: bool(painted) and painted[-1][1] == cut)  # type: ignore[misc]
        assert min(captured for captured, epoch in painted if epoch == cut) > began


def test_pictures_are_handed_out_before_the_clean_pass(stage: StageMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    put = Playout.put

    def note(playout: Playout, *arguments: Any) -> None:
        order.append("handed out")
        put(playout, *arguments)

    monkeypatch.setattr(Playout, "put", note)
    live = stage(witness=Witness(before_settle=lambda: order.append("settled")))
    live.until(lambda: len(order) >= 10)
    assert order[:10] == ["handed out", "settled"] * 5


class Forgetful(WitnessedHost):
    """Fails to remember the first chunks that it is told to, for want of memory, and is whole otherwise."""

    left = 0

    def settle(self) -> None:
        rollout = self._loaded()._rollout
        with pytest.MonkeyPatch.context() as patch:
            if Forgetful.left:
                Forgetful.left -= 1
                patch.setattr(rollout, "settle", _full)
            super().settle()


def _full(*_: object) -> None:
    raise OutOfMemory("There is not enough memory to remember this chunk; the picture begins anew.")


def test_a_chunk_that_is_not_remembered_costs_no_model_and_is_replayed(stage: StageMaker, tmp_path: Path) -> None:
    """Its pictures are out; the next ones are those of a new stream, in the journal as well."""
    witness, hosts = Witness(), list[Forgetful]()
    recorder = RecorderChoice(on=True, path=str(tmp_path / "show.mp4"))
    setup = replace(TINY, recorder=recorder)

    def make_host(choice: EngineChoice, *, submit: Submit) -> Forgetful:
        hosts.append(Forgetful(choice, witness, submit))
        return hosts[-1]

    live = stage(setup, witness, make_host)
    live.until(lambda: live.rig.status().outputs["recorder"].running)
    live.painted()
    live.show.set_params(prompt="lava")
    live.until(lambda: hosts[0].prompts_read > 0)
    live.painted(12)
    Forgetful.left = 2
    live.until(lambda: Forgetful.left == 0)
    live.painted(12)
    assert (witness.loads, witness.closes) == (1, 0)
    assert [level for level, sentence in live.said if "not enough memory to remember" in sentence] == ["warning"]
    assert not live.troubles()
    live.rig.stop()
    with JournalReader(tmp_path / "show.vjournal") as journal:
        streams = [list(chunks) for _, chunks in itertools.groupby(journal.chunks, lambda chunk: id(chunk.stream))]
        assert len(streams) == 3
        assert [chunks[0].record.prompts_read for chunks in streams[1:]] == [0, 0], "their words had long been read"
        replayer = Replayer(journal, Changes(), lambda sentence: None, True, tiny_host)
        pictures = list(replayer.paint())
        replayer.close()
    assert replayer.same == len(pictures) > 5


class ScriptedSource:
    """A device that gives as many pictures as ``script`` says for each opening, and is then unplugged."""

    paused = False
    title = "Old Webcam"
    rate = 0.0

    def __init__(self, script: Iterator[int]) -> None:
        self._script, self._left = script, 0

    def open(self) -> None:
        self._left = next(self._script)

    def read(self) -> Frame | None:
        if self._left == 0:
            raise SourceError("Old Webcam was unplugged; the last picture stays. Plug it in again.")
        self._left -= 1
        return Frame(np.zeros((32, 48, 3), np.uint8), time.perf_counter())

    def close(self) -> None:
        pass


def test_each_loss_and_each_return_of_a_device_is_told(stage: StageMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    script = iter([3, 0, 0, 4, 10**9])
    monkeypatch.setattr("app.input_reader.open_source", lambda choice, realtime: ScriptedSource(script))
    monkeypatch.setattr("app.input_reader.RETRY_S", 0.01)
    live = stage()
    live.until(lambda: live.rig.status().frames_in > 20)
    live.until(lambda: len([1 for level, sentence in live.said if "Webcam" in sentence]) >= 4)
    told = [level for level, sentence in live.said if "Webcam" in sentence]
    assert told == ["error", "info", "error", "info"], "tries in between are no news"
    assert live.rig.status().source_trouble == ""


def test_a_source_chosen_after_a_loss_is_not_announced_as_back(stage: StageMaker, tmp_path: Path) -> None:
    live = stage(replace(TINY, source=SourceChoice("clip", str(tmp_path / "gone.mp4"))))
    live.until(lambda: bool(live.troubles()))
    live.show.set_setup(source=TINY.source)
    live.painted(4)
    assert not [sentence for _, sentence in live.said if "is back" in sentence]


def test_a_clip_that_is_over_plays_again_when_it_is_chosen_again(stage: StageMaker, tmp_path: Path) -> None:
    film = write_clip(tmp_path / "film.mp4", 12)
    live = stage(replace(TINY, source=SourceChoice("clip", str(film), loop=False)))
    live.until(lambda: any("reached its end" in sentence for _, sentence in live.said))
    assert live.rig.status().frames_in == 12
    live.show.restart_source()
    live.until(lambda: live.rig.status().frames_in == 24)


def test_controls_forget_the_pictures_of_the_source_before(
    stage: StageMaker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    resets: list[int] = []
    reset = Stack.reset

    def note(stack: Stack) -> None:
        resets.append(live.rig.status().frames_in)
        reset(stack)

    live = stage()
    live.painted()
    monkeypatch.setattr(Stack, "reset", note)
    live.show.set_setup(source=SourceChoice("clip", str(write_clip(tmp_path / "film.mp4", 12))))
    live.until(lambda: len(resets) == 1)
    live.painted(8)
    assert len(resets) == 1, "once for the new source, not for its every picture"


def test_devices_that_come_and_go_are_seen(stage: StageMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    cameras = [CameraInfo("Old Webcam", "/dev/video0", "usb-1", virtual=False)]
    monkeypatch.setattr("app.rig.list_cameras", lambda: list(cameras))
    monkeypatch.setattr("app.rig.RETRY_S", 0.01)
    live = stage()
    live.until(lambda: (there := live.rig.devices.get()) is not None and there.cameras == ("Old Webcam",))
    cameras.append(CameraInfo("New Webcam", "/dev/video2", "usb-2", virtual=False))
    live.until(lambda: (there := live.rig.devices.get()) is not None and len(there.cameras) == 2)
    cameras.clear()
    live.until(lambda: (there := live.rig.devices.get()) is not None and there.cameras == ())


def test_a_recording_from_the_start_has_the_size_of_the_engine(stage: StageMaker, tmp_path: Path) -> None:
    witness, path = Witness(), tmp_path / "show.mp4"
    witness.may_load.clear()
    live = stage(replace(TINY, recorder=RecorderChoice(on=True, path=str(path))), witness)
    live.until(lambda: live.rig.status().outputs["recorder"].written >= 3)
    witness.may_load.set()
    live.painted(4)
    live.rig.stop()
    with av.open(str(path)) as container:
        assert {(frame.width, frame.height) for frame in container.decode(video=0)} == {(48, 32)}


class ScriptedCamera:
    """A virtual camera that fails on ``fail``, and only then lets go of a picture that it was given."""

    rate = 0.0

    def __init__(self, choice: VirtualCameraChoice, fail: threading.Event) -> None:
        self.title = choice.device
        self._fails, self._fail = choice.device == "A", fail

    def open(self) -> None:
        pass

    def write(self, program: Program, now: float) -> None:
        if self._fails:
            self._fail.wait(60)
            raise OutputError("A was removed.")

    def close(self) -> None:
        pass


def test_the_late_failure_of_a_replaced_output_leaves_the_new_one_on(
    stage: StageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail = threading.Event()
    monkeypatch.setattr("app.rig.VirtualCamera", lambda choice: ScriptedCamera(choice, fail))
    live = stage(replace(TINY, virtual_camera=VirtualCameraChoice(on=True, device="A")))
    live.until(lambda: live.rig.status().outputs["virtual camera"].running)
    live.painted(2)
    live.show.set_setup(virtual_camera=VirtualCameraChoice(on=True, device="B"))
    fail.set()
    live.until(lambda: live.rig.status().outputs["virtual camera"].written > 3)
    live.until(lambda: "A was removed." in live.troubles())
    assert live.show.setup.virtual_camera == VirtualCameraChoice(on=True, device="B")
    assert live.rig.status().outputs["virtual camera"].running


def test_an_engine_that_cannot_even_be_closed_starts_again(stage: StageMaker) -> None:
    def fail() -> None:
        raise RuntimeError("the device is gone")

    witness = Witness(before_close=fail)
    live = stage(witness=witness)
    live.painted(2)
    live.show.set_setup(engine=EngineChoice("tiny", 64, 32))
    live.until(lambda: witness.loads == 2)
    live.painted(4)


def test_an_engine_that_fails_in_one_way_again_and_again_says_so_once(stage: StageMaker) -> None:
    def fail(number: int) -> None:
        raise EngineError("There is not enough memory.")

    live = stage(witness=Witness(before_step=fail))
    live.until(lambda: live.witness.loads >= 3)
    assert live.troubles() == ["There is not enough memory."]


def test_a_model_that_takes_for_ever_does_not_hold_the_end_for_ever(
    stage: StageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.rig._STOP_S", 0.2)
    hangs, goes_on = threading.Event(), threading.Event()

    def hang(choice: EngineChoice) -> None:
        hangs.set()
        goes_on.wait(60)

    live = stage(witness=Witness(before_load=hang))
    live.until(hangs.is_set)
    assert not live.rig.stop(), "the caller is told that the process must be left"
    goes_on.set()
    live.until(lambda: live.rig.stop())


def test_latency_is_of_the_outputs_that_run(stage: StageMaker, tmp_path: Path) -> None:
    live = stage(replace(TINY, recorder=RecorderChoice(on=True, path=str(tmp_path / "show.mp4"))))
    live.until(lambda: live.rig.status().latency_ms.p50 is not None)
    live.show.set_setup(recorder=RecorderChoice(on=False))
    live.until(lambda: not live.rig.status().outputs["recorder"].running)
    assert live.rig.status().latency_ms.p50 is None
    live.rig.handed_over("stage", live.program("engine"))
    assert live.rig.status().latency_ms.p50 is not None
    assert live.rig.status().outputs["stage"].latency_ms.p50 is not None


@pytest.mark.parametrize("fault", ["", "gone"])
def test_the_virtual_camera_runs_at_its_own_rate_whatever_the_engine_does(
    fault: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The rig on pyvirtualcam's own backend before a stand-in device: see ``camera_on_air``."""
    library = compiled("v4l2_output.c", tmp_path_factory.mktemp("standins"))
    frames = tmp_path / "frames"
    standin = {
        "LD_PRELOAD": str(library),
        "STANDIN_DEVICE": "/dev/video97",
        "STANDIN_FRAMES": str(frames),
        "STANDIN_LOG": str(tmp_path / "log"),
        "STANDIN_FAULT": fault,
        "STANDIN_FAULT_AFTER": "12",
    }
    child = subprocess.run(
        [sys.executable, "-m", "tests.app.camera_on_air"],
        cwd=Path(__file__).parents[2],
        env=os.environ | standin,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    told = json.loads(child.stdout)
    pictures = np.frombuffer(frames.read_bytes(), np.uint8).reshape(-1, 96 * 64 * 3 // 2)
    brightness = pictures[:, : 96 * 64].mean(axis=1)
    assert brightness.min() > 16 + 2, "never black: the camera or a slate comes before the first chunk"
    if fault:
        assert len(pictures) == 12
        assert told["on"] is False
        assert "no longer takes pictures" in told["troubles"][0]
        assert told["painted_after"] > 0, "the show goes on"
        return
    assert told["troubles"] == []
    assert len(pictures) == told["written"]
    assert told["repeated_while_loading"] > 0
    moments = told["written"] + told["missed"]
    assert abs(moments - told["seconds"] * 60) <= 3, "one slot every 1/60 s, written or counted as missed"


@pytest.mark.parametrize(("cores", "for_torch"), [(1, 1), (2, 1), (3, 2), (4, 2), (8, 6)])
def test_torch_leaves_cores_to_both_threads_of_the_controls(
    monkeypatch: pytest.MonkeyPatch, cores: int, for_torch: int
) -> None:
    """The engine of a rig that nothing else is said to; on two or three cores they share one."""
    threads: list[int] = []
    monkeypatch.setattr("engine.device.os.sched_getaffinity", lambda process: range(cores), raising=False)
    monkeypatch.setattr("engine.host.torch.set_num_threads", threads.append)
    rig = Rig(Show(LOOK, replace(TINY, engine=EngineChoice("no such model", 48, 32))))
    rig.start()
    until = time.perf_counter() + 60
    while not threads and time.perf_counter() < until:
        time.sleep(0.01)
    assert rig.stop()
    assert set(threads) == {for_torch}


def test_stop_leaves_no_thread_behind(stage: StageMaker) -> None:
    live = stage()
    live.painted()
    live.rig.stop()
    assert not any(thread.is_alive() for thread in live.rig._threads)
    assert not live.rig._engine.isRunning()


def test_a_file_that_hangs_keeps_nothing_from_being_written_and_the_show_from_ending(qapp: object) -> None:
    rig, go_on, hangs = Rig(Show()), threading.Event(), threading.Event()
    written: list[str] = []

    def hang() -> None:
        hangs.set()
        go_on.wait(60)

    rig.later("a pipe that nobody writes to", hang)
    assert hangs.wait(60)
    rig.keep("cues", lambda: written.append("cues"))
    rig.keep("state", lambda: written.append("state"))
    try:
        assert not rig.stop(), "the process is to be left at once"
        assert sorted(written) == ["cues", "state"]
    finally:
        go_on.set()
