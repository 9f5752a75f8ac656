"""Where the autoencoder starts from: the best linear one, written into its convolutions.

From a random start a small autoencoder learns brightness long before colour and detail. Here every level begins as the
principal components (PCA) of what it is given, level by level, and the decoder as the least-squares way back; blocks
begin as nothing. ReLUs are kept out of the way by holding what passes them above zero. Training goes on from there.

Knows the layers of ``TinyVAE`` with patch 2 and shuffled doubling.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from engine.tiny_vae import MemoryBlock, TemporalGrowth, TemporalPool, TinyVAE, padded

_SPREAD = 0.5
"""Of a level's components, and how far above zero they are held: 3 spreads."""
_LIFT = 3 * _SPREAD
_ELSE = 0.05
"""Scale of the random weights where the linear path has none: what training may grow out of."""


@torch.no_grad()
def begin(vae: TinyVAE, pixels: Tensor) -> None:
    """Overwrite ``vae``'s weights. pixels: sequences [B, 1 + 4k, 3, H, W] in [-1, 1] to take the components of."""
    config = vae.config
    if config.patch != 2 or config.doubling != "shuffle":
        raise ValueError(f"patch {config.patch} with {config.doubling} doubling, expected 2 with shuffle")
    if config.encoder_width != config.latent_channels or min(config.decoder_widths[:3]) <= config.latent_channels:
        raise ValueError(f"{config}: expected an encoder as wide as its latents, and a decoder that is wider")
    encoder, decoder = list(vae.encoder), list(vae.decoder)
    for module in vae.modules():
        if isinstance(module, MemoryBlock):
            _nothing(module)

    # In: pictures folded 2x2, [N, 12, H/2, W/2] of 4 pictures a latent frame, all above zero.
    pictures = nn.functional.pixel_unshuffle(padded(pixels, "lead") * 0.5 + 0.5, 2).flatten(0, 1).float()
    _pass_on(cast(nn.Conv2d, encoder[0]), 12)
    halves = _down(pictures, encoder[2:5])
    codes = _down(halves, encoder[7:10])
    for layer, channels in ((encoder[12], codes.shape[1]), (encoder[13], codes.shape[1])):
        _pass_on(layer.conv if isinstance(layer, TemporalPool) else cast(nn.Conv2d, layer), channels)
    out = cast(nn.Conv2d, encoder[17])
    _pass_on(out, codes.shape[1], scale=1 / _SPREAD)
    assert out.bias is not None
    out.bias.fill_(-_LIFT / _SPREAD)

    # Back: latents are squashed to +-3, so that half of them and the lift stay above zero. One channel is always 1.
    into = cast(nn.Conv2d, decoder[1])
    channels = codes.shape[1]
    _pass_on(into, channels, scale=_SPREAD)
    assert into.bias is not None
    into.bias.zero_()
    into.bias[:channels] = _LIFT
    into.weight[channels] = 0
    into.bias[channels] = 1
    _pass_on(cast(TemporalGrowth, decoder[7]).conv, channels + 1)
    _pass_on(cast(nn.Conv2d, decoder[8]), channels + 1)
    latents = (out.weight[:, :channels, 1, 1] @ codes.flatten(2) + out.bias.view(-1, 1)).view_as(codes)
    seen = torch.tanh(latents / 3) * 3 * _SPREAD + _LIFT
    _up(cast(TemporalGrowth, decoder[13]), seen, halves)
    _pass_on(cast(nn.Conv2d, decoder[14]), halves.shape[1] + 1)
    _up(cast(TemporalGrowth, decoder[19]), halves, pictures)
    _pass_on(cast(nn.Conv2d, decoder[20]), 12)
    last = cast(nn.Conv2d, decoder[22])
    _pass_on(last, 12)
    assert last.bias is not None
    last.bias.zero_()


def _nothing(block: MemoryBlock) -> None:
    for layer in block.conv:
        if isinstance(layer, nn.Conv2d):
            nn.init.orthogonal_(layer.weight.data.view(layer.weight.shape[0], -1))
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
    nn.init.zeros_(cast(nn.Conv2d, block.conv[4]).weight)


