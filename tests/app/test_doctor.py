"""The doctor on machines that are real folder trees, real displays and real broken installations."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import run as launcher
from app import doctor
from app.doctor import Finding, Machine, debian_package, doctor_json, doctor_text, examine, missing_libraries
from app.look import RecorderChoice, Setup, VirtualCameraChoice
from app.outputs import drivers, mp4
from controls import depth, face, hands, person, pose
from engine.params import EngineChoice

ROOT = Path(__file__).parents[2]
LINUX = sys.platform.startswith("linux")


def loopback(root: Path, exclusive_caps: str, devices: dict[int, str], video_nr: str = "-1,-1,-1,-1") -> Path:
    """The files that a loaded v4l2loopback shows; devices: number -> label."""
    parameters = root / "sys/module/v4l2loopback/parameters"
    parameters.mkdir(parents=True)
    (parameters / "exclusive_caps").write_text(f"{exclusive_caps}\n")
    (parameters / "video_nr").write_text(f"{video_nr}\n")
    (root / "dev").mkdir()
    for number, label in devices.items():
        folder = root / f"sys/devices/virtual/video4linux/video{number}"
        folder.mkdir(parents=True)
        (folder / "name").write_text(f"{label}\n")
        (folder / "max_openers").write_text("10\n")
        (root / f"dev/video{number}").touch()
    return root


def virtual_camera(root: Path, device: str = "") -> Finding:
    setup = Setup(virtual_camera=VirtualCameraChoice(device=device))
    return doctor.check_virtual_camera(setup, Machine(platform="linux", root=root))


def test_a_device_that_browsers_see(tmp_path: Path) -> None:
    found = virtual_camera(loopback(tmp_path, "Y,N,N,N", {10: "VACE Live"}))
    assert found == Finding("Virtual camera", "ok", "/dev/video10 'VACE Live'")


def test_a_device_that_browsers_hide_comes_with_the_command(tmp_path: Path) -> None:
    found = virtual_camera(loopback(tmp_path, "N,N,N,N", {0: "Dummy video device (0x0000)"}))
    assert found.state == "warning"
    assert "browsers hide /dev/video0" in found.detail
    assert found.mend == (
        'sudo modprobe -r v4l2loopback && sudo modprobe v4l2loopback exclusive_caps=1 card_label="VACE Live"'
    )


@pytest.mark.parametrize(
    ("exclusive_caps", "video_nr", "hidden"),
    [
        ("Y,N,N,N", "-1,-1,-1,-1", ["/dev/video20"]),
        ("N,Y,N,N", "-1,-1,-1,-1", ["/dev/video4"]),
        ("Y,N,N,N", "20,4,-1,-1", ["/dev/video4"]),
        ("Y,N,N,N", "20,-1,-1,-1", ["/dev/video4"]),
        ("Y,Y,N,N", "-1,-1,-1,-1", []),
        ("Y", "", []),  # nothing is said of the second one, so nothing is claimed
    ],
)
def test_the_options_belong_to_devices_in_the_order_of_their_making(
    tmp_path: Path, exclusive_caps: str, video_nr: str, hidden: list[str]
) -> None:
    root = loopback(tmp_path, exclusive_caps, {4: "One", 20: "Two"}, video_nr)
    assert [device.node for device in drivers.loopback_devices(root) if device.exclusive is False] == hidden
    found = virtual_camera(root)
    assert found.state == ("warning" if hidden else "ok")
    assert all(node in found.detail for node in hidden)


def test_the_chosen_device(tmp_path: Path) -> None:
    root = loopback(tmp_path, "Y,N,N", {4: "One", 20: "Two"})
    assert virtual_camera(root, "/dev/video4").state == "ok"
    assert virtual_camera(root, "/dev/video20").state == "warning"
    assert virtual_camera(root, "/dev/video5") == Finding(
        "Virtual camera",
        "missing",
        "v4l2loopback is loaded, but has no /dev/video5",
        f"sudo modprobe -r v4l2loopback && {drivers.LOAD_LOOPBACK}",
    )


def test_a_camera_that_is_no_loopback_is_none(tmp_path: Path) -> None:
    root = loopback(tmp_path, "Y", {})
    other = root / "sys/devices/virtual/video4linux/video3"
    other.mkdir(parents=True)
    (other / "name").write_text("Another driver's device\n")
    assert virtual_camera(root).detail == "v4l2loopback is loaded, but has no device"


def test_the_module_is_installed_but_not_loaded_or_not_even_installed(tmp_path: Path) -> None:
    found = virtual_camera(tmp_path)
    assert found.detail == "v4l2loopback is not installed for this kernel"
    assert found.mend == f"sudo apt install v4l2loopback-dkms && {drivers.LOAD_LOOPBACK}"
    modules = tmp_path / "lib/modules" / platform.release()
    modules.mkdir(parents=True)
    (modules / "modules.dep").write_text(
        "updates/dkms/v4l2loopback.ko.xz: kernel/drivers/media/v4l2-core/videodev.ko.xz\n"
    )
    found = virtual_camera(tmp_path)
    assert (found.detail, found.mend) == ("v4l2loopback is not loaded", drivers.LOAD_LOOPBACK)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits on devices")
def test_a_device_that_belongs_to_others(tmp_path: Path) -> None:
    root = loopback(tmp_path, "Y,N", {10: "VACE Live"})
    (root / "dev/video10").unlink()  # even root may not write to what is not there
    found = virtual_camera(root)
    assert found.state == "warning"
    assert "may not write to /dev/video10" in found.detail
    assert found.mend.startswith("sudo usermod -aG video")


def test_obs_elsewhere(tmp_path: Path) -> None:
    for system, place in (("darwin", "Applications/OBS.app"), ("win32", "Program Files/obs-studio")):
        machine = Machine(platform=system, root=tmp_path)
        found = doctor.check_virtual_camera(None, machine)
        assert found.state == "missing"
        assert found.mend == drivers.mend(system)
        (tmp_path / place).mkdir(parents=True)
        assert doctor.check_virtual_camera(None, machine).state == "ok"


@pytest.mark.skipif(not LINUX, reason="other systems always have a display")
def test_window_without_a_display_or_with_one_that_is_not_there() -> None:
    nowhere = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    nowhere.pop("QT_QPA_PLATFORM", None)
    found = doctor.check_window(Machine(environ=nowhere))
    assert found.state == "warning"
    assert "no display" in found.detail
    found = doctor.check_window(Machine(environ=nowhere | {"DISPLAY": ":4711"}))
    assert found.state == "missing"
    found = doctor.check_window(Machine(environ=nowhere | {"QT_QPA_PLATFORM": "offscreen"}))
    assert found == Finding("Window", "warning", "Qt paints offscreen, where nobody sees it", "Unset QT_QPA_PLATFORM.")


@pytest.fixture
def display() -> Iterator[str]:
    """A display in memory."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is missing (apt-get install xvfb)")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "640x480x24"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as number:
        yield f":{number.readline().strip()}"
    server.terminate()
    server.wait()


