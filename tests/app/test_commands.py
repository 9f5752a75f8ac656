"""The commands as a person types them: files out, figures, exit codes, one sentence for what goes wrong."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from app.__main__ import main
from app.live import _HeadlessRun, display_missing, starting_values
from app.look import Look, Setup, SourceChoice
from app.outputs.mp4 import Mp4Writer
from app.render import RenderResult, render
from app.status import Status
from assets import CLIP
from controls.stack import CONTROLS
from engine.errors import EngineError
from tests.app.inputs.clips import write_clip
from tests.fakes import Witness

ROOT = Path(__file__).parents[2]
SMALL = ["--size", "64x48", "--steps", "1"]
REPORT_KEYS = {
    *("source", "model", "size", "steps", "frames_in", "frames_out", "fps"),
    *("chunk_ms", "latency_ms", "dropped", "repeated", "seed"),
}


def square(path: Path) -> Path:
    """Eleven pictures of a moving square at 25 a second."""
    writer = Mp4Writer(path, 96, 64)
    for number in range(11):
        rgb = np.full((64, 96, 3), 30, np.uint8)
        rgb[20:44, 5 * number + 4 : 5 * number + 28] = 220
        writer.write(rgb, number / 25)
    writer.close()
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return square(tmp_path / "square.mp4")


def pictures_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def duration_of(path: Path) -> float:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.duration is not None
        assert stream.time_base is not None
        return float(stream.duration * stream.time_base)


def run_render(clip: Path, out: Path, *more: str) -> dict[str, Any]:
    report = out.with_suffix(".json")
    assert main(["render", str(clip), "-o", str(out), "--report", str(report), *SMALL, *more]) == 0
    return dict(json.loads(report.read_text()))


def test_render_gives_a_picture_for_each_picture(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run_render(clip, tmp_path / "out.mp4", "--control", "edge", "--seed", "5", "--prompt", "ink")
    pictures = pictures_of(tmp_path / "out.mp4")
    assert len(pictures) == 11
    assert {picture.shape for picture in pictures} == {(48, 64, 3)}
    assert abs(duration_of(tmp_path / "out.mp4") - 11 / 25) < 1 / 25
    assert report.keys() >= REPORT_KEYS
    assert (report["frames_in"], report["frames_out"], report["dropped"], report["repeated"]) == (11, 11, 0, 0)
    assert (report["seed"], report["size"], report["steps"], report["prompt"]) == (5, "64x48", 1, "ink")
    assert report["latency_ms"] is None
    assert report["chunk_ms"]["p95"] >= report["chunk_ms"]["p50"] > 0
    assert report["note"] == ""
    sheet = cv2.imread(str(tmp_path / "out.png"))
    assert sheet is not None
    assert sheet.shape[1] > 6 * 300, "six columns"
    assert "11 pictures" in capsys.readouterr().out


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """What is rendered of the clip without any wish but its edges."""
    folder = tmp_path_factory.mktemp("plain")
    run_render(square(folder / "square.mp4"), folder / "plain.mp4", "--control", "edge")
    return np.stack(pictures_of(folder / "plain.mp4"))


def test_the_same_seed_gives_the_same_pictures_and_another_one_others(
    clip: Path, tmp_path: Path, plain: np.ndarray
) -> None:
    for seed, same in (("0", True), ("1", False)):
        run_render(clip, tmp_path / "out.mp4", "--control", "edge", "--seed", seed)
        assert np.array_equal(np.stack(pictures_of(tmp_path / "out.mp4")), plain) is same


@pytest.mark.parametrize(
    "options",
    [
        ["--control", "edge=0.4"],
        ["--control", "edge", "--control-strength", "0.3"],
        ["--control", "edge", "--prompt", "lava"],
        ["--control", "edge", "--steps", "2"],
        ["--control", "edge", "--mirror"],
        ["--control", "edge", "--rotate", "180"],
        ["--control", "edge", "--crop", "0.2,0,0,0"],
        ["--control", "edge", "--fit", "stretch"],
    ],
)
def test_every_option_reaches_the_picture(clip: Path, tmp_path: Path, plain: np.ndarray, options: list[str]) -> None:
    run_render(clip, tmp_path / "other.mp4", *options)
    assert not np.array_equal(plain, np.stack(pictures_of(tmp_path / "other.mp4")))


def test_seconds_limit_the_source(clip: Path, tmp_path: Path) -> None:
    assert run_render(clip, tmp_path / "out.mp4", "--seconds", "0.2")["frames_out"] == 5


def test_size_and_control_weight_are_told_in_the_report(clip: Path, tmp_path: Path) -> None:
    report = run_render(clip, tmp_path / "out.mp4", "--control", "edge=0.25", "--size", "96x64")
    assert report["controls"] == {"edge": 0.25}
    assert report["size"] == "96x64"
    assert pictures_of(tmp_path / "out.mp4")[0].shape == (64, 96, 3)


def fails(capsys: pytest.CaptureFixture[str], arguments: list[str], code: int = 1) -> str:
    """The sentence on the error output of a command that must fail with this exit code."""
    assert main(arguments) == code
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 1, error
    assert "Traceback" not in error[0]
    return error[0]


@pytest.mark.parametrize(
    ("code", "arguments", "words"),
    [
        (1, ["gone.mp4", "-o", "out.mp4"], "no file gone.mp4"),
        (2, ["{clip}", "-o", "out.avi"], "not an MP4"),
        (2, ["{clip}", "-o", "out.mp4", "--control", "egde"], "edge"),
        (2, ["{clip}", "-o", "out.mp4", "--control", "edge", "--control", "none"], "none stands beside"),
        (2, ["{clip}", "-o", "out.mp4", "--control", "edge", "--control", "edge=0.5"], "edge is named twice"),
        (2, ["{clip}", "-o", "out.mp4", "--model", "huge"], "starter"),
        (2, ["{clip}", "-o", "out.mp4", "--models", "nowhere"], "nowhere"),
        (1, ["{clip}", "-o", "out.mp4", "--control", "depth", "--models", "{folder}"], "depth_anything"),
        (2, ["{clip}", "-o", "out.mp4", "--size", "100x100"], "multiple of 16"),
        (2, ["{clip}", "-o", "out.mp4", "--size", "big"], "320x192"),
        (2, ["{clip}", "-o", "out.mp4", "--steps", "99"], "1 to 8"),
        (2, ["{clip}", "-o", "out.mp4", "--control-strength", "nan"], "0.0 to 2.0"),
        (2, ["{clip}", "-o", "out.mp4", "--crop", "0.6,0,0.6,0"], "crop"),
        (2, ["{clip}", "-o", "out.mp4", "--crop", "1,2"], "crop"),
        (2, ["{clip}", "-o", "out.mp4", "--rotate", "45"], "rotate"),
        (1, ["{broken}", "-o", "out.mp4"], "broken.mp4"),
        (1, ["{empty}", "-o", "out.mp4"], "empty.mp4"),
        (1, ["{folder}", "-o", "out.mp4"], "folder"),
        (2, ["{clip}", "-o", "{empty}/sub/out.mp4"], "no folder"),
        (2, ["{clip}", "-o", "out.mp4", "--report", "sub/report.json"], "no folder"),
        (2, ["{clip}", "-o", "out.mp4", "--log", "sub/log"], "no folder"),
        (1, ["{clip}", "-o", "{clip}"], "source itself"),
        (1, ["camera:Nobody's Camera", "-o", "out.mp4", "--seconds", "1"], "Nobody's Camera"),
        (2, ["camera:Nobody's Camera", "-o", "out.mp4"], "--seconds"),
        (2, ["testcard@64x48", "-o", "out.mp4"], "testcard@64x48 never ends"),
        (2, ["screen:1", "-o", "out.mp4"], "--seconds"),
        (2, ["{still}", "-o", "out.mp4"], "--seconds"),
        (2, ["{clip}", "-o", "out.mp4", "--seconds", "0"], "0 is not a number of seconds above 0"),
        (2, ["{clip}", "-o", "out.mp4", "--seconds", "ten"], "ten is not a number of seconds"),
        (2, ["{clip}"], "-o/--output"),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    code: int,
    arguments: list[str],
    words: str,
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.mp4").write_bytes(b"\x00\x01not a video" * 99)
    (tmp_path / "empty.mp4").touch()
    cv2.imwrite(str(tmp_path / "still.png"), np.zeros((48, 64, 3), np.uint8))
    names = {"clip": clip, "still": "still.png", "broken": "broken.mp4", "empty": "empty.mp4", "folder": tmp_path}
    before = set(tmp_path.iterdir())
    sentence = fails(capsys, ["render", *(argument.format(**names) for argument in arguments)], code)
    assert words in sentence
    assert set(tmp_path.iterdir()) == before, "nothing half-made is left behind"


@pytest.mark.parametrize("arguments", [["render"], ["perform"], ["render", "a", "-o", "b", "--seconds", "-1"]])
def test_a_command_that_makes_no_sense_has_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    prog = "vace-live render" if arguments[0] == "render" else "vace-live"
    assert fails(capsys, arguments, 2).endswith(f"; see `{prog} --help`.")


def test_odd_sizes_and_stills_are_fine(tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    cv2.imwrite(str(still), np.random.default_rng(0).integers(0, 255, (37, 53, 3), np.uint8))
    assert run_render(still, tmp_path / "out.mp4", "--seconds", "0.2", "--control", "edge")["frames_out"] == 6


def test_a_damaged_clip_keeps_what_comes_before_the_damage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(1)
    pictures = [noise.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(30)]
    whole = write_clip(tmp_path / "whole.mkv", pictures=pictures).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    report = run_render(tmp_path / "cut.mkv", tmp_path / "out.mp4", "--control", "edge")
    assert 5 < report["frames_out"] < 25
    assert len(pictures_of(tmp_path / "out.mp4")) == report["frames_out"]
    assert len(report["troubles"]) == 1
    assert "cut.mkv" in report["troubles"][0]
    assert report["troubles"][0] in capsys.readouterr().err


def test_headless_live_records_reports_and_ends_in_time(clip: Path, tmp_path: Path) -> None:
    """A wish that cannot be granted is told and in the report, and the show goes on without it."""
    report, record, bad = tmp_path / "report.json", tmp_path / "show.mp4", tmp_path / "bad.safetensors"
    bad.write_bytes(b"no LoRA")
    live = ["live", "--headless", "--source", str(clip), "--control", "edge", "--record", str(record)]
    done = subprocess.run(
        [sys.executable, "-m", "app", *live, "--seconds", "8", "--report", str(report), "--lora", str(bad), *SMALL],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = json.loads(report.read_text())
    assert figures.keys() >= REPORT_KEYS
    assert figures["frames_in"] > 0
    assert figures["frames_out"] > 0
    assert figures["latency_ms"]["p50"] > 0
    assert pictures_of(record)
    (trouble,) = figures["troubles"]
    assert "bad.safetensors" in trouble
    assert f"! {trouble}" in done.stderr


@pytest.mark.usefixtures("qapp")
def test_a_clip_that_does_not_loop_ends_the_run(clip: Path, tmp_path: Path) -> None:
    live = ["live", "--headless", "--source", str(clip), "--no-loop", "--report", str(tmp_path / "r.json"), *SMALL]
    assert main(live) == 0
    assert json.loads((tmp_path / "r.json").read_text())["frames_in"] == 11


class _Speaker(QObject):
    """What a headless run hears of a rig."""

    said = Signal(str, str)
    source_ended = Signal()

    def status(self) -> Status:
        return Status(frames_in=1)


def test_troubles_of_a_headless_run_are_told_once_each_and_bounded(qapp: QApplication) -> None:
    rig = _Speaker()
    run = _HeadlessRun(rig, qapp)  # type: ignore[arg-type]
    rig.said.emit("info", "fine")
    for _ in range(2):
        rig.said.emit("warning", "the same")
    assert run.troubles == ["the same"]
    assert not run.failed
    for number in range(1000):
        rig.said.emit("error", str(number))
    assert run.troubles[:3] == ["the same", "0", "1"]
    assert len(run.troubles) == 100
    assert run.failed


@pytest.mark.usefixtures("qapp")
def test_a_headless_source_that_never_comes_has_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video" * 100)
    assert main(["live", "--headless", "--source", str(broken), *SMALL]) == 1
    told = capsys.readouterr().err
    assert "broken.mp4" in told
    assert "Traceback" not in told


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to another process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_the_middle_of_a_recording_loses_nothing(clip: Path, tmp_path: Path, number: signal.Signals) -> None:
    record, report = tmp_path / "show.mp4", tmp_path / "report.json"
    live = ["live", "--headless", "--source", str(clip), "--record", str(record), "--report", str(report), *SMALL]
    with subprocess.Popen([sys.executable, "-m", "app", *live], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        patience = time.monotonic() + 120
        while (not record.exists() or record.stat().st_size < 5000) and time.monotonic() < patience:
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            time.sleep(0.1)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert pictures_of(record)
    assert json.loads(report.read_text())["frames_out"] > 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no polite kill")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_rendering_that_is_ended_keeps_what_is_finished(tmp_path: Path, number: signal.Signals) -> None:
    part, out = tmp_path / "out.part.mp4", tmp_path / "out.mp4"
    render = ["render", "testcard@96x64", "-o", str(out), "--seconds", "10000", *SMALL]
    with subprocess.Popen(
        [sys.executable, "-m", "app", *render], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        patience = time.monotonic() + 120
        while (not part.exists() or part.stat().st_size < 5000) and time.monotonic() < patience:
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            time.sleep(0.1)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert errors == "Stopped; what was painted until then is kept.\n"
    assert pictures_of(out)
    assert not part.exists()


def test_a_rendering_that_breaks_tells_where_the_rest_is(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(number: int) -> None:
        if number == 2:
            raise EngineError("The engine broke.")

    witness = Witness(before_step=breaks)
    monkeypatch.setattr("app.render.EngineHost", lambda choice, reserved_cores: witness.make_host(choice))
    before = signal.getsignal(signal.SIGTERM)
    assert main(["render", str(clip), "-o", str(tmp_path / "out.mp4"), *SMALL]) == 1
    part = tmp_path / "out.part.mp4"
    assert capsys.readouterr().err.splitlines() == [
        f"! What was painted until then is in {part}.",
        "The engine broke.",
    ]
    assert len(pictures_of(part)) == 5
    assert not (tmp_path / "out.mp4").exists()
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_of_unknown_size_shows_a_bar(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, its = os.openpty()
    with os.fdopen(its, "w") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        assert main(["render", str(clip), "-o", str(tmp_path / "out.mp4"), *SMALL, "--seconds", "0.4"]) == 0
    shown = b""
    with contextlib.suppress(OSError):  # Linux says so when nobody has the other end
        while more := os.read(ours, 4096):
            shown += more
    os.close(ours)
    assert b"100%|" in shown
    assert b"10/10" in shown


def test_a_process_of_its_own_says_nothing_to_a_file(clip: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app", "render", str(clip), "-o", str(tmp_path / "out.mp4"), *SMALL]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    assert done.stderr == ""


def test_an_older_film_lives_until_there_is_a_new_one(clip: Path, tmp_path: Path, capsys: Any) -> None:
    older = tmp_path / "out.mp4"
    older.write_bytes(b"older")
    (tmp_path / "broken.mp4").write_bytes(b"no video" * 100)
    fails(capsys, ["render", str(tmp_path / "broken.mp4"), "-o", str(older)])
    assert older.read_bytes() == b"older"
    run_render(clip, older)
    assert len(pictures_of(older)) == 11
    assert not list(tmp_path.glob("*.part.mp4"))


@pytest.mark.parametrize("command", ["live", "render"])
def test_the_help_names_every_control(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert f"{', '.join(CONTROLS)} or none" in said
    assert "part of the prompt unless it is a number" in said


def test_options_that_only_count_without_a_window_are_not_swallowed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--headless" in fails(capsys, ["live", "--seconds", "5"], 2)


def test_damaged_settings_are_put_aside_and_told(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("{broken")
    _, setup, notice = starting_values(state, fresh=False)
    assert setup.source.target == str(CLIP), "there is no camera here"
    assert not state.exists()
    assert (tmp_path / "state.damaged").read_text() == "{broken"
    assert "state.damaged" in notice
    assert starting_values(state, fresh=False)[2] == "", "a first launch has nothing to tell"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_without_a_display_wishes_are_not_ignored(
    clip: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    state = ["--state", str(tmp_path / "state.json")]
    assert "--headless" in fails(capsys, ["live", "--source", str(clip), *state])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_a_display_that_is_gone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":7777")
    assert display_missing().startswith("The window cannot open:")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_without_a_display_the_bundled_clip_is_rendered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole of it would do, and takes its time: its first pictures show the same."""
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    limits: list[float | None] = []

    def begun(look: Look, setup: Setup, out: Path, sheet: Path, seconds: float | None) -> RenderResult:
        limits.append(seconds)
        assert setup.source == SourceChoice("clip", str(CLIP))
        return render(look, setup, out, sheet, seconds=0.5)

    monkeypatch.setattr("app.live.render", begun)
    assert main(["--state", str(tmp_path / "state.json"), *SMALL]) == 0
    assert limits == [None], "all of it"
    assert "no display" in capsys.readouterr().err
    assert len(pictures_of(tmp_path / "vace-live-demo.mp4")) > 10
    assert (tmp_path / "vace-live-demo.png").exists()
