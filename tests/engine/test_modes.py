"""Every mode and every live parameter at the stream's seam: each acts, acts where it should, and undoes itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from engine.catalog import Model, untrained_model
from engine.conditioning import ContextEncoder, encode_references, extended, fitted
from engine.config import REFERENCE, Quirks
from engine.device import Device
from engine.errors import EngineError
from engine.params import EMPTY_GUIDE, ControlChunk, Lora, Params, Picture, Pixels, WeightedPrompt
from engine.stream import Stream, composited
from tests.tiny import CHOICE, TINY, chunk_of, pictures, small_wan_vae, tiny_model

PARAMS = Params(prompt="ink on paper", seed=3)
RED = Picture(np.full((40, 60, 3), (220, 30, 30), np.uint8))
BLUE = Picture(np.full((20, 90, 3), (30, 30, 220), np.uint8))


def paint(stream: Stream, count: int, params: Params, seed: int = 0, mask: Pixels | None = None) -> list[Pixels]:
    """``count`` chunks of random pictures, from ``seed`` on."""
    out = []
    for number in range(count):
        guide = pictures(stream.wanted(params), seed + number)
        shown = None if mask is None else np.repeat(mask[None], len(guide), axis=0)
        out.append(stream.step(ControlChunk(guide, guide, shown), params))
        stream.settle()
    return out


def differ(a: list[Pixels], b: list[Pixels]) -> list[bool]:
    return [not np.array_equal(x, y) for x, y in zip(a, b, strict=True)]


@pytest.mark.parametrize(
    "change",
    [
        {"more_prompts": (WeightedPrompt("lava"),)},
        {"prompt": "lava", "prompt_change": "keep"},
        {"references": (RED,)},
        {"references": (RED, BLUE), "reference_mode": "aligned"},
        {"references": (RED,), "reference_mode": "reference"},
        {"first_frame": RED},
        {"last_frame": RED},
        {"strength": 0.4},
        {"past": 0.2},
        {"soft_cut": 1},
    ],
    ids=lambda change: "-".join(change),
)
def test_each_setting_acts_at_the_next_chunk_and_not_before(change: dict[str, Any]) -> None:
    model = tiny_model()
    same = paint(Stream(model, CHOICE), 4, PARAMS)
    stream = Stream(model, CHOICE)
    start = paint(stream, 3, PARAMS)
    changed = paint(stream, 1, replace(PARAMS, **change), seed=3)
    assert differ(same, start + changed) == [False, False, False, True]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ({"more_prompts": (WeightedPrompt("lava", 0.2),)}, {"more_prompts": (WeightedPrompt("lava", 0.9),)}),
        (
            {"more_prompts": (WeightedPrompt("lava"),)},
            {"more_prompts": (WeightedPrompt("lava"),), "blend": "spherical"},
        ),
        ({"strength": 0.4}, {"strength": 0.6}),
        ({"past": 0.2}, {"past": 0.6}),
        ({"soft_cut": 1, "soft_cut_past": 0.05}, {"soft_cut": 1, "soft_cut_past": 0.5}),
        ({"references": (RED,)}, {"references": (BLUE,)}),
        ({"references": (RED,), "reference_mode": "sink"}, {"references": (RED,), "reference_mode": "aligned"}),
        ({"references": (RED,), "reference_mode": "reference"}, {"references": (RED,), "reference_mode": "aligned"}),
        ({"prompt": "lava", "prompt_change": "keep"}, {"prompt": "lava", "prompt_change": "recache"}),
        ({"prompt": "lava", "morph_chunks": 4}, {"prompt": "lava"}),
    ],
    ids=str,
)
def test_no_setting_is_a_mere_switch(low: dict[str, Any], high: dict[str, Any]) -> None:
    model, outs = tiny_model(chunk=2, window=6, sink=2), []
    for change in (low, high):
        stream = Stream(model, CHOICE)
        paint(stream, 3, PARAMS)
        outs.append(paint(stream, 1, replace(PARAMS, **change), seed=3))
    assert differ(*outs) == [True]


def test_soft_cut_chunks_says_how_long() -> None:
    lengths = {}
    for chunks in (1, 3):
        stream = Stream(tiny_model(window=8, sink=0), CHOICE)
        paint(stream, 8, PARAMS)
        biased = []
        for number in range(5):
            paint(stream, 1, replace(PARAMS, soft_cut=1, soft_cut_chunks=chunks), seed=number)
            biased.append(stream._rollout.cache.bias is not None)
        lengths[chunks] = biased
    assert lengths == {1: [True] + [False] * 4, 3: [True] * 3 + [False] * 2}


def test_a_morph_arrives_where_the_prompt_is() -> None:
    model = tiny_model()
    stream = Stream(model, CHOICE)
    paint(stream, 2, PARAMS)
    target = replace(PARAMS, prompt="lava", morph_chunks=3)
    seen = []
    for _ in range(4):
        paint(stream, 1, target)
        seen.append(keys_of_the_words(stream).clone())
    expected = model.dit.read_text(model.text("lava")).main[0][0]
    assert not torch.allclose(seen[1], expected)
    assert torch.allclose(seen[2], expected, atol=1e-5)
    with torch.inference_mode():
        keys_of_the_words(stream).zero_()
    paint(stream, 1, target)
    assert not keys_of_the_words(stream).any(), "what has arrived is not read again"


def keys_of_the_words(stream: Stream) -> torch.Tensor:
    """Of the first block's cross-attention."""
    text = stream._rollout._text
    assert text is not None
    return text.main[0][0]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 255), st.integers(0, 2**32 - 1))
