"""The two autoencoders, whole clips and chunk by chunk (sections 9 and 10)."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from engine import latent_scale
from engine.autoencoder import Decoder, Encoder
from engine.tiny_vae import TinyVAE, padded
from tests.parity.case import Case
from tests.parity.networks import tiny_vae, wan_vae
from tests.parity.rows import CaseRow, Rows

TOLERANCE = 2e-5


def pixels(pictures: Tensor) -> Tensor:
    """[F, 3, H, W] bytes as [1, F, 3, H, W] in [-1, 1]."""
    return pictures.unsqueeze(0).float() / 255 * 2 - 1


def wan(case: Case, rows: Rows) -> None:
    """Wan 2.1's own autoencoder."""
    vae, frames = wan_vae(case), pixels(case.given("frames_u8"))
    with rows.row("scale", 0.0) as row:
        row.compare_numbers("latent_mean", latent_scale.MEAN, case.facts["latent_mean"])
        row.compare_numbers("latent_std", latent_scale.STD, case.facts["latent_std"])
    with rows.row("batch", TOLERANCE) as row:
        for count in case.numbers(r"batch\.enc(\d+)"):
            row.compare(f"batch.enc{count}", vae.encode(frames[:, :count])[0])
        for count in case.numbers(r"batch\.mu_raw(\d+)"):
            row.compare(f"batch.mu_raw{count}", vae.encode_raw(frames[:, :count])[0])
    for run in [name for name in case.facts if name.startswith("stream")]:
        with rows.row(run, TOLERANCE) as row:
            encoder = vae.streaming_encoder()
            for chunk, these in enumerate(_cut(frames, case.facts[run]["frames_in"])):
                if run != "stream_nodecode":
                    row.compare(f"{run}.enc.c{chunk}", encoder.encode(these))
                    continue
                # The reference forgets its past wherever nothing was decoded in between. Here one has to say so.
                encoder.reset()
                row.compare_stored(f"{run}.enc.c{chunk}", encoder.encode(these))
    with rows.row("decode", TOLERANCE) as row:
        latents, expected = case.given("latents"), case.expected("dec.batch_unclamped")
        row.compare("dec.batch_unclamped", vae.decode_unclamped(latents)[0])
        for name in case.facts["decode"]:
            if re.fullmatch(r"stream(_\d+)+_frames", name):
                counts = [int(count) for count in re.findall(r"\d+", name)]
                decoded = _decode(row, name, vae.streaming_decoder(), _cut(latents, counts), case.facts["decode"][name])
                row.compare_values(name, decoded, expected.clamp(-1, 1))


def tiny(case: Case, rows: Rows) -> None:
    """The tiny autoencoder, and its light variant."""
    vae, frames, latents = tiny_vae(case), pixels(case.given("frames_u8")), case.given("latents")
    encode, decode = case.facts["encode"], case.facts["decode"]
    with rows.row("enc", TOLERANCE) as row:
        for count in case.numbers(r"enc\.batch(\d+)"):
            row.compare(f"enc.batch{count}", _encode_whole(vae, frames[:, :count]))
        _encode(row, "enc.stream", vae.streaming_encoder(), _cut(frames, encode["frames_in"]))
    for count in sorted({int(match[1]) for match in case.matches(r"enc\.stream(\d+)\.c\d+")}):
        run = f"enc.stream{count}"
        with rows.row(run, TOLERANCE) as row:
            later = len(case.matches(rf"enc\.stream{count}\.c\d+")) - 1
            # Filled up at its end as in the reference, which keeps what filled it up in mind.
            _encode(row, run, vae.streaming_encoder("end"), _cut(frames, [count] + [encode["frames_in"][0]] * later))
    with rows.row("dec", TOLERANCE) as row:
        row.compare("dec.batch", vae.streaming_decoder().decode(latents))
        decoder, chunks = vae.streaming_decoder(), _cut(latents, decode["latents_in"])
        row.compare("dec.batch", _decode(row, "stream", decoder, chunks, decode["frames_out"]))
        raw = "dec.raw_untrimmed_unclamped_0_1"
        row.compare(raw, vae.decode_unclamped(latents)[0][:, : case.expected(raw).shape[1]])
    with rows.row("light", TOLERANCE) as row:
        light = tiny_vae(case, normalised=True)
        for count in case.numbers(r"light\.enc\.batch(\d+)"):
            row.compare(f"light.enc.batch{count}", _encode_whole(light, frames[:, :count]))
        for count in case.numbers(r"light\.dec\.batch(\d+)"):
            # Of the case's latents the second so many.
            row.compare(f"light.dec.batch{count}", light.streaming_decoder().decode(latents[:, count : 2 * count]))


def _encode_whole(vae: TinyVAE, clip: Tensor) -> Tensor:
    return vae.encode(padded(clip))[0]


def _encode(row: CaseRow, stem: str, encoder: Encoder, chunks: list[Tensor]) -> None:
    for chunk, these in enumerate(chunks):
        row.compare(f"{stem}.c{chunk}", encoder.encode(these))


def _decode(row: CaseRow, what: str, decoder: Decoder, chunks: list[Tensor], pictures: list[int]) -> Tensor:
    """All pictures of the chunks, whose numbers are compared."""
    decoded = [decoder.decode(these) for these in chunks]
    row.compare_numbers(f"{what}: pictures", [these.shape[1] for these in decoded], pictures)
    return torch.cat(decoded, dim=1)


def _cut(frames: Tensor, counts: list[int]) -> list[Tensor]:
    """The first frames in chunks of so many."""
    return list(torch.split(frames[:, : sum(counts)], counts, dim=1))
