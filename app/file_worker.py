"""FileWorker: files are read and written on a thread of their own, so that no window waits for a disk.

Starts no thread. Knows no Qt, and nothing of what is in the files.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

Work = Callable[[], None]
Later = Callable[[str, Work], None]
"""(name, work): have ``work`` done soon. Of what waits under one name, the latest alone is done."""

_LOOK_S = 0.1  # how often the thread looks whether the show is over


def at_once(name: str, work: Work) -> None:
    """A ``Later`` that does not wait."""
    work()


class FileWorker:
    """``later`` on any thread, ``run`` on one of its own. Nothing that was asked for is lost when that one ends."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[str, Work] = {}

    def later(self, name: str, work: Work) -> None:
        """See ``Later``; returns at once. ``work`` tells its own failures."""
        with self._changed:
            self._waiting.pop(name, None)
            self._waiting[name] = work
            self._changed.notify_all()

    def run(self, stopping: threading.Event) -> None:
        """Do what is asked for, in order, until ``stopping`` is set and nothing waits."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting), _LOOK_S)
            if not self._do_next() and stopping.is_set():
                return

    def finish(self) -> None:
        """Do all that still waits here and now: for the thread that stops the show, when ``run`` has ended."""
        while self._do_next():
            pass

    def _do_next(self) -> bool:
        with self._changed:
            if not self._waiting:
                return False
            work = self._waiting.pop(next(iter(self._waiting)))
        try:
            work()
        except Exception:  # the next file may go well
            log.exception("A file was not read or written")
        return True
