"""MP4 files, written and decoded again: times, length, colours, and what is left after a crash or on a full disk."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import OutputError
from app.frame import Pixels
from app.outputs import mp4
from app.outputs.mp4 import TICKS, Mp4Writer
from tests.app.outputs.feed import QUARTERS, quarters

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Decoded:
    times: list[Fraction]
    key_times: list[Fraction]
    pictures: list[Pixels]
    seconds: float
    colour_tags: tuple[int, int, int, int]


def decoded(path: Path) -> Decoded:
    """Every picture of a file that is whole: a decoding error fails the test."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        codec = stream.codec_context
        tags = (int(codec.colorspace), int(codec.color_primaries), int(codec.color_trc), int(codec.color_range))
        assert container.duration is not None
        times = [Fraction(frame.pts or 0) * (frame.time_base or Fraction(1)) for frame in frames]
        return Decoded(
            times,
            [time for time, frame in zip(times, frames, strict=True) if frame.key_frame],
            [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in frames],
            container.duration / av.time_base,
            tags,
        )


def top_level_boxes(path: Path) -> list[str]:
    data, at, kinds = path.read_bytes(), 0, []
    while at < len(data):
        kinds.append(data[at + 4 : at + 8].decode("ascii"))
        at += int.from_bytes(data[at : at + 4])
    assert at == len(data), "the last box is whole"
    return kinds


@pytest.mark.parametrize("rate", [Fraction(30), Fraction(25), Fraction(30000, 1001)])
def test_length_and_times_of_an_even_rate(tmp_path: Path, rate: Fraction) -> None:
    writer = Mp4Writer(tmp_path / "even.mp4", 64, 48)
    for number in range(45):
        writer.write(quarters(64, 48), 1000 + float(number / rate))
    assert writer.seconds == pytest.approx(45 / rate, abs=1e-4)
    writer.close()
    file = decoded(writer.path)
    assert writer.frames == len(file.pictures) == 45
    assert file.times == [number / rate for number in range(45)]
    assert file.seconds == pytest.approx(float(45 / rate), abs=1e-3), "the last picture has its full length"


@pytest.mark.parametrize("rate", [4, 30])
def test_a_key_frame_every_second_whatever_the_rate(tmp_path: Path, rate: int) -> None:
    writer = Mp4Writer(tmp_path / "keys.mp4", 64, 48)
    for number in range(3 * rate):
        writer.write(np.roll(quarters(64, 48), number, axis=1), number / rate)
    writer.close()
    assert decoded(writer.path).key_times == [0, 1, 2]


