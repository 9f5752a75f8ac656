from __future__ import annotations

import os
import re
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.errors import SourceEnded, SourceError
from app.inputs import open_source
from app.inputs.clip import ClipSource
from app.inputs.video import Picture
from app.look import SourceChoice
from tests.app.inputs.clips import number_of, numbered, read_to_end, turn_in_header, write_clip, write_sound
from tests.app.inputs.fake_time import FakeTime

KINDS = {
    "a.mp4": {"codec": "libx264"},
    "fragmented.mp4": {"codec": "libx264", "container_options": {"movflags": "frag_keyframe+empty_moov"}},
    "a.mkv": {"codec": "libx264"},
    "a.ts": {"codec": "libx264"},
    "a.avi": {"codec": "mpeg4"},
    "a.h264": {"codec": "libx264"},
    "a.webm": {"codec": "libvpx-vp9"},
    "a.mov": {"codec": "mjpeg", "pixels": "yuvj420p"},
    "a.gif": {"codec": "gif", "pixels": "rgb8"},
    "odd.mkv": {"codec": "ffv1", "pixels": "yuv444p", "size": (67, 51)},
}


def opened(path: Path, *, realtime: bool = False, time: FakeTime | None = None, **wanted: object) -> ClipSource:
    choice = SourceChoice("clip", str(path), **wanted)  # type: ignore[arg-type]
    source = ClipSource(choice, realtime=realtime, pace=time.pace() if time else None)
    source.open()
    return source


@pytest.mark.parametrize("name", KINDS)
def test_offline_gives_every_picture_once_in_order(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / name, 40, **KINDS[name])  # type: ignore[arg-type]
    source = opened(path, loop=False)
    assert source.rate == 25
    frames = [source.read() for _ in range(40)]
    assert [number_of(frame.rgb) for frame in frames] == list(range(40))
    assert [frame.time for frame in frames] == pytest.approx([i / 25 for i in range(40)], abs=2e-3)
    for _ in range(2):
        with pytest.raises(SourceEnded):
            source.read()
    source.close()
    source.close()


@pytest.mark.parametrize("name", KINDS)
def test_a_loop_has_no_gap_and_loses_nothing(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / name, 40, **KINDS[name])  # type: ignore[arg-type]
    source = opened(path)
    frames = [source.read() for _ in range(120)]
    assert [number_of(frame.rgb) for frame in frames] == list(range(40)) * 3
    assert [frame.time for frame in frames] == pytest.approx([i / 25 for i in range(120)], abs=5e-3)
    source.close()


@pytest.mark.parametrize("name", ["a.mp4", "a.ts"])
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts open files in /proc")
def test_loops_leak_no_files(tmp_path: Path, name: str) -> None:
    source = opened(write_clip(tmp_path / name, 12, **KINDS[name]))  # type: ignore[arg-type]
    for _ in range(30):
        source.read()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(120):
        source.read()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    source.close()
    assert len(os.listdir("/proc/self/fd")) < before  # noqa: PTH208


def test_live_keeps_to_the_time_stamps_also_over_the_loop(tmp_path: Path) -> None:
    time = FakeTime()
    source = opened(write_clip(tmp_path / "a.mp4", 10), realtime=True, time=time)
    frames = [source.read() for _ in range(35)]
    assert [number_of(frame.rgb) for frame in frames] == [i % 10 for i in range(35)]
    assert [frame.time for frame in frames] == pytest.approx([100 + i / 25 for i in range(35)], abs=1e-3)


def test_live_drops_what_is_late(tmp_path: Path) -> None:
    time = FakeTime()
    source = opened(write_clip(tmp_path / "a.mp4", 40), realtime=True, time=time)
    assert [number_of(source.read().rgb) for _ in range(3)] == [0, 1, 2]
    time.now += 0.2  # the reader was held up for five pictures
    caught_up = [source.read() for _ in range(3)]
    assert [number_of(frame.rgb) for frame in caught_up] == [7, 8, 9]
    assert caught_up[-1].time == pytest.approx(100 + 9 / 25)


