"""From guide, source, mask and pictures to the 96-channel VACE context (arXiv 2503.07598, section 3.2).

Channels: 16 of the inactive stream (what is kept), 16 of the reactive stream (what is made anew), 64 of the mask. Each
stream has an encoder memory of its own. Knows no transformer.

Pixels are [1, F, 3, H, W] in [-1, 1], masks [1, F, H, W] bool (True = generate), contexts [1, n, 96, H/8, W/8]. A mask
stays on the host until it is worked with: whether all of it is one is known there without waiting for the device.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from engine.autoencoder import PICTURES_PER_LATENT, Autoencoder
from engine.config import SOUND, Quirks
from engine.params import Pixels
from engine.resting import Nothing, RestingEncoder
from engine.transfer import sent

MASK_CHANNELS = 64


class ContextEncoder:
    """Encodes the context of one stream, chunk by chunk."""

    def __init__(self, vae: Autoencoder, quirks: Quirks = SOUND) -> None:
        self._vae = vae
        self._quirks = quirks
        nothing = Nothing()
        self._inactive, self._reactive = RestingEncoder(vae, nothing), RestingEncoder(vae, nothing)
        self.starts = True
        """Whether the next pictures are the first of a stream."""

    def reset(self) -> None:
        self._inactive.reset()
        self._reactive.reset()
        self.starts = True

    def encode(self, guide: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        """The context of the next pictures, float32.

        guide, source: pixels. F as the encoders take it: 1+4(n-1) for the first chunk of a stream, 4n later.
        """
        nothing = torch.zeros((), dtype=guide.dtype, device=guide.device)
        made = mask.numpy()  # which looks through it in a tenth of torch's time
        all_made, none_made = bool(made.all()), not made.any()
        if all_made:
            inactive, reactive = self._encode(nothing.expand_as(source), guide, all_made, none_made)
        else:
            where = sent(mask, guide.device).unsqueeze(2)
            inactive, reactive = torch.where(where, nothing, source), torch.where(where, guide, nothing)
            inactive, reactive = self._encode(inactive, reactive, all_made, none_made)
        # As the encoders do: the first picture of a stream stands in front of itself three times, so that the mask
        # chosen for a latent frame is that of a picture that lies in it.
        frames = inactive.shape[1] * PICTURES_PER_LATENT
        mask = torch.cat([*[mask[:, :1]] * (frames - mask.shape[1]), mask], dim=1)
        channels = sent(mask_channels(mask), guide.device).to(inactive.dtype)
        return torch.cat([inactive, reactive, channels], dim=2)

    def _encode(self, inactive: Tensor, reactive: Tensor, all_made: bool, none_made: bool) -> tuple[Tensor, Tensor]:
        """all_made, none_made: whether all is made anew, so that the inactive stream is empty, or all is kept."""
        starts, self.starts = self.starts, False
        if self._quirks.shared_encoder:
            return self._encode_by_one(inactive, reactive, all_made, starts)
        kept = self._inactive.encode(inactive, empty=all_made)
        if self._quirks.standalone_reactive and not all_made:
            return kept, self._vae.streaming_encoder().encode(reactive)
        return kept, self._reactive.encode(reactive, empty=none_made)

    def _encode_by_one(self, inactive: Tensor, reactive: Tensor, all_made: bool, starts: bool) -> tuple[Tensor, Tensor]:
        """With one memory: in the first chunk each stream starts afresh, later each goes on from the other."""
        kept = self._inactive.encode(inactive, empty=False)
        if self._quirks.standalone_reactive and not all_made:
            return kept, self._vae.streaming_encoder().encode(reactive)
        if starts:
            self._inactive.reset()
        return kept, self._inactive.encode(reactive, empty=False)


def mask_channels(mask: Tensor) -> Tensor:
    """mask [B, F, H, W] as 64 channels [B, n, 64, H/8, W/8] of the same type, n = (F+3)//4.

    Each 8x8 block becomes 64 channels, row by row. Latent frame i takes the mask of picture floor((i+0.5)*F/n).
    """
    frames = mask.shape[1]
    n = (frames + PICTURES_PER_LATENT - 1) // PICTURES_PER_LATENT
    chosen = [int((index + 0.5) * frames / n) for index in range(n)]
    return rearrange(mask[:, chosen], "b f (h p) (w q) -> b f (p q) h w", p=8, q=8)


def extended(
    source: Tensor, mask: Tensor, first: Tensor | None = None, last: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Source and mask of a chunk that begins with the picture ``first`` or ends with ``last``, or both.

    first, last: [1, 1, 3, H, W]. The pictures of the first and of the last latent frame become the given one wherever
    they were to be generated, and are kept: their mask is 0. A chunk of one latent frame takes one of the two.
    """
    if first is None and last is None:
        return source, mask
    source, mask = source.clone(), mask.clone()
    frames = source.shape[1]
    lead = frames % PICTURES_PER_LATENT or PICTURES_PER_LATENT
    for picture, these in ((first, slice(0, lead)), (last, slice(max(0, frames - PICTURES_PER_LATENT), frames))):
        if picture is not None:
            where = sent(mask[:, these], source.device).unsqueeze(2)
            source[:, these] = torch.where(where, picture, source[:, these])
            mask[:, these] = False
    return source, mask


def encode_references(vae: Autoencoder, pictures: Sequence[Tensor]) -> Tensor:
    """One latent frame for each picture [1, 1, 3, H, W], each encoded by itself: [1, k, 16, H/8, W/8]."""
    return torch.cat([vae.streaming_encoder().encode(picture) for picture in pictures], dim=1)


def reference_context(latents: Tensor) -> Tensor:
    """The context of reference latents [1, k, 16, h, w]: inactive as they are, nothing reactive, mask 0."""
    return F.pad(latents, (0, 0, 0, 0, 0, latents.shape[2] + MASK_CHANNELS))


def fitted(picture: Pixels, height: int, width: int) -> Tensor:
    """A still picture (H, W, 3) uint8 as pixels [1, 1, 3, height, width] that fill the frame.

    Scaled by the larger of the two ratios (sizes truncated, bilinear, corners not aligned, no antialiasing), then cut
    about the centre: the preparation that VACE's streaming form was published with.
    """
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1).unsqueeze(0).float()
    pixels = (pixels / 255 - 0.5) / 0.5
    h, w = pixels.shape[-2:]
    if (h, w) != (height, width):
        scale = max(height / h, width / w)
        # Truncation may fall one short of the frame where the ratio is not exact in binary.
        size = (max(height, int(h * scale)), max(width, int(w * scale)))
        pixels = F.interpolate(pixels, size=size, mode="bilinear", align_corners=False)
        top, left = (size[0] - height) // 2, (size[1] - width) // 2
        pixels = pixels[..., top : top + height, left : left + width]
    return pixels.unsqueeze(0)
