"""The cache against a plain account of what it should hold: every kept frame's key, rotated to where it stands now."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from benchmarks.engine.traffic import traffic_of
from engine import kv_cache
from engine.config import DiTConfig, RolloutConfig
from engine.kv_cache import KVCache
from engine.rope import rotary_table, rotate

DIT = DiTConfig(dim=24, heads=1, ffn_dim=8, layers=1, vace_layers=())
ROWS, COLUMNS, TOKENS = 1, 2, 2


def key_of(frame: int) -> Tensor:
    """The unrotated key of a frame; negative for references."""
    return torch.randn(1, TOKENS, 1, 24, generator=torch.Generator().manual_seed(frame + 100))


def write(cache: KVCache, frames: list[int]) -> tuple[Tensor, Tensor]:
    keys = torch.cat([key_of(frame) for frame in frames], dim=1)
    return cache.extend(0, keys, keys)


def expected_positions(config: RolloutConfig, frames: list[int], newest: int, sink: list[int]) -> dict[int, int]:
    """Where each frame stands, up to a common offset, by the rules written out for one moment."""
    if config.positions == "rolling":
        return {frame: rank for rank, frame in enumerate(frames)}
    limit = config.sink_distance_max
    shift = 0 if limit is None or not sink else max(0, newest - limit - sink[0])
    return {frame: frame + (shift if frame in sink else 0) for frame in frames}


@settings(max_examples=60, deadline=None)
@given(
    chunk=st.integers(1, 3),
    sink=st.integers(0, 3),
    slack=st.integers(0, 4),
    rolling=st.booleans(),
    limit=st.none() | st.integers(0, 10),
    room=st.integers(0, 12),
    references=st.integers(0, 3),
    chunks=st.integers(1, 14),
)
def test_every_kept_key_stands_where_it_should(
    chunk: int, sink: int, slack: int, rolling: bool, limit: int | None, room: int, references: int, chunks: int
) -> None:
    window = sink + chunk + slack
    config = RolloutConfig(
        chunk,
        window,
        sink,
        positions="rolling" if rolling else "absolute",
        horizon=window + chunk + room,
        sink_distance_max=None if limit is None else window - 1 + limit,
    )
    cache = KVCache(DIT, config, ROWS, COLUMNS, references=3)
    cache.open_references(references)
    if references:
        write(cache, list(range(-references, 0)))
    for number in range(chunks):
        start = number * chunk
        cache.open_chunk(start, chunk)
        seen_keys, seen_values = write(cache, list(range(start, start + chunk)))
        newest = start + chunk - 1
        frames = sorted(
            set(range(min(sink, newest + 1))) | set(range(max(0, newest + 1 - (window - sink)), newest + 1))
        )
        kept_sink = [frame for frame in frames if frame < sink]
        places = expected_positions(config, frames, newest, kept_sink)
        before = places[0] if sink else expected_positions(config, [0], newest, [0])[0]
        places |= {frame: before + frame for frame in range(-references, 0)}
        everything = [*range(-references, 0), *frames]
        # The values name the frames, in whatever order they stand; the newest one fixes the common offset.
        order = sorted(everything, key=lambda frame: _place_of(seen_values, key_of(frame)))
        assert seen_values.shape[1] == len(everything) * TOKENS
        offset = _offset(cache, newest) - places[newest]
        table = rotary_table([places[frame] + offset for frame in order], ROWS, COLUMNS, 24)
        wanted = rotate(torch.cat([key_of(frame) for frame in order], dim=1), table)
        assert (seen_keys - wanted).abs().max() < 1e-5


def _place_of(values: Tensor, key: Tensor) -> int:
    hits = [at for at in range(0, values.shape[1], TOKENS) if torch.equal(values[:, at : at + TOKENS], key)]
    assert len(hits) == 1, "each kept frame is seen exactly once"
    return hits[0]


def _offset(cache: KVCache, frame: int) -> int:
    return cache._positions[cache.slot(frame)]


@settings(max_examples=60, deadline=None)
@given(
    chunk=st.integers(1, 3),
    sink=st.integers(1, 3),
    slack=st.integers(0, 4),
    limit=st.integers(0, 6),
    room=st.integers(0, 12),
    cuts=st.sets(st.integers(0, 30), max_size=3),
)
@example(chunk=1, sink=3, slack=0, limit=0, room=0, cuts={1})  # before the sink is full
@example(chunk=1, sink=3, slack=2, limit=0, room=0, cuts={20})  # one frame of the sink after the other
def test_no_soft_cut_lets_the_sink_look_too_old_or_stay_as_it_was(
    chunk: int, sink: int, slack: int, limit: int, room: int, cuts: set[int]
) -> None:
    window = sink + chunk + slack
    oldest = window - 1 + limit
    config = RolloutConfig(chunk, window, sink, horizon=window + chunk + room, sink_distance_max=oldest)
    cache = KVCache(DIT, config, ROWS, COLUMNS, references=1)
    cache.open_references(1)
    write(cache, [-1])
    cut = 0
    for number in range(31 + window):
        start = number * chunk
        if number in cuts and number:
            cut = start
            cache.anchor(start)
        cache.open_chunk(start, chunk)
        write(cache, list(range(start, start + chunk)))
        newest = cache._positions[cache.slot(start + chunk - 1)]
        ages = [newest - cache._positions[slot] for slot in cache.order()]
        assert max(ages) <= oldest
        assert min(ages) == 0
        assert newest - cache._positions[0] <= oldest + 1, "the reference stands right before the sink"
        for slot in cache.order():
            frame = cache._frames[slot]
            assert frame is not None
            table = rotary_table([cache._positions[slot]], ROWS, COLUMNS, 24)
            kept = cache.keys[0][:, slot * TOKENS : (slot + 1) * TOKENS]
            assert (kept - rotate(key_of(frame), table)).abs().max() < 1e-4
    kept_sink = [cache._frames[slot] for slot in range(cache._references, cache._references + sink)]
    if cut:
        assert kept_sink == [max(cut, sink) + index for index in range(sink)]
    else:
        assert kept_sink == list(range(sink))


@pytest.mark.parametrize("positions", ["absolute", "rolling"])
def test_an_averaged_sink_takes_in_what_leaves_the_ring(positions: str) -> None:
    """The recursion of the paper, written out: S = a S + (1 - a) K of the frame that leaves; keys before rotation."""
    config = replace(
        RolloutConfig(2, 6, 2, sink_average=0.7, sink_distance_max=7, horizon=12),
        positions=positions,  # type: ignore[arg-type]
    )
    cache = KVCache(DIT, config, ROWS, COLUMNS)
    expected = {0: key_of(0), 1: key_of(1)}
    for start in range(0, 40, 2):
        cache.open_chunk(start, 2)
        _, values = write(cache, [start, start + 1])
        for left in (start - 4, start - 3):
            if left >= 2:
                expected[left % 2] = 0.7 * expected[left % 2] + 0.3 * key_of(left)
        for index, wanted in expected.items():
            slot = cache.slot(index)
            here = slice(slot * TOKENS, (slot + 1) * TOKENS)
            assert (values[:, here] - wanted).abs().max() < 1e-5
            table = rotary_table([cache._positions[slot]], ROWS, COLUMNS, 24)
            assert (cache.keys[0][:, here] - rotate(wanted, table)).abs().max() < 1e-4


def test_an_averaged_sink_does_not_stand_still_in_bfloat16() -> None:
    config = RolloutConfig(1, 3, 1, sink_average=0.99)
    cache = KVCache(DIT, config, ROWS, COLUMNS, dtype=torch.bfloat16)
    for frame in range(203):
        cache.open_chunk(frame, 1)
        level = torch.full((1, TOKENS, 1, 24), 0.0 if frame == 0 else 1.0, dtype=torch.bfloat16)
        cache.extend(0, level, level)
    left = 200  # frames 1 to 200
    assert cache.values[0][0, 0, 0, 0].item() == pytest.approx(1 - 0.99**left, abs=0.01)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_blocks_are_worked_on_together_as_each_by_itself(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of three at a time: averages, a sink that is made anew, old sinks and positions that are turned back."""
    monkeypatch.setattr(kv_cache, "_PARTS", 2)
    config = RolloutConfig(1, 5, 2, sink_average=0.7, sink_distance_max=6, horizon=12)
    together = KVCache(replace(DIT, layers=3), config, ROWS, COLUMNS, dtype=dtype)
    alone = [KVCache(DIT, config, ROWS, COLUMNS, dtype=dtype) for _ in range(3)]
    for frame in range(30):
        for cache in (together, *alone):
            if frame == 16:
                cache.anchor(frame)
            cache.open_chunk(frame, 1)
        for layer, cache in enumerate(alone):
            keys = torch.randn(1, TOKENS, 1, 24, generator=torch.Generator().manual_seed(31 * layer + frame)).to(dtype)
            seen = zip(together.extend(layer, keys, -keys), cache.extend(0, keys, -keys), strict=True)
            assert all(torch.equal(one, other) for one, other in seen)


