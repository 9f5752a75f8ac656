"""What two threads share: newest wins, even spacing, flushes, honest counts."""

from __future__ import annotations

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.frame import GuidedFrame
from app.mailbox import Inbox, Latest

PIXEL = np.zeros((1, 1, 3), np.uint8)


def frame(time: float, epoch: int = 0) -> GuidedFrame:
    return GuidedFrame(PIXEL, PIXEL, time, epoch)


@given(st.integers(1, 12), st.integers(0, 64))
def test_a_chunk_is_evenly_spaced_and_ends_with_the_newest(count: int, waiting: int) -> None:
    inbox = Inbox(capacity=64)
    for number in range(waiting):
        inbox.put(frame(float(number)))
    taken = inbox.take(count, 0)
    if waiting < count:
        assert taken is None
        assert inbox.wait(waiting, 0)
        return
    assert taken is not None
    times = [one.time for one in taken]
    assert len(times) == count
    assert times[-1] == waiting - 1
    gaps = np.diff([-1.0, *times])
    assert gaps.min() >= 1
    assert gaps.max() - gaps.min() <= 1
    assert inbox.dropped == waiting - count
    assert not inbox.wait(1, 0), "what was not chosen is gone"


@given(st.integers(1, 20), st.integers(0, 60))
def test_the_oldest_goes_first_and_is_counted(capacity: int, sent: int) -> None:
    inbox = Inbox(capacity)
    for number in range(sent):
        inbox.put(frame(float(number)))
    kept = min(capacity, sent)
    assert inbox.dropped == sent - kept
    taken = inbox.take(kept, 0) if kept else []
    assert taken is not None
    assert [one.time for one in taken] == list(range(sent - kept, sent))


def test_a_cut_flushes_older_frames_without_counting_them_as_dropped() -> None:
    inbox = Inbox()
    for number in range(5):
        inbox.put(frame(number, epoch=0))
    assert inbox.take(1, epoch=1) is None
    assert inbox.dropped == 0
    inbox.put(frame(9, epoch=1))
    taken = inbox.take(1, epoch=1)
    assert taken is not None
    assert taken[0].time == 9


def test_frames_from_after_a_cut_are_not_taken_under_the_look_before_it() -> None:
    inbox = Inbox()
    inbox.put(frame(1, epoch=0))
    inbox.put(frame(2, epoch=1))
    assert inbox.take(1, epoch=0) is None
    taken = inbox.take(1, epoch=1)
    assert taken is not None
    assert [one.time for one in taken] == [2]


def test_latest_wakes_its_reader_and_skips_what_it_missed() -> None:
    latest: Latest[int] = Latest()
    got: list[tuple[int, int | None]] = []
    reader = threading.Thread(target=lambda: got.append(latest.wait(0, timeout=30)))
    reader.start()
    latest.put(5)
    reader.join(30)
    assert got == [(1, 5)]
    latest.put(6)
    latest.put(7)
    assert latest.wait(1, timeout=30) == (3, 7)
    assert latest.wait(3, timeout=0) == (3, 7), "nothing new: as it is"
