"""What an autoencoder takes beside its weights, from shapes alone: the memories of its streams, its work at its worst.

Figures are in channels: numbers for each pixel of a picture at full size. They follow the layers of ``tiny_vae`` and
``wan_vae``; tests hold them to what both do.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.autoencoder import PICTURES_PER_LATENT
from engine.config import TinyVAEConfig, WanVAEConfig

_FLOAT_PICTURE = 6  # three channels in float32, where the others are bfloat16


@dataclass(frozen=True)
class CodingChannels:
    """encoder, decoder: what one stream of each remembers. encoding, decoding: what each takes while it runs.

    decoding: or what a reference takes, if that is more, which is encoded in between.
    """

    encoder: float
    decoder: float
    encoding: float
    decoding: float


def coding_channels(vae: TinyVAEConfig | WanVAEConfig, chunk: int) -> CodingChannels:
    """chunk: latent frames of one step."""
    return _tiny(vae, chunk) if isinstance(vae, TinyVAEConfig) else _wan(vae, chunk)


def _tiny(vae: TinyVAEConfig, chunk: int) -> CodingChannels:
    """Three memory blocks a level, each with one frame, and one more where motion gates what grows in time; the last
    picture where there is a dead band; the encoder's levels begin where the first halving ends.

    Work: what goes into the largest layer and what comes out of it, a whole chunk at full size (a quarter of it where
    pictures are folded), and the next memories; in the encoder frames, the same beside each other, and pooled, at a
    start with the lead in float32; where pixels are shuffled, what grew, twice; in narrow ones the pictures, brought
    into their range in float32.
    """
    fold = 1 / vae.patch**2
    first, second, third, last = vae.decoder_widths
    encoder = 3 * vae.encoder_width * (fold / 4 + fold / 16 + 1 / 64)
    gates = 1 if vae.motion_gated else 0
    decoder = 3 * first / 64 + (3 + gates) * (second * fold / 16 + third * fold / 4)
    decoder += _FLOAT_PICTURE if vae.dead_band else 0
    pictures = PICTURES_PER_LATENT * chunk
    pooling = 2.5 * vae.encoder_width * fold
    lead = PICTURES_PER_LATENT * (pooling + _FLOAT_PICTURE)
    encoding = max(pictures * pooling + encoder, lead)
    grown = third * (2 + 1 / 8) if vae.doubling == "shuffle" else 0.0
    decoding = pictures * max(max(third, last) + last, grown) * fold + decoder
    return CodingChannels(encoder, decoder, encoding, max(decoding, 3 * _FLOAT_PICTURE * pictures + decoder, lead))


def _wan(vae: WanVAEConfig, chunk: int) -> CodingChannels:
    """Two frames for each causal convolution, one for each halving in time.

    Work: four pictures at full size as they come into a residual block, normed, with two remembered ones in front, and
    convolved: four and a half times; and what is float32: these four where they come in, else all that were decoded
    before them, and the latents.
    """
    widths = [vae.width, 2 * vae.width, 4 * vae.width, 4 * vae.width]
    encoder, here = 2.0 * 3, vae.width
    for level, width in enumerate(widths):
        encoder += 2 * (here + 3 * width) / 4**level
        here = width
        if level in (1, 2):
            encoder += width / 4 ** (level + 1)
    encoder += 2 * 5 * here / 64  # middle and head

    decoder = 2 * (vae.latent_channels + 4 * here) / 64
    for level, width in reversed(list(enumerate(widths))):
        decoder += 2 * (here + 5 * width) / 4**level
        here = width
        if level >= 2:
            decoder += 2 * here / 4**level
        if level >= 1:
            here //= 2
    decoder += 2 * here
    block = 4.5 * PICTURES_PER_LATENT * vae.width
    four, latents = _FLOAT_PICTURE * PICTURES_PER_LATENT, 3 * vae.latent_channels / 64 * chunk
    return CodingChannels(encoder, decoder, block + four, block + four * (chunk - 1) + latents)
