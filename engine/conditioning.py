"""From guide, source and mask to the 96-channel VACE context (arXiv 2503.07598, section 3.2).

Channels: 16 of the inactive stream (what is kept), 16 of the reactive stream (what is made anew), 64 of the mask. Each
stream has an encoder memory of its own. Knows no transformer.
"""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor

from engine.tiny_vae import PICTURES_PER_LATENT, StreamingEncoder, TinyVAE


class ContextEncoder:
    """Encodes the context of one stream, chunk by chunk."""

    def __init__(self, vae: TinyVAE) -> None:
        self._inactive = StreamingEncoder(vae)
        self._reactive = StreamingEncoder(vae)

    def reset(self) -> None:
        self._inactive.reset()
        self._reactive.reset()

    def encode(self, guide: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        """The context [1, n, 96, H/8, W/8], float32.

        guide, source: [1, F, 3, H, W] in [-1, 1]. mask: [1, F, H, W] bool, True = generate. F as the encoder takes it:
        1+4(n-1) for the first chunk of a stream, 4n later.
        """
        where = mask.unsqueeze(2)
        nothing = torch.zeros((), dtype=guide.dtype, device=guide.device)
        inactive = self._inactive.encode(torch.where(where, nothing, source))
        reactive = self._reactive.encode(torch.where(where, guide, nothing))
        # As the encoder does: the first picture of a stream stands in front of itself three times, so that the mask
        # chosen for a latent frame is that of a picture that lies in it.
        lead = -mask.shape[1] % PICTURES_PER_LATENT
        mask = torch.cat([*[mask[:, :1]] * lead, mask], dim=1)
        return torch.cat([inactive, reactive, mask_channels(mask).to(inactive.dtype)], dim=2)


def mask_channels(mask: Tensor) -> Tensor:
    """mask [B, F, H, W] as 64 channels [B, n, 64, H/8, W/8] of the same type, n = (F+3)//4.

    Each 8x8 block becomes 64 channels, row by row. Latent frame i takes the mask of picture floor((i+0.5)*F/n).
    """
    frames = mask.shape[1]
    n = (frames + PICTURES_PER_LATENT - 1) // PICTURES_PER_LATENT
    chosen = [int((index + 0.5) * frames / n) for index in range(n)]
    return rearrange(mask[:, chosen], "b f (h p) (w q) -> b f (p q) h w", p=8, q=8)