@settings(max_examples=15, deadline=None)
@given(times=st.lists(st.floats(-5.0, 20.0), min_size=1, max_size=30))
def test_any_times_become_rising_ones_and_right_ones_stay(times: list[float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        writer = Mp4Writer(Path(folder) / "any.mp4", 32, 32)
        expected: list[int] = []
        for time in times:
            writer.write(quarters(32, 32), time)
            ticks = round((time - times[0]) * TICKS)
            expected.append(max(ticks, expected[-1] + 1) if expected else 0)
        writer.close()
        assert decoded(writer.path).times == [Fraction(ticks, TICKS) for ticks in expected]


def test_the_last_picture_stands_until_the_end(tmp_path: Path) -> None:
    writer = Mp4Writer(tmp_path / "still.mp4", 32, 32)
    for time in (7.0, 7.1, 7.2):
        writer.write(quarters(32, 32), time)
    writer.close(end=9.0)
    assert decoded(writer.path).seconds == pytest.approx(2.0, abs=1e-3)


def test_a_picture_that_stood_for_a_day_costs_no_recording(tmp_path: Path) -> None:
    path, day = tmp_path / "a.mp4", 24 * 3600.0
    writer = Mp4Writer(path, 32, 16)
    for time in (0.0, day, day + 0.5):
        writer.write(np.zeros((16, 32, 3), np.uint8), time)
    writer.close(2 * day)
    assert len(decoded(path).times) == 3


def test_colours_and_their_tags(tmp_path: Path) -> None:
    writer = Mp4Writer(tmp_path / "colours.mp4", 128, 96)
    for number in range(5):
        writer.write(quarters(128, 96), number / 30)
    writer.close()
    file = decoded(writer.path)
    assert file.colour_tags == (1, 1, 1, 1), "BT.709, limited range"
    for picture in file.pictures:
        for (y, x), colour in zip(((1, 1), (1, 3), (3, 1), (3, 3)), QUARTERS, strict=True):
            spot = picture[y * 24 - 6 : y * 24 + 6, x * 32 - 6 : x * 32 + 6]
            assert np.allclose(spot.mean((0, 1)), colour, atol=5), (y, x)


@pytest.mark.parametrize(
    ("size", "kept"), [((65, 49), (64, 48)), ((64, 49), (64, 48)), ((3, 3), (2, 2)), ((1, 1), (2, 2))]
)
def test_odd_sizes_lose_a_row_or_a_column(tmp_path: Path, size: tuple[int, int], kept: tuple[int, int]) -> None:
    writer = Mp4Writer(tmp_path / "odd.mp4", *size)
    for number in range(3):
        writer.write(quarters(*size), number / 30)
    writer.close()
    assert [picture.shape for picture in decoded(writer.path).pictures] == [(kept[1], kept[0], 3)] * 3


def test_a_picture_of_another_size_is_fitted(tmp_path: Path) -> None:
    writer = Mp4Writer(tmp_path / "sizes.mp4", 64, 48, fit="fit")
    for number, size in enumerate([(64, 48), (640, 480), (31, 77), (96, 48)]):
        writer.write(np.full((size[1], size[0], 3), 200, np.uint8), number / 30)
    writer.close()
    pictures = decoded(writer.path).pictures
    assert all(picture.shape == (48, 64, 3) for picture in pictures)
    assert pictures[1].min() > 190
    assert pictures[2][:, 2].max() < 30, "a tall picture has bars at its sides"
    assert pictures[3][2].max() < 30, "a wide one above and below"


def test_a_finished_file_is_an_ordinary_one(tmp_path: Path) -> None:
    writer = Mp4Writer(tmp_path / "plain.mp4", 64, 48)
    for number in range(70):
        writer.write(quarters(64, 48), number / 30)
    writer.close()
    boxes = top_level_boxes(writer.path)
    assert boxes.count("moov") == 1
    assert "moof" not in boxes
    writer.close()
    with pytest.raises(OutputError, match="closed"):
        writer.write(quarters(64, 48), 3.0)


def test_a_file_without_pictures_is_removed(tmp_path: Path) -> None:
    writer = Mp4Writer(tmp_path / "none.mp4", 64, 48)
    assert writer.seconds == 0.0
    writer.close()
    assert list(tmp_path.iterdir()) == []


def record(path: Path, pictures: int, end: str) -> str:
    command = [sys.executable, "-m", "tests.app.outputs.record", str(path), str(pictures), end]
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in child.stderr
    return child.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_recording_plays_and_lost_at_most_two_seconds(tmp_path: Path) -> None:
    path = tmp_path / "killed.mp4"
    assert record(path, 200, "kill") == ""
    file = decoded(path)
    assert 200 - 60 <= len(file.pictures) <= 200
    assert file.times == [Fraction(number, 30) for number in range(len(file.times))]
    capture = cv2.VideoCapture(str(path))
    shown = 0
    while capture.read()[0]:
        shown += 1
    assert shown == len(file.pictures)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes")
@pytest.mark.parametrize(("pictures", "words"), [(200, "Recording has stopped"), (60, "could not be finished")])
def test_a_full_disk_is_told_and_what_was_recorded_plays(tmp_path: Path, pictures: int, words: str) -> None:
    record(tmp_path / "one_fragment.mp4", 60, "kill")
    room = (tmp_path / "one_fragment.mp4").stat().st_size + 1000
    path = tmp_path / "full.mp4"
    sentence = record(path, pictures, str(room))
    assert words in sentence
    assert "largest size" in sentence
    assert str(path) in sentence
    assert top_level_boxes(path)[-1] == "mdat"
    assert len(decoded(path).pictures) == 30, "the fragment that is whole, and no broken one behind it"


def test_trim_leaves_a_whole_file_alone_and_cuts_any_other_at_a_fragment(tmp_path: Path) -> None:
    path = tmp_path / "killed.mp4"
    record(path, 100, "kill")
    whole = path.read_bytes()
    mp4.trim(path)
    assert path.read_bytes() == whole
    for cut in range(len(whole) // 2, len(whole), len(whole) // 9):
        path.write_bytes(whole[:cut])
        mp4.trim(path)
        assert top_level_boxes(path)[-1] == "mdat"
        assert len(decoded(path).pictures) % 30 == 0


def test_another_encoder_where_there_is_no_x264(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mp4, "ENCODERS", (mp4.Encoder("no such encoder", ""), *mp4.ENCODERS[2:]))
    writer = Mp4Writer(tmp_path / "mpeg4.mp4", 128, 96)
    assert writer.encoder.title == "MPEG-4 Part 2"
    for number in range(40):
        writer.write(quarters(128, 96), number / 30)
    writer.close()
    file = decoded(writer.path)
    assert file.times == [Fraction(number, 30) for number in range(40)]
    assert np.abs(file.pictures[-1].astype(int) - quarters(128, 96))[20:30, 20:30].max() < 20


def test_no_encoder_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mp4, "ENCODERS", ())
    with pytest.raises(OutputError, match="no MP4 encoder"):
        Mp4Writer(tmp_path / "none.mp4", 64, 48)


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot begin: the folder is not there"):
        Mp4Writer(tmp_path / "file" / "out.mp4", 64, 48)


def test_a_colon_in_the_name_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    writer = Mp4Writer(Path("take:1.mp4"), 32, 32)
    writer.write(quarters(32, 32), 0.0)
    writer.close()
    assert decoded(tmp_path / "take:1.mp4").seconds == pytest.approx(1 / 30, abs=1e-3)
