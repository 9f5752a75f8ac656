"""The roll-out in latents, with the real network at a tiny size: endless, and open to every change on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine.config import ModelConfig, RolloutConfig
from engine.rollout import Rollout
from tests.tiny import TINY, tiny_model

ROWS, COLUMNS = 4, 6


def rollout(seed: int = 0, **changes: Any) -> Rollout:
    config: ModelConfig = replace(TINY, rollout=replace(TINY.rollout, **changes))
    made = Rollout(tiny_model().dit, config, ROWS, COLUMNS)
    made.read_text(text(seed))
    return made


def text(seed: int) -> Tensor:
    return torch.randn(1, 3, TINY.dit.text_dim, generator=torch.Generator().manual_seed(seed))


def latents(frames: int, seed: int = 0) -> Tensor:
    return torch.randn(1, frames, 16, ROWS, COLUMNS, generator=torch.Generator().manual_seed(seed))


def context(frames: int, seed: int = 0) -> Tensor:
    return torch.randn(1, frames, 96, ROWS, COLUMNS, generator=torch.Generator().manual_seed(seed))


@torch.inference_mode()
def chunk_of(stream: Rollout, chunk: int, seed: int | None = None, **changes: Any) -> Tensor:
    """One step and the clean pass. The noise is that of the frame's number, or of ``seed``."""
    noise = latents(chunk, stream.frame if seed is None else seed)
    clean = stream.denoise(lambda step: noise, [1000.0], **changes)
    stream.settle()
    return clean


def test_a_thousand_frames_turned_back_equal_never_having_turned() -> None:
    turning, endless = (
        rollout(chunk=3, window=9, sink=2, sink_distance_max=None, horizon=horizon) for horizon in (40, 10**9)
    )
    for _ in range(334):
        assert (chunk_of(turning, 3) - chunk_of(endless, 3)).abs().max() < 1e-5
    assert max(map(abs, turning.cache._positions[-7:])) <= 40


def test_the_sink_does_not_drift_out_of_the_trained_range() -> None:
    """Equal noise for ever: with a limit the stream comes to rest; without one the ageing sink keeps changing it."""
    rested = {}
    for limit in (8, None):
        stream = rollout(window=6, sink=1, sink_distance_max=limit)
        for _ in range(60):
            early = chunk_of(stream, 1, seed=5)
        for _ in range(60):
            late = chunk_of(stream, 1, seed=5)
        rested[limit] = float((late - early).abs().max())
    assert rested[8] < 1e-4
    assert rested[None] > 10 * rested[8]


@pytest.mark.parametrize("positions", ["absolute", "rolling"])
def test_what_is_cached_does_not_depend_on_how_long_the_stream_has_run(positions: Any) -> None:
    """Window and sink the same, the frame numbers not: rolling positions and turned ones see no difference."""
    outs = []
    for start in (0, 1200):
        stream = rollout(window=5, sink=0, positions=positions, horizon=64)
        stream.frame = start
        outs.append([chunk_of(stream, 1, seed=number) for number in range(12)][-1])
    assert (outs[0] - outs[1]).abs().max() < 1e-4


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 999), st.integers(0, 3), st.booleans())
def test_strength_0_is_the_network_without_vace(seed: int, references: int, in_sink: bool) -> None:
    with_context, without = rollout(), rollout()
    for stream in (with_context, without):
        stream.show_references(latents(references, seed) if references else None, in_sink)
    for number in range(3):
        a = chunk_of(with_context, 1, context=context(1, seed + number), control_strength=0.0)
        assert torch.equal(a, chunk_of(without, 1))


@settings(max_examples=8, deadline=None)
@given(horizon=st.integers(9, 40), sink=st.integers(0, 3), seed=st.integers(0, 999))
def test_turning_the_cache_back_changes_nothing(horizon: int, sink: int, seed: int) -> None:
    turning, endless = (
        rollout(seed, chunk=2, window=7, sink=sink, sink_distance_max=None, horizon=limit) for limit in (horizon, 10**9)
    )
    for _ in range(horizon):
        assert (chunk_of(turning, 2) - chunk_of(endless, 2)).abs().max() < 1e-5
    assert turning.cache._base > 0


