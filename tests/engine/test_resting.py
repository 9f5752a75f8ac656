"""What an encoder shows of nothing repeats, to the bit, after as many chunks as are promised; then it may rest."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine import resting
from engine.autoencoder import Autoencoder
from engine.catalog import untrained_model
from engine.conditioning import ContextEncoder
from engine.config import SOUND, Quirks, TinyVAEConfig
from engine.device import Device
from engine.resting import RestingEncoder, settling_chunks
from engine.tiny_vae import Memory, TinyVAE
from engine.tiny_vae import StreamingEncoder as TinyStreamingEncoder
from engine.wan_vae import StreamingEncoder as WanStreamingEncoder
from engine.wan_vae import WanVAE
from tests.tiny import TINY, small_wan_vae

HEIGHT, WIDTH = 16, 24
NAMES = ["tiny", "tiny, folded", "wan"]


@cache
def vae_of(name: str, dtype: torch.dtype = torch.float32) -> TinyVAE | WanVAE:
    if name == "wan":
        return small_wan_vae().to(dtype)
    assert isinstance(TINY.vae, TinyVAEConfig)
    config = replace(TINY.vae, patch=2 if "folded" in name else 1)
    vae = untrained_model(replace(TINY, vae=config), Device(torch.device("cpu"), dtype)).vae
    assert isinstance(vae, TinyVAE)
    return vae


def pictures(chunk: int, number: int, empty: bool) -> Tensor:
    """Those of chunk ``number`` of a stream."""
    shape = (1, 4 * chunk if number else 4 * chunk - 3, 3, HEIGHT, WIDTH)
    return torch.zeros(shape) if empty else torch.rand(shape, generator=torch.Generator().manual_seed(number)) * 2 - 1


def memory(encoder: TinyStreamingEncoder | WanStreamingEncoder) -> list[Tensor]:
    held = encoder._past.memory if isinstance(encoder, WanStreamingEncoder) else encoder._memory
    assert held is not None
    return [tensor.clone() for tensor in held]


@torch.inference_mode()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("chunk", [1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_latents_and_memory_repeat_to_the_bit(name: str, chunk: int, dtype: torch.dtype) -> None:
    vae = vae_of(name, dtype)
    bound = settling_chunks(vae, chunk)
    assert bound is not None
    for past in (0, 4):
        encoder = vae.streaming_encoder()
        for number in range(past):
            encoder.encode(pictures(chunk, number, empty=False))
        if not past:
            encoder.encode(pictures(chunk, 0, empty=True))
        seen = []
        for _ in range(bound + 4):
            latents = encoder.encode(pictures(chunk, 1, empty=True))
            seen.append([latents, *memory(encoder)])
        assert all(map(torch.equal, seen[bound - 1][1:], seen[-1][1:]))
        for later in seen[bound:]:
            assert all(map(torch.equal, later, seen[-1]))
        assert not torch.equal(seen[1][0], seen[-1][0]), "what was seen before is felt for a while"


def count_encodes(vae: TinyVAE, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by the number of pictures with each time that the network really encodes."""
    counted: list[int] = []
    encode = vae.encode

    def note(pixels: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        counted.append(pixels.shape[1])
        return encode(pixels, memory)

    monkeypatch.setattr(vae, "encode", note)
    return counted


@torch.inference_mode()
@settings(max_examples=6, deadline=None)
@given(
    kind=st.sampled_from([("tiny", 1), ("tiny, folded", 3), ("wan", 3)]),
    runs=st.lists(st.integers(0, 14), min_size=1, max_size=4),
    starts_empty=st.booleans(),
)
def test_a_stream_goes_on_as_if_all_had_been_encoded(
    kind: tuple[str, int], runs: list[int], starts_empty: bool
) -> None:
    """kind: autoencoder and length of chunks. runs: lengths of alternating runs of pictures and of nothing."""
    name, chunk = kind
    vae = vae_of(name)
    bound = settling_chunks(vae, chunk)
    assert bound is not None
    shown = [empty for index, run in enumerate(runs) for empty in [bool(index % 2) is not starts_empty] * run]
    shown += [True] * (bound + 3) + [False] * 3
    plain, resting = vae.streaming_encoder(), RestingEncoder(vae)
    for start in (shown, [True] * len(runs) + [False] * 2):  # the second one begins with what the first one has seen
        plain.reset()
        resting.reset()
        for number, empty in enumerate(start):
            given_pictures = pictures(chunk, number, empty)
            assert torch.equal(resting.encode(given_pictures, empty), plain.encode(given_pictures)), number


@torch.inference_mode()
def test_it_rests_after_the_bound_until_something_is_shown_or_the_stream_starts_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vae = vae_of("tiny")
    assert isinstance(vae, TinyVAE)
    counted, encoder = count_encodes(vae, monkeypatch), RestingEncoder(vae)

    def encodes(chunks: int, empty: bool, first: int = 1) -> int:
        before = len(counted)
        for number in range(first, first + chunks):
            encoder.encode(pictures(1, number, empty), empty)
        return len(counted) - before

    assert encodes(20, empty=True, first=0) == 1 + 9 + 1
    assert encodes(1, empty=False) == 1
    assert encodes(20, empty=True) == 9 + 1
    encoder.reset()
    assert encodes(20, empty=True, first=0) == 0, "every start begins with the same latents"
    assert encodes(1, empty=False) == 1, "and leads to the same memory"
    encoder.reset()
    assert encodes(5, empty=True, first=0) == 0
    assert encodes(1, empty=False) == 5 + 1
    encoder.reset()
    encodes(20, empty=True, first=0)
    longer = encoder.encode(torch.zeros(1, 8, 3, HEIGHT, WIDTH), empty=True)
    assert longer.shape[1] == 2, "chunks of another length are not those that have come to rest"


def contexts(vae: Autoencoder, masks: list[str], quirks: Quirks = SOUND) -> list[Tensor]:
    """One for each mask: "make" all, "keep" all, or half and half."""
    encoder, made = ContextEncoder(vae, quirks), []
    for number, kind in enumerate(masks):
        guide, source = pictures(1, number, empty=False), pictures(1, number, empty=False).flip(1, 3)
        mask = torch.full((*guide.shape[:2], HEIGHT, WIDTH), kind == "make")
        mask[..., 8:] |= kind == "half"
        made.append(encoder.encode(guide, source, mask))
    return made


MASKS = ["make"] * 14 + ["half"] * 2 + ["keep"] * 14 + ["make"] * 14 + ["keep"] * 2


@torch.inference_mode()
@pytest.mark.parametrize("quirks", [Quirks(), Quirks(standalone_reactive=True), Quirks(shared_encoder=True)], ids=str)
def test_contexts_are_those_of_encoders_that_never_rest(quirks: Quirks, monkeypatch: pytest.MonkeyPatch) -> None:
    vae = vae_of("tiny")
    assert isinstance(vae, TinyVAE)
    counted = count_encodes(vae, monkeypatch)
    saved = contexts(vae, MASKS, quirks)
    spent = len(counted)
    monkeypatch.setattr(resting, "settling_chunks", lambda vae, chunk: None)
    assert all(map(torch.equal, saved, contexts(vae, MASKS, quirks)))
    # Of the inactive stream 14 - 11 and 14 - 10 chunks, of the reactive one 14 - 10; with one memory, none at all.
    unspent = {Quirks(): 3 + 4 + 4, Quirks(standalone_reactive=True): 3 + 4, Quirks(shared_encoder=True): 0}
    assert len(counted) - 2 * spent == unspent[quirks]
