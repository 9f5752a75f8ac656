"""mediapipe's pose landmarker behind one call: a picture in, 33 landmarks for each person out.

mediapipe is imported at the first picture, on the thread that asks (it takes a second or two), never by the window.
It makes no network call up to the release that is pinned. Knows neither OpenPose nor drawing.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controls.control import ControlUnavailable, Pixels

Landmarks = NDArray[np.float64]

# What the C++ side writes to stderr at each start, whatever the log level: all of it is about its own making.
_CHATTER = re.compile(rb"INFO: Created TensorFlow Lite|WARNING: All log messages before absl|[IW]\d{4} .*\.cc:\d+\] ")


class Landmarker:
    """Follows up to ``people`` persons in a row of pictures. Owns the model; ``close`` gives it back.

    With one person mediapipe tracks without looking for others, which is faster, and smooths the landmarks itself.
    Raises ControlUnavailable when mediapipe or the model file cannot be loaded.
    """

    def __init__(self, model: Path, people: int) -> None:
        self._quiet = True
        with _without_chatter():
            self._mediapipe, landmarker = _load(model, people)
        self._landmarker = landmarker
        self._time_ms = -1
        self._close = weakref.finalize(self, _close, landmarker)

    def landmarks(self, picture: Pixels, time: float) -> Landmarks:
        """(P, 33, 3) for P people: x and y as fractions of the picture's width and height, and visibility from 0 to 1.

        picture: contiguous (H, W, 3) uint8 RGB. time: seconds; where it does not rise, mediapipe is told that it does.
        """
        self._time_ms = max(self._time_ms + 1, round(time * 1000.0))
        image = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=picture)
        with _without_chatter() if self._quiet else contextlib.nullcontext():
            found = self._landmarker.detect_for_video(image, self._time_ms).pose_landmarks
        self._quiet = self._quiet and not found
        rows = [[(mark.x, mark.y, mark.visibility) for mark in person] for person in found]
        return np.array(rows, np.float64).reshape(-1, 33, 3)

    def close(self) -> None:
        """May be called twice."""
        self._close()


def _load(model: Path, people: int) -> tuple[Any, Any]:
    """The mediapipe module and a running landmarker."""
    try:
        import mediapipe
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model), delegate=BaseOptions.Delegate.CPU),
            running_mode=vision.RunningMode.VIDEO,
            num_poses=people,
        )
        return mediapipe, vision.PoseLandmarker.create_from_options(options)
    except ImportError as error:
        raise ControlUnavailable(
            f"Pose needs the Python package mediapipe, which cannot be imported ({error}): "
            "install it with 'pip install mediapipe==0.10.33'."
        ) from error
    except OSError as error:
        raise ControlUnavailable(
            f"mediapipe, which finds the poses, cannot be loaded ({error}): install the system library it names "
            "(on Debian and Ubuntu 'apt install libgles2 libegl1')."
        ) from error
    except (RuntimeError, ValueError) as error:
        raise ControlUnavailable(
            f"mediapipe cannot read the pose model {model} ({error}): put a sound copy there."
        ) from error


def _close(landmarker: Any) -> None:
    try:
        landmarker.close()
    except RuntimeError:
        # WORKAROUND: when the interpreter ends, mediapipe's own executor takes no more calls, and the landmarker's
        # __del__ would print a traceback for trying again.
        landmarker._handle = None


@contextlib.contextmanager
def _without_chatter() -> Iterator[None]:
    """Keeps mediapipe's start-up lines off stderr; whatever else is written there meanwhile comes out afterwards.

    The lines are written by C++ to file descriptor 2 and obey no log level, so the descriptor itself must turn away.
    """
    try:
        aside = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        stderr = os.dup(2)
    except OSError:  # the disk is full, or a windowed program has no stderr: chatter hurts less than no pose
        yield
        return
    with aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            aside.seek(0)
            for line in aside:
                if not _CHATTER.match(line):
                    os.write(2, line)
