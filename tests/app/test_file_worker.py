"""The thread for files: in order, the latest of each name, and nothing lost at the end."""

from __future__ import annotations

import threading

import pytest

from app.file_worker import FileWorker


def test_the_latest_of_each_name_is_done_and_nothing_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    worker, stopping, begun, go_on = FileWorker(), threading.Event(), threading.Event(), threading.Event()
    done: list[str] = []

    def slow() -> None:
        begun.set()
        go_on.wait(60)
        done.append("slow")

    def broken() -> None:
        raise RuntimeError("a disk that fails")

    thread = threading.Thread(target=worker.run, args=(stopping,))
    worker.later("slow", slow)
    thread.start()
    assert begun.wait(60)
    for number in range(5):
        worker.later("cues", lambda number=number: done.append(f"cues {number}"))  # type: ignore[misc]
    worker.later("broken", broken)
    worker.later("state", lambda: done.append("state"))
    stopping.set()
    assert done == [], "nobody waits for it"
    go_on.set()
    thread.join(60)
    assert done == ["slow", "cues 4", "state"]
    assert "A file was not read or written" in caplog.text
    worker.later("state", lambda: done.append("later still"))
    worker.finish()
    assert done[-1] == "later still"
