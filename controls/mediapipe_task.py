"""Loading mediapipe's tasks and giving them back, without what they write to the terminal meanwhile.

mediapipe is imported with the first task, on the thread that asks (it takes a second or two), or ahead of it by
``prepare``, never by the window. It
makes no network call up to the release that is pinned. Knows no task's results.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from controls import words
from controls.control import ControlUnavailable

# What the C++ side writes to stderr at each start, whatever the log level: all of it is about its own making.
_CHATTER = re.compile(rb"INFO: Created TensorFlow Lite|WARNING: All log messages before absl|[IW]\d{4} .*\.cc:\d+\] ")
_STDERR = threading.Lock()
"""Two threads that turn the same descriptor away would turn it back to each other."""


def prepare() -> None:
    """Import what every task needs; where it cannot be had, the first task tells."""
    with contextlib.suppress(Exception):
        import mediapipe
        from mediapipe.tasks.python import vision

        del mediapipe, vision


def load(what: str, task: str, model: Path, follows: bool, **options: Any) -> tuple[Any, Any]:
    """The mediapipe module and a running task of its vision tasks.

    what: for sentences. task: its class; with "Options" behind it, that of its options. follows: pictures are a film,
    in which what was found once is followed; otherwise each stands alone. options: what else the task is told.
    Raises ControlUnavailable.
    """
    try:
        import mediapipe
        from mediapipe.tasks.python import BaseOptions, vision

        wanted = getattr(vision, f"{task}Options")(
            base_options=BaseOptions(model_asset_path=str(model), delegate=BaseOptions.Delegate.CPU),
            running_mode=vision.RunningMode.VIDEO if follows else vision.RunningMode.IMAGE,
            **options,
        )
        return mediapipe, getattr(vision, task).create_from_options(wanted)
    except ImportError as error:
        raise ControlUnavailable(words.no_mediapipe(what, str(error))) from error
    except OSError as error:
        raise ControlUnavailable(words.mediapipe_unloaded(what, str(error))) from error
    except (RuntimeError, ValueError) as error:
        raise ControlUnavailable(words.mediapipe_unread(what, model, str(error))) from error


def close(task: Any) -> None:
    """Give a task back; it must not be used afterwards."""
    try:
        task.close()
    except RuntimeError:
        # WORKAROUND: when the interpreter ends, mediapipe's own executor takes no more calls, and the task's __del__
        # would print a traceback for trying again.
        task._handle = None


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """Keeps mediapipe's start-up lines off stderr; whatever else is written there meanwhile comes out afterwards.

    The lines are written by C++ to file descriptor 2 and obey no log level, so the descriptor itself must turn away.
    """
    with _STDERR:
        try:
            aside = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
            stderr = os.dup(2)
        except OSError:  # the disk is full, or a windowed program has no stderr: chatter hurts less than no control
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
