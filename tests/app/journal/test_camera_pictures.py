"""The inputs' own pictures: kept for a journal alone, once, and no larger than a replay makes use of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.frame import Frame, GuidedFrame, Pixels
from app.journal.camera_pictures import CameraPictures
from app.look import RecorderChoice
from app.mailbox import Inbox
from tests.app.stage import TINY, StageMaker

ENGINE = np.zeros((32, 48, 3), np.uint8)
LARGEST_SOURCE = (3840, 2160)


def guided(time: float = 0.0) -> GuidedFrame:
    return GuidedFrame(ENGINE, ENGINE, time, 0)


def picture(width: int, height: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("size", [(64, 48), (1920, 1080), (2560, 1440), (1080, 3840)])
def test_they_are_kept_as_they_came(size: tuple[int, int]) -> None:
    came = picture(*size)
    kept = CameraPictures().beside(guided(), Frame(came, 0.0), None)
    assert kept.captured is came
    assert kept.source is ENGINE
    assert kept.second is None
    assert not kept.reduced


def test_large_ones_are_reduced_where_those_that_write_do_not_keep_up() -> None:
    """One that stays, as a second input's or a still, is reduced once; a usual camera's never."""
    pictures, second = CameraPictures(lambda: True), Frame(picture(400, 3000), 0.0)
    kept = [pictures.beside(guided(), Frame(picture(*LARGEST_SOURCE, seed), 0.0), second) for seed in (0, 1)]
    assert [frame.captured.shape for frame in kept if frame.captured is not None] == [(1080, 1920, 3)] * 2
    assert kept[0].second is not None
    assert kept[0].second.shape == (1920, 256, 3)
    assert kept[0].second is kept[1].second
    usual = Frame(picture(1920, 1080), 0.0)
    assert pictures.beside(guided(), usual, second).reduced
    other = pictures.beside(guided(), usual, None)
    assert other.captured is usual.rgb
    assert not other.reduced


def test_as_many_large_ones_as_there_is_room_for_wait_as_they_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many frames a still is in, it is one; and those that were written make room."""
    monkeypatch.setattr("app.journal.camera_pictures.LARGE_WAITING", 3 * 2000 * 10 * 3)
    pictures = CameraPictures()
    still = Frame(picture(2000, 10), 0.0)
    assert not any(pictures.beside(guided(), still, None).reduced for _ in range(9))
    waiting = [pictures.beside(guided(), Frame(picture(2000, 10, seed), 0.0), None) for seed in range(5)]
    assert [frame.reduced for frame in waiting] == [False, False, True, True, True]
    assert waiting[2].captured is not None
    assert waiting[2].captured.shape == (10, 1920, 3)
    assert not pictures.beside(guided(), still, None).reduced, "it waits anyway"
    del waiting[0]
    assert [pictures.beside(guided(), Frame(picture(2000, 10), 0.0), None).reduced for _ in range(2)] == [False] * 2


def test_without_a_journal_none_waits_for_the_engine(
    tmp_path: Path, stage: StageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[GuidedFrame] = []
    put = Inbox.put

    def note(inbox: Inbox, frame: GuidedFrame) -> None:
        waiting.append(frame)
        put(inbox, frame)

    monkeypatch.setattr(Inbox, "put", note)
    live = stage(TINY)
    live.until(lambda: len(waiting) > 3)
    recorder = RecorderChoice(on=True, path=str(tmp_path / "show.mp4"), journal=False)
    live.show.set_setup(recorder=recorder)
    live.until(lambda: live.rig.status().outputs["recorder"].running)
    seen = len(waiting)
    live.until(lambda: len(waiting) > seen + 3)
    assert all(frame.captured is None for frame in waiting)
    live.show.set_setup(recorder=replace(recorder, on=False))
    live.show.set_setup(recorder=replace(recorder, journal=True))
    live.until(lambda: waiting[-1].captured is not None)
    live.show.set_setup(recorder=replace(recorder, on=False))
    live.until(lambda: waiting[-1].captured is None)