@pytest.mark.parametrize("memory", [{}, {"memory": "recompute", "sink": 0, "window": 4, "context": 3}])
@pytest.mark.parametrize("in_sink", [False, True])
def test_references_are_seen_and_can_be_taken_away(in_sink: bool, memory: dict[str, Any]) -> None:
    plain, shown = rollout(**memory), rollout(**memory)
    shown.show_references(latents(2, seed=7), in_sink=in_sink)
    assert not torch.equal(chunk_of(plain, 1, context=context(1)), chunk_of(shown, 1, context=context(1)))
    again = rollout(**memory)
    again.show_references(latents(2, seed=7), in_sink=in_sink)
    again.show_references(None)
    fresh = rollout(**memory)
    for number in range(4):
        expected = chunk_of(fresh, 1, context=context(1, number))
        assert torch.equal(chunk_of(again, 1, context=context(1, number)), expected)


def test_aligned_references_leave_the_control_frames_in_place() -> None:
    """A change of the chunk's last control frame is felt; in the published form two references push it out."""
    felt = {}
    for displacing in (False, True):
        outs = []
        for last in (0, 1):
            stream = rollout(chunk=3, window=9, sink=3)
            stream.show_references(latents(2, seed=7), displacing=displacing)
            control = torch.cat([context(2), context(1, seed=10 + last)], dim=1)
            outs.append(chunk_of(stream, 3, context=control))
        felt[displacing] = not torch.equal(*outs)
    assert felt == {False: True, True: False}


def test_sunk_references_are_seen_without_vace_for_ever() -> None:
    stream, plain = rollout(), rollout()
    stream.show_references(latents(3, seed=7), in_sink=True)
    for _ in range(30):
        a, b = chunk_of(stream, 1, seed=1), chunk_of(plain, 1, seed=1)
    assert (a - b).abs().max() > 1e-3
    slots = stream.cache._references
    assert stream.cache._seen == (0, slots + TINY.rollout.window)


def test_a_new_text_acts_with_and_without_recache() -> None:
    outs = []
    for recache in (None, False, True):
        stream = rollout()
        for _ in range(6):
            chunk_of(stream, 1)
        if recache is not None:
            stream.read_text(text(9))
        if recache:
            stream.recache()
        outs.append(chunk_of(stream, 1))
    assert (outs[0] - outs[1]).abs().max() > 1e-4
    assert (outs[1] - outs[2]).abs().max() > 1e-4


def test_a_recomputed_memory_is_read_again_with_the_new_text() -> None:
    memory: dict[str, Any] = {"memory": "recompute", "sink": 0, "window": 4, "context": 3}
    outs = []
    for recache in (False, True):
        stream = rollout(**memory)
        for _ in range(5):
            chunk_of(stream, 1)
        stream.read_text(text(9))
        if recache:
            stream.recache()
        outs.append(chunk_of(stream, 1))
    assert (outs[0] - outs[1]).abs().max() > 1e-4


@pytest.mark.parametrize("memory", [{}, {"memory": "recompute", "sink": 0, "window": 4, "context": 3}])
def test_a_soft_cut_weighs_the_past_down_and_then_lets_go(memory: dict[str, Any]) -> None:
    stream, plain = rollout(**memory), rollout(**memory)
    for _ in range(8):
        chunk_of(stream, 1)
        chunk_of(plain, 1)
    stream.soften_past(0.01, chunks=2)
    biased: list[bool] = []
    for _ in range(8):
        difference = chunk_of(stream, 1) - chunk_of(plain, 1)
        if not biased:
            assert difference.abs().max() > 1e-4
        stream.cache.open_chunk(stream._context_length() if memory else stream.frame, 1)
        stream._weigh_past(1.0)
        biased.append(stream.cache.bias is not None)
    assert biased[0]
    assert not biased[-1]
    if not memory:
        assert stream.cache._frames[stream.cache.slot(0)] == 8, "the sink is made of what came after the cut"


def test_the_weight_of_the_past_is_live() -> None:
    stream, plain = rollout(), rollout()
    for _ in range(4):
        chunk_of(stream, 1)
        chunk_of(plain, 1)
    assert not torch.equal(chunk_of(stream, 1, past=0.2), chunk_of(plain, 1))


def test_video_to_video_starts_from_the_source() -> None:
    """The network is told the noise that is there, and less strength leaves more of the source."""
    stream = rollout(prediction="flow")
    seen: list[tuple[float, Tensor]] = []
    hook = stream._dit.register_forward_pre_hook(lambda module, given: seen.append((given[1].timestep, given[0])))
    source = latents(1, seed=3)
    with torch.inference_mode():
        for strength in (1.0, 0.5, 0.2):
            steps = stream.sampler.steps(2, strength)
            stream.denoise(lambda step: latents(1, step), steps, source=None if strength == 1 else source)
            stream._unsettled = None
    hook.remove()
    assert [timestep for timestep, _ in seen] == [1000, 500, 500, 250, 200, 100]
    sigma = stream.sampler.schedule.sigma(200.0)
    assert torch.allclose(seen[4][1], (1 - sigma) * source + sigma * latents(1, 0))


