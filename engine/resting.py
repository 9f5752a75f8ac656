"""An encoder that is left alone while it would only repeat itself: once it has seen nothing for long enough.

A pass over the same picture is the same arithmetic on the same numbers, except for what layers remember. What a layer
remembers depends on no more than its last passes, so each layer in turn comes to rest, and with the last one latents
and memory repeat to the bit. Then they need not be computed, and later pictures go on from there as if they had been.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.autoencoder import PICTURES_PER_LATENT, Autoencoder, Encoder
from engine.tiny_vae import MemoryBlock, TinyVAE
from engine.wan_vae import CausalConv3d, Downsample, WanVAE


class Nothing:
    """What encoders of one network make of nothing from the start of a stream on, chunk by chunk, until it repeats.

    Filled by whoever first comes so far. Held by the encoders of one stream together.
    """

    def __init__(self) -> None:
        self.shapes: list[torch.Size] = []
        self._latents: list[Tensor] = []
        self.rested: Encoder | None = None
        """Stands behind the last of these chunks, and would behind any number of them."""

    def latents(self, chunk: int, shape: torch.Size) -> Tensor | None:
        """Of chunk number ``chunk`` of a stream, pictures of ``shape``; None where it is not known."""
        at = chunk if self.rested is None else min(chunk, len(self.shapes) - 1)
        return self._latents[at] if at < len(self.shapes) and self.shapes[at] == shape else None

    def add(self, chunk: int, shape: torch.Size, latents: Tensor) -> None:
        if chunk == len(self.shapes) and self.rested is None:
            self.shapes.append(shape)
            self._latents.append(latents)


class RestingEncoder:
    """The encoder of one stream, and its latents of mid-grey pictures once they repeat.

    From a start on they are those of every start, and known. Should something be shown before they repeat, the encoder
    first has to see what it was spared: at most as many chunks as ``settling_chunks``.
    """

    def __init__(self, vae: Autoencoder, nothing: Nothing | None = None) -> None:
        self._vae = vae
        self._nothing = nothing or Nothing()
        self._encoder: Encoder = vae.streaming_encoder()
        self.reset()

    def reset(self) -> None:
        """Forget the past: what comes next is the start of a stream."""
        self._encoder.reset()
        self._begun: int | None = 0  # chunks of nothing since the start; None once something was shown
        self._spared = 0  # of these, those that the encoder has not seen: all or none
        self._shape: torch.Size | None = None
        self._chunks = 0  # of that shape, one after the other, in which there was nothing
        self._repeated: Tensor | None = None

    def encode(self, pixels: Tensor, empty: bool) -> Tensor:
        """As ``Encoder.encode``. empty: whether all pictures are mid-grey, which is what VACE is shown for nothing."""
        if self._begun is not None and empty:
            known = self._nothing.latents(self._begun, pixels.shape)
            if known is not None and self._spared == self._begun:
                self._begun = self._spared = self._begun + 1
                return known
        self._catch_up(pixels)
        latents = self._encode(pixels, empty)
        if not empty:
            self._begun = None
        elif self._begun is not None:
            self._nothing.add(self._begun, pixels.shape, latents)
            self._begun += 1
            if self._repeated is not None and self._nothing.rested is None:
                self._nothing.rested = self._encoder.copy()
        return latents

    def _encode(self, pixels: Tensor, empty: bool) -> Tensor:
        if not empty or pixels.shape != self._shape:
            self._shape, self._chunks, self._repeated = pixels.shape, 0, None
        if self._repeated is not None:
            return self._repeated
        latents = self._encoder.encode(pixels)
        self._chunks += empty
        settled_after = settling_chunks(self._vae, latents.shape[1])
        if settled_after is not None and self._chunks > settled_after:
            self._repeated = latents
        return latents

    def _catch_up(self, like: Tensor) -> None:
        """Bring the encoder to where it would stand."""
        spared, self._spared = self._spared, 0
        if self._nothing.rested is not None and spared >= len(self._nothing.shapes):
            self._encoder = self._nothing.rested.copy()
            return
        for shape in self._nothing.shapes[:spared]:
            self._encode(like.new_zeros(shape), empty=True)


def settling_chunks(vae: Autoencoder, chunk: int) -> int | None:
    """After how many chunks of one picture the latents of all later ones are the same, and what the encoder remembers.

    chunk: latent frames in each; the first of a stream, which is shorter, does not count. None = not known.
    """
    if isinstance(vae, TinyVAE):  # a chunk is one pass, and a block remembers one frame of the last pass alone
        return sum(isinstance(layer, MemoryBlock) for layer in vae.encoder)
    if isinstance(vae, WanVAE):
        return -(-_passes(vae.encoder) // chunk)
    return None


def _passes(encoder: nn.Module) -> int:
    """Of Wan's encoder, whose passes are one latent frame each: until what each layer keeps is all of equal pictures.

    A convolution keeps the last two frames, which are two passes where one brings a single frame. A halving in time
    keeps one.
    """
    passes, frames = 0, PICTURES_PER_LATENT
    for layer in encoder.modules():
        if isinstance(layer, CausalConv3d):
            passes += -(-2 // frames)
        elif isinstance(layer, Downsample) and layer.time_conv is not None:
            passes, frames = passes + 1, frames // 2
    return passes
