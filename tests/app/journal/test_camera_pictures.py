"""The inputs' own pictures: kept for a journal alone, once, and no larger than a replay makes use of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.frame import Frame, GuidedFrame, Pixels
from app.journal.camera_pictures import CameraPictures
from app.journal.journal import MOST_WAITING
from app.journal.reader import JournalReader
from app.look import RecorderChoice
from app.mailbox import Inbox
from tests.app.journal.performance import Performance
from tests.app.stage import TINY, StageMaker

ENGINE = np.zeros((32, 48, 3), np.uint8)
LARGEST_SOURCE = (3840, 2160)
CHUNK = 12
"""Pictures of a chunk of the published models."""


def guided(time: float = 0.0) -> GuidedFrame:
    return GuidedFrame(ENGINE, ENGINE, time, 0)


def picture(width: int, height: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("size", [(64, 48), (1280, 720), (1920, 1080), (1080, 1920)])
def test_up_to_1080_lines_they_are_kept_as_they_came(size: tuple[int, int]) -> None:
    came = picture(*size)
    kept = CameraPictures().beside(guided(), Frame(came, 0.0), None)
    assert kept.captured is came
    assert kept.source is ENGINE
    assert kept.second is None


def test_larger_ones_are_reduced_and_one_of_a_second_input_once() -> None:
    pictures, second = CameraPictures(), Frame(picture(400, 3000), 0.0)
    kept = [pictures.beside(guided(), Frame(picture(*LARGEST_SOURCE, seed), 0.0), second) for seed in (0, 1)]
    assert [frame.captured.shape for frame in kept if frame.captured is not None] == [(1080, 1920, 3)] * 2
    assert kept[0].second is not None
    assert kept[0].second.shape == (1920, 256, 3)
    assert kept[0].second is kept[1].second
    other = pictures.beside(guided(), Frame(picture(8, 8), 0.0), Frame(picture(8, 8), 0.0))
    assert other.second is not kept[0].second


def test_the_first_step_of_a_large_chunk_keeps_them(tmp_path: Path) -> None:
    """Of the largest camera, at the size of a published model: half of what may wait is not reached."""
    show, pictures = Performance(tmp_path), CameraPictures()
    canvas = np.zeros((480, 832, 3), np.uint8)
    came = Frame(np.zeros((*LARGEST_SOURCE[::-1], 3), np.uint8), 0.0)
    frames = [
        pictures.beside(GuidedFrame(canvas.copy(), canvas.copy(), float(number), 0, canvas[..., 0].copy()), came, None)
        for number in range(CHUNK)
    ]
    assert CHUNK * came.rgb.nbytes > MOST_WAITING / 2, "as they came there would be no room for them"
    show.journal.begin(show.recording)
    show.journal.put(show.playing, frames, show.look, np.zeros((CHUNK, 480, 832, 3), np.uint8))
    show.finish()
    assert [level for level, _ in show.said] == ["info"], "nothing is left out"
    with JournalReader(show.path) as read:
        kept = read.frames(read.chunks[0])
    assert [frame.captured.shape for frame in kept if frame.captured is not None] == [(1080, 1920, 3)] * CHUNK


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
