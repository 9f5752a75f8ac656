"""mediapipe's landmarkers and the terminal. What they find is looked at with pose, hands and faces."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from controls.landmarker import Landmarker
from controls.mediapipe_task import without_chatter


def test_stderr_is_turned_away_at_the_start_alone_though_nobody_comes(
    pose_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the whole process's, and only one thread may turn it away at a time."""
    quiet = 0

    @contextlib.contextmanager
    def counted() -> Iterator[None]:
        nonlocal quiet
        quiet += 1
        with without_chatter():
            yield

    monkeypatch.setattr("controls.landmarker.without_chatter", counted)
    landmarker = Landmarker(pose_model, 1)
    blank, asked = np.zeros((36, 64, 3), np.uint8), 6
    assert all(len(landmarker.landmarks(blank, number / 30)) == 0 for number in range(asked))
    landmarker.close()
    assert 2 <= quiet < asked, "while it is made and at the first pictures"