def test_window_on_a_display(display: str) -> None:
    environ = dict(os.environ, DISPLAY=display)
    environ.pop("QT_QPA_PLATFORM", None)
    assert doctor.check_window(Machine(environ=environ)) == Finding("Window", "ok", "Qt opens windows through 'xcb'")


@pytest.mark.skipif(not LINUX or shutil.which("gcc") is None, reason="needs gcc and ldd")
def test_a_system_library_that_is_missing_is_named_with_its_package(tmp_path: Path) -> None:
    (tmp_path / "empty.c").touch()
    gone, needing = tmp_path / "libxcb-gone.so.0", tmp_path / "libneeding.so"
    build = ["gcc", "-shared", "-Wl,--no-as-needed", "-o"]
    subprocess.run([*build, gone, tmp_path / "empty.c", f"-Wl,-soname,{gone.name}"], check=True)
    subprocess.run([*build, needing, tmp_path / "empty.c", gone], check=True)
    gone.unlink()
    assert missing_libraries(needing, needing) == ["libxcb-gone.so.0"]
    assert debian_package("libxcb-gone.so.0") == "libxcb-gone0"


@pytest.mark.skipif(not LINUX, reason="other systems bring Qt's libraries")
def test_a_window_that_fails_for_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "missing_libraries", lambda *files: ["libxcb-cursor.so.0", "libX11.so.6"])
    found = doctor.check_window(Machine(environ={"DISPLAY": ":4711", "PATH": os.defpath}))
    assert found.detail == "Qt needs libxcb-cursor.so.0, libX11.so.6"
    assert found.mend == "sudo apt install libxcb-cursor0 libx11-6"


@pytest.mark.parametrize("library", launcher.LIBRARIES, ids=lambda library: str(library.soname))
def test_package_names_follow_the_rule(library: launcher.Library) -> None:
    assert debian_package(library.soname) == library.apt


