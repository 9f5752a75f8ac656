"""FileWorker: files are read and written on threads of their own, so that no window waits for a disk.

Each name has a thread of its own while there is work for it: a file that hangs holds up nothing but itself. Knows no
Qt, and nothing of what is in the files.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

Work = Callable[[], None]
Later = Callable[[str, Work], None]
"""(name, work): have ``work`` done soon. Of what waits under one name, the latest alone is done. The name is what a
performer is told of it where it takes long."""

SLOW_S = 5.0
"""After which the performer is told that a file takes long."""
_LOOK_S = 0.5  # how often the files are looked at for that


def at_once(name: str, work: Work) -> None:
    """A ``Later`` that does not wait."""
    work()


class FileWorker:
    """``later`` on any thread; ``wait`` until all of it is done, ``watch`` on one of its own."""

    def __init__(
        self, tell: Callable[[str, bool], None] = lambda name, slow: None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """tell: that the work of this name takes more than ``SLOW_S``, or, False, that it is done after all."""
        self._tell, self._clock = tell, clock
        self._changed = threading.Condition()
        self._waiting: dict[str, Work] = {}
        self._since: dict[str, float] = {}
        self._slow: set[str] = set()

    def later(self, name: str, work: Work) -> None:
        """See ``Later``; returns at once. ``work`` tells its own failures."""
        with self._changed:
            self._waiting[name] = work
            if name in self._since:
                return
            self._since[name] = self._clock()
        threading.Thread(target=self._do, args=(name,), name=f"file {name}", daemon=True).start()

    def wait(self, timeout_s: float) -> bool:
        """Until nothing waits and nothing is under way: whether it is so within ``timeout_s``."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._since, timeout_s)

    def watch(self, stopping: threading.Event) -> None:
        """Tell of what takes long, until ``stopping`` is set."""
        while not stopping.wait(_LOOK_S):
            self.look()

    def look(self) -> None:
        """Tell of what takes long by now; of each work once."""
        with self._changed:
            late = [name for name, since in self._since.items() if self._clock() - since > SLOW_S]
            late = [name for name in late if name not in self._slow]
            self._slow.update(late)
        for name in late:
            self._tell(name, True)

    def _do(self, name: str) -> None:
        while True:
            with self._changed:
                work = self._waiting.pop(name, None)
                if work is None:
                    del self._since[name]
                    self._changed.notify_all()
                    return
                self._since[name] = self._clock()
            try:
                work()
            except Exception:  # the next file may go well
                log.exception("A file was not read or written")
            with self._changed:
                was_slow = name in self._slow
                self._slow.discard(name)
            if was_slow:
                self._tell(name, False)
