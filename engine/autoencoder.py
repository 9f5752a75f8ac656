"""What the engine asks of an autoencoder, whichever it is. Knows none of them.

Pixels are [B, F, 3, H, W] in [-1, 1], latents [B, n, 16, H/8, W/8], both float32. One latent frame stands for one
picture at the start of a stream and for four later (Wan 2.1, arXiv 2503.20314, section 4.1).
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

PICTURES_PER_LATENT = 4


class Encoder(Protocol):
    """Encodes one stream chunk by chunk; the memory of its past is all its state."""

    def encode(self, pixels: Tensor) -> Tensor:
        """The next pictures: 1+4(n-1) of them at the start of a stream, 4n later; gives n latent frames."""
        ...

    def reset(self) -> None:
        """Forget the past: what comes next is the start of a stream."""
        ...

    def copy(self) -> Encoder:
        """Another encoder with the same past; from here on each goes its own way."""
        ...


class Decoder(Protocol):
    """Decodes one stream chunk by chunk; the memory of its past is all its state."""

    def decode(self, latents: Tensor) -> Tensor:
        """n latent frames to 1+4(n-1) pictures at the start of a stream, to 4n later, clamped to [-1, 1]."""
        ...

    def reset(self) -> None:
        """Forget the past: what comes next is the start of a stream."""
        ...


class Autoencoder(Protocol):
    """The network, free of any stream's state."""

    def streaming_encoder(self) -> Encoder:
        """A new encoder of one stream."""
        ...

    def streaming_decoder(self) -> Decoder:
        """A new decoder of one stream."""
        ...
