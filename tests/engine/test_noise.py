"""The noise of a stream: normal, as alike from frame to frame as asked for, the same for a seed every time."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine.config import RolloutConfig
from engine.noise import StreamNoise
from engine.params import Params
from engine.stream import Stream
from tests.tiny import CHOICE, chunk_of, pictures, tiny_model

CPU = torch.device("cpu")
ROWS, COLUMNS, CHANNELS = 24, 40, 32


def stream_noise(kept: float, chunk: int = 1) -> StreamNoise:
    return StreamNoise(chunk, CHANNELS, ROWS, COLUMNS, kept, CPU)


def begun(noise: StreamNoise, frames: int, seed: int = 3, chunk: int = 1, first: int = 0) -> Tensor:
    """What that many latent frames start from, as rows [frames, numbers]."""
    chunks = [noise.of(seed, frame, 0) for frame in range(first, first + frames, chunk)]
    assert all(made.shape == (1, chunk, CHANNELS, ROWS, COLUMNS) and made.dtype == torch.float32 for made in chunks)
    return torch.cat(chunks, dim=1)[0].flatten(1)


def test_kept_0_gives_the_numbers_that_a_seed_always_gave() -> None:
    for seed, frame, step in ((3, 0, 0), (3, 6, 0), (3, 6, 1), (2**40, 3, 2)):
        state = np.random.SeedSequence([seed, frame, step]).generate_state(1, np.uint64)[0]
        generator = torch.Generator().manual_seed(int(state >> np.uint64(1)))
        expected = torch.randn((1, 3, CHANNELS, ROWS, COLUMNS), generator=generator)
        assert torch.equal(stream_noise(0.0, chunk=3).of(seed, frame, step), expected)


@settings(max_examples=12, deadline=None)
@given(kept=st.floats(0.05, 0.99), chunk=st.integers(1, 3), seed=st.integers(0, 2**32))
def test_it_stays_standard_normal_and_is_as_alike_as_asked_for(kept: float, chunk: int, seed: int) -> None:
    frames = begun(stream_noise(kept, chunk), 4 * chunk, seed, chunk)
    tolerance = 6 / frames.shape[1] ** 0.5
    assert (frames.std(1) - 1).abs().max() < tolerance
    assert frames.mean(1).abs().max() < tolerance
    for apart in (1, 2, 3):
        alike = (frames[apart:] * frames[:-apart]).mean(1)
        assert (alike - kept**apart).abs().max() < tolerance, f"{apart} frames apart"


def test_the_length_of_a_chunk_changes_nothing_about_how_frames_carry_on() -> None:
    frames = begun(stream_noise(0.9, chunk=3), 6, chunk=3)
    fresh = begun(stream_noise(0.0, chunk=3), 6, chunk=3)
    expected = [fresh[0]]
    for new in fresh[1:]:
        expected.append(0.9 * expected[-1] + (1 - 0.9**2) ** 0.5 * new)
    assert torch.allclose(frames, torch.stack(expected), atol=1e-6)


@pytest.mark.parametrize("chunk", [1, 3])
def test_kept_1_is_one_noise_for_the_whole_stream(chunk: int) -> None:
    noise = stream_noise(1.0, chunk)
    frames = begun(noise, 4 * chunk, chunk=chunk)
    assert torch.equal(frames, frames[:1].expand_as(frames))
    assert torch.equal(frames, begun(noise, 4 * chunk, chunk=chunk, first=300)), "at whatever frame"
    mixed = [noise.of(3, frame, 1)[0] for frame in (0, chunk, 300)]
    assert all(torch.equal(each, mixed[0][:1].expand_as(each)) for each in mixed)
    assert not torch.equal(mixed[0].flatten(1), frames[:chunk]), "a pass of its own"


@pytest.mark.parametrize("kept", [0.0, 0.7])
def test_below_1_what_is_mixed_in_is_fresh_and_does_not_count_as_the_last(kept: float) -> None:
    plain, asked = stream_noise(kept), stream_noise(kept)
    expected = begun(plain, 3)
    made = []
    for frame in range(3):
        made.append(asked.of(3, frame, 0))
        assert torch.equal(asked.of(3, frame, 1), stream_noise(0.0).of(3, frame, 1))
    assert torch.equal(torch.cat(made, dim=1)[0].flatten(1), expected)


@pytest.mark.parametrize("kept", [0.0, 0.7, 1.0])
def test_reset_repeats_it_and_another_seed_acts_at_once(kept: float) -> None:
    noise = stream_noise(kept)
    first = begun(noise, 4)
    other = begun(noise, 1, seed=4, first=4)
    assert abs(float((other * first[-1:]).mean())) < 6 / first.shape[1] ** 0.5, "nothing is left of the old seed"
    noise.reset()
    assert torch.equal(begun(noise, 4), first)
    assert torch.equal(begun(stream_noise(kept), 4), first)


@pytest.mark.parametrize("kept", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(kept: float) -> None:
    with pytest.raises(ValueError, match="noise_kept"):
        RolloutConfig(noise_kept=kept)


def test_the_stream_starts_its_chunks_from_it_and_a_cut_starts_afresh() -> None:
    """The same picture for ever: the less noise is fresh, the less comes out of the network changes."""
    model = tiny_model()
    still = np.repeat(pictures(1), 33, axis=0)
    changes = {}
    for kept in (0.0, 0.9, 1.0):
        config = replace(model.config, rollout=replace(model.config.rollout, noise_kept=kept))
        stream = Stream(replace(model, config=config), CHOICE)
        outs: list[list[np.ndarray]] = [[], []]
        for cut, out in enumerate(outs):
            params = Params(prompt="ink", seed=3, steps=2, cut=cut)
            while len(out) < 8:
                out.append(stream.step(chunk_of(still[: stream.wanted(params)]), params))
        assert all(np.array_equal(a, b) for a, b in zip(*outs, strict=True))
        settled = [frames.astype(float) for frames in outs[0][4:]]
        changes[kept] = np.mean([np.abs(b - a).mean() for a, b in pairwise(settled)])
    assert changes[1.0] < changes[0.9] < changes[0.0]
