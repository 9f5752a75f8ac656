from __future__ import annotations

import os
import threading

import pytest

from controls.mediapipe_task import without_chatter

CHATTER = (
    b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"
    b"W0000 00:00:1795386591.772886   24332 inference_feedback_manager.cc:114] Feedback manager requires a model.\n"
)


def test_chatter_goes_and_all_else_stays(capfd: pytest.CaptureFixture[str]) -> None:
    with without_chatter():
        os.write(2, CHATTER + b"out of memory\n")
    os.write(2, b"the end\n")
    assert capfd.readouterr().err == "out of memory\nthe end\n"


def test_two_threads_at_once_leave_the_terminal_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    first_in, second_in, first_out = (threading.Event() for _ in range(3))

    def first() -> None:
        with without_chatter():
            first_in.set()
            second_in.wait(0.2)  # it must wait, and does not come
        first_out.set()

    def second() -> None:
        first_in.wait()
        with without_chatter():
            second_in.set()
            first_out.wait()

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"still here\n")
    assert capfd.readouterr().err == "still here\n"
