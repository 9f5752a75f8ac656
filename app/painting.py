"""Offline painting: a model is brought up, and paints chunk by chunk what it is handed. No clock, nothing is dropped.

Knows neither where frames come from nor where pictures go.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from app.composite import asked_of_engine, composited
from app.film import bar
from app.frame import GuidedFrame, Pixels, chunk_of
from app.meter import Timings
from app.model_switch import Host
from engine.params import ModelInfo, Params

Guided = tuple[GuidedFrame, dict[str, Pixels]]
"""A source picture ready for the engine, and what each control drew for it."""


def brought_up(host: Host, params: Params, quiet: bool) -> ModelInfo:
    """Load the model, and say how far it is."""
    slices = host.bring_up(params, beside=False)
    with tqdm(total=100, bar_format="{desc}: {percentage:.0f} %", leave=False, **bar(quiet)) as told:
        while True:
            try:
                progress = next(slices)
            except StopIteration as end:
                info: ModelInfo = end.value
                return info
            told.set_description_str(progress.doing.capitalize(), refresh=False)
            told.update(100 * progress.part - told.n)


@dataclass(frozen=True, eq=False)
class Painted:
    """One picture at output size, the same as the engine ``painted`` it, the source picture that it belongs to, and the
    guides between them."""

    rgb: Pixels
    painted: Pixels
    frame: GuidedFrame
    parts: dict[str, Pixels]

    def rows(self) -> dict[str, Pixels]:
        """For the contact sheet: the source, what the controls saw in its place, each control's guide, their mix where
        it is another picture than these, the mask where there is one, the output."""
        structure = {} if self.frame.structure is None else {"structure": self.frame.structure}
        alone = [part for part in self.parts.values() if np.array_equal(part, self.frame.guide)]
        mix = {} if alone or not self.parts else {"mix": self.frame.guide}
        mask = {} if self.frame.mask is None else {"mask": np.repeat(self.frame.mask[..., None], 3, axis=2)}
        return {"source": self.frame.source, **structure, **self.parts, **mix, **mask, "output": self.rgb}


class Painting:
    """One stream of one engine, which is brought up."""

    def __init__(self, host: Host, tell: Callable[[str], None], chunk_ms: Timings, size: tuple[int, int]) -> None:
        """tell: takes what could not be granted. chunk_ms: takes how long each chunk took. size: width and height of
        the output."""
        self._host, self._tell, self._chunk_ms, self._size = host, tell, chunk_ms, size

    def paint(self, frames: Sequence[Guided], params: Params) -> Iterator[Painted]:
        """One chunk. Too few frames for it are repeated to fill it up; what was painted for repeats is left out."""
        began = time.perf_counter()
        wanted = self._host.wanted(params)
        kept = _kept(len(frames), wanted, to_the_end=params.last_frame is not None)
        filled = [frames[min(bisect_left(kept, place), len(frames) - 1)][0] for place in range(wanted)]
        pictures = self._host.step(chunk_of(filled), asked_of_engine(params, (frame.plate for frame in filled)))
        self._host.settle()
        for sentence in self._host.troubles():
            self._tell(sentence)
        self._chunk_ms.add((time.perf_counter() - began) * 1000)
        for place, (frame, parts) in zip(kept, frames, strict=True):
            yield Painted(composited(pictures[place], frame.plate, *self._size), pictures[place], frame, parts)


def _kept(count: int, wanted: int, to_the_end: bool) -> list[int]:
    """The places of ``count`` frames in a chunk of ``wanted``: the first ones, or evenly spread up to the very last.

    Spread, so that a film whose last chunk is not full still ends with its last frame.
    """
    if not to_the_end:
        return list(range(count))
    return [-(-(i + 1) * wanted // count) - 1 for i in range(count)]
