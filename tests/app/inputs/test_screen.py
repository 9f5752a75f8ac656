"""The screen of a real X server: Xvfb, whose frame buffer is a file that the test paints on."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.errors import SourceError
from app.inputs import list_screens, open_source
from app.inputs.screen import region_on
from app.look import SourceChoice

SIZE = (160, 120)


@dataclass
class Desktop:
    """pixels: (H, W, 4) uint8 BGRX of the X server ``process``, shown as soon as they are written."""

    process: subprocess.Popen[bytes]
    pixels: NDArray[np.uint8]


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    if shutil.which("Xvfb") is None:
        reason = "Xvfb is missing, so no screen can be captured (apt-get install xvfb)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    number_out, number_in = os.pipe()
    command = ["Xvfb", "-displayfd", str(number_in), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-fbdir", str(tmp_path)]
    command += ["-noreset", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[number_in], stderr=subprocess.DEVNULL)
    os.close(number_in)
    with os.fdopen(number_out) as answer:
        number = answer.readline().strip()
    assert number, "Xvfb did not start"
    monkeypatch.setenv("DISPLAY", f":{number}")
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with (tmp_path / "Xvfb_screen0").open("r+b") as file:
        memory = mmap.mmap(file.fileno(), 0)
    try:
        yield Desktop(process, pixels_of(memory))
    finally:
        process.terminate()
        process.wait()


def pixels_of(memory: mmap.mmap) -> NDArray[np.uint8]:
    """The picture in an XWD file (X11/XWDFile.h)."""
    header = struct.unpack(">25I", memory[:100])
    begin, width, height, line = header[0] + header[19] * 12, header[4], header[5], header[12]
    lines = np.frombuffer(memory, np.uint8, line * height, begin).reshape(height, line)
    return lines[:, : width * 4].reshape(height, width, 4)


def test_the_whole_screen_with_its_colours(desktop: Desktop) -> None:
    desktop.pixels[:, :80, :3] = (10, 40, 200)
    desktop.pixels[:, 80:, :3] = (220, 100, 30)
    (info,) = list_screens()
    assert info.number == 1
    assert info.box == (0, 0, *SIZE)
    source = open_source(SourceChoice("screen", "1", rate=200), realtime=True)
    source.open()
    assert source.title == f"{info.name}, 160x120 at 200"
    frame = source.read()
    assert frame is not None
    assert frame.rgb.shape == (120, 160, 3)
    assert frame.rgb[60, 10].tolist() == [200, 40, 10]
    assert frame.rgb[60, 150].tolist() == [30, 100, 220]
    desktop.pixels[..., :3] = 77
    later = source.read()
    assert later is not None
    assert (later.rgb == 77).all()
    assert later.time > frame.time
    assert frame.rgb[60, 10].tolist() == [200, 40, 10]  # an earlier frame stays what it was
    source.close()
    source.close()


def test_a_region_is_cut_to_the_screen(desktop: Desktop) -> None:
    desktop.pixels[..., :3] = 0
    desktop.pixels[100:, 150:, :3] = 255
    source = open_source(SourceChoice("screen", "", rate=200, region=(140, 90, 100, 100)), realtime=False)
    source.open()
    frames = [frame for frame in (source.read(), source.read()) if frame is not None]
    assert [frame.rgb.shape for frame in frames] == [(30, 20, 3)] * 2
    assert frames[0].time == 0 < frames[1].time
    assert frames[0].rgb[9, 9].tolist() == [0, 0, 0]
    assert frames[0].rgb[10, 10].tolist() == [255, 255, 255]


def test_an_x_server_that_goes_away_is_told_in_a_sentence(desktop: Desktop) -> None:
    source = open_source(SourceChoice("screen", rate=200), realtime=True)
    source.open()
    source.read()
    desktop.process.kill()
    desktop.process.wait()
    with pytest.raises(SourceError, match="can no longer be captured"):
        source.read()
    with pytest.raises(SourceError, match="no screen to capture here"):
        source.open()
    source.close()
    assert list_screens() == []


def test_what_is_not_there_is_told_in_a_sentence(desktop: Desktop) -> None:
    for choice, words in (
        (SourceChoice("screen", "3"), "no screen '3' here; choose one of: 1"),
        (SourceChoice("screen", "1", region=(200, 0, 10, 10)), "lies outside the screen of 160x120"),
        (SourceChoice("screen", "1", region=(0, 0, 0, 10)), "lies outside"),
    ):
        source = open_source(choice, realtime=True)
        with pytest.raises(SourceError, match=words):
            source.open()
        source.close()


@pytest.mark.parametrize("variable", [("XDG_SESSION_TYPE", "wayland"), ("WAYLAND_DISPLAY", "wayland-0")])
def test_wayland_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, variable: tuple[str, str]) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv(*variable)
    source = open_source(SourceChoice("screen"), realtime=True)
    with pytest.raises(SourceError, match="Wayland session"):
        source.open()
    assert list_screens() == []


sides = st.integers(1, 4000)
places = st.integers(-5000, 5000)


@given(st.tuples(places, places, sides, sides), st.tuples(places, places, sides, sides))
def test_a_region_never_leaves_its_screen(whole: tuple[int, int, int, int], region: tuple[int, int, int, int]) -> None:
    try:
        left, top, width, height = region_on(whole, region)
    except SourceError:
        outside_x = region[0] >= whole[2] or region[0] + region[2] <= 0
        outside_y = region[1] >= whole[3] or region[1] + region[3] <= 0
        assert outside_x or outside_y
        return
    assert width > 0
    assert height > 0
    assert whole[0] <= left
    assert left + width <= whole[0] + whole[2]
    assert whole[1] <= top
    assert top + height <= whole[1] + whole[3]
    assert region_on(whole, None) == whole
