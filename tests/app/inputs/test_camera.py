"""Cameras through the real ``cv2.VideoCapture`` on V4L2, against stand-in devices (tests/standins/v4l2_capture.c)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.standins.preload import compiled

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each scene of camera_scenes.py returned."""
    library = compiled("v4l2_capture.c", tmp_path_factory.mktemp("standins"))
    folder = tmp_path_factory.mktemp("devices")
    environment = os.environ | {"LD_PRELOAD": str(library), "V4L2_CAPTURE_FOLDER": str(folder)}
    command = [sys.executable, "-W", "error", "-m", "tests.app.inputs.camera_scenes"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    # Whatever OpenCV would say of a failure is said in our own sentence instead.
    assert done.stderr == ""
    results: dict[str, Any] = json.loads(done.stdout)
    return results


def near(color: list[int], wanted: tuple[int, int, int]) -> bool:
    return all(abs(a - b) <= 6 for a, b in zip(color, wanted, strict=True))


def test_pictures_arrive_in_order_with_their_colours(scenes: dict[str, Any]) -> None:
    got = scenes["pictures_arrive_in_order_with_their_colours"]
    assert got["numbers"] == list(range(12))
    assert all(near(strip, (200, 40, 30)) for strip in got["strips"])
    assert got["shape"] == [48, 64, 3]
    assert got["times_rise"]
    assert got["times_are_past"]
    assert got["title"] == "Stand-in Camera, 64x48 at 100"
    assert got["rate"] == 100


def test_compressed_pictures_are_decoded(scenes: dict[str, Any]) -> None:
    got = scenes["compressed_pictures_are_decoded"]
    assert got["numbers"] == list(range(5))
    assert near(got["strip"], (200, 40, 30))
    assert got["title"].startswith("Stand-in Camera, 128x96")


def test_a_damaged_picture_costs_only_itself(scenes: dict[str, Any]) -> None:
    got = scenes["a_damaged_picture_costs_only_itself"]
    assert got[:2] + got[4:] == [0, 1, 4, 5]
    # OpenCV gives nothing for it, or the last good picture again; never a wrong one.
    assert all(number in (None, 1) for number in got[2:4])


def test_the_compressed_format_is_taken_where_it_is_needed(scenes: dict[str, Any]) -> None:
    got = scenes["the_compressed_format_is_taken_where_it_is_needed"]
    assert {wanted: answer[:3] for wanted, answer in got.items()} == {
        "64x48 at 30": ["YUYV", "64", "48"],
        "128x96 at 30": ["MJPG", "128", "96"],
        "128x96 at 5": ["YUYV", "128", "96"],
        "128x96 at 0": ["MJPG", "128", "96"],
        "0x0 at 0": ["MJPG", "128", "96"],  # OpenCV asks for 640x480, this is the nearest
    }
    assert got["128x96 at 0"][3] == "Stand-in Camera, 128x96 at 30"
    assert got["128x96 at 30"][3:] == ["Stand-in Camera, 128x96 at 30", [96, 128]]
    assert got["64x48 at 30"][3:] == ["Stand-in Camera, 64x48 at 30", [48, 64]]


def test_few_buffers_keep_latency_low(scenes: dict[str, Any]) -> None:
    assert scenes["few_buffers_keep_latency_low"] == ["2"]


def test_offline_times_count_from_the_first_picture(scenes: dict[str, Any]) -> None:
    times = scenes["offline_times_count_from_the_first_picture"]
    assert times[0] == 0
    assert times == sorted(set(times))


def test_only_capturing_nodes_are_listed_by_telling_names(scenes: dict[str, Any]) -> None:
    got = scenes["only_capturing_nodes_are_listed_by_telling_names"]
    assert got["names"] == [
        ["Twin (usb-1)", "/dev/video2"],
        ["Twin (usb-3)", "/dev/video4"],
        ["Infrared (usb-4) (/dev/video5)", "/dev/video5"],
        ["Infrared (usb-4) (/dev/video6)", "/dev/video6"],
        ["Camera 9", "/dev/video9"],
        ["Wide Camera", "/dev/video10"],
    ]
    assert got["twin"].startswith("Twin (usb-3), ")
    assert got["alone"].startswith("Twin, ")
    assert got["first"] == "Twin"


def test_a_camera_is_asked_once_and_again_when_another_takes_its_place(scenes: dict[str, Any]) -> None:
    got = scenes["a_camera_is_asked_once_and_again_when_another_takes_its_place"]
    assert got["names"] == [["First"], ["First"], ["First"], [], ["Second"]]
    assert got["once"] == ["video0"]
    assert got["asked"] == ["video0", "video0"]
    assert got["remembered"] == 1


def test_a_camera_in_use_says_so(scenes: dict[str, Any]) -> None:
    got = scenes["a_camera_in_use_says_so"]
    assert "Stand-in Camera is in use by another program" in got["said"]
    assert got["still_plays"]
    assert got["freed"]


def test_what_cannot_be_opened_says_why(scenes: dict[str, Any]) -> None:
    got = scenes["what_cannot_be_opened_says_why"]
    assert got["none"].startswith("There is no camera here")
    assert got["name"].startswith("There is no camera called 'Logitech'")
    assert "Jammed" in got["name"]
    assert got["number"].startswith("There is no camera with the number 7")
    assert "may not be opened by this user" in got["denied"]
    assert got["jammed"].startswith("Jammed cannot be started")
    assert all("\n" not in said for said in got.values())
    assert len(set(got.values())) == len(got)


def test_an_unplugged_camera_comes_back_under_another_number(scenes: dict[str, Any]) -> None:
    got = scenes["an_unplugged_camera_comes_back_under_another_number"]
    assert got["before"]
    assert got["gone"].startswith("Stand-in Camera was unplugged")
    assert got["while_gone"].startswith("There is no camera called 'Stand-in Camera'")
    assert got["listed"] == 0
    assert got["after"]


def test_a_mute_camera_gives_none_and_is_then_given_up(scenes: dict[str, Any]) -> None:
    got = scenes["a_mute_camera_gives_none_and_is_then_given_up"]
    assert got["first"] is None
    assert got["said"].startswith("Mute has stopped sending pictures")
