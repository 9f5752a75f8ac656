"""Chunk by chunk equals the whole clip: for the transformer with its cache, and for the autoencoder."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine import block
from engine.attention import attend, attend_plainly
from engine.kv_cache import KVCache
from engine.rope import rotary_table, rotate
from engine.tiny_vae import StreamingDecoder, StreamingEncoder
from tests.tiny import tiny_model

CPU = torch.device("cpu")
ROWS, COLUMNS = 2, 3
TOKENS = ROWS * COLUMNS


def clean_pass(clip: Tensor, chunk: int, window: int, sink: int) -> Tensor:
    """The transformer over [1, F, 16, 4, 6] at timestep 250, chunk by chunk, as the cache lets it see the past."""
    network = tiny_model().dit
    text = network.read_text(torch.randn(1, 3, 12, generator=torch.Generator().manual_seed(1)))
    cache = KVCache(3, window, sink, TOKENS, heads=2, head_dim=24)
    out = []
    for start in range(0, clip.shape[1], chunk):
        cache.open_chunk(start, chunk)
        table = rotary_table(start, chunk, ROWS, COLUMNS, 24, CPU)
        out.append(network(clip[:, start : start + chunk], 250.0, text, table, cache))
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

    def attend_masked(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if k.shape[1] != 8 * TOKENS:  # cross-attention
            return attend(q, k, v)
        logits = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
        return torch.einsum("bhqk,bkhd->bqhd", logits.masked_fill(~mask, -torch.inf).softmax(-1), v)

    monkeypatch.setattr(block, "attend", attend_masked)
    whole = clean_pass(clip, 8, 8, 0)
    assert (chunked - whole).abs().max() < 1e-4


def test_eviction_keeps_the_sink() -> None:
    cache = KVCache(1, 5, 2, 1, heads=1, head_dim=2)
    for frame in range(40):
        cache.open_chunk(frame, 1)
        value = torch.full((1, 1, 1, 2), float(frame))
        keys, _ = cache.extend(0, value, value)
        seen = sorted(keys[0, :, 0, 0].int().tolist())
        assert seen == sorted({0, 1} & set(range(frame + 1)) | set(range(max(0, frame - 2), frame + 1)))


def test_attention_kernels_agree() -> None:
    q, k, v = torch.randn(3, 2, 7, 4, 8, generator=torch.Generator().manual_seed(0)).unbind(0)
    assert (attend(q, k, v) - attend_plainly(q, k, v)).abs().max() < 1e-5


def test_rotation_composes_with_rotation() -> None:
    x = torch.randn(1, TOKENS, 2, 24, generator=torch.Generator().manual_seed(0))
    once = rotate(x, rotary_table(5, 1, ROWS, COLUMNS, 24, CPU))
    shift = rotary_table(7, 1, 1, 1, 24, CPU)  # frames only: one token at row and column 0
    assert (rotate(once, shift) - rotate(x, rotary_table(12, 1, ROWS, COLUMNS, 24, CPU))).abs().max() < 1e-5


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.integers(1, 2))
@torch.inference_mode()
def test_the_autoencoder_does_not_mind_chunks(chunks: list[int], batch: int) -> None:
    """chunks: latent frames of each. Encoder and decoder, streamed, equal one call over the whole."""
    vae, total = tiny_model().vae, sum(chunks)
    generator = torch.Generator().manual_seed(total)
    clip = torch.rand(batch, 1 + 4 * (total - 1), 3, 16, 24, generator=generator) * 2 - 1
    lead = torch.cat([clip[:, :1]] * 3 + [clip], dim=1)
    latents, _ = vae.encode(lead)
    pixels = vae.decode(latents)[0][:, 3:]

    encoder, decoder = StreamingEncoder(vae), StreamingDecoder(vae)
    at, streamed_latents, streamed_pixels = 0, [], []
    for index, count in enumerate(chunks):
        frames = 4 * count - (3 if index == 0 else 0)
        streamed_latents.append(encoder.encode(clip[:, at : at + frames]))
        streamed_pixels.append(decoder.decode(streamed_latents[-1]))
        assert streamed_pixels[-1].shape[1] == frames
        at += frames
    assert (torch.cat(streamed_latents, 1) - latents).abs().max() < 1e-4
    assert (torch.cat(streamed_pixels, 1) - pixels).abs().max() < 1e-3


def test_no_parameter_is_zero() -> None:
    model = tiny_model()
    for network in (model.dit, model.vae, model.text):
        for name, parameter in network.named_parameters():
            assert parameter.abs().max() > 0, name
