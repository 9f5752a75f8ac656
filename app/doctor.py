"""What this machine has of all that the show needs, what is missing, and the command that mends it.

Looks only: changes nothing, opens no camera's picture stream, loads no model. Imports each thing when its turn comes,
not before: a doctor that falls ill with its patient is of no use.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.outputs import drivers
from app.words import doctor as words

if TYPE_CHECKING:
    from app.look import Setup
    from app.model_report import ModelReport

State = Literal["ok", "missing", "warning"]

ESSENTIAL = frozenset({"Engine", "Model", "Memory", "Window", "OpenCV"})
"""Where one of these is missing there is no show at all."""

PREPARE = "python3 run.py prepare"
"""Installs every package, and names or installs the system libraries."""

INSTALL_AV = "pip install --force-reinstall av"

ROOMY_BYTES = 5 * 2**30
"""Less than this is filled by recordings in an evening."""

_NAMED_OTHERWISE = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libGLESv2.so.2": "libgles2",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. detail: what was found. mend: what to do about it, "" where all is well."""

    name: str
    state: State
    detail: str
    mend: str = ""


@dataclass(frozen=True)
class Machine:
    """What is examined. root: the file system that /sys, /lib/modules and /dev are looked for in."""

    platform: str = sys.platform
    root: Path = drivers.ROOT
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)


def run(as_json: bool = False, setup: Setup | None = None) -> int:
    """Examine this machine and print what was found. Returns the exit code: 0 when the show can run, else 1."""
    findings = examine(setup)
    try:
        report = _model_report(setup)
    except Exception:  # noqa: BLE001 - what is wrong stands among the findings
        report = None
    print(doctor_json(findings, report) if as_json else doctor_text(findings, report))
    return 0 if show_can_run(findings) else 1


def examine(setup: Setup | None = None, machine: Machine | None = None) -> list[Finding]:
    """Everything, never raising: a part that does not even load is a finding. setup: what the performer has chosen."""
    machine = machine or Machine()
    checks: dict[str, Callable[[], Finding]] = {
        "Python": check_python,
        "System": lambda: check_system(machine),
        "Engine": check_engine,
        "Model": lambda: check_model(setup),
        "Memory": lambda: check_memory(setup),
        "Window": lambda: check_window(machine),
        "OpenCV": check_opencv,
        "Cameras": check_cameras,
        "Pose": lambda: check_pose(setup),
        "Hands": lambda: check_hands(setup),
        "Face": lambda: check_face(setup),
        "Person": lambda: check_person(setup),
        "Depth": lambda: check_depth(setup),
        "Virtual camera": lambda: check_virtual_camera(setup, machine),
        "Recorder": check_recorder,
        "Disk": lambda: check_disk(setup),
    }
    findings = []
    for name, check in checks.items():
        try:
            findings.append(check())
        except Exception as error:  # noqa: BLE001 - broken installations fail in every way there is
            findings.append(Finding(name, "missing", words.does_not_load(_first_line(str(error))), PREPARE))
    return findings


def show_can_run(findings: list[Finding]) -> bool:
    return not _needed(findings)


