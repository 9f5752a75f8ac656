"""The virtual camera through pyvirtualcam's own v4l2loopback backend, into a stand-in for the kernel's device."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.errors import OutputError
from app.frame import Pixels, Program
from app.look import VirtualCameraChoice
from app.outputs.virtual_camera import VirtualCamera
from tests.app.outputs.feed import QUARTERS, quarters
from tests.standins.preload import compiled

DEVICE = "/dev/video97"
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Taken:
    """What the child told, what the device logged, and the pictures that it took, as I420 bytes in one row."""

    told: dict[str, Any]
    log: list[list[str]]
    bytes: bytes

    def pictures(self, width: int, height: int) -> list[Pixels]:
        planes = np.frombuffer(self.bytes, np.uint8).reshape(-1, height * 3 // 2, width)
        return [np.asarray(cv2.cvtColor(picture, cv2.COLOR_YUV2RGB_I420), np.uint8) for picture in planes]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled("v4l2_output.c", tmp_path_factory.mktemp("standins"))


def feed(library: Path, folder: Path, fault: str = "", fault_after: int = 0, **arguments: Any) -> Taken:
    arguments = {"device": DEVICE, "width": 640, "height": 360, "size": (320, 180), "pictures": 6} | arguments
    frames, log = folder / "frames", folder / "log"
    standin = {
        "LD_PRELOAD": str(library),
        "STANDIN_DEVICE": DEVICE,
        "STANDIN_FRAMES": str(frames),
        "STANDIN_LOG": str(log),
        "STANDIN_FAULT": fault,
        "STANDIN_FAULT_AFTER": str(fault_after),
    }
    child = subprocess.run(
        [sys.executable, "-m", "tests.app.outputs.feed", json.dumps(arguments)],
        cwd=ROOT,
        env=os.environ | standin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    assert "Traceback" not in child.stderr
    return Taken(
        json.loads(child.stdout),
        [line.split() for line in log.read_text().splitlines()] if log.exists() else [],
        frames.read_bytes() if frames.exists() else b"",
    )


def assert_quarters(picture: Pixels, colours: Any) -> None:
    height, width = picture.shape[:2]
    for (y, x), colour in zip(((1, 1), (1, 3), (3, 1), (3, 3)), colours, strict=True):
        spot = picture[y * height // 4 - 8 : y * height // 4 + 8, x * width // 4 - 8 : x * width // 4 + 8]
        assert np.allclose(spot.mean((0, 1)), colour, atol=4), (y, x)


def test_size_pixel_format_whole_writes_and_colours(library: Path, tmp_path: Path) -> None:
    taken = feed(library, tmp_path)
    assert taken.told == {"error": "", "written": 6, "title": "/dev/video97, 640x360 at 30"}
    picture_bytes = 640 * 360 * 3 // 2
    assert taken.log[0] == ["format", "640", "360", "YU12", str(picture_bytes)]
    assert taken.log[1:] == [["write", str(picture_bytes), str(picture_bytes)]] * 6, "a repeat is sent like any other"
    pictures = taken.pictures(640, 360)
    for picture in pictures[:2]:
        assert_quarters(picture, QUARTERS)
    for picture in pictures[2:]:
        assert_quarters(picture, 255 - np.array(QUARTERS))


def test_the_device_keeps_its_size_and_the_picture_its_aspect(library: Path, tmp_path: Path) -> None:
    taken = feed(library, tmp_path, size=(200, 200), fit="fit", pictures=1, width=320, height=180)
    (picture,) = taken.pictures(320, 180)
    assert_quarters(picture[:, 70:250], QUARTERS)
    assert picture[:, :60].max() < 20
    assert picture[:, -60:].max() < 20


@pytest.mark.parametrize("fault", ["gone", "short"])
def test_a_failed_write_is_noticed_though_pyvirtualcam_only_prints(library: Path, tmp_path: Path, fault: str) -> None:
    taken = feed(library, tmp_path, fault, fault_after=3)
    assert taken.told["written"] == 3
    assert "/dev/video97 no longer takes pictures" in taken.told["error"]
    assert len(taken.log) == 1 + 4, "the first failure ends it"


@pytest.mark.parametrize(
    ("fault", "device", "words"),
    [
        (
            "denied",
            DEVICE,
            "This user may not open /dev/video97, so nothing is sent to it. Run `sudo usermod -aG video",
        ),
        ("busy", DEVICE, "another program already feeds it"),
        ("refused", DEVICE, "another program already feeds it"),
        ("camera", DEVICE, "Nothing is sent to /dev/video97: it is a real camera"),
        ("", "/dev/video98", "There is no /dev/video98, so nothing is sent to it. Run `sudo "),
    ],
)
def test_a_device_that_cannot_be_had(library: Path, tmp_path: Path, fault: str, device: str, words: str) -> None:
    taken = feed(library, tmp_path, fault, device=device)
    assert words in taken.told["error"]
    assert taken.told["written"] == 0
    assert taken.bytes == b""


def test_the_first_device_is_found_by_itself(library: Path, tmp_path: Path) -> None:
    taken = feed(library, tmp_path, device="", pictures=1)
    if Path("/dev/video0").exists() and "video97" not in taken.told["title"]:
        pytest.skip("this machine has a virtual camera of its own, which comes first")
    assert taken.told["title"] == "/dev/video97, 640x360 at 30"
    assert taken.told["written"] == 1


@pytest.mark.parametrize("size", [(641, 360), (640, 361), (0, 0), (-2, 4)])
def test_sizes_that_browsers_cannot_read(size: tuple[int, int]) -> None:
    camera = VirtualCamera(VirtualCameraChoice(width=size[0], height=size[1]))
    with pytest.raises(OutputError, match="choose an even width and height"):
        camera.open()
    camera.close()


def test_a_rate_of_none() -> None:
    with pytest.raises(OutputError, match="cannot run at 0 pictures a second"):
        VirtualCamera(VirtualCameraChoice(rate=0.0)).open()


def test_without_pyvirtualcam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(OutputError, match="pip install pyvirtualcam"):
        VirtualCamera(VirtualCameraChoice()).open()


def test_before_it_is_open() -> None:
    camera = VirtualCamera(VirtualCameraChoice(rate=24.0))
    assert camera.rate == 24.0
    with pytest.raises(OutputError, match="not open"):
        camera.write(Program(quarters(32, 32), None, "engine", 0), 0.0)


def test_gpl_code_is_not_imported_before_it_is_wanted() -> None:
    code = (
        "import sys, app.outputs.virtual_camera as v, app.doctor, app.look\n"
        "v.VirtualCamera(app.look.VirtualCameraChoice()); assert 'pyvirtualcam' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
