from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SourceError
from app.inputs import cameras
from app.inputs.cameras import CameraInfo, cameras_of_system_profiler, find_camera, told_apart

plugged = st.lists(
    st.tuples(st.sampled_from(["A", "B", "A (usb-1)"]), st.sampled_from(["", "usb-1", "usb-2"])), max_size=8
).map(lambda pairs: [CameraInfo(name, f"/dev/video{i}", bus) for i, (name, bus) in enumerate(pairs)])


@given(plugged)
def test_names_differ_and_lone_cameras_keep_theirs(found: list[CameraInfo]) -> None:
    named = told_apart(found)
    assert [camera.device for camera in named] == [camera.device for camera in found]
    assert len({camera.name for camera in named}) == len(named)
    letters = [camera.name[0] for camera in found]
    for before, after in zip(found, named, strict=True):
        assert after.name.startswith(before.name)
        if letters.count(before.name[0]) == 1:
            assert after.name == before.name


@given(plugged)
def test_every_listed_name_and_device_finds_its_camera(found: list[CameraInfo]) -> None:
    named = told_apart(found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cameras, "list_cameras", lambda: named)
        for camera in named:
            assert find_camera(camera.name) == camera
            assert find_camera(camera.device) == camera
            assert find_camera(camera.device.removeprefix("/dev/video")) == camera


def test_no_name_means_the_first_camera_with_a_lens(monkeypatch: pytest.MonkeyPatch) -> None:
    loopback = CameraInfo("VACE Live", "/dev/video0", virtual=True)
    lens = CameraInfo("BRIO", "/dev/video2")
    monkeypatch.setattr(cameras, "list_cameras", lambda: [loopback, lens])
    assert find_camera("") == lens
    monkeypatch.setattr(cameras, "list_cameras", lambda: [loopback])
    assert find_camera("") == loopback
    monkeypatch.setattr(cameras, "list_cameras", list)
    with pytest.raises(SourceError, match="no camera here"):
        find_camera("")


def test_macos_cameras_are_numbered_by_unique_id() -> None:
    answer = {
        "SPCameraDataType": [
            {"_name": "FaceTime HD Camera", "spcamera_model-id": "x", "spcamera_unique-id": "B-2"},
            {"_name": "BRIO", "spcamera_model-id": "y", "spcamera_unique-id": "0x14100000046d085e"},
        ]
    }
    found = cameras_of_system_profiler(json.dumps(answer))
    assert [(camera.name, camera.device) for camera in found] == [("BRIO", "0"), ("FaceTime HD Camera", "1")]
    for nothing in ("", "{}", "[]", '{"SPCameraDataType": [{}]}', '{"SPCameraDataType": null}'):
        assert cameras_of_system_profiler(nothing) == []
