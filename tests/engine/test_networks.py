"""Chunk by chunk equals the whole clip, for the transformer with its cache."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from engine import dit
from engine.attention import attend, attend_plainly
from engine.block import Text
from engine.catalog import untrained_model
from engine.config import RolloutConfig
from engine.device import Device
from engine.dit import TextMemory
from engine.kv_cache import KVCache
from engine.rollout import Rollout
from engine.rope import frame_turn, rotary_table, rotate
from tests.engine.tape import TapeRecorder
from tests.tiny import TINY, tiny_model

ROWS, COLUMNS = 2, 3
TOKENS = ROWS * COLUMNS


def clean_pass(clip: Tensor, chunk: int, window: int, sink: int) -> Tensor:
    """The transformer over [1, F, 16, 4, 6] at timestep 250, chunk by chunk, as the cache lets it see the past."""
    network = tiny_model().dit
    text = network.read_text(torch.randn(1, 3, 12, generator=torch.Generator().manual_seed(1)))
    rollout = RolloutConfig(chunk, window, sink, sink_distance_max=None)
    cache = KVCache(network.config, rollout, ROWS, COLUMNS)
    out = []
    for start in range(0, clip.shape[1], chunk):
        cache.open_chunk(start, chunk)
        out.append(network(clip[:, start : start + chunk], 250.0, text, cache))
    return torch.cat(out, dim=1)


@pytest.mark.parametrize(
    ("chunk", "window", "sink"), [(1, 8, 0), (2, 8, 0), (1, 4, 1), (2, 5, 1), (2, 6, 2), (4, 8, 3)]
)
def test_the_cache_equals_a_mask_over_the_whole_clip(
    chunk: int, window: int, sink: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eviction included: the oracle sees all eight frames at once, through a mask that keeps sink and window."""
    clip = torch.randn(1, 8, 16, 4, 6, generator=torch.Generator().manual_seed(0))
    chunked = clean_pass(clip, chunk, window, sink)

    frame = torch.arange(8).repeat_interleave(TOKENS)
    newest = (frame // chunk + 1) * chunk - 1  # of the query's chunk
    kept = (frame[None] < sink) | (frame[None] > newest[:, None] - (window - min(sink, window)))
    mask = kept & (frame[None] <= newest[:, None])

    def attend_masked(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, zero_keys: int, *_: bool) -> Tensor:
        logits = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
        return torch.einsum("bhqk,bkhd->bqhd", logits.masked_fill(~mask, -torch.inf).softmax(-1), v)

    monkeypatch.setattr(dit, "attend", attend_masked)
    whole = clean_pass(clip, 8, 8, 0)
    assert (chunked - whole).abs().max() < 1e-4


def test_without_a_cache_all_frames_see_each_other() -> None:
    """The bidirectional form equals one chunk that holds the whole clip."""
    network = tiny_model().dit
    clip = torch.randn(1, 5, 16, 4, 6, generator=torch.Generator().manual_seed(0))
    text = network.read_text(torch.randn(1, 3, 12, generator=torch.Generator().manual_seed(1)))
    assert (network(clip, 250.0, text) - clean_pass(clip, 5, 5, 0)).abs().max() < 1e-5


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@torch.inference_mode()
def test_padding_of_a_prompt_as_one_row_says_the_same(dtype: torch.dtype) -> None:
    """To the main blocks and to the Context Blocks; and it says something, for without it the answer is another."""
    config = replace(TINY, dit=replace(TINY.dit, text_len=200))
    network = untrained_model(config, Device(torch.device("cpu"), dtype)).dit
    generator = torch.Generator().manual_seed(0)
    prompt = torch.randn(1, 5, 12, generator=generator)
    clip, shown = torch.randn(1, 2, 16, 4, 6, generator=generator), torch.randn(1, 2, 96, 4, 6, generator=generator)

    def painted(text: TextMemory) -> Tensor:
        made: Tensor = network(clip, 250.0, text, context=network.read_context(shown, 2))
        return made

    whole, short = network.read_text(prompt), network.read_text(prompt, padding_as_one=True)

    def cut(read: list[Text]) -> list[Text]:
        return [(keys[:, :5], values[:, :5], None) for keys, values, _ in read]

    bare = TextMemory(cut(short.main), cut(short.vace))
    assert {read[0].shape[1] for read in (*short.main, *short.vace)} == {6}
    right = painted(whole)
    away, of_bare = ((painted(text) - right).norm() / right.norm() for text in (short, bare))
    most = 1e-5 if dtype == torch.float32 else 0.02
    assert away <= most < of_bare / 3


def test_only_streams_of_a_cpu_that_record_nothing_weigh_padding() -> None:
    config = replace(TINY, dit=replace(TINY.dit, text_len=200))
    network = untrained_model(config, Device(torch.device("cpu"), torch.float32)).dit
    plain, recorded = Rollout(network, config, 4, 6), Rollout(network, config, 4, 6, recorder=TapeRecorder())
    for rows in (5, 9):
        for rollout in (plain, recorded):
            rollout.read_text(torch.randn(1, rows, 12))
        assert (plain.text_rows, recorded.text_rows) == (rows + 1, 200)
    plain.read_text(torch.randn(1, 190, 12))
    assert plain.text_rows == 200, "a few rows are not worth it"


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.booleans(), st.integers(0, 20))
def test_attention_kernels_agree(keys: int, biased: bool, zero_keys: int) -> None:
    generator = torch.Generator().manual_seed(keys)
    q, k, v = (torch.randn(2, length, 4, 8, generator=generator) for length in (7, keys, keys))
    bias = torch.rand(keys, generator=generator).log() if biased else None
    plain = attend_plainly(q, k, v, bias, zero_keys)
    assert (attend(q, k, v, bias, zero_keys) - plain).abs().max() < 1e-5


