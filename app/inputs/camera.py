"""A camera through ``cv2.VideoCapture``, chosen by name, size and rate; says whether it is missing, taken or unplugged.

On Linux a read never waits longer than ``WAIT_S``. Elsewhere the system's own driver decides how long it waits for a
picture (about a second), and OpenCV offers no way to shorten that.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np

from app.errors import SourceError
from app.frame import Frame
from app.inputs.cameras import CameraInfo, find_camera
from app.look import SourceChoice
from app.words import inputs as words

if sys.platform.startswith("linux"):
    from app.inputs import v4l2

# 0: asking for a picture that is not there yet returns at once. ``waitAny`` waits, and not in whole seconds.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "0")

# Failures are told in our own sentence; OpenCV's warnings would only stand beside it on the terminal.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

WAIT_S = 0.4
SILENCE_S = 5.0
"""A camera that delivers nothing for this long counts as stuck."""

# Two, not one: with a single buffer the driver has nowhere to put the next picture while this one is decoded, and USB
# cameras then lose every second one. More would only let old pictures queue up.
BUFFERS = 2

_MJPG = cv2.VideoWriter.fourcc(*"MJPG")


class CameraSource:
    """``choice.target`` is a name of ``list_cameras``, a device path, a number, or "" for the first camera.

    Frames carry the driver's time stamp where it is on our clock and plausible, else the time of their arrival. Offline
    they carry the time since the first one: a camera is never faster than itself.
    """

    def __init__(self, choice: SourceChoice, *, realtime: bool, clock: Callable[[], float] = time.perf_counter) -> None:
        self.paused = False
        self._choice = choice
        self._realtime = realtime
        self._clock = clock
        self._camera: CameraInfo | None = None
        self._capture: cv2.VideoCapture | None = None
        self._size = (0, 0)
        self._rate = 0.0
        self._first: float | None = None
        self._last = 0.0
        self._heard = 0.0

    @property
    def title(self) -> str:
        if self._camera is None:
            return words.called(words.CAMERA, self._choice.target)
        return words.at_rate(self._camera.name, *self._size, self._rate)

    @property
    def rate(self) -> float:
        return self._rate

    def open(self) -> None:
        self.close()
        camera = find_camera(self._choice.target)
        self._camera = camera
        self._refuse_if_hindered(camera)
        capture = _capture_of(camera)
        self._capture = capture
        try:
            if not capture.isOpened():
                raise SourceError(_sentence(camera, "other"))
            _configure(capture, self._choice)
            capture.grab()  # starts the stream; on Linux it does not wait
            if _on_v4l2(capture):
                cv2.VideoCapture.waitAny([capture], 1)  # raises where the stream did not start
        except (SourceError, cv2.error) as error:
            self._release()
            self._refuse_if_hindered(camera)
            raise error if isinstance(error, SourceError) else SourceError(_sentence(camera, "other")) from None
        self._size = (int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        self._rate = _rate_of(capture)
        self._first = None
        self._heard = self._clock()

    def read(self) -> Frame | None:
        capture, camera = self._capture, self._camera
        if capture is None or camera is None:
            raise SourceError(words.not_open(words.A_CAMERA))
        try:
            if _on_v4l2(capture) and not cv2.VideoCapture.waitAny([capture], int(WAIT_S * 1e9))[0]:
                self._check_silence(camera)
                return None
            grabbed = capture.grab()
            arrived = self._clock()
            ok, bgr = capture.retrieve() if grabbed else (False, None)
        except cv2.error:
            self._release()
            raise self._lost(camera) from None
        if not ok or bgr is None or bgr.size == 0:
            self._check_silence(camera)
            return None
        self._heard = arrived
        rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB if bgr.ndim == 3 else cv2.COLOR_GRAY2RGB), np.uint8)
        self._size = (rgb.shape[1], rgb.shape[0])
        return Frame(rgb, self._stamp(arrived))

    def close(self) -> None:
        self._release()

    def _stamp(self, arrived: float) -> float:
        """Capture time. Linux drivers stamp with the monotonic clock, which is also ``time.perf_counter``'s there."""
        assert self._capture is not None
        stamp = arrived
        if _on_v4l2(self._capture):
            of_driver = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if arrived - 0.5 < of_driver <= arrived and of_driver > self._last:
                stamp = of_driver
        self._last = stamp
        if self._realtime:
            return stamp
        self._first = stamp if self._first is None else self._first
        return stamp - self._first

    def _check_silence(self, camera: CameraInfo) -> None:
        if self._clock() - self._heard > SILENCE_S:
            self._release()
            raise self._lost(camera)

    def _lost(self, camera: CameraInfo) -> SourceError:
        if sys.platform.startswith("linux") and v4l2.obstacle(camera.device) in ("missing", "unplugged"):
            return SourceError(words.camera_unplugged(camera.name))
        return SourceError(words.camera_silent(camera.name))

    def _refuse_if_hindered(self, camera: CameraInfo) -> None:
        if sys.platform.startswith("linux"):
            reason = v4l2.obstacle(camera.device)
            if reason not in ("", "other"):  # what is hard to name may still work for OpenCV
                raise SourceError(_sentence(camera, reason))

    def _release(self) -> None:
        if self._capture is not None:
            self._capture.release()
        self._capture = None