def test_what_comes_late_from_network_or_decoder_is_shown_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = FakeTime()
    source = opened(write_clip(tmp_path / "a.mp4", 30), realtime=True, time=time)
    come = source._video.next

    def come_slowly() -> Picture:
        time.now += 0.09  # more than twice as long as a picture lasts
        return come()

    monkeypatch.setattr(source._video, "next", come_slowly)
    frames = [source.read() for _ in range(20)]
    assert [number_of(frame.rgb) for frame in frames] == list(range(20))
    assert np.diff([frame.time for frame in frames][1:]) == pytest.approx([0.09] * 18)


def test_a_reader_that_is_always_late_still_sees_the_clip_move(tmp_path: Path) -> None:
    time = FakeTime()
    source = opened(write_clip(tmp_path / "a.mp4", 60), realtime=True, time=time)
    numbers = []
    for _ in range(5):
        numbers.append(number_of(source.read().rgb))
        time.now += 2.0
    assert numbers == [0, 9, 18, 27, 36]


def test_pause_repeats_the_picture_and_goes_on_where_it_was(tmp_path: Path) -> None:
    time = FakeTime()
    source = opened(write_clip(tmp_path / "a.mp4", 20), realtime=True, time=time)
    played = [source.read() for _ in range(4)]
    source.paused = True
    paused = [source.read() for _ in range(50)]
    assert {number_of(frame.rgb) for frame in paused} == {3}
    stamps = [frame.time for frame in played + paused]
    assert all(one < other for one, other in pairwise(stamps))
    source.paused = False
    resumed = [source.read() for _ in range(4)]
    assert [number_of(frame.rgb) for frame in resumed] == [4, 5, 6, 7]
    assert np.diff([frame.time for frame in resumed]) == pytest.approx([1 / 25] * 3, abs=1e-3)


def test_a_source_that_starts_paused_shows_its_first_picture(tmp_path: Path) -> None:
    source = opened(write_clip(tmp_path / "a.mp4", 5), realtime=True, time=FakeTime())
    source.paused = True
    assert [number_of(source.read().rgb) for _ in range(3)] == [0, 0, 0]


def test_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    times = [0, 1, 2, 3, 23, 24, 60, 61]
    path = write_clip(tmp_path / "vfr.mp4", len(times), times=times)
    offline = opened(path, loop=False)
    assert [offline.read().time for _ in times] == pytest.approx([t / 25 for t in times], abs=1e-3)
    time = FakeTime()
    live = opened(path, realtime=True, time=time, loop=False)
    frames, end = read_to_end(live)
    assert isinstance(end, SourceEnded)
    shown: dict[int, float] = {}
    for frame in frames:
        shown.setdefault(number_of(frame.rgb), frame.time)
    assert list(shown) == list(range(len(times)))
    assert list(shown.values()) == pytest.approx([100 + t / 25 for t in times], abs=1e-3)
    # While a picture stands it is repeated, so that controls and engine go on; at most two beats lie between two reads.
    assert max(np.diff([frame.time for frame in frames])) < 0.21


def test_a_phone_clip_stands_upright(tmp_path: Path) -> None:
    pictures = [np.full((48, 64, 3), (200, 30, 10), np.uint8) for _ in range(3)]
    for picture in pictures:
        picture[:, 32:] = (10, 40, 220)
    path = write_clip(tmp_path / "a.mp4", pictures=pictures)
    turn_in_header(path)
    source = opened(path)
    rgb = source.read().rgb
    assert source.title == "a.mp4, 48x64 at 25"
    assert rgb.shape == (64, 48, 3)
    assert np.abs(rgb[5:25, 5:40].astype(int) - (200, 30, 10)).max() < 25
    assert np.abs(rgb[40:60, 5:40].astype(int) - (10, 40, 220)).max() < 25


def test_oblong_pixels_are_made_square(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "dv.mkv", 3, pixel_aspect=Fraction(16, 9))
    source = opened(path)
    assert source.read().rgb.shape == (48, round(64 * 16 / 9), 3)


