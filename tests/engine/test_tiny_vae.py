"""The tiny autoencoder: golden numbers, and a stream that does not mind chunks."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor

from engine import latent_scale
from engine.config import TinyVAEConfig
from engine.tiny_vae import Doubling, TemporalGrowth, TinyVAE, padded
from tests.engine.golden_files import golden_file
from tests.tiny import tiny_model

TOLERANCE = 2e-5


def golden_vae(normalised: bool = False) -> TinyVAE:
    config = TinyVAEConfig(encoder_width=12, decoder_widths=(24, 20, 16, 12), normalised=normalised)
    return like(TinyVAE(config), load_file(golden_file("weights_tae_tiny.safetensors")))


def like(vae: TinyVAE, weights: dict[str, Tensor]) -> TinyVAE:
    vae.load_state_dict(weights)
    return vae.requires_grad_(False).eval()


def random_vae(normalised: bool = False, motion_gated: bool = False) -> TinyVAE:
    vae = tiny_model().vae
    assert isinstance(vae, TinyVAE)
    config = replace(vae.config, normalised=normalised, motion_gated=motion_gated)
    return like(TinyVAE(config), vae.state_dict())


@torch.inference_mode()
def test_golden_numbers() -> None:
    case, vae, light = load_file(golden_file("case_tae.safetensors")), golden_vae(), golden_vae(normalised=True)
    frames, latents = case["frames_u8"].float().unsqueeze(0) / 255 * 2 - 1, case["latents"]
    made = {f"enc.batch{count}": vae.encode(padded(frames[:, :count]))[0] for count in (1, 9, 13, 36)}
    encoder, decoder, decoded = vae.streaming_encoder(), vae.streaming_decoder(), []
    for chunk in range(3):
        made[f"enc.stream.c{chunk}"] = encoder.encode(frames[:, 12 * chunk : 12 * chunk + 12])
        decoded.append(decoder.decode(latents[:, 3 * chunk : 3 * chunk + 3]))
    assert [chunk.shape[1] for chunk in decoded] == [9, 12, 12]
    made["dec.batch"] = torch.cat(decoded, dim=1)
    made["dec.raw_untrimmed_unclamped_0_1"] = vae.decode_unclamped(latents)[0][:, :8]
    encoder = vae.streaming_encoder(padding="end")
    made["enc.stream13.c0"] = encoder.encode(frames[:, :13])
    made["enc.stream13.c1"] = encoder.encode(frames[:, 13:25])
    made["light.enc.batch12"] = light.encode(frames[:, :12])[0]
    made["light.dec.batch3"] = light.streaming_decoder().decode(latents[:, 3:6])

    assert set(made) == set(case) - {"frames_u8", "latents"}
    for name, actual in made.items():
        assert actual.shape == case[name].shape, name
        assert (actual - case[name]).abs().max() <= TOLERANCE, name


@settings(max_examples=15)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.integers(1, 2), st.booleans(), st.booleans())
@torch.inference_mode()
def test_it_does_not_mind_chunks(chunks: list[int], batch: int, normalised: bool, motion_gated: bool) -> None:
    """chunks: latent frames of each. Encoder and decoder, streamed, equal one call over the whole."""
    vae, total = random_vae(normalised, motion_gated), sum(chunks)
    generator = torch.Generator().manual_seed(total)
    clip = torch.rand(batch, 1 + 4 * (total - 1), 3, 16, 24, generator=generator) * 2 - 1
    latents, _ = vae.encode(padded(clip, "lead"))
    pixels = vae.decode(latents)[0][:, 3:]

    encoder, decoder = vae.streaming_encoder(), vae.streaming_decoder()
    at, streamed_latents, streamed_pixels = 0, [], []
    for index, count in enumerate(chunks):
        frames = 4 * count - (3 if index == 0 else 0)
        streamed_latents.append(encoder.encode(clip[:, at : at + frames]))
        streamed_pixels.append(decoder.decode(streamed_latents[-1]))
        assert streamed_pixels[-1].shape[1] == frames
        at += frames
    assert (torch.cat(streamed_latents, 1) - latents).abs().max() < 1e-4
    assert (torch.cat(streamed_pixels, 1) - pixels).abs().max() < 1e-3


@pytest.mark.parametrize("doubling", ["nearest", "shuffle"])
@torch.inference_mode()
def test_what_stands_still_is_drawn_still_behind_a_motion_gate(doubling: Doubling) -> None:
    moving, still = torch.randn(1, 12, 16, 2, 3, generator=torch.Generator().manual_seed(0)), []
    for gated in (False, True):
        torch.manual_seed(0)
        vae = TinyVAE(replace(random_vae().config, doubling=doubling, motion_gated=gated)).requires_grad_(False)
        stopped = torch.cat([moving, moving[:, -1:].expand(-1, 12, -1, -1, -1)], dim=1)
        rest = vae.decode_unclamped(stopped)[0][:, -12:]
        still.append(torch.equal(rest, rest[:, :1].expand_as(rest)))
        motion = vae.decode_unclamped(moving)[0][:, -12:].diff(dim=1)
        assert motion.abs().mean(dim=(0, 2, 3, 4)).min() > 1e-4, "every picture differs while it moves"
    assert still == [False, True]


@torch.inference_mode()
def test_an_open_motion_gate_changes_nothing() -> None:
    growth = TemporalGrowth(6, 2, "shuffle", motion_gated=True)
    frames = torch.rand(4, 6, 3, 5, generator=torch.Generator().manual_seed(0)) + 0.1
    turned = frames * torch.tensor([1.0, -1.0, 1.0, -1.0]).view(4, 1, 1, 1)
    grown, last = growth.gated(turned, 2, -turned[::2])
    assert (grown - growth(turned)).abs().max() < 0.01 * growth(turned).abs().max()
    assert torch.equal(last, turned[1::2])


@torch.inference_mode()
def test_only_the_light_variant_passes_the_channel_statistics() -> None:
    plain, light = random_vae(), random_vae(normalised=True)
    clip = torch.rand(1, 8, 3, 16, 24, generator=torch.Generator().manual_seed(0)) * 2 - 1
    raw, latents = plain.encode(clip)[0], light.encode(clip)[0]
    mean, std = (torch.tensor(values).view(16, 1, 1) for values in (latent_scale.MEAN, latent_scale.STD))
    assert (latents * std + mean - raw).abs().max() < 1e-5
    assert (latents - raw).abs().max() > 0.1
    assert (light.decode(latents)[0] - plain.decode(raw)[0]).abs().max() < 1e-5


def test_the_lead_stands_before_and_the_end_behind() -> None:
    clip = torch.arange(5.0).view(1, 5, 1, 1, 1)
    assert padded(clip, "lead").flatten().tolist() == [0, 0, 0, 0, 1, 2, 3, 4]
    assert padded(clip, "end").flatten().tolist() == [0, 1, 2, 3, 4, 4, 4, 4]
    assert torch.equal(padded(clip[:, :4], "lead"), padded(clip[:, :4], "end"))


def test_pictures_that_make_no_whole_latent_frame() -> None:
    vae = random_vae()
    encoder = vae.streaming_encoder()
    encoder.encode(torch.zeros(1, 1, 3, 16, 24))
    with pytest.raises(ValueError, match="6 pictures, expected a multiple of 4"):
        encoder.encode(torch.zeros(1, 6, 3, 16, 24))


@pytest.mark.parametrize("chunks", [[6], [1, 2, 3]])
def test_a_dead_band_holds_what_hardly_changes_and_lags_by_no_more(chunks: list[int]) -> None:
    plain = random_vae()
    banded = TinyVAE(replace(plain.config, dead_band=2.0)).requires_grad_(False)
    banded.load_state_dict(plain.state_dict())
    still = torch.randn(1, 1, 16, 4, 6, generator=torch.Generator().manual_seed(0))
    drift = torch.arange(6).view(1, -1, 1, 1, 1) * torch.linspace(0, 0.02, 6)  # more to the right
    latents = still + drift
    decoders = plain.streaming_decoder(), banded.streaming_decoder()
    for _ in range(2):  # the second time after a reset, which forgets the last picture
        decoded, shown = (
            torch.cat([decoder.decode(part) for part in torch.split(latents, chunks, dim=1)], dim=1)
            for decoder in decoders
        )
        band = 2.0 / 127.5
        assert torch.equal(shown[:, 0], decoded[:, 0])
        assert (shown - decoded).abs().max() <= band + 1e-6
        quiet = (decoded - decoded[:, :1]).abs().amax(1) < band
        assert quiet.any()
        assert torch.equal(shown[:, -1][quiet], shown[:, 0][quiet])
        moves = (decoded[:, -1] - decoded[:, 0]).abs() > 2 * band
        assert moves.any()
        assert ((shown[:, -1] - decoded[:, 0]).abs()[moves] > band).all()
        for decoder in decoders:
            decoder.reset()
