"""The starter as it ships without training: a calm texture, for it stands on real screens before real people."""

from __future__ import annotations

import numpy as np

from engine.catalog import untrained_model
from engine.config import STARTER
from engine.device import best_device
from engine.params import EngineChoice, Params
from engine.stream import Stream
from tests.tiny import chunk_of

CHOICE = EngineChoice(width=96, height=64)


def test_it_does_not_flash() -> None:
    """WCAG 2.3.1 calls a pair of changes of 10 % in relative luminance a flash; settled pictures stay far below it."""
    stream = Stream(untrained_model(STARTER, best_device()), CHOICE)
    rng, means = np.random.default_rng(0), []
    for _ in range(12):
        params = Params(prompt="neon teal lines on black")
        guide = np.zeros((stream.wanted(params), CHOICE.height, CHOICE.width, 3), np.uint8)
        guide[:, rng.integers(0, 60) :: 7] = 255
        means += [float(picture.mean()) for picture in stream.step(chunk_of(guide), params)]
    settled = np.array(means[8:])
    assert np.ptp(settled) < 0.05 * 255
    assert 50 < settled.mean() < 205