@settings(max_examples=30, deadline=None)
@given(st.integers(-3000, 3000), st.integers(-3000, 3000))
def test_rotation_composes_with_rotation(start: int, turn: int) -> None:
    x = torch.randn(1, TOKENS, 2, 24, generator=torch.Generator().manual_seed(0))
    table = rotary_table([start], ROWS, COLUMNS, 24)
    once = rotate(x, table)
    turned = rotate(once, frame_turn(turn, 24))
    assert (turned - rotate(x, rotary_table([start + turn], ROWS, COLUMNS, 24))).abs().max() < 1e-5
    assert (rotate(once, table.inverse()) - x).abs().max() < 1e-5


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_rotation_turns_each_pair_by_its_angle(dtype: torch.dtype) -> None:
    """The angles written out, of frame 7, row 1, column 2, at head width 24: four pairs each for frame, row, column."""
    x = torch.randn(1, TOKENS, 2, 24, generator=torch.Generator().manual_seed(0)).to(dtype)
    pace = 10000.0 ** (-torch.arange(4) / 4)
    angle = torch.cat([7 * pace, 1 * pace, 2 * pace])
    real, imaginary = x[:, -1, :, 0::2].float(), x[:, -1, :, 1::2].float()
    turned = rotate(x, rotary_table([7], ROWS, COLUMNS, 24))[:, -1].float()
    tolerance = 1e-5 if dtype == torch.float32 else 0.02
    assert (turned[..., 0::2] - (real * angle.cos() - imaginary * angle.sin())).abs().max() < tolerance
    assert (turned[..., 1::2] - (real * angle.sin() + imaginary * angle.cos())).abs().max() < tolerance


@torch.inference_mode()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("positions", ["absolute", "rolling"])
def test_to_remember_is_a_pass_without_its_answer(
    positions: Literal["absolute", "rolling"], dtype: torch.dtype
) -> None:
    network = untrained_model(TINY, Device(torch.device("cpu"), dtype)).dit
    clip = torch.randn(1, 8, 16, 4, 6, generator=torch.Generator().manual_seed(0))
    text = network.read_text(torch.randn(1, 3, 12, generator=torch.Generator().manual_seed(1)))
    caches = []
    for answered in (True, False):
        cache = KVCache(network.config, RolloutConfig(2, 5, 1, positions=positions), ROWS, COLUMNS, dtype=dtype)
        for start in range(0, 8, 2):
            cache.open_chunk(start, 2)
            frames = clip[:, start : start + 2]
            if answered:
                network(frames, 0.0, text, cache)
            else:
                network.remember(frames, 0.0, text, cache)
        caches.append(cache.storage)
    assert all(map(torch.equal, *caches))


def test_no_parameter_is_zero() -> None:
    model = tiny_model()
    for network in (model.dit, model.vae, model.text):
        assert isinstance(network, nn.Module)
        for name, parameter in network.named_parameters():
            assert parameter.abs().max() > 0, name