def _capture_of(camera: CameraInfo) -> cv2.VideoCapture:
    """The backend whose numbers ``list_cameras`` speaks of, opened or not."""
    if sys.platform.startswith("linux"):
        capture = cv2.VideoCapture(camera.device, cv2.CAP_V4L2)
    else:
        backend = cv2.CAP_DSHOW if sys.platform == "win32" else cv2.CAP_AVFOUNDATION
        capture = cv2.VideoCapture(int(camera.device), backend)
    return capture


def _configure(capture: cv2.VideoCapture, choice: SourceChoice) -> None:
    """Ask for the wanted size and rate, in the camera's compressed format where only that one has them."""
    capture.set(cv2.CAP_PROP_BUFFERSIZE, BUFFERS)
    plain_format = int(capture.get(cv2.CAP_PROP_FOURCC))
    _ask(capture, choice, choice.rate)
    plain = _shortfall(capture, choice)
    if plain == (0, 0) or plain_format == _MJPG:
        return
    capture.set(cv2.CAP_PROP_FOURCC, _MJPG)
    # A rate has to be named: OpenCV carries over the low one that the plain format had.
    _ask(capture, choice, choice.rate or 30.0)
    if _shortfall(capture, choice) >= plain:
        capture.set(cv2.CAP_PROP_FOURCC, plain_format)
        _ask(capture, choice, choice.rate)


def _ask(capture: cv2.VideoCapture, choice: SourceChoice, rate: float) -> None:
    if choice.width and choice.height:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, choice.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, choice.height)
    if rate:
        capture.set(cv2.CAP_PROP_FPS, rate)


def _shortfall(capture: cv2.VideoCapture, choice: SourceChoice) -> tuple[int, int]:
    """How far from what was asked for: pixels of width and height, pictures a second too few. (0, 0) is satisfied."""
    off = 0
    if choice.width and choice.height:
        off += abs(int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)) - choice.width)
        off += abs(int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)) - choice.height)
    rate = _rate_of(capture)
    slow = max(0, math.floor((choice.rate or 25.0) - rate)) if rate else 0
    return off, slow


def _rate_of(capture: cv2.VideoCapture) -> float:
    rate = capture.get(cv2.CAP_PROP_FPS)
    return float(rate) if math.isfinite(rate) and 0 < rate <= 1000 else 0.0


def _on_v4l2(capture: cv2.VideoCapture) -> bool:
    return sys.platform.startswith("linux") and capture.getBackendName() == "V4L2"


def _sentence(camera: CameraInfo, reason: str) -> str:
    """Why no picture comes in. reason: one of ``v4l2.Obstacle``."""
    if reason in ("missing", "unplugged"):
        return words.camera_gone(camera.name)
    if reason == "forbidden":
        return words.camera_forbidden(camera.name)
    if reason == "busy":
        return words.camera_busy(camera.name)
    return words.camera_stuck(camera.name, on_linux=sys.platform.startswith("linux"))
