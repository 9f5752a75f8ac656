"""The stream as a whole, with the real network at a tiny size: what goes in comes out, in place, for ever."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from engine.dit import ContextMemory
from engine.errors import EngineError
from engine.params import ControlChunk, Params, Pixels, WeightedPrompt
from engine.stream import Stream
from tests.tiny import CHOICE, chunk_of, pictures, tiny_model

PARAMS = Params(prompt="ink on paper", seed=3, steps=2)


def play(stream: Stream, guide: Pixels, params: Params = PARAMS) -> list[Pixels]:
    """Feed all of ``guide``, chunk by chunk."""
    out, at = [], 0
    while at < len(guide):
        wanted = stream.wanted(params)
        out.append(stream.step(chunk_of(guide[at : at + wanted]), params))
        stream.settle()
        at += wanted
    return out


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_as_many_pictures_come_out_as_go_in(chunk: int) -> None:
    stream = Stream(tiny_model(chunk, window=2 * chunk + 1), CHOICE)
    out = play(stream, pictures(1 + 4 * (chunk - 1) + 3 * 4 * chunk))
    assert [len(frames) for frames in out] == [1 + 4 * (chunk - 1)] + [4 * chunk] * 3
    assert all(frames.dtype == np.uint8 and frames.shape[1:] == (CHOICE.height, CHOICE.width, 3) for frames in out)


@pytest.mark.parametrize(
    ("chunk", "picture"), [(1, 0), (1, 1), (1, 4), (1, 5), (1, 8), (3, 0), (3, 1), (3, 8), (3, 9), (3, 20)]
)
def test_a_flash_acts_in_the_latent_frame_that_holds_it_and_in_none_earlier(
    chunk: int, picture: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny_model(chunk, window=3 * chunk + 1)
    contexts: list[list[torch.Tensor]] = []
    read = model.dit.read_context

    def note(context: torch.Tensor, frames: int) -> ContextMemory:
        contexts[-1] += list(context[0])
        return read(context, frames)

    monkeypatch.setattr(model.dit, "read_context", note)
    guide = np.zeros((1 + 4 * (3 * chunk - 1), CHOICE.height, CHOICE.width, 3), np.uint8)
    flashed = guide.copy()
    flashed[picture] = 255
    outs = []
    for shown in (guide, flashed):
        contexts.append([])
        outs.append(play(Stream(model, CHOICE), shown))

    latent = (picture + 3) // 4
    changed = [not torch.equal(a, b) for a, b in zip(*contexts, strict=True)]
    assert not any(changed[:latent])
    assert changed[latent]
    chunks = [not np.array_equal(a, b) for a, b in zip(*outs, strict=True)]
    assert chunks.index(True) == latent // chunk


def test_hints_change_the_picture() -> None:
    model = tiny_model()
    with_hints, halved, without = (
        np.concatenate(play(Stream(model, CHOICE), pictures(9), replace(PARAMS, control_strength=strength)))
        for strength in (1.0, 0.5, 0.0)
    )
    assert not np.array_equal(with_hints, without)
    assert not np.array_equal(with_hints, halved)
    other = np.concatenate(play(Stream(model, CHOICE), pictures(9, seed=1), replace(PARAMS, control_strength=0.0)))
    assert np.array_equal(without, other), "at strength 0 the guide must not matter"


@pytest.mark.parametrize("change", [{"prompt": "lava"}, {"seed": 4}, {"steps": 1}, {"control_strength": 0.4}])
def test_a_change_acts_at_the_next_chunk_and_not_before(change: dict[str, object]) -> None:
    model, guide = tiny_model(), pictures(9)
    same = play(Stream(model, CHOICE), guide)
    stream = Stream(model, CHOICE)
    start = play(stream, guide[:5])
    changed = play(stream, guide[5:], replace(PARAMS, **change))  # type: ignore[arg-type]
    assert all(np.array_equal(a, b) for a, b in zip(same[:2], start, strict=True))
    assert not np.array_equal(same[2], changed[0])


def test_mask_keeps_source_and_guide_apart() -> None:
    """Where the mask says "keep", the guide is not seen; where it says "make", the source is not."""
    model = tiny_model()
    guide, source = pictures(5, 1), pictures(5, 2)
    mask = np.zeros(guide.shape[:3], np.uint8)
    mask[:, :, 24:] = 255

    def paint(guide: Pixels, source: Pixels, mask: Pixels) -> Pixels:
        stream = Stream(model, CHOICE)
        parts = (slice(0, 1), slice(1, 5))
        params = replace(PARAMS, composite=False)
        return np.concatenate([stream.step(ControlChunk(guide[s], source[s], mask[s]), params) for s in parts])

    plain = paint(guide, source, mask)
    hidden_guide, hidden_source = guide.copy(), source.copy()
    hidden_guide[:, :, :24], hidden_source[:, :, 24:] = 0, 0
    assert np.array_equal(plain, paint(hidden_guide, hidden_source, mask))
    assert not np.array_equal(plain, paint(guide, source, 255 - mask))


def test_weights_of_prompts_count_by_the_models_power() -> None:
    """Four times the weight is twice the weight where roots count, in a second stream as well; alone it is nothing."""
    model = tiny_model()
    rooted = replace(model, config=replace(model.config, blend_power=0.5))
    guide = pictures(9)

    def painted(stream: Stream, weight: float) -> list[Pixels]:
        return play(stream, guide, replace(PARAMS, more_prompts=(WeightedPrompt("lava", weight),)))

    twice = painted(Stream(model, CHOICE), 2.0)
    for stream in (Stream(rooted, CHOICE), Stream(rooted, CHOICE).second()):
        assert same(painted(stream, 4.0), twice)
    assert not same(painted(Stream(model, CHOICE), 4.0), twice)


def same(some: list[Pixels], others: list[Pixels]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(some, others, strict=True))


def test_a_cut_forgets_everything() -> None:
    model, guide = tiny_model(), pictures(9)
    fresh = play(Stream(model, CHOICE), guide)
    stream = Stream(model, CHOICE)
    play(stream, pictures(13, seed=9))
    cut = replace(PARAMS, cut=1)
    assert stream.wanted(PARAMS) == 4
    assert stream.wanted(cut) == 1
    assert all(np.array_equal(a, b) for a, b in zip(fresh, play(stream, guide, cut), strict=True))


def test_equal_params_invalidate_nothing() -> None:
    reads: list[str] = []
    model = tiny_model()

    def encode(prompt: str) -> torch.Tensor:
        reads.append(prompt)
        return model.text(prompt)

    stream = Stream(replace(model, text=encode), CHOICE)
    for params in (PARAMS, Params(**vars(PARAMS)), replace(PARAMS, seed=8), replace(PARAMS, prompt="lava")):
        stream.step(chunk_of(pictures(stream.wanted(params))), params)
    assert reads == ["ink on paper", "lava"]


def test_settling_is_part_of_the_stream_whoever_calls_it() -> None:
    model, guide = tiny_model(), pictures(9)
    settled = play(Stream(model, CHOICE), guide)
    stream = Stream(model, CHOICE)
    unsettled = [stream.step(chunk_of(guide[part]), PARAMS) for part in (slice(0, 1), slice(1, 5), slice(5, 9))]
    assert all(np.array_equal(a, b) for a, b in zip(settled, unsettled, strict=True))


def test_the_wrong_number_of_pictures_is_refused_in_words() -> None:
    with pytest.raises(EngineError, match="expected"):
        Stream(tiny_model(), CHOICE).step(chunk_of(pictures(4)), PARAMS)


def test_memory_neither_moves_nor_grows() -> None:
    stream = Stream(tiny_model(), CHOICE)
    play(stream, pictures(61))  # until the encoder that is shown nothing rests
    storage = [tensor.data_ptr() for tensor in stream._rollout.cache.storage]
    sizes = held_bytes(stream)
    play(stream, pictures(80))
    assert storage == [tensor.data_ptr() for tensor in stream._rollout.cache.storage]
    assert sizes == held_bytes(stream)


def held_bytes(held: Any) -> int:
    """Of every tensor that hangs on the stream, each storage once; parameters of the networks not counted."""
    seen: dict[int, int] = {}
    visited: set[int] = set()
    todo = [held]
    while todo:
        found = todo.pop()
        if id(found) in visited or isinstance(found, torch.nn.Module):
            continue
        visited.add(id(found))
        if isinstance(found, torch.Tensor):
            seen[found.untyped_storage().data_ptr()] = found.untyped_storage().nbytes()
        elif isinstance(found, dict):
            todo += found.values()
        elif isinstance(found, (list, tuple, set, deque)):
            todo += found
        elif hasattr(found, "__dict__") and type(found).__module__.startswith("engine"):
            todo.append(vars(found))
    return sum(seen.values())