def doctor_text(findings: list[Finding], report: ModelReport | None = None) -> str:
    """For the terminal: a line for each finding, and beneath it what mends it; then the chosen model."""
    width = max(len(words.PARTS[finding.name]) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{words.STATES[finding.state]:<8} {words.PARTS[finding.name]:<{width}}  {finding.detail}")
        if finding.mend:
            lines.append(f"{'':<8} {'':<{width}}  -> {finding.mend}")
    if report is not None:
        from app.model_report import report_text

        lines += ["", report_text(report)]
    needed = _needed(findings)
    lines += ["", words.cannot_run(needed) if needed else words.CAN_RUN]
    return "\n".join(lines)


def doctor_json(findings: list[Finding], report: ModelReport | None = None) -> str:
    told: dict[str, Any] = {"findings": [asdict(finding) for finding in findings], "ok": show_can_run(findings)}
    if report is not None:
        from app.model_report import report_json

        told["model"] = report_json(report)
    return json.dumps(told, indent=1)


def _needed(findings: list[Finding]) -> list[str]:
    return [finding.name for finding in findings if finding.state == "missing" and finding.name in ESSENTIAL]


def check_python() -> Finding:
    return Finding("Python", "ok", f"{platform.python_version()}, {sys.executable}")


def check_system(machine: Machine) -> Finding:
    detail = words.system(platform.platform(), os.cpu_count())
    if machine.platform in ("linux", "darwin", "win32"):
        return Finding("System", "ok", detail)
    return Finding("System", "warning", words.untried(detail), words.SYSTEMS)


def check_engine() -> Finding:
    from engine.device import describe

    facts = describe()
    return Finding(
        "Engine", "ok", ", ".join(words.torch(value) if name == "torch" else value for name, value in facts.items())
    )


def check_model(setup: Setup | None) -> Finding:
    from app.model_report import check_files
    from engine.host import MODELS

    wanted = setup.engine.model if setup is not None else MODELS[0]
    if wanted not in MODELS:
        return Finding("Model", "missing", words.no_model(wanted), words.choose_one(MODELS))
    return check_files(_model_report(setup))


def check_memory(setup: Setup | None) -> Finding:
    from app.model_report import check_memory
    from engine.host import MODELS

    if setup is not None and setup.engine.model not in MODELS:
        return Finding("Memory", "warning", words.NOTHING_TO_ADD_UP, words.CHOOSE_MODEL)
    return check_memory(_model_report(setup))


def _model_report(setup: Setup | None) -> ModelReport:
    from app.model_report import report_on
    from engine.params import EngineChoice

    choice = EngineChoice() if setup is None else setup.engine
    folder = choice.folder or ("" if setup is None else setup.model_folder)
    return report_on(replace(choice, folder=folder))


def check_window(machine: Machine) -> Finding:
    """Whether a window would open, tried in a process of its own: Qt aborts its process where that fails."""
    name = "Window"
    spec = importlib.util.find_spec("PySide6")
    if spec is None or not spec.submodule_search_locations:
        return Finding(name, "missing", words.not_installed("PySide6"), PREPARE)
    on_linux = machine.platform.startswith("linux")
    if on_linux and not any(machine.environ.get(v) for v in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")):
        return Finding(name, "warning", words.NO_DISPLAY, words.START_FROM_DESKTOP)
    ask = "from PySide6.QtWidgets import QApplication; print(QApplication([]).platformName())"
    command, environ = [sys.executable, "-c", ask], dict(machine.environ)
    probe = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environ, check=False)
    if probe.returncode == 0:
        plugin = probe.stdout.strip()
        if plugin in ("offscreen", "minimal"):
            return Finding(name, "warning", words.unseen(plugin), words.UNSET_PLATFORM)
        return Finding(name, "ok", words.opens_through(plugin))
    qt = Path(spec.submodule_search_locations[0]) / "Qt"
    missing = missing_libraries(qt / "lib/libQt6Widgets.so.6", qt / "plugins/platforms/libqxcb.so") if on_linux else []
    if missing:
        packages = " ".join(debian_package(soname) for soname in missing)
        return Finding(name, "missing", words.qt_needs(missing), f"sudo apt install {packages}")
    told = _first_line(probe.stderr) or words.exit_code(probe.returncode)
    return Finding(name, "missing", words.opens_none(told), words.NAME_DESKTOP)


def missing_libraries(*files: Path) -> list[str]:
    """The shared libraries that the loader does not find for ``files``, as ``ldd`` names them; none without ldd."""
    missing: list[str] = []
    for file in files:
        try:
            listed = subprocess.run(["ldd", str(file)], capture_output=True, text=True, timeout=30, check=False).stdout
        except (OSError, subprocess.TimeoutExpired):
            continue
        missing += [line.split()[0] for line in listed.splitlines() if line.endswith("not found")]
    return list(dict.fromkeys(missing))


def debian_package(soname: str) -> str:
    """The package that holds a library, by the naming rule of Debian Policy 8.1: libX11.so.6 -> libx11-6."""
    if soname in _NAMED_OTHERWISE:
        return _NAMED_OTHERWISE[soname]
    library, _, version = soname.lower().replace("_", "-").partition(".so.")
    return f"{library}-{version}" if library[-1].isdigit() else f"{library}{version}"


def check_opencv() -> Finding:
    import cv2  # noqa: F401 - whether it loads is the question

    installed = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in importlib.metadata.distributions()}
    variants = [name for name in sorted(installed) if name.startswith("opencv-") and "python" in name]
    detail = ", ".join(f"{name} {installed[name]}" for name in variants)
    if len(variants) > 1:
        command = f"pip uninstall -y {' '.join(variants)} && {PREPARE}"
        return Finding("OpenCV", "warning", words.overwritten(detail), command)
    return Finding("OpenCV", "ok", detail)


def check_cameras() -> Finding:
    from app.inputs.cameras import list_cameras

    cameras = list_cameras()
    if not cameras:
        return Finding("Cameras", "missing", words.NO_CAMERA, words.PLUG_IN)
    detail = ", ".join(camera.name for camera in cameras)
    locked = [c.device for c in cameras if c.device.startswith("/dev/") and not os.access(c.device, os.R_OK | os.W_OK)]
    if locked:
        mend = words.and_log_in(drivers.JOIN_VIDEO_GROUP)
        return Finding("Cameras", "warning", words.not_readable(detail, locked), mend)
    return Finding("Cameras", "ok", detail)


