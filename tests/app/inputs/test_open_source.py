from __future__ import annotations

from typing import get_args

import pytest

from app.inputs import open_source
from app.inputs.camera import CameraSource
from app.inputs.clip import ClipSource
from app.inputs.screen import ScreenSource
from app.inputs.still import StillSource
from app.inputs.testcard import TestCardSource
from app.look import SourceChoice, SourceKind

KINDS: dict[SourceKind, type] = {
    "camera": CameraSource,
    "screen": ScreenSource,
    "clip": ClipSource,
    "still": StillSource,
    "testcard": TestCardSource,
}


@pytest.mark.parametrize("realtime", [True, False])
@pytest.mark.parametrize("kind", get_args(SourceKind))
def test_every_kind_is_made_without_touching_a_device(kind: SourceKind, realtime: bool) -> None:
    source = open_source(SourceChoice(kind, "7"), realtime=realtime)
    assert type(source) is KINDS[kind]
    assert source.title
    assert source.rate >= 0
    assert source.paused is False
    source.close()
    source.close()
