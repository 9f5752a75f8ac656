"""What the doctor says: of this machine, of a model's memory and files, and what mends what is missing.

Imports nothing of the program: a doctor that falls ill with its patient is of no use. Commands stand as they are typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

PARTS: Mapping[str, str] = {
    "Python": "Python",
    "System": "System",
    "Engine": "Engine",
    "Model": "Model",
    "Memory": "Memory",
    "Window": "Window",
    "OpenCV": "OpenCV",
    "Cameras": "Cameras",
    "Pose": "Pose",
    "Hands": "Hands",
    "Face": "Face",
    "Person": "Person",
    "Depth": "Depth",
    "Virtual camera": "Virtual camera",
    "Recorder": "Recorder",
    "Disk": "Disk",
}
"""What was looked at."""
STATES: Mapping[str, str] = {"ok": "ok", "missing": "missing", "warning": "warning"}
CAN_RUN = "The show can run."


def cannot_run(parts: Sequence[str]) -> str:
    return f"The show cannot run before this is mended: {', '.join(PARTS[part] for part in parts)}."


def does_not_load(fault: str) -> str:
    return f"it does not load ({fault})"


def not_installed(package: str) -> str:
    return f"{package} is not installed"


def and_log_in(command: str) -> str:
    return f"{command}, then log in again"


# -- system, engine, window

SYSTEMS = "Linux, macOS and Windows are supported."


def system(name: str, cores: int | None) -> str:
    return f"{name}, {cores} cores"


def untried(detail: str) -> str:
    return f"{detail}: not tried here"


def torch(version: str) -> str:
    return f"torch {version}"


NO_DISPLAY = "there is no display, so no window opens; `live --headless` and `render` work"
START_FROM_DESKTOP = "Start it from a desktop session, or set DISPLAY."
UNSET_PLATFORM = "Unset QT_QPA_PLATFORM."
NAME_DESKTOP = "See that DISPLAY or WAYLAND_DISPLAY names a running desktop."


def unseen(plugin: str) -> str:
    return f"Qt paints {plugin}, where nobody sees it"


def opens_through(plugin: str) -> str:
    return f"Qt opens windows through {plugin!r}"


def qt_needs(libraries: Sequence[str]) -> str:
    return f"Qt needs {', '.join(libraries)}"


def opens_none(told: str) -> str:
    return f"Qt opens none ({told})"


def exit_code(code: int) -> str:
    return f"exit code {code}"


def overwritten(variants: str) -> str:
    return f"{variants}: they overwrite each other's files"


# -- cameras and controls

NO_CAMERA, PLUG_IN = "there is none; the bundled clip plays instead", "Plug in a camera."


def not_readable(detail: str, devices: Sequence[str]) -> str:
    return f"{detail}; this user may not open {', '.join(devices)}"


WITHOUT_POSE = "pose draws nobody"
WITHOUT_HANDS = "pose draws no hands"
WITHOUT_FACES = "pose draws no faces"
WITHOUT_PERSON = "nobody can be told from the background"
WITHOUT_DEPTH = "depth draws nothing"


def no_package(package: str, without: str) -> str:
    """without: one of the above."""
    return f"{package} is not installed, so {without}"


def no_model_file(without: str) -> str:
    return f"its model file is not there, so {without}"


# -- outputs

OBS_THERE, NO_OBS = "OBS is installed", "OBS was not found in its usual place"
LOOPBACK_UNLOADED = "v4l2loopback is not loaded"
LOOPBACK_MISSING = "v4l2loopback is not installed for this kernel"


def no_loopback_device(chosen: str) -> str:
    """chosen: the performer's device, "" for any."""
    return f"v4l2loopback is loaded, but has no {chosen or 'device'}"


def not_writable(detail: str, devices: Sequence[str]) -> str:
    return f"{detail}; this user may not write to {', '.join(devices)}"


def hidden(detail: str, devices: Sequence[str]) -> str:
    return f"{detail}; browsers hide {', '.join(devices)}, made without exclusive_caps=1"


def no_h264(instead: str) -> str:
    return f"this PyAV makes no H.264, so recordings are {instead}, which browsers do not play"


def encoder(title: str, name: str) -> str:
    return f"{title} by {name}"


CHOOSE_FOLDER = "Choose another folder to record in."
FREE_SPACE = "Free some space or choose another folder."


def folder_locked(folder: Path) -> str:
    return f"this user may not write to {folder}"


def room(gibibytes: float, folder: Path) -> str:
    return f"{gibibytes:.1f} GiB free for {folder}"


def soon_full(room: str) -> str:
    return f"{room}, soon full"


# -- the model

NOTHING_TO_ADD_UP, CHOOSE_MODEL = "without a model there is nothing to add up", "Choose a model."


def choose_one(models: Sequence[str]) -> str:
    return f"Choose one of these: {', '.join(models)}."


def no_model(name: str) -> str:
    return f"there is no model called {name!r}"


def lacks(model: str, roles: Sequence[str]) -> str:
    return f"{model} lacks: {', '.join(roles)}"


def get_into(folder: Path | None) -> str:
    """folder: that of the models, where one is chosen."""
    where = f"{folder} or below it" if folder is not None else "a folder, and name that with --models"
    return f"Get what is listed as missing from Hugging Face into {where}."


def must_carry_tokenizer(model: str) -> str:
    return f"{model}, whose text encoder must carry its own tokenizer"


def get_tokenizer(source: str) -> str:
    return f"If it does not: get from Hugging Face {source}"


def with_note(model: str, note: str) -> str:
    return f"{model}: {note}" if note else model


# -- its memory

THE_COMPUTER = "the computer"


def needs(need: str, place: str, total: str | None, free: str | None) -> str:
    """total, free: of the place, where they are known."""
    has = "" if total is None else f", which has {total}"
    left = "" if free is None else f", {free} free"
    return f"{need} on {place}{has}{left}"


def too_little(detail: str) -> str:
    return f"too little: {detail}"


def too_little_free(detail: str) -> str:
    return f"too little is free: {detail}"


def never_fits(model: str) -> str:
    return f"This machine cannot run {model}: no size, precision or offloading makes it fit."


def close_others(less: str) -> str:
    """less: what else helps, a sentence; "" for nothing."""
    return f"Close other programs. {less}".rstrip()


def choose(options: Sequence[str]) -> str:
    """options: each what can be typed together."""
    return f"Choose {', or '.join(options)}."


def together(options: Sequence[str]) -> str:
    return " with ".join(options)


# -- the table of memory and files

THERE, MISSING = "there", "missing"
IN_ALL = "in all (measured peak: not measured)"


def memory_of(model: str, size: str, device: str, dtype: str) -> str:
    return f"Memory of {model} at {size} on {device} ({dtype}), on paper:"


def in_computer(part: str) -> str:
    return f"{part}, in the computer"


def files_of(model: str) -> str:
    return f"Files of {model}:"


def to_get(source: str, licence: str) -> str:
    return f"{source} ({licence})"