@pytest.mark.parametrize("average", [0.0, 0.99])
def test_a_chunk_is_made_room_for_in_all_blocks_at_once(average: float) -> None:
    """As many operators for twelve blocks as for four, so that a GPU is not told of each."""
    config = RolloutConfig(1, 4, 1, sink_average=average, sink_distance_max=5)
    caches = [KVCache(replace(DIT, layers=layers), config, ROWS, COLUMNS) for layers in (4, 12)]
    for frame in range(8):
        few, many = (traffic_of(partial(cache.open_chunk, frame, 1)) for cache in caches)
    assert few.operators == many.operators


def test_storage_never_moves_and_never_grows() -> None:
    config = RolloutConfig(2, 7, 1, horizon=12, sink_distance_max=8)
    cache = KVCache(DIT, config, ROWS, COLUMNS, references=3)
    before = [(tensor.data_ptr(), tensor.untyped_storage().nbytes()) for tensor in cache.storage]
    for number in range(50):
        cache.open_chunk(2 * number, 2)
        write(cache, [2 * number, 2 * number + 1])
        if number % 9 == 0:
            cache.anchor(2 * number + 2)
    assert before == [(tensor.data_ptr(), tensor.untyped_storage().nbytes()) for tensor in cache.storage]


@pytest.mark.parametrize("positions", ["absolute", "rolling"])
def test_an_anchored_sink_is_made_of_the_frames_after_the_cut(positions: str) -> None:
    config = replace(RolloutConfig(2, 6, 2, sink_distance_max=7), positions=positions)  # type: ignore[arg-type]
    cache = KVCache(DIT, config, ROWS, COLUMNS)
    for start in range(0, 40, 2):
        if start == 10:
            cache.anchor(10)
        cache.open_chunk(start, 2)
        _, values = write(cache, [start, start + 1])
        seen = values.view(-1, TOKENS * 24)
        held = [frame for frame in range(start + 2) if (seen == key_of(frame).view(-1)).all(-1).any()]
        sink = [10, 11] if start >= 14 else [0, 1]  # the ring lets go of frames 10 and 11 at chunk 14
        assert held == sorted({*sink, *range(max(0, start - 2), start + 2)})


def test_the_past_weighs_what_it_should() -> None:
    cache = KVCache(DIT, RolloutConfig(1, 5, 2, sink_distance_max=None), ROWS, COLUMNS, references=2)
    cache.open_references(1)
    write(cache, [-1])
    for frame in range(8):
        cache.open_chunk(frame, 1)
        write(cache, [frame])

    def weights() -> list[float]:
        """By slot: the reference, frames 0 and 1 of the sink, then the ring's 5, 6, 7."""
        assert cache.bias is not None
        return [round(float(weight), 4) for weight in cache.bias.exp()[::TOKENS]]

    cache.weigh(0.5)
    assert weights() == [1, 1, 0.5, 0.5, 0.5, 1]
    cache.weigh(1.0, before=6, softened=0.1)
    assert weights() == [1, 0.1, 0.1, 0.1, 1, 1]
    cache.weigh(1.0, before=6, softened=0.1, only_anchors=True)
    assert weights() == [1, 0.1, 0.1, 1, 1, 1]
    cache.weigh(1.0)
    assert cache.bias is None
