"""Threads for files: the latest of each name, none waits for another, and nothing is lost at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from app.file_worker import SLOW_S, FileWorker


class Hanging:
    """Work that hangs until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        self.go_on.wait(60)


def noting(done: list[str], what: str) -> Callable[[], None]:
    return lambda: done.append(what)


def test_the_latest_of_each_name_is_done_and_nothing_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    worker, slow = FileWorker(), Hanging()
    done: list[str] = []

    def broken() -> None:
        raise RuntimeError("a disk that fails")

    worker.later("cues", slow)
    assert slow.begun.wait(60)
    for number in range(5):
        worker.later("cues", noting(done, f"cues {number}"))
    assert not worker.wait(0)
    assert done == [], "nobody waits for it"
    slow.go_on.set()
    worker.later("state", broken)
    assert worker.wait(60)
    assert done == ["cues 4"]
    assert "A file was not read or written" in caplog.text
    worker.later("state", noting(done, "later still"))
    assert worker.wait(60)
    assert done[-1] == "later still"


def test_a_file_that_hangs_holds_up_no_other_one() -> None:
    worker, hanging = FileWorker(), Hanging()
    done = threading.Event()
    worker.later("a pipe that nobody writes to", hanging)
    assert hanging.begun.wait(60)
    worker.later("state", done.set)
    assert done.wait(60)
    hanging.go_on.set()
    assert worker.wait(60)


def test_what_takes_long_is_told_once_and_when_it_is_done() -> None:
    now, told = [0.0], list[tuple[str, bool]]()
    worker, hanging = FileWorker(lambda name, slow: told.append((name, slow)), clock=lambda: now[0]), Hanging()
    worker.later("state", hanging)
    assert hanging.begun.wait(60)
    worker.look()
    assert told == []
    now[0] = SLOW_S + 0.1
    worker.look()
    worker.look()
    assert told == [("state", True)]
    hanging.go_on.set()
    assert worker.wait(60)
    assert told == [("state", True), ("state", False)]
