"""The virtual camera: what Zoom, Meet or OBS open as a webcam. Always its own size, whatever the engine makes.

Goes through pyvirtualcam (v4l2loopback on Linux, OBS on macOS and Windows, UnityCapture on Windows), which is GPLv2 and
therefore imported only when this output is switched on (docs/decisions/0002-virtual-camera.md). Pacing belongs to the
caller. Knows nothing of the rig.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.errors import OutputError
from app.frame import Pixels, Program
from app.framing import resized
from app.look import VirtualCameraChoice
from app.outputs.drivers import JOIN_VIDEO_GROUP, mend
from app.words import outputs as words

_THREAD_COUNTS = Path("/proc/thread-self/io")


class VirtualCamera:
    """An ``Output`` of fixed size and rate."""

    def __init__(self, choice: VirtualCameraChoice) -> None:
        self._choice = choice
        self._camera: Any = None
        self._title = words.VIRTUAL_CAMERA
        self._picture_bytes: int | None = None
        self._fitted: Pixels | None = None
        self._number = -1

    @property
    def title(self) -> str:
        return self._title

    @property
    def rate(self) -> float:
        return self._choice.rate

    @property
    def result(self) -> str:
        return ""

    def open(self) -> None:
        choice = self._choice
        _check(choice)
        try:
            import pyvirtualcam
        except (ImportError, OSError) as error:
            raise OutputError(words.no_pyvirtualcam(error)) from error
        try:
            self._camera = pyvirtualcam.Camera(
                width=choice.width,
                height=choice.height,
                fps=choice.rate,
                fmt=pyvirtualcam.PixelFormat.RGB,
                device=choice.device or None,
            )
        except (RuntimeError, OSError, ValueError) as error:
            raise OutputError(_refusal(str(error), choice.device)) from error
        self._number = -1
        self._title = words.camera_at(self._camera.device, choice.width, choice.height, choice.rate)
        # Of RGB pyvirtualcam makes I420 for v4l2loopback, which alone takes pictures by write(2); elsewhere there is no
        # count to compare with.
        camera = self._camera
        by_write = camera.backend == "v4l2loopback" and camera.native_fmt == pyvirtualcam.PixelFormat.I420
        self._picture_bytes = choice.width * choice.height * 3 // 2 if by_write else None

    def write(self, program: Program, now: float) -> None:
        if self._camera is None:
            raise OutputError(words.CAMERA_NOT_OPEN)
        if self._fitted is None or program.number != self._number:
            self._fitted = resized(program.rgb, self._choice.width, self._choice.height, self._choice.fit)
            self._number = program.number
        before = _bytes_written()
        self._camera.send(self._fitted)
        after = _bytes_written()
        if self._picture_bytes is None or before is None or after is None:
            return
        if after - before != self._picture_bytes:
            raise OutputError(words.takes_no_pictures(self._camera.device))

    def close(self) -> None:
        camera, self._camera = self._camera, None
        self._fitted = None
        if camera is not None:
            camera.close()


def _check(choice: VirtualCameraChoice) -> None:
    if choice.rate <= 0:
        raise OutputError(words.no_such_rate(choice.rate))
    if choice.width <= 0 or choice.height <= 0 or choice.width % 2 or choice.height % 2:
        # The device takes odd sizes, but Chrome rounds the colour planes differently and shows nothing.
        raise OutputError(words.odd_size(choice.width, choice.height))


def _bytes_written() -> int | None:
    """How many bytes this thread has handed to write(2) so far, as the kernel counts; None where it does not.

    pyvirtualcam prints to stderr when a write fails and tells its caller nothing. The kernel's count tells a failed
    and a cut-off write from a whole one, is this thread's own, so that no other thread's writes mix in, and costs
    some thirty microseconds.
    """
    try:
        fields = _THREAD_COUNTS.read_bytes()
    except OSError:
        return None
    start = fields.find(b"wchar:")
    return int(fields[start + 6 :].split(None, 1)[0]) if start >= 0 else None


def _refusal(reason: str, device: str) -> str:
    """pyvirtualcam's reason for not opening ``device`` ("" = the first one found), as a sentence for performers."""
    name = device or words.A_VIRTUAL_CAMERA
    if "permission" in reason:
        return words.camera_forbidden(name, JOIN_VIDEO_GROUP)
    if "does not exist" in reason:
        return words.no_such_camera(name, mend())
    if "busy" in reason or "not a video output" in reason:
        return words.camera_busy(name)
    if "No v4l2 loopback device" in reason:
        return words.no_free_camera(mend())
    return words.camera_refused(" ".join(reason.split()), mend())