def check_pose(setup: Setup | None) -> Finding:
    from controls.models import model_file
    from controls.pose import MODEL

    return _check_control("Pose", "mediapipe", words.WITHOUT_POSE, lambda folder: model_file(MODEL, folder), setup)


def check_hands(setup: Setup | None) -> Finding:
    from controls.hands import MODEL

    return _check_part("Hands", words.WITHOUT_HANDS, MODEL, setup)


def check_face(setup: Setup | None) -> Finding:
    from controls.face import MODEL

    return _check_part("Face", words.WITHOUT_FACES, MODEL, setup)


def _check_part(name: str, without: str, model: str, setup: Setup | None) -> Finding:
    """Of what pose draws besides the body: it runs without."""
    from controls.models import model_file

    found = _check_control(name, "mediapipe", without, lambda folder: model_file(model, folder), setup)
    return replace(found, state="warning") if found.state == "missing" else found


def check_person(setup: Setup | None) -> Finding:
    from controls.models import model_file
    from controls.person import MODEL

    without = words.WITHOUT_PERSON
    return _check_control("Person", "mediapipe", without, lambda folder: model_file(MODEL, folder), setup)


def check_depth(setup: Setup | None) -> Finding:
    from controls.depth import depth_model

    return _check_control("Depth", "onnxruntime", words.WITHOUT_DEPTH, depth_model, setup)


def _check_control(
    name: str, package: str, without: str, find: Callable[[Path | None], Path], setup: Setup | None
) -> Finding:
    """Whether a control has its package and its model file. without: what that means for the show. find: the file."""
    from controls.control import ControlUnavailable

    if importlib.util.find_spec(package) is None:
        return Finding(name, "missing", words.no_package(package, without), PREPARE)
    folder = Path(setup.model_folder) if setup is not None and setup.model_folder else None
    try:
        return Finding(name, "ok", str(find(folder)))
    except ControlUnavailable as error:
        return Finding(name, "missing", words.no_model_file(without), str(error))


def check_virtual_camera(setup: Setup | None, machine: Machine) -> Finding:
    name = "Virtual camera"
    if importlib.util.find_spec("pyvirtualcam") is None:
        return Finding(name, "missing", words.not_installed("pyvirtualcam"), PREPARE)
    if machine.platform.startswith("linux"):
        return _check_loopback(name, setup.virtual_camera.device if setup is not None else "", machine.root)
    if drivers.obs_installed(machine.platform, machine.root):
        return Finding(name, "ok", words.OBS_THERE)
    return Finding(name, "missing", words.NO_OBS, drivers.mend(machine.platform))


def _check_loopback(name: str, chosen: str, root: Path) -> Finding:
    """chosen: the performer's device, "" for any."""
    if not drivers.loopback_loaded(root):
        if drivers.loopback_installed(platform.release(), root):
            return Finding(name, "missing", words.LOOPBACK_UNLOADED, drivers.LOAD_LOOPBACK)
        return Finding(name, "missing", words.LOOPBACK_MISSING, drivers.INSTALL_LOOPBACK)
    load_again = f"sudo modprobe -r v4l2loopback && {drivers.LOAD_LOOPBACK}"
    devices = [device for device in drivers.loopback_devices(root) if chosen in ("", device.node)]
    if not devices:
        return Finding(name, "missing", words.no_loopback_device(chosen), load_again)
    detail = ", ".join(f"{device.node} {device.label!r}" for device in devices)
    if locked := [device.node for device in devices if not device.writable]:
        return Finding(name, "warning", words.not_writable(detail, locked), words.and_log_in(drivers.JOIN_VIDEO_GROUP))
    if hidden := [device.node for device in devices if device.exclusive is False]:
        return Finding(name, "warning", words.hidden(detail, hidden), load_again)
    return Finding(name, "ok", detail)


def check_recorder() -> Finding:
    from app.outputs.mp4 import best_encoder

    encoder = best_encoder()
    if encoder.title != "H.264":
        return Finding("Recorder", "warning", words.no_h264(encoder.title), INSTALL_AV)
    return Finding("Recorder", "ok", words.encoder(encoder.title, encoder.name))


def check_disk(setup: Setup | None) -> Finding:
    from app.outputs.recorder import video_folder

    chosen = setup.recorder.path if setup is not None else ""
    folder = Path(chosen).expanduser().absolute().parent if chosen else video_folder()
    standing = next(place for place in (folder, *folder.parents) if os.access(place, os.F_OK))
    if not os.access(standing, os.W_OK):
        return Finding("Disk", "warning", words.folder_locked(folder), words.CHOOSE_FOLDER)
    free = shutil.disk_usage(standing).free
    detail = words.room(free / 2**30, folder)
    if free < ROOMY_BYTES:
        return Finding("Disk", "warning", words.soon_full(detail), words.FREE_SPACE)
    return Finding("Disk", "ok", detail)


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")