def _pass_on(conv: nn.Conv2d, channels: int, scale: float = 1.0) -> None:
    """The first ``channels`` go through unchanged but for ``scale``; the others are small random mixtures."""
    nn.init.normal_(conv.weight, std=_ELSE * conv.weight[0].numel() ** -0.5)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    middle = conv.weight.shape[-1] // 2
    conv.weight[:channels] = 0
    index = torch.arange(channels)
    conv.weight[index, index, middle, middle] = scale


def _down(frames: Tensor, layers: list[nn.Module]) -> Tensor:
    """Write one level: two frames and 2x2 pixels become their principal components. Returns what the level gives.

    frames: [N, C, h, w], N even. layers: the pool, the convolution, the first block.
    """
    pool, conv, block = cast(TemporalPool, layers[0]).conv, cast(nn.Conv2d, layers[1]), cast(MemoryBlock, layers[2])
    width = conv.weight.shape[0]
    n, c, h, w = frames.shape
    pairs = frames.reshape(n // 2, 2 * c, h, w)
    if 2 * c <= width:
        _pass_on(pool, 0)
        pool.weight[: 2 * c] = 0
        # The pool takes [frame, channel] of the widths it was built with.
        index = torch.arange(2 * c)
        pool.weight[index, index // c * width + index % c, 0, 0] = 1
        mixed, kept = pairs, 2 * c
    else:
        basis = _components(pairs.transpose(0, 1).flatten(1), width)
        _pass_on(pool, 0)
        pool.weight.zero_()
        for frame in range(2):
            pool.weight[:, frame * width : frame * width + c, 0, 0] = basis[:, frame * c : frame * c + c]
        mixed, kept = torch.einsum("oc,nchw->nohw", basis, pairs), width
    corners = [mixed[..., a::2, b::2] for a in (0, 1) for b in (0, 1)]
    blocks = torch.cat(corners, dim=1)  # [N/2, 4 * kept, h/2, w/2]
    basis = _components(blocks.transpose(0, 1).flatten(1), width)
    values = torch.einsum("oc,nchw->nohw", basis, blocks)
    rows = values.transpose(0, 1).flatten(1)
    scale = _SPREAD / rows.std(1).clamp_min(1e-4)
    conv.weight.zero_()
    for corner, (a, b) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):  # the block's pixels lie under taps 1 and 2
        part = basis[:, corner * kept : (corner + 1) * kept] * scale.view(-1, 1)
        conv.weight[:, :kept, 1 + a, 1 + b] = part
    shift = _LIFT - rows.mean(1) * scale
    last = cast(nn.Conv2d, block.conv[4])
    assert last.bias is not None
    last.bias.copy_(shift)
    return (values * scale.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)).relu()


def _up(growth: TemporalGrowth, below: Tensor, above: Tensor) -> None:
    """Write one growth: frames [N, C, h, w] to what they came from, [2 N, c, 2h, 2w], by least squares; and a 1."""
    n, channels, h, w = below.shape
    c, width = above.shape[1], growth.conv.weight.shape[1]
    x = below.permute(0, 2, 3, 1).reshape(-1, channels)
    x = torch.cat([x, torch.ones(len(x), 1)], dim=1)
    y = (
        above.reshape(n, 2, c, h, 2, w, 2).permute(0, 3, 5, 1, 4, 6, 2).reshape(len(x), -1)
    )  # frame, row, column, channel
    # By the normal equations in float64: on hundreds of thousands of rows float32 solvers differ from run to run.
    x, y = x.double(), y.double()
    tie = 1e-6 * len(x) * torch.eye(channels + 1, dtype=torch.float64)
    found = torch.linalg.solve(x.T @ x + tie, x.T @ y).T.view(8, c, channels + 1).float()
    weight = torch.randn(8, width, width) * _ELSE * width**-0.5
    weight[:, : c + 1] = 0
    weight[:, :c, : channels + 1] = found
    weight[:, c, channels] = 1
    growth.conv.weight.copy_(weight.view(8 * width, width, 1, 1))


def _components(rows: Tensor, count: int) -> Tensor:
    """The first ``count`` principal directions [count, D] of samples [D, N], the largest first."""
    centred = rows - rows.mean(1, keepdim=True)
    _, vectors = torch.linalg.eigh((centred @ centred.T).double() / rows.shape[1])
    basis: Tensor = vectors.flip(1)[:, :count].T.to(rows.dtype).contiguous()
    return basis
