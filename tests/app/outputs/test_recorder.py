"""The recorder as the rig uses it: names, sizes, times, and places where nothing can be written."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import platformdirs
import pytest

from app.errors import OutputError
from app.frame import Program
from app.look import RecorderChoice
from app.outputs import mp4
from app.outputs.recorder import Recorder, reserve
from tests.app.outputs.feed import quarters
from tests.app.outputs.test_mp4 import decoded


def program(number: int, width: int = 64, height: int = 48) -> Program:
    return Program(quarters(width, height), captured=None, kind="engine", number=number)


def test_a_recording_has_the_real_times(tmp_path: Path) -> None:
    recorder = Recorder(RecorderChoice(path=str(tmp_path / "take.mp4")), clock=lambda: 503.0)
    recorder.open()
    assert recorder.rate == 0.0
    assert recorder.title == "take.mp4, H.264"
    for number, now in enumerate((500.0, 500.25, 501.0)):
        recorder.write(program(number), now)
    recorder.close()
    recorder.close()
    file = decoded(tmp_path / "take.mp4")
    assert [float(time) for time in file.times] == [0.0, 0.25, 1.0]
    assert file.seconds == pytest.approx(3.0, abs=1e-3), "the last picture stood until the recording was stopped"


@pytest.mark.parametrize(
    ("choice", "size"),
    [
        (RecorderChoice(), (64, 48)),
        (RecorderChoice(width=128, height=72), (128, 72)),
        (RecorderChoice(width=34), (34, 48)),
    ],
)
def test_size_is_the_choice_s_or_the_first_picture_s(
    tmp_path: Path, choice: RecorderChoice, size: tuple[int, int]
) -> None:
    recorder = Recorder(RecorderChoice(path=str(tmp_path / "a.mp4"), width=choice.width, height=choice.height))
    recorder.open()
    recorder.write(program(0), 0.0)
    recorder.write(program(1, 320, 192), 0.1)
    recorder.close()
    assert {picture.shape for picture in decoded(tmp_path / "a.mp4").pictures} == {(size[1], size[0], 3)}


@pytest.mark.parametrize(
    ("choice", "pictures", "told"),
    [
        (RecorderChoice(), (100, 71), "at 100x70 in place of 100x71"),
        (RecorderChoice(width=33), (64, 48), "at 32x48 in place of 33x48"),
        (RecorderChoice(width=64, height=48), (101, 71), ""),
        (RecorderChoice(), (64, 48), ""),
    ],
)
def test_an_odd_size_is_recorded_as_an_even_one_and_told_at_the_end(
    tmp_path: Path, choice: RecorderChoice, pictures: tuple[int, int], told: str
) -> None:
    recorder = Recorder(replace(choice, path=str(tmp_path / "a.mp4")), clock=lambda: 2.0)
    recorder.open()
    recorder.write(program(0, *pictures), 0.0)
    assert recorder.result == ""
    recorder.close()
    assert told in recorder.result
    assert ("even" in recorder.result) == bool(told)
    found = re.search(r"at (\d+)x(\d+) in", recorder.result)
    width, height = map(int, found.groups()) if found else (64, 48)
    assert decoded(tmp_path / "a.mp4").pictures[0].shape == (height, width, 3)


def test_a_file_that_exists_is_never_touched(tmp_path: Path) -> None:
    wanted = tmp_path / "take.mp4"
    for _ in range(3):
        recorder = Recorder(RecorderChoice(path=str(wanted)))
        recorder.open()
        recorder.write(program(0), 0.0)
        recorder.close()
        if recorder.path == wanted:
            wanted.write_bytes(b"the one take that counts")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["take-2.mp4", "take-3.mp4", "take.mp4"]
    assert wanted.read_bytes() == b"the one take that counts"


def test_without_a_picture_there_is_no_file(tmp_path: Path) -> None:
    recorder = Recorder(RecorderChoice(path=str(tmp_path / "none.mp4")))
    recorder.open()
    recorder.close()
    recorder.close()
    assert list(tmp_path.iterdir()) == []


def test_without_a_path_it_goes_to_the_video_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_videos_dir", lambda: str(tmp_path / "Videos"))
    recorder = Recorder(RecorderChoice())
    recorder.open()
    assert recorder.path is not None
    assert recorder.path.parent == tmp_path / "Videos" / "VACE Live"
    assert re.fullmatch(r"VACE Live \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.mp4", recorder.path.name)
    recorder.close()


def test_a_folder_gets_a_dated_file_and_another_ending_is_mp4_too(tmp_path: Path) -> None:
    recorder = Recorder(RecorderChoice(path=str(tmp_path)))
    recorder.open()
    assert recorder.path is not None
    assert recorder.path.parent == tmp_path
    recorder.close()
    assert reserve(tmp_path / "take.mov") == tmp_path / "take.mov.mp4"
    with pytest.raises(OutputError, match="folder is not there"):
        reserve(tmp_path / "mistyped" / "take.mp4")
    assert not (tmp_path / "mistyped").exists()
    assert reserve(tmp_path / "TAKE.MP4") == tmp_path / "TAKE.MP4"


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    # Root may write anywhere, so it becomes somebody else for as long as the test takes.
    as_root = os.geteuid() == 0
    if as_root:
        os.seteuid(65534)
    yield folder
    if as_root:
        os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits on folders")
def test_a_read_only_folder(read_only: Path) -> None:
    recorder = Recorder(RecorderChoice(path=str(read_only / "take.mp4")))
    with pytest.raises(OutputError, match=r"Recording to .*take\.mp4 cannot begin: this user may not write there"):
        recorder.open()
    recorder.close()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot begin: the folder is not there"):
        Recorder(RecorderChoice(path=str(tmp_path / "file" / "take.mp4"))).open()


def test_before_it_is_open_and_without_an_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(RecorderChoice(path=str(tmp_path / "take.mp4")))
    assert recorder.title == "Recorder"
    with pytest.raises(OutputError, match="not open"):
        recorder.write(program(0), 0.0)
    monkeypatch.setattr(mp4, "ENCODERS", ())
    with pytest.raises(OutputError, match="no MP4 encoder"):
        recorder.open()
    assert list(tmp_path.iterdir()) == []