def test_a_smaller_wanted_size_is_made_while_decoding(tmp_path: Path) -> None:
    source = opened(write_clip(tmp_path / "a.mp4", 5, size=(256, 128)), width=64, height=64)
    frames = [source.read() for _ in range(5)]
    assert [frame.rgb.shape for frame in frames] == [(64, 128, 3)] * 5
    assert [number_of(frame.rgb) for frame in frames] == list(range(5))
    larger = opened(tmp_path / "a.mp4", width=1280, height=720)
    assert larger.read().rgb.shape == (128, 256, 3)


def test_colours_survive(tmp_path: Path) -> None:
    colors = [(200, 30, 10), (20, 180, 40), (10, 40, 220), (128, 128, 128)]
    pictures = [np.full((48, 64, 3), color, np.uint8) for color in colors]
    source = opened(write_clip(tmp_path / "a.mp4", pictures=pictures))
    for color in colors:
        assert np.abs(source.read().rgb.astype(int) - color).max() <= 6


def test_what_cannot_be_played_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is no video " * 100)
    write_sound(tmp_path / "sound.m4a")
    write_sound(tmp_path / "cover.mp4", cover=True)
    whole = write_clip(tmp_path / "whole.mp4", 40).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    for target, words in (
        (str(tmp_path / "gone.mp4"), "There is no file"),
        (str(tmp_path), "is a folder"),
        (str(tmp_path / "empty.mp4"), "is empty"),
        (str(tmp_path / "text.mp4"), "not a video that can be played"),
        (str(tmp_path / "cut.mp4"), "not a video that can be played"),
        (str(tmp_path / "sound.m4a"), "holds no video"),
        (str(tmp_path / "cover.mp4"), "holds no video"),
        ("http://127.0.0.1:9/a.mp4", "cannot be opened"),
        ("gopherish://a/b", "cannot be opened"),
    ):
        source = open_source(SourceChoice("clip", target), realtime=True)
        with pytest.raises(SourceError, match=words) as caught:
            source.open()
        assert "\n" not in str(caught.value)
        source.close()
        source.close()


def test_a_clip_without_a_name_is_refused() -> None:
    with pytest.raises(SourceError, match="No file is chosen"):
        open_source(SourceChoice("clip"), realtime=True)


@pytest.mark.parametrize("sound_s", [0.0, 2.0])
def test_a_truncated_file_plays_what_is_there_and_then_says_so(tmp_path: Path, sound_s: float) -> None:
    noise = np.random.default_rng(1)
    pictures = [numbered(i % 64) // 2 + noise.integers(0, 60, (48, 64, 3), np.uint8) for i in range(100)]
    whole = write_clip(tmp_path / "a.mkv", pictures=pictures, sound_s=sound_s).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    source = opened(tmp_path / "cut.mkv", loop=True)
    frames, end = read_to_end(source)
    assert 20 < len(frames) < 80
    assert isinstance(end, SourceError)
    assert re.search(r"is damaged: it breaks off after [12]\.\d seconds", str(end))
    source.close()
    source.open()
    assert source.read().time == 0


def test_sound_longer_than_the_pictures_is_no_damage(tmp_path: Path) -> None:
    source = opened(write_clip(tmp_path / "a.mkv", 10, sound_s=3.0))
    assert [number_of(source.read().rgb) for _ in range(20)] == list(range(10)) * 2


def test_damaged_packets_cost_their_pictures_and_not_the_show(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.avi", 40, codec="mjpeg", pixels="yuvj420p")
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\xd8\xff", len(data) // 2)
    data[at : at + 200] = bytes(200)
    path.write_bytes(data)
    source = opened(path, loop=False)
    frames, end = read_to_end(source)
    assert isinstance(end, SourceEnded)
    numbers = [number_of(frame.rgb) for frame in frames]
    assert numbers[0] == 0
    assert numbers[-1] == 39
    assert len(numbers) >= 38


def test_reading_after_close_is_an_error_in_words(tmp_path: Path) -> None:
    source = opened(write_clip(tmp_path / "a.mp4", 3))
    source.close()
    with pytest.raises(SourceError, match="is not open"):
        source.read()