def test_a_reset_forgets_the_past_and_keeps_text_and_references() -> None:
    stream, fresh = rollout(), rollout()
    for made in (stream, fresh):
        made.show_references(latents(1, seed=7), in_sink=True)
    for _ in range(7):
        chunk_of(stream, 1)
    stream.soften_past(0.1, 3)
    stream.reset()
    for _ in range(3):
        assert torch.equal(chunk_of(stream, 1), chunk_of(fresh, 1))


def test_a_config_that_cannot_be_is_refused() -> None:
    for wrong in (
        {"horizon": 5},
        {"sink_distance_max": 2},
        {"memory": "recompute"},
        {"window": 3, "sink": 3},
    ):
        with pytest.raises(ValueError, match=r"expected|hold|takes"):
            RolloutConfig(chunk=3, **{"window": 9, "sink": 3, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [{"chunk": 3, "window": 12, "sink": 3}, {"chunk": 1, "window": 6, "sink": 3}])
def test_a_prompt_change_does_not_stop_a_soft_cut_from_renewing_the_sink(shape: dict[str, Any]) -> None:
    stream = rollout(**shape)
    for _ in range(6):
        chunk_of(stream, shape["chunk"])
    cut = stream.frame
    stream.soften_past(0.1, chunks=2)
    chunk_of(stream, shape["chunk"])
    stream.read_text(text(9))
    stream.recache()
    for _ in range(12):
        chunk_of(stream, shape["chunk"])
    sink = [stream.cache._frames[stream.cache.slot(index)] for index in range(3)]
    assert sink == [cut, cut + 1, cut + 2]
    stream.cache.open_chunk(stream.frame, shape["chunk"])
    stream._weigh_past(1.0)
    assert stream.cache.bias is None


def test_a_recomputed_memory_softens_only_what_was_made_before_the_cut() -> None:
    stream = rollout(memory="recompute", sink=0, window=4, context=3)
    for _ in range(6):
        chunk_of(stream, 1)
    stream.soften_past(0.1, chunks=9)
    softened = []
    for _ in range(4):
        with torch.inference_mode():
            stream.denoise(lambda step: latents(1), [1000.0])
        bias = stream.cache.bias
        softened.append(0 if bias is None else int((bias.exp().round(decimals=3) == 0.1).sum()) // 6)
        with torch.inference_mode():
            stream.settle()
    assert softened == [3, 2, 1, 0]


def test_the_models_own_weight_of_the_past_counts() -> None:
    outs = []
    for past in (1.0, 0.3):
        stream = rollout(past=past)
        for _ in range(3):
            chunk_of(stream, 1)
        outs.append(chunk_of(stream, 1))
    assert not torch.equal(*outs)


def test_a_recache_reads_the_references_again_too() -> None:
    stream = rollout()
    stream.show_references(latents(2, seed=7), in_sink=True)
    chunk_of(stream, 1)
    before = stream.cache.keys[1][:, : 3 * 6].clone()
    stream.read_text(text(9))
    stream.recache()
    assert not torch.equal(before, stream.cache.keys[1][:, : 3 * 6])


def test_a_clean_pass_that_failed_can_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, sound = rollout(), rollout()
    for made in (stream, sound):
        chunk_of(made, 1)
        with torch.inference_mode():
            made.denoise(lambda step: latents(1), [1000.0])

    def fail(*given: Any) -> Tensor:
        raise torch.OutOfMemoryError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(stream._dit, "remember", fail)
        with pytest.raises(torch.OutOfMemoryError):
            stream.settle()
    with torch.inference_mode():
        stream.settle()
        sound.settle()
    assert stream.frame == sound.frame == 2
    assert torch.equal(chunk_of(stream, 1), chunk_of(sound, 1))


def test_a_soft_cut_before_the_first_chunk_does_nothing() -> None:
    stream, plain = rollout(), rollout()
    stream.soften_past(0.01, chunks=5)
    for _ in range(6):
        assert torch.equal(chunk_of(stream, 1), chunk_of(plain, 1))


def test_a_sink_given_up_by_a_recache_is_not_renewed_once_more() -> None:
    stream = rollout(chunk=1, window=6, sink=2)
    for _ in range(9):
        chunk_of(stream, 1)
    stream.soften_past(0.1, chunks=2)
    chunk_of(stream, 1)
    stream.recache(keep_sink=False)
    for _ in range(12):
        chunk_of(stream, 1)
    assert [stream.cache._frames[stream.cache.slot(index)] for index in range(2)] == [4, 5]
