"""Which cameras there are, by names that stay the same when device numbers change. Opens no picture stream.

Linux asks the kernel. Windows asks DirectShow through PyAV, in whose order OpenCV's DirectShow backend counts.
macOS asks ``system_profiler`` and sorts by unique id, as OpenCV's AVFoundation backend does; that takes some tenths of
a second, so its answer is kept for a few seconds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import av

from app.errors import SourceError
from app.words import inputs as words

if sys.platform.startswith("linux"):
    from app.inputs import v4l2

_MACOS_ANSWER_KEPT_S = 5.0


@dataclass(frozen=True)
class CameraInfo:
    """name: what the performer chooses by, different for each. device: a path on Linux, else OpenCV's number as text.

    bus: where it is plugged in, "" when unknown. virtual: fed by a program, not a lens.
    """

    name: str
    device: str
    bus: str = ""
    virtual: bool = False


def list_cameras() -> list[CameraInfo]:
    """The cameras that are plugged in now, lenses and virtual ones, in the order of their numbers. Never raises."""
    if sys.platform.startswith("linux"):
        found = [CameraInfo(node.card, node.device, node.bus, node.virtual) for node in v4l2.capture_nodes()]
    elif sys.platform == "darwin":
        found = _macos_cameras()
    else:
        found = _directshow_cameras()
    return told_apart(found)


def find_camera(target: str) -> CameraInfo:
    """The camera that ``target`` means: a name, a device path, a number, or "" for the first one with a lens.

    Raises SourceError in one sentence, with the cameras that could be had instead.
    """
    cameras = list_cameras()
    if not target:
        lenses = [camera for camera in cameras if not camera.virtual] or cameras
        if lenses:
            return lenses[0]
        raise SourceError(words.NO_CAMERA)
    for matches in (
        lambda camera: camera.name == target,
        lambda camera: camera.device in (target, f"/dev/video{target}"),
        # Two of a kind carry their bus in the name; the one that is left alone does not.
        lambda camera: f"{camera.name} ({camera.bus})" == target,
        lambda camera: camera.name.startswith(f"{target} ("),
    ):
        for camera in cameras:
            if matches(camera):
                return camera
    raise SourceError(words.no_such_camera(target, [camera.name for camera in cameras]))


def told_apart(cameras: Sequence[CameraInfo]) -> list[CameraInfo]:
    """The same cameras with different names: those of a kind say where they are plugged in, then which device."""
    for distinction in ("bus", "device"):
        count = Counter(camera.name for camera in cameras)
        cameras = [
            replace(camera, name=f"{camera.name} ({getattr(camera, distinction)})")
            if count[camera.name] > 1 and getattr(camera, distinction)
            else camera
            for camera in cameras
        ]
    return list(cameras)


def _directshow_cameras() -> list[CameraInfo]:
    try:
        devices = av.enumerate_input_devices("dshow")
    except (ValueError, OSError, av.FFmpegError):
        return []
    video = [device for device in devices if "video" in device.media_types or "audio" not in device.media_types]
    return [CameraInfo(device.description or device.name, str(number)) for number, device in enumerate(video)]


_macos_answer: tuple[float, list[CameraInfo]] | None = None


def _macos_cameras() -> list[CameraInfo]:
    global _macos_answer
    now = time.monotonic()
    if _macos_answer is None or now - _macos_answer[0] > _MACOS_ANSWER_KEPT_S:
        command = ["system_profiler", "-json", "SPCameraDataType"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
            _macos_answer = (now, cameras_of_system_profiler(done.stdout))
        except (OSError, subprocess.TimeoutExpired):
            _macos_answer = (now, [])
    return _macos_answer[1]


def cameras_of_system_profiler(answer: str) -> list[CameraInfo]:
    """The cameras in the JSON that macOS's ``system_profiler -json SPCameraDataType`` prints."""
    try:
        entries = json.loads(answer)["SPCameraDataType"]
        known = sorted((str(entry["spcamera_unique-id"]), str(entry["_name"])) for entry in entries)
    except (ValueError, KeyError, TypeError):
        return []
    return [CameraInfo(name, str(number), bus=unique_id) for number, (unique_id, name) in enumerate(known)]