def test_the_composite_is_exact_where_the_mask_is(level: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    painted, source = rng.integers(0, 256, (2, 3, 4, 5, 3), np.uint8)
    mask = rng.choice(np.array([0, level, 255], np.uint8), (3, 4, 5))
    out = composited(painted, ControlChunk(source, source, mask)).astype(int)
    assert np.array_equal(out[mask == 0], source[mask == 0])
    assert np.array_equal(out[mask == 255], painted[mask == 255])
    low, high = np.minimum(painted, source), np.maximum(painted, source)
    assert (out >= low).all()
    assert (out <= high).all()


@settings(max_examples=5, deadline=None)
@given(chunk=st.integers(1, 3), seed=st.integers(0, 99), strength=st.floats(0, 2))
def test_mask_0_everywhere_returns_the_source(chunk: int, seed: int, strength: float) -> None:
    stream = Stream(tiny_model(chunk, window=3 * chunk), CHOICE)
    params = replace(PARAMS, control_strength=strength)
    keep = np.zeros((CHOICE.height, CHOICE.width), np.uint8)
    for number in range(3):
        source = pictures(stream.wanted(params), seed + number)
        mask = np.repeat(keep[None], len(source), axis=0)
        out = stream.step(ControlChunk(np.full_like(source, EMPTY_GUIDE), source, mask), params)
        assert np.array_equal(out, source)


def test_without_the_composite_the_network_paints_all() -> None:
    keep = np.zeros((CHOICE.height, CHOICE.width), np.uint8)
    model = tiny_model()
    kept, painted = (paint(Stream(model, CHOICE), 2, replace(PARAMS, composite=on), mask=keep) for on in (True, False))
    assert differ(kept, painted) == [True, True]


def contexts_of(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> list[tuple[torch.Tensor, ...]]:
    """What the context encoder is handed from now on: (guide, source, mask) a chunk."""
    seen: list[tuple[torch.Tensor, ...]] = []
    encode = stream._context.encode

    def note(*given: torch.Tensor) -> torch.Tensor:
        seen.append(given)
        return encode(*given)

    monkeypatch.setattr(stream._context, "encode", note)
    return seen


@pytest.mark.parametrize("chunk", [1, 3])
def test_first_and_last_frame_are_kept_pictures_of_their_chunk(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(tiny_model(chunk, window=3 * chunk), CHOICE)
    seen = contexts_of(stream, monkeypatch)
    both = replace(PARAMS, first_frame=RED, last_frame=BLUE)
    paint(stream, 3, both)
    paint(stream, 1, replace(both, first_frame=BLUE))
    paint(stream, 1, replace(both, first_frame=BLUE, cut=1))
    paint(stream, 3, replace(both, first_frame=BLUE, cut=1, frames_again=1))
    red, blue = (fitted(picture.pixels, CHOICE.height, CHOICE.width)[0, 0] for picture in (RED, BLUE))

    def begins_with(chunk_number: int, picture: torch.Tensor, count: int) -> bool:
        _, source, mask = seen[chunk_number]
        return bool((source[0, :count] == picture).all()) and not mask[0, :count].any()

    def ends_with(chunk_number: int, picture: torch.Tensor, count: int) -> bool:
        _, source, mask = seen[chunk_number]
        return bool((source[0, -count:] == picture).all()) and not mask[0, -count:].any()

    assert begins_with(0, red, 1)
    assert ends_with(1 if chunk == 1 else 0, blue, 4)
    assert seen[2][2].all(), "once is enough"
    assert begins_with(3, blue, 4)
    assert begins_with(4, blue, 1), "a cut begins a new stream, and a first frame with it"
    assert begins_with(5, blue, 4)
    assert ends_with(6 if chunk == 1 else 5, blue, 4), "both are due again"
    assert seen[7][2].all()
    if chunk == 3:
        assert seen[0][2][0, 1:-4].all(), "what lies between is generated"


def kept_parts(seen: list[tuple[torch.Tensor, ...]]) -> list[tuple[bool, bool]]:
    """Of each chunk, whether it begins and whether it ends with a kept picture."""
    return [(not mask[0, 0].any(), not mask[0, -1].any()) for _, _, mask in seen]


def test_no_frame_is_due_because_a_stream_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """An audition's, or one that takes over: cuts and frames of before are done, and only new ones act."""
    model = tiny_model(3, window=9)
    old = replace(PARAMS, first_frame=RED, last_frame=BLUE, cut=2, soft_cut=1)
    stream = Stream(model, CHOICE)
    paint(stream, 1, old)
    taking_over = Stream(model, CHOICE)
    paint(taking_over, 2, PARAMS)
    taking_over.reset()
    taking_over.follow_on(old)
    for new in (stream.second(), taking_over):
        seen = contexts_of(new, monkeypatch)
        paint(new, 2, old)
        paint(new, 1, replace(old, last_frame=RED))
        paint(new, 1, replace(old, last_frame=RED, frames_again=1))
        paint(new, 1, replace(old, last_frame=RED, frames_again=1, cut=3))
        assert kept_parts(seen) == [(False, False)] * 2 + [(False, True), (True, True), (True, False)]
        assert new._rollout.cache.bias is None, "the soft cut is over, too"


@pytest.mark.parametrize("chunk", [1, 3])
def test_a_last_frame_that_waits_is_painted_by_the_stream_that_takes_over(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one latent frame is a chunk, the first frame comes first. Once: the next to take over has none left."""
    model, seen = tiny_model(chunk, window=3 * chunk), list[list[tuple[bool, bool]]]()
    both, after = replace(PARAMS, first_frame=RED, last_frame=BLUE), PARAMS
    for _ in range(3):
        stream = Stream(model, CHOICE)
        stream.follow_on(after)
        contexts = contexts_of(stream, monkeypatch)
        paint(stream, 1, both)
        after = stream.left_done(both)
        seen.append(kept_parts(contexts))
    if chunk == 1:
        assert [any(kept) for [kept] in seen] == [True, True, False]
    else:
        assert seen == [[(True, True)], [(False, False)], [(False, False)]]


@pytest.mark.parametrize("coming", [BLUE, RED, None])
def test_a_last_frame_that_waits_comes_behind_a_cut(coming: Picture | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, unless the look that the cut brings has another, or none."""
    stream = Stream(tiny_model(1, window=3), CHOICE)
    seen = contexts_of(stream, monkeypatch)
    both = replace(PARAMS, first_frame=RED, last_frame=BLUE)
    paint(stream, 1, both)
    paint(stream, 3, replace(both, last_frame=coming, cut=1))
    paint(stream, 2, replace(PARAMS, last_frame=coming, cut=2))
    given = [source[0, -1] if not mask[0, -1].any() else None for _, source, mask in seen]
    expected = [RED, RED, coming, None, None, None]
    for picture, wanted in zip(given, expected, strict=True):
        if wanted is None:
            assert picture is None
        else:
            assert picture is not None
            assert torch.equal(picture, fitted(wanted.pixels, CHOICE.height, CHOICE.width)[0, 0])


@pytest.mark.parametrize("chunk", [1, 3])
def test_frames_that_are_done_are_not_painted_and_none_that_waited(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the cue that is taken back has been painted by then or not."""
    stream = Stream(tiny_model(chunk, window=3 * chunk), CHOICE)
    seen = contexts_of(stream, monkeypatch)
    paint(stream, 1, PARAMS)
    back = replace(PARAMS, first_frame=RED, last_frame=BLUE, frames_done=(RED, BLUE), frames_again=1)
    paint(stream, 2, back)
    paint(stream, 1, replace(back, first_frame=BLUE, last_frame=RED, frames_done=(None, None)))
    paint(stream, 1, back)
    paint(stream, 1, replace(back, cut=1))
    assert [any(kept) for kept in kept_parts(seen)] == [False, False, False, True, False, True]


def test_a_frame_that_is_due_is_painted_without_any_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the guide, which was not wanted, is not followed; then VACE rests again."""
    model, outs = tiny_model(3, window=9), []
    alone = replace(PARAMS, control_strength=0.0)
    for seed in (0, 7):
        stream = Stream(model, CHOICE)
        seen = contexts_of(stream, monkeypatch)
        outs.append(paint(stream, 2, alone) + paint(stream, 1, replace(alone, last_frame=RED), seed=seed))
        outs[-1] += paint(stream, 1, replace(alone, last_frame=RED))
        assert kept_parts(seen) == [(False, True)]
    assert differ(*outs) == [False] * 4
    never = Stream(model, CHOICE)
    assert differ(outs[0], paint(never, 2, alone) + paint(never, 1, alone) + paint(never, 1, alone))[:3] == [
        False,
        False,
        True,
    ]


def test_extension_keeps_what_the_mask_keeps() -> None:
    source, picture = torch.zeros(1, 12, 3, 8, 8), torch.ones(1, 1, 3, 8, 8)
    mask = torch.zeros(1, 12, 8, 8, dtype=torch.bool)
    mask[..., 4:] = True
    out, kept = extended(source, mask, last=picture)
    assert (out[:, 8:, ..., 4:] == 1).all()
    assert (out[:, 8:, ..., :4] == 0).all()
    assert (out[:, :8] == 0).all()
    assert not kept[:, 8:].any()
    assert torch.equal(kept[:, :8], mask[:, :8])


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_a_picture_fits_any_frame(height: int, width: int, rows: int, columns: int) -> None:
    picture = np.full((height, width, 3), 200, np.uint8)
    out = fitted(picture, rows, columns)
    assert out.shape == (1, 1, 3, rows, columns)
    assert (out - (200 / 255 * 2 - 1)).abs().max() < 1e-5


def test_references_are_read_when_they_change_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model()
    stream = Stream(model, CHOICE)
    reads: list[Any] = []
    show = stream._rollout.show_references

    def note(latents: torch.Tensor | None, **how: bool) -> None:
        reads.append(how)
        show(latents, **how)

    monkeypatch.setattr(stream._rollout, "show_references", note)
    with_red = replace(PARAMS, references=(RED,))
    same = replace(PARAMS, references=(Picture(RED.pixels.copy()),))
    for params in (PARAMS, with_red, same, replace(same, reference_mode="aligned"), PARAMS):
        paint(stream, 1, params)
    assert [(call["in_sink"], call["displacing"]) for call in reads] == [
        (True, False),  # none yet
        (True, False),
        (False, False),
        (True, False),
    ]


def test_video_to_video_sees_the_source_where_the_guide_is_empty() -> None:
    model = tiny_model()
    for strength, felt in ((1.0, False), (0.5, True)):
        outs = []
        for seed in (1, 2):
            stream, params = Stream(model, CHOICE), replace(PARAMS, strength=strength)
            source = pictures(1, seed)
            outs.append(stream.step(ControlChunk(np.full_like(source, EMPTY_GUIDE), source), params))
        assert (not np.array_equal(outs[0], outs[1])) == felt


@pytest.mark.parametrize(
    "quirk", [{"zero_key_padding": True}, {"shared_encoder": True}, {"standalone_reactive": True}], ids=str
)
def test_each_quirk_of_the_reference_acts(quirk: dict[str, bool]) -> None:
    sound = tiny_model()
    quirky: Model = replace(sound, config=replace(sound.config, quirks=Quirks(**quirk)))
    mask = np.zeros((CHOICE.height, CHOICE.width), np.uint8)
    mask[:, :24] = 255
    outs = [paint(Stream(model, CHOICE), 3, PARAMS, mask=mask) for model in (sound, quirky)]
    assert differ(*outs)[2]
    assert all(getattr(REFERENCE, name) for name in quirk)


def test_the_two_streams_of_the_context_keep_memories_of_their_own() -> None:
    """What the reactive stream was shown does not reach the inactive one, and the other way round."""
    vae = tiny_model().vae
    everywhere = torch.ones(1, 5, 16, 24, dtype=torch.bool)
    generator = torch.Generator().manual_seed(0)
    a, b, c = (torch.rand(1, 5, 3, 16, 24, generator=generator) * 2 - 1 for _ in range(3))
    outs = []
    for first in (a, b):
        encoder = ContextEncoder(vae)
        encoder.encode(first, first, everywhere)
        outs.append(encoder.encode(c[:, :4], c[:, :4], everywhere[:, :4])[:, :, :16])
    assert torch.equal(*outs)


def test_a_wish_that_cannot_be_granted_costs_nothing_else() -> None:
    model = tiny_model()
    same = paint(Stream(model, CHOICE), 3, PARAMS)
    stream = Stream(model, CHOICE)
    out = paint(stream, 1, PARAMS)
    wish = replace(PARAMS, loras=(Lora("nowhere.safetensors"),))
    out += paint(stream, 2, wish, seed=1)
    assert differ(same, out) == [False, False, False]
    said = stream.troubles()
    assert len(said) == 1
    assert "nowhere.safetensors" in said[0]
    assert stream.troubles() == ()


def test_a_prompt_that_cannot_be_read_leaves_the_old_words() -> None:
    model = tiny_model()

    def encode(prompt: str) -> torch.Tensor:
        if prompt == "bad":
            raise EngineError("It cannot be read.")
        return model.text(prompt)

    same = paint(Stream(model, CHOICE), 3, PARAMS)
    stream = Stream(replace(model, text=encode), CHOICE)
    out = paint(stream, 1, PARAMS) + paint(stream, 2, replace(PARAMS, prompt="bad"), seed=1)
    assert differ(same, out) == [False, False, False]
    assert stream.troubles() == ("It cannot be read.",)
    with pytest.raises(EngineError, match="cannot be read"):
        Stream(replace(model, text=encode), CHOICE).step(chunk_of(pictures(1)), replace(PARAMS, prompt="bad"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"strength": 0.0},
        {"past": 0.0},
        {"soft_cut_past": 2.0},
        {"blend": "cubic"},
        {"reference_mode": "near"},
        {"prompt_change": "reset"},
        {"references": (RED,) * 4},
        {"references": (Picture(np.zeros((4, 4), np.uint8)),)},
        {"morph_chunks": -1},
        {"prompt_weight": float("nan")},
    ],
    ids=str,
)
def test_values_out_of_range_are_refused_in_words(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Params(**wrong)


def test_pictures_are_equal_by_content_and_cannot_be_written() -> None:
    pixels = np.zeros((4, 5, 3), np.uint8)
    picture = Picture(pixels)
    pixels[:] = 9
    assert picture == Picture(np.zeros((4, 5, 3), np.uint8))
    assert picture != Picture(np.zeros((5, 4, 3), np.uint8))
    assert hash(picture) == hash(Picture(np.zeros((4, 5, 3), np.uint8)))
    with pytest.raises(ValueError):
        picture.pixels[0] = 1


def test_a_lora_acts_at_the_next_chunk_and_is_merged_when_it_stands_still(tmp_path: Path) -> None:
    stream = Stream(tiny_model(), CHOICE)
    dim = stream._model.config.dit.dim
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for layer in ("blocks.0.cross_attn.k", "blocks.1.self_attn.q"):
        tensors[f"diffusion_model.{layer}.lora_A.weight"] = torch.randn(4, dim, generator=generator)
        tensors[f"diffusion_model.{layer}.lora_B.weight"] = torch.randn(dim, 4, generator=generator)
    save_file(tensors, tmp_path / "style.safetensors")
    same = paint(Stream(tiny_model(), CHOICE), 6, PARAMS)
    with_lora = replace(PARAMS, loras=(Lora(str(tmp_path / "style.safetensors"), 0.5),))
    out = paint(stream, 1, PARAMS)
    keys = keys_of_the_words(stream).clone()
    out += paint(stream, 1, with_lora, seed=1)
    assert not torch.equal(keys_of_the_words(stream), keys), "the words are read again by the changed network"
    settled = [stream._adapters.settled]
    out += paint(stream, 4, with_lora, seed=2)
    assert [*settled, stream._adapters.settled] == [False, True]
    assert not stream.troubles()
    assert differ(same, out) == [False] + [True] * 5


def test_a_cut_in_the_middle_of_everything_equals_a_fresh_stream() -> None:
    """Half-way through a morph, with a recache due, video to video on and a soft cut under way."""
    model, stream = tiny_model(), Stream(tiny_model(), CHOICE)
    paint(stream, 3, replace(PARAMS, prompt="lava", strength=0.5))
    target = replace(PARAMS, strength=0.5, references=(RED,), morph_chunks=6, soft_cut=1, soft_cut_chunks=9)
    paint(stream, 2, target, seed=3)
    cut = replace(target, cut=1)
    fresh = paint(Stream(model, CHOICE), 4, replace(cut, morph_chunks=0))
    assert differ(fresh, paint(stream, 4, cut)) == [False] * 4


def test_krea_encodes_the_oldest_of_its_last_nine_pictures_again(monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(TINY.rollout, chunk=3, window=6, sink=0, memory="recompute", context=3, positions="absolute")
    model = untrained_model(replace(TINY, rollout=config), Device(torch.device("cpu"), torch.float32))
    stream = Stream(model, CHOICE)
    seen: list[torch.Tensor] = []
    decode = stream._decoder.decode

    def note(latents: torch.Tensor) -> torch.Tensor:
        seen.append(decode(latents))
        return seen[-1]

    monkeypatch.setattr(stream._decoder, "decode", note)
    for number in range(3):
        paint(stream, 1, PARAMS, seed=number)
        remembered = stream._rollout._remembered
        assert remembered is not None
        if number == 0:
            assert torch.equal(remembered, stream._rollout._history)  # type: ignore[arg-type]
            continue
        oldest = torch.cat(seen, dim=1)[:, -9:][:, :1]
        assert torch.equal(remembered[:, :1], encode_references(model.vae, [oldest]))
        assert torch.equal(remembered[:, 1:], stream._rollout._history[:, -2:])  # type: ignore[index]


@pytest.mark.parametrize("own", [False, True], ids=["tiny", "wan"])
@pytest.mark.parametrize("chunk", [1, 3])
def test_video_to_video_switched_on_in_mid_stream_falls_together_with_the_pictures(chunk: int, own: bool) -> None:
    """A flash in the last picture of the chunk is seen in its last latent frame, not later."""
    model = tiny_model(chunk, window=3 * chunk)
    if own:
        model = replace(model, vae=small_wan_vae())
    latents = []
    for light in (0, 255):
        stream = Stream(model, CHOICE)
        paint(stream, 2, PARAMS)
        shown = pictures(stream.wanted(PARAMS), 5)
        shown[-1] = light
        given = stream._source_latents(stream._pixels(ControlChunk(shown, shown))[1], 0.5)
        assert given is not None
        latents.append(given)
    assert latents[0].shape[1] == chunk
    changed = [not torch.equal(*pair) for pair in zip(*(latent.unbind(1) for latent in latents), strict=True)]
    assert changed == [False] * (chunk - 1) + [True]


def test_after_a_failure_the_next_chunk_is_the_first_of_a_new_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_model()
    fresh = paint(Stream(model, CHOICE), 3, replace(PARAMS, first_frame=RED))
    stream = Stream(model, CHOICE)
    with_red = replace(PARAMS, first_frame=RED)
    paint(stream, 2, PARAMS)

    def fail(*given: Any) -> torch.Tensor:
        raise torch.OutOfMemoryError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(stream._rollout, "denoise", fail)
        with pytest.raises(torch.OutOfMemoryError):
            stream.step(chunk_of(pictures(4)), with_red)
    assert stream.wanted(with_red) == 1
    assert differ(fresh, paint(stream, 3, with_red)) == [False] * 3
