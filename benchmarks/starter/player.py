"""Clips through controls and engine as they are played: ``Preprocessor`` makes guides, ``EngineHost`` paints.

Knows no measure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from app.errors import ShowError
from app.frame import Frame, GuidedFrame, chunk_of
from app.look import Look, Setup
from app.preprocessor import Preprocessor
from benchmarks.starter.clips import RATE
from controls.control import ControlSetting
from engine.catalog import config_of
from engine.host import EngineHost, trained_steps
from engine.params import EngineChoice, Params

Pixels = NDArray[np.uint8]
SKIPPED_CHUNKS = 2
"""A stream's first chunks are left out of every figure: a performer sees them once an evening."""


def prepared(
    pictures: Iterable[Pixels],
    controls: Sequence[str],
    size: tuple[int, int],
    masks: Iterable[Pixels] | None = None,
    look: Look | None = None,
) -> Iterator[GuidedFrame]:
    """What the engine is handed for ``pictures`` that follow one another, with the controls of these names at their
    default settings; none gives the empty guide.

    size: width and height. masks: (H, W) of each picture. look: has whatever else is set of the picture. Raises
    ShowError where a control cannot run, or draws less than it should: no empty guide is measured in its place.
    """
    look = replace(look or Look(), controls=tuple(ControlSetting(name) for name in controls))
    setup = Setup(engine=EngineChoice(width=size[0], height=size[1]))
    preprocessor = Preprocessor()
    rows = iter(masks) if masks is not None else None
    try:
        for number, rgb in enumerate(pictures):
            mask = None if rows is None else next(rows)
            frame, guide = preprocessor.guided(Frame(rgb, number / RATE), look, setup, 0, mask)
            if guide.troubles:
                raise ShowError(" ".join(guide.troubles.values()))
            yield frame
    finally:
        preprocessor.close()


@dataclass(frozen=True, eq=False)
class Shot:
    """Frames and what was painted for them. source, guide, output: (F, H, W, 3) uint8."""

    frames: list[GuidedFrame]
    output: Pixels

    @property
    def source(self) -> Pixels:
        return np.stack([frame.source for frame in self.frames])

    @property
    def guide(self) -> Pixels:
        return np.stack([frame.guide for frame in self.frames])

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(F, H, W): where pictures were to be generated; everywhere where there is no mask."""
        everywhere = np.full(self.output.shape[1:3], 255, np.uint8)
        return np.stack([everywhere if frame.mask is None else frame.mask for frame in self.frames]) > 127


class Player:
    """The shipped starter at one size. Owns the engine's host; ``close`` frees it.

    steps: denoising passes a chunk, those that the model was made for. skipped: pictures of a stream's first chunks.
    """

    def __init__(self, width: int, height: int, seed: int) -> None:
        choice = EngineChoice(width=width, height=height)
        rollout = config_of(choice).rollout
        self._lengths = rollout.pictures(first=True), rollout.pictures(first=False)
        self._host = EngineHost(choice)
        self.info = self._host.load()
        self.size = (width, height)
        self.steps = trained_steps(choice)
        self.skipped = self._lengths[0] + (SKIPPED_CHUNKS - 1) * self._lengths[1]
        self._seed = seed
        self._cut = 0

    def close(self) -> None:
        self._host.close()

    def count(self, chunks: int) -> int:
        """Pictures of so many chunks from the start of a stream."""
        return self._lengths[0] + (chunks - 1) * self._lengths[1]

    def stream(
        self, frames: Iterable[GuidedFrame], params: Params, ending: Params | None = None, steps: int | None = None
    ) -> Iterator[tuple[list[GuidedFrame], Pixels]]:
        """Frames and their pictures chunk by chunk, from the start of a new stream to the last whole chunk.

        The seed is the player's, and so are the steps where none are given, whatever ``params`` says. ending: what the
        last chunk is asked for in place of ``params``.
        """
        self._cut += 1
        params, ending = (
            replace(asked, cut=self._cut, steps=steps or self.steps, seed=self._seed)
            for asked in (params, ending or params)
        )
        first, later = self._lengths
        waiting = iter(frames)
        chunk = list(islice(waiting, first))
        while chunk:
            following = list(islice(waiting, later))
            ends = len(following) < later
            yield chunk, self._host.step(chunk_of(chunk), ending if ends else params)
            self._host.settle()
            chunk = [] if ends else following

    def play(
        self, frames: Iterable[GuidedFrame], params: Params, ending: Params | None = None, steps: int | None = None
    ) -> Shot:
        """All of ``stream``."""
        chunks = list(self.stream(frames, params, ending, steps))
        return Shot([frame for chunk, _ in chunks for frame in chunk], np.concatenate([output for _, output in chunks]))

    def shot(self, frames: Iterable[GuidedFrame], params: Params, steps: int | None = None) -> Shot:
        """All of ``stream`` but its first chunks: what is measured."""
        whole = self.play(frames, params, steps=steps)
        return Shot(whole.frames[self.skipped :], whole.output[self.skipped :])
