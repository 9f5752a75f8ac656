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

_THREAD_COUNTS = Path("/proc/thread-self/io")


class VirtualCamera:
    """An ``Output`` of fixed size and rate."""

    def __init__(self, choice: VirtualCameraChoice) -> None:
        self._choice = choice
        self._camera: Any = None
        self._title = "Virtual camera"
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
            raise OutputError(
                f"The virtual camera stays off because pyvirtualcam cannot be loaded ({error}). "
                "Run `pip install pyvirtualcam`."
            ) from error
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
        self._title = f"{self._camera.device}, {choice.width}x{choice.height} at {choice.rate:g}"
        # Of RGB pyvirtualcam makes I420 for v4l2loopback, which alone takes pictures by write(2); elsewhere there is no
        # count to compare with.
        camera = self._camera
        by_write = camera.backend == "v4l2loopback" and camera.native_fmt == pyvirtualcam.PixelFormat.I420
        self._picture_bytes = choice.width * choice.height * 3 // 2 if by_write else None

    def write(self, program: Program, now: float) -> None:
        if self._camera is None:
            raise OutputError("The virtual camera is not open, so nothing is sent to it. Switch it on again.")
        if self._fitted is None or program.number != self._number:
            self._fitted = resized(program.rgb, self._choice.width, self._choice.height, self._choice.fit)
            self._number = program.number
        before = _bytes_written()
        self._camera.send(self._fitted)
        after = _bytes_written()
        if self._picture_bytes is None or before is None or after is None:
            return
        if after - before != self._picture_bytes:
            raise OutputError(
                f"{self._camera.device} no longer takes pictures: it was removed, or another program has changed its "
                "format. Close other programs that feed it, then switch the virtual camera on again."
            )

    def close(self) -> None:
        camera, self._camera = self._camera, None
        self._fitted = None
        if camera is not None:
            camera.close()


def _check(choice: VirtualCameraChoice) -> None:
    if choice.rate <= 0:
        raise OutputError(
            f"A virtual camera cannot run at {choice.rate:g} pictures a second, so it stays off: choose 30."
        )
    if choice.width <= 0 or choice.height <= 0 or choice.width % 2 or choice.height % 2:
        # The device takes odd sizes, but Chrome rounds the colour planes differently and shows nothing.
        raise OutputError(
            f"A virtual camera of {choice.width}x{choice.height} does not work in browsers, so it stays off: "
            "choose an even width and height."
        )


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
    name = device or "the virtual camera"
    if "permission" in reason:
        return f"This user may not open {name}, so nothing is sent to it. Run `{JOIN_VIDEO_GROUP}`, then log in again."
    if "does not exist" in reason:
        return f"There is no {name}, so nothing is sent to it. {mend()}"
    if "busy" in reason or "not a video output" in reason:
        return (
            f"Nothing is sent to {name}: it is a real camera, or another program already feeds it. "
            "Close that program or choose another device."
        )
    if "No v4l2 loopback device" in reason:
        return f"No free virtual camera was found, so nothing is sent to one. {mend()}"
    return f"The virtual camera could not be opened ({' '.join(reason.split())}), so nothing is sent to it. {mend()}"
