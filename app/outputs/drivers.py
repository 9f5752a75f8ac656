"""Which virtual camera drivers the operating system has, and what a person does to get one.

Reads /sys, /lib/modules and /dev beneath ``root``, which tests replace. Opens no device, imports nothing heavy: the
doctor must be able to ask on a machine where little else works.
"""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from app.words import outputs as words

ROOT = Path("/")

LOAD_LOOPBACK = 'sudo modprobe v4l2loopback exclusive_caps=1 card_label="VACE Live"'
"""exclusive_caps=1: browsers list only devices that call themselves a camera and nothing else."""

INSTALL_LOOPBACK = f"sudo apt install v4l2loopback-dkms && {LOAD_LOOPBACK}"

JOIN_VIDEO_GROUP = "sudo usermod -aG video $USER"


def mend(system: str = sys.platform, root: Path = ROOT) -> str:
    """What a person does to have a virtual camera at all, in one sentence."""
    if system == "linux":
        return words.run(LOAD_LOOPBACK if loopback_installed(platform.release(), root) else INSTALL_LOOPBACK)
    return words.GET_CAMERA.get(system, words.NO_CAMERA_ON_SYSTEM)


@dataclass(frozen=True)
class LoopbackDevice:
    """A device of v4l2loopback. node: its path, say "/dev/video10". label: what other programs call it. writable: by
    this user. exclusive: made with exclusive_caps=1; None when the module does not say.
    """

    node: str
    label: str
    exclusive: bool | None
    writable: bool


def loopback_installed(release: str, root: Path = ROOT) -> bool:
    """Whether the module is there to be loaded by the kernel ``release``."""
    return "/v4l2loopback.ko" in _text(root / "lib/modules" / release / "modules.dep")


def loopback_loaded(root: Path = ROOT) -> bool:
    return (root / "sys/module/v4l2loopback").is_dir()


def loopback_devices(root: Path = ROOT) -> list[LoopbackDevice]:
    """The module's devices, by number."""
    # "max_openers" is an attribute that v4l2loopback gives its devices; other virtual devices have none.
    folders = {
        int(folder.name.removeprefix("video")): folder
        for folder in (root / "sys/devices/virtual/video4linux").glob("video*")
        if (folder / "max_openers").exists()
    }
    exclusive = _exclusive_caps(sorted(folders), root)
    return [
        LoopbackDevice(
            node=f"/dev/video{number}",
            label=_text(folders[number] / "name").strip(),
            exclusive=exclusive.get(number),
            writable=os.access(root / f"dev/video{number}", os.W_OK),
        )
        for number in sorted(folders)
    ]


def _exclusive_caps(numbers: list[int], root: Path) -> dict[int, bool]:
    """Device number -> exclusive_caps.

    The parameters are lists in the order in which the module made its devices, "Y,N,N" and "10,-1,-1": a device with
    a number of its own in video_nr has that place, the others take the remaining places in rising order.
    """
    parameters = root / "sys/module/v4l2loopback/parameters"
    exclusive = [value == "Y" for value in _text(parameters / "exclusive_caps").strip().split(",") if value]
    wanted = _text(parameters / "video_nr").strip().split(",")
    places = {int(number): place for place, number in enumerate(wanted) if number.isdigit() and int(number) in numbers}
    free = (place for place in range(len(exclusive)) if place not in places.values())
    for number in numbers:
        if number not in places and (place := next(free, None)) is not None:
            places[number] = place
    return {number: exclusive[place] for number, place in places.items() if place < len(exclusive)}


def obs_installed(platform: str, root: Path = ROOT) -> bool:
    """Whether OBS, whose virtual camera pyvirtualcam feeds, is in its usual place on macOS or Windows."""
    usual = {"darwin": "Applications/OBS.app", "win32": "Program Files/obs-studio"}
    return platform in usual and (root / usual[platform]).is_dir()


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