def test_two_opencv_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor.check_opencv().state == "ok"
    second = tmp_path / "opencv_python_headless-4.10.0.84.dist-info"
    second.mkdir()
    (second / "METADATA").write_text("Metadata-Version: 2.1\nName: opencv-python-headless\nVersion: 4.10.0.84\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = doctor.check_opencv()
    assert found.state == "warning"
    assert "opencv-python-headless 4.10.0.84" in found.detail
    assert found.mend.startswith("pip uninstall -y opencv-contrib-python opencv-python-headless && ")


def test_the_chosen_model() -> None:
    assert doctor.check_model(None) == Finding("Model", "ok", "starter")
    found = doctor.check_model(Setup(engine=EngineChoice(model="no-such-model")))
    assert found.state == "missing"
    assert "starter" in found.mend


def test_the_pose_model_in_the_performer_s_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / pose.MODEL).touch()
    found = doctor.check_pose(Setup(model_folder=str(tmp_path)))
    assert found == Finding("Pose", "ok", str(tmp_path / pose.MODEL))
    monkeypatch.setattr(pose, "MODEL", "no_such_model.task")
    found = doctor.check_pose(None)
    assert found.state == "missing"
    assert "no_such_model.task was not found" in found.mend


def test_pose_goes_on_without_hands_and_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = Setup(model_folder=str(tmp_path))
    for part, check, words in (
        (hands, doctor.check_hands, "pose draws no hands"),
        (face, doctor.check_face, "pose draws no faces"),
    ):
        (tmp_path / part.MODEL).touch()
        name = check(setup).name
        assert check(setup) == Finding(name, "ok", str(tmp_path / part.MODEL))
        monkeypatch.setattr(part, "MODEL", "no_such_model.task")
        found = check(setup)
        assert (found.state, found.detail) == ("warning", f"its model file is not there, so {words}")
        assert "no_such_model.task was not found" in found.mend
        assert found in examine(setup)


def test_what_person_and_depth_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = Setup(model_folder=str(tmp_path))
    assert doctor.check_depth(setup).state == "missing"
    assert f"{depth.MODELS[0]} into {tmp_path}" in doctor.check_depth(setup).mend
    for name, check in ((person.MODEL, doctor.check_person), (depth.MODELS[0], doctor.check_depth)):
        (tmp_path / name).touch()
        assert check(setup) == Finding(check(setup).name, "ok", str(tmp_path / name))
    find_spec = importlib.util.find_spec
    without = {"mediapipe", "onnxruntime"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in without else find_spec(name))
    for check, package in ((doctor.check_person, "mediapipe"), (doctor.check_depth, "onnxruntime")):
        assert check(setup).state == "missing"
        assert package in check(setup).detail
        assert check(setup).mend == doctor.PREPARE


def test_recorder_and_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor.check_recorder() == Finding("Recorder", "ok", "H.264 by libx264")
    monkeypatch.setattr(mp4, "ENCODERS", mp4.ENCODERS[2:])
    assert doctor.check_recorder().state == "warning"
    setup = Setup(recorder=RecorderChoice(path=str(tmp_path / "not yet there" / "take.mp4")))
    assert str(tmp_path / "not yet there") in doctor.check_disk(setup).detail
    monkeypatch.setattr(doctor, "ROOMY_BYTES", 2**70)
    assert doctor.check_disk(setup).state == "warning"


def test_words_json_and_exit_code() -> None:
    fine = [Finding("Engine", "ok", "torch"), Finding("Cameras", "missing", "there is none", "Plug in a camera.")]
    assert doctor.show_can_run(fine)
    assert doctor_text(fine).splitlines() == [
        "ok       Engine   torch",
        "missing  Cameras  there is none",
        "                  -> Plug in a camera.",
        "",
        "The show can run.",
    ]
    broken = [replace(fine[0], state="missing"), fine[1]]
    assert doctor_text(broken).splitlines()[-1] == "The show cannot run before this is mended: Engine."
    assert json.loads(doctor_json(broken)) == {
        "findings": [
            {"name": "Engine", "state": "missing", "detail": "torch", "mend": ""},
            {"name": "Cameras", "state": "missing", "detail": "there is none", "mend": "Plug in a camera."},
        ],
        "ok": False,
    }


def test_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.run(as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    states = {finding["name"]: finding["state"] for finding in told["findings"]}
    assert states["Engine"] == states["Model"] == states["OpenCV"] == states["Recorder"] == "ok"
    assert set(states) >= doctor.ESSENTIAL | {"Python", "Cameras", "Pose", "Person", "Depth", "Virtual camera", "Disk"}
    assert all(finding["mend"] for finding in told["findings"] if finding["state"] != "ok")


def test_a_part_that_does_not_load_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "engine.device", None)
    machine = Machine(environ=dict(os.environ, QT_QPA_PLATFORM="minimal"))
    findings = {finding.name: finding for finding in examine(machine=machine)}
    assert findings["Window"].detail == "Qt paints minimal, where nobody sees it"
    assert findings["Engine"].state == "missing"
    assert "does not load" in findings["Engine"].detail
    assert findings["Engine"].mend == doctor.PREPARE
    assert findings["OpenCV"].state == "ok"
    assert not doctor.show_can_run(list(findings.values()))
