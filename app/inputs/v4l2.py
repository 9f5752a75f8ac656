"""The video devices of Linux: which of them capture, what they are called, and why one cannot be opened.

Asks the kernel (Video4Linux2 ioctls); reads no picture. https://docs.kernel.org/userspace-api/media/v4l/v4l2.html
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.words import inputs as words

DEVICES = Path("/dev")
NAMES = Path("/sys/class/video4linux")

Obstacle = Literal["missing", "forbidden", "busy", "unplugged", "other", ""]

_CAPABILITY = struct.Struct("16s32s32s3I12x")  # v4l2_capability: driver, card, bus, version, capabilities, device_caps
_FORMAT_BYTES = 208 if struct.calcsize("P") == 8 else 204  # v4l2_format
_VIDEO_CAPTURE, _VIDEO_CAPTURE_MPLANE = 0x1, 0x1000
_HAS_DEVICE_CAPS = 0x80000000
_BUFFER_TYPE_CAPTURE, _BUFFER_TYPE_CAPTURE_MPLANE = 1, 9


@dataclass(frozen=True)
class Node:
    """One capturing device node. device: its path. card, bus, driver: in the driver's own words."""

    device: str
    card: str
    bus: str = ""
    driver: str = ""

    @property
    def virtual(self) -> bool:
        """Whether a program feeds it (v4l2loopback), as OBS and this program's own virtual camera do."""
        return self.driver == "v4l2 loopback"


_known: dict[tuple[str, int, int], Node | None] = {}
"""What each node said when it was first seen. A camera is woken from its sleep by opening it, so that is done once."""


def capture_nodes() -> list[Node]:
    """All nodes that deliver pictures, by number. Cheap enough to be asked every second; safe from several threads."""
    found = []
    seen = set()
    for path in sorted(_paths(), key=_number):
        try:
            status = path.stat()
        except OSError:
            continue  # unplugged between listing and looking
        key = (str(path), status.st_ino, status.st_ctime_ns)
        seen.add(key)
        try:
            node = _known[key]  # not "in" first: another thread may forget it in between
        except KeyError:
            node = _asked(path, key)
        if node is not None:
            found.append(node)
    for key in [key for key in list(_known) if key not in seen]:
        _known.pop(key, None)
    return found


def obstacle(device: str) -> Obstacle:
    """Why ``device`` cannot be captured from, "" where nothing stands against it."""
    try:
        handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        return _named(error)
    try:
        capabilities = _capabilities(handle)[1]
        planes = _BUFFER_TYPE_CAPTURE if capabilities & _VIDEO_CAPTURE else _BUFFER_TYPE_CAPTURE_MPLANE
        format_now = bytearray(_FORMAT_BYTES)
        struct.pack_into("I", format_now, 0, planes)
        fcntl.ioctl(handle, _request(3, 4, _FORMAT_BYTES), format_now)  # VIDIOC_G_FMT
        # To set what is set already changes nothing, but is refused while another program streams.
        fcntl.ioctl(handle, _request(3, 5, _FORMAT_BYTES), format_now)  # VIDIOC_S_FMT
    except OSError as error:
        return _named(error)
    finally:
        os.close(handle)
    return ""


def _paths() -> list[Path]:
    try:
        return [path for path in DEVICES.iterdir() if re.fullmatch(r"video\d+", path.name)]
    except OSError:
        return []


def _number(path: Path) -> int:
    return int(path.name.removeprefix("video"))


def _asked(path: Path, key: tuple[str, int, int]) -> Node | None:
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        # It is there, so it is shown: whoever chooses it is told why it cannot be opened.
        return Node(str(path), _name_without_opening(path)) if error.errno in (errno.EACCES, errno.EPERM) else None
    try:
        node, capabilities = _capabilities(handle)
    except OSError:
        return None
    finally:
        os.close(handle)
    captures = capabilities & (_VIDEO_CAPTURE | _VIDEO_CAPTURE_MPLANE)
    found = Node(str(path), node.card or _name_without_opening(path), node.bus, node.driver) if captures else None
    # A loopback device captures only while somebody feeds it, so its answer is never final.
    if not node.virtual:
        _known[key] = found
    return found


def _capabilities(handle: int) -> tuple[Node, int]:
    answer = bytearray(_CAPABILITY.size)
    fcntl.ioctl(handle, _request(2, 0, _CAPABILITY.size), answer)  # VIDIOC_QUERYCAP
    driver, card, bus, _, of_all_nodes, of_this_node = _CAPABILITY.unpack(answer)
    capabilities = of_this_node if of_all_nodes & _HAS_DEVICE_CAPS else of_all_nodes
    return Node("", _text(card), _text(bus), _text(driver)), capabilities


def _name_without_opening(path: Path) -> str:
    numbered = words.called(words.CAMERA, str(_number(path)))
    try:
        return (NAMES / path.name / "name").read_text("utf-8", "replace").strip() or numbered
    except OSError:
        return numbered


def _named(error: OSError) -> Obstacle:
    names: dict[int, Obstacle] = {
        errno.ENOENT: "missing",
        errno.ENXIO: "missing",
        errno.ENODEV: "unplugged",
        errno.EACCES: "forbidden",
        errno.EPERM: "forbidden",
        errno.EBUSY: "busy",
    }
    return names.get(error.errno or 0, "other")


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "replace").strip()


def _request(direction: int, number: int, size: int) -> int:
    """The ioctl number of V4L2's ``number``. direction: 2 = the kernel writes, 3 = it reads and writes."""
    return direction << 30 | size << 16 | ord("V") << 8 | number
