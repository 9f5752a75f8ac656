"""Wan 2.1's causal autoencoder (arXiv 2503.20314, section 4.1), and its pruned variants of the same shape.

``WanVAE`` is pure: pictures or latents and a memory in, results and the next memory out. ``StreamingEncoder`` and
``StreamingDecoder`` are the small shells that keep the memory of one stream. Pixels are [B, F, 3, H, W] in [-1, 1],
H and W multiples of 8; latents [B, n, 16, H/8, W/8], normalised. Parameters have their published names. Knows no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from engine import latent_scale
from engine.autoencoder import PICTURES_PER_LATENT
from engine.config import WanVAEConfig

Memory = tuple[Tensor, ...]
"""For each layer that looks back in time, in order of use, the last frames it was given: [B, C, 1 or 2, h, w]."""

_WIDTHS = (1, 2, 4, 4)  # of the levels, in multiples of the first one's, finest first
_ENCODER_BLOCKS, _DECODER_BLOCKS = 2, 3  # residual blocks a level


class Histories:
    """What the layers that look back in time saw before, handed out in order of use and brought up to date by it.

    A layer that no frame reaches keeps what it has. Tensors are never written to, so a memory outlives its use.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        """memory: None at the start of a stream."""
        self._frames = list(memory or ())
        self.open_pass()

    def open_pass(self) -> None:
        """To be called before each pass through the network, which then begins a stream or goes on with one."""
        self.begins = self.empty
        self._next = 0

    @property
    def empty(self) -> bool:
        return not self._frames

    def prepend(self, x: Tensor, frames: int) -> Tensor:
        """x [B, C, F, h, w] with the layer's last ``frames`` frames before it; zeros at the start of a stream."""
        if self.begins:
            joined = F.pad(x, (0, 0, 0, 0, frames, 0))
            self._frames.append(_last(joined, frames))
        else:
            joined = torch.cat([self._frames[self._next], x], dim=2)
            self._frames[self._next] = _last(joined, frames)
        self._next += 1
        return joined

    @property
    def memory(self) -> Memory:
        return tuple(self._frames)


def _last(x: Tensor, frames: int) -> Tensor:
    return x[:, :, -frames:].clone()  # a view would keep the whole of ``x``


class CausalConv3d(nn.Conv3d):
    """A convolution in space and time that sees the frame and the two before it. Its edges are zeros."""

    def __init__(self, a: int, b: int, space: int = 3) -> None:
        super().__init__(a, b, (3, space, space), padding=(0, space // 2, space // 2))

    def forward(self, x: Tensor, past: Histories) -> Tensor:  # type: ignore[override]
        """[B, a, F, h, w] -> [B, b, F, h, w]."""
        return super().forward(past.prepend(x, 2))


class ChannelNorm(nn.Module):
    """Root mean square norm over channels, with a learned gain; computed in float32."""

    def __init__(self, width: int, dimensions: int) -> None:
        """dimensions: behind the channel in the published shape of the gain."""
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width, *(1,) * dimensions))

    def forward(self, x: Tensor) -> Tensor:
        """x: [B, C, F, h, w]."""
        gain = self.gamma.flatten()
        # The published form divides by the length of the vector or 1e-12, whichever is more. This epsilon is that one.
        normed = F.rms_norm(x.permute(0, 2, 3, 4, 1), gain.shape, gain, eps=1e-24)
        return normed.permute(0, 4, 1, 2, 3)


class ResidualBlock(nn.Module):
    """Twice norm, SiLU and causal convolution, beside a straight way through."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            ChannelNorm(a, 3),
            nn.SiLU(inplace=True),
            CausalConv3d(a, b),
            ChannelNorm(b, 3),
            nn.SiLU(inplace=True),
            nn.Identity(),  # where training had its dropout
            CausalConv3d(b, b),
        )
        self.shortcut = nn.Conv3d(a, b, 1) if a != b else nn.Identity()

    def forward(self, x: Tensor, past: Histories) -> Tensor:
        """[B, a, F, h, w] -> [B, b, F, h, w]."""
        straight: Tensor = self.shortcut(x)
        return _run(self.residual, x, past).add_(straight)


class FrameAttention(nn.Module):
    """Attention of each frame's pixels among themselves, with one head."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(width, 2)
        self.to_qkv = nn.Conv2d(width, 3 * width, 1)
        self.proj = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """x: [B, C, F, h, w]."""
        tokens = rearrange(self.norm(x), "b c f h w -> (b f) 1 (h w) c")
        q, k, v = F.linear(tokens, self.to_qkv.weight.flatten(1), self.to_qkv.bias).chunk(3, dim=-1)
        seen = F.scaled_dot_product_attention(q, k, v)
        seen = F.linear(seen, self.proj.weight.flatten(1), self.proj.bias)
        return x + rearrange(seen, "(b f) 1 (h w) c -> b c f h w", b=x.shape[0], h=x.shape[3])


class Downsample(nn.Module):
    """Halves height and width, and the number of frames too where ``time``."""

    def __init__(self, width: int, time: bool) -> None:
        super().__init__()
        self.resample = nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(width, width, 3, stride=2))
        self.time_conv = nn.Conv3d(width, width, (3, 1, 1), stride=(2, 1, 1)) if time else None

    def forward(self, x: Tensor, past: Histories) -> Tensor:
        """[B, C, F, h, w] -> [B, C, F/2 rounded down, h/2, w/2]; at the start of a stream F is 1 and stays so."""
        x = _frame_by_frame(self.resample, x)
        if self.time_conv is None:
            return x
        joined = past.prepend(x, 1)
        if past.begins:
            return x
        if joined.shape[2] < self.time_conv.kernel_size[0]:
            return x[:, :, :0]
        halved: Tensor = self.time_conv(joined)
        return halved


class Upsample(nn.Module):
    """Doubles height and width and halves the channels; doubles the number of frames too where ``time``."""

    def __init__(self, width: int, time: bool) -> None:
        super().__init__()
        self.time_conv = CausalConv3d(width, 2 * width, space=1) if time else None
        self.resample = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(width, width // 2, 3, padding=1))

    def forward(self, x: Tensor, past: Histories) -> Tensor:
        """[B, C, F, h, w] -> [B, C/2, 2F, 2h, 2w]; at the start of a stream F is 1 and stays so."""
        if self.time_conv is not None:
            if past.begins:
                past.prepend(torch.zeros_like(x), 2)  # later frames take the first one for zeros
            else:
                twice = self.time_conv(x, past).permute(0, 2, 3, 4, 1)
                # Channels last, as all that runs through here.
                x = rearrange(twice, "b f h w (two c) -> b (f two) h w c", two=2).permute(0, 4, 1, 2, 3)
        return _frame_by_frame(self.resample, x)


class WanEncoder(nn.Module):
    """Pictures to twice the latent channels: mean and spread, before the last mixing of channels."""

    def __init__(self, config: WanVAEConfig) -> None:
        super().__init__()
        widths = [config.width * multiple for multiple in _WIDTHS]
        layers: list[nn.Module] = []
        here = widths[0]
        for level, width in enumerate(widths):
            for _ in range(_ENCODER_BLOCKS):
                layers.append(ResidualBlock(here, width))
                here = width
            if level < len(widths) - 1:
                layers.append(Downsample(here, time=level > 0))
        self.conv1 = CausalConv3d(3, widths[0])
        self.downsamples = nn.Sequential(*layers)
        self.middle = _middle(here)
        self.head = _head(here, 2 * config.latent_channels)

    def forward(self, x: Tensor, past: Histories) -> Tensor:
        """[B, 3, F, H, W] -> [B, 32, F/4 rounded down, H/8, W/8]; at the start of a stream F is 1 and stays so."""
        return _run((self.conv1, *self.downsamples, *self.middle, *self.head), x, past)


class WanDecoder(nn.Module):
    """Latents, their channels already mixed, to pictures."""

    def __init__(self, config: WanVAEConfig) -> None:
        super().__init__()
        widths = [config.width * multiple for multiple in reversed(_WIDTHS)]
        layers: list[nn.Module] = []
        here = widths[0]
        for level, width in enumerate(widths):
            for _ in range(_DECODER_BLOCKS):
                layers.append(ResidualBlock(here, width))
                here = width
            if level < len(widths) - 1:
                layers.append(Upsample(here, time=level < 2))
                here //= 2
        self.conv1 = CausalConv3d(config.latent_channels, widths[0])
        self.middle = _middle(widths[0])
        self.upsamples = nn.Sequential(*layers)
        self.head = _head(here, 3)

    def forward(self, x: Tensor, past: Histories) -> Tensor:
        """[B, 16, n, h, w] -> [B, 3, 4n, 8h, 8w]; at the start of a stream n is 1 and gives one picture."""
        return _run((self.conv1, *self.middle, *self.upsamples, *self.head), x, past)


class WanVAE(nn.Module):
    """The autoencoder, free of any stream's state."""

    def __init__(self, config: WanVAEConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = WanEncoder(config)
        self.conv1 = nn.Conv3d(2 * config.latent_channels, 2 * config.latent_channels, 1)
        self.conv2 = nn.Conv3d(config.latent_channels, config.latent_channels, 1)
        self.decoder = WanDecoder(config)

    @property
    def dtype(self) -> torch.dtype:
        return self.conv1.weight.dtype

    def streaming_encoder(self) -> StreamingEncoder:
        return StreamingEncoder(self)

    def streaming_decoder(self) -> StreamingDecoder:
        return StreamingDecoder(self)

    def encode(self, pixels: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """The next pictures of a stream to latents, float32.

        At the start, F pictures give 1 + floor((F-1)/4) latent frames. Pictures left over are remembered, and those
        that follow are counted in fours from there: only 1+4k at the start give what the whole clip gives. Later, F
        must be a multiple of 4 and gives F/4; ValueError otherwise.
        """
        means, memory = self.encode_raw(pixels, memory)
        return latent_scale.normalise(means), memory

    def encode_raw(self, pixels: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """As ``encode``; the means as the network gives them, not normalised."""
        past = Histories(memory)
        return self.encode_in_place(pixels, past), past.memory

    def encode_in_place(self, pixels: Tensor, past: Histories) -> Tensor:
        """As ``encode_raw``; each layer's old frames are let go as soon as the new ones are there."""
        means = []
        for group in _groups(pixels, begins=past.empty):
            past.open_pass()
            moments = self.encoder(self._inside(group), past)
            if moments.shape[2]:
                means.append(self.conv1(moments)[:, : self.config.latent_channels].transpose(1, 2).float())
        return torch.cat(means, dim=1)

    def decode(self, latents: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """The next n >= 1 latents of a stream to pictures, float32: 1 + 4(n-1) at the start, 4n later."""
        pixels, memory = self.decode_unclamped(latents, memory)
        return pixels.clamp(-1, 1), memory

    def decode_unclamped(self, latents: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """As ``decode``; what leaves [-1, 1] is left there."""
        past = Histories(memory)
        return self.decode_in_place(latents, past), past.memory

    def decode_in_place(self, latents: Tensor, past: Histories) -> Tensor:
        """As ``decode_unclamped``; each layer's old frames are let go as soon as the new ones are there."""
        if latents.shape[1] == 0:
            raise ValueError("0 latent frames, expected at least one")
        raw, pictures = latent_scale.denormalise(latents), []
        # One at a time: four pictures at full size is the most that any layer then holds, however long the chunk.
        for frame in range(raw.shape[1]):
            past.open_pass()
            x = self.conv2(self._inside(raw[:, frame : frame + 1]))
            pictures.append(self.decoder(x, past).transpose(1, 2).float())
        return torch.cat(pictures, dim=1)

    def _inside(self, frames: Tensor) -> Tensor:
        """[B, F, C, h, w] as the layers take it: [B, C, F, h, w], channels last in memory as norms read them."""
        return frames.transpose(1, 2).to(self.dtype, memory_format=torch.channels_last_3d)


def _groups(pixels: Tensor, begins: bool) -> Iterator[Tensor]:
    """The first picture of a stream alone, then fours, and what is left over where a stream begins.

    Fewer than four left over give and leave just what they do in one piece with all before them, as published.
    """
    frames = pixels.shape[1]
    if frames == 0 or (frames % PICTURES_PER_LATENT and not begins):
        if begins:
            raise ValueError("0 pictures, expected at least one")
        raise ValueError(f"{frames} pictures, expected a multiple of {PICTURES_PER_LATENT}")
    if begins:
        yield pixels[:, :1]
        pixels = pixels[:, 1:]
    for start in range(0, pixels.shape[1], PICTURES_PER_LATENT):
        yield pixels[:, start : start + PICTURES_PER_LATENT]


def _run(layers: Iterable[nn.Module], x: Tensor, past: Histories) -> Tensor:
    """``layers`` one after the other, until no frame is left: left-over pictures may not reach the deeper ones."""
    for layer in layers:
        if x.shape[2] == 0:
            break
        x = layer(x, past) if isinstance(layer, (CausalConv3d, ResidualBlock, Downsample, Upsample)) else layer(x)
    return x


def _frame_by_frame(layers: nn.Sequential, x: Tensor) -> Tensor:
    """x [B, C, F, h, w] through layers that know pictures only."""
    pictures: Tensor = layers(x.transpose(1, 2).flatten(0, 1))
    return pictures.view(x.shape[0], -1, *pictures.shape[1:]).transpose(1, 2)


def _middle(width: int) -> nn.Sequential:
    return nn.Sequential(ResidualBlock(width, width), FrameAttention(width), ResidualBlock(width, width))


def _head(width: int, channels: int) -> nn.Sequential:
    return nn.Sequential(ChannelNorm(width, 3), nn.SiLU(inplace=True), CausalConv3d(width, channels))


class StreamingEncoder:
    """Encodes a stream chunk by chunk. The memory of the past is all its state; it is let go while the next is made."""

    def __init__(self, vae: WanVAE) -> None:
        self._vae = vae
        self.reset()

    def reset(self) -> None:
        self._past = Histories()

    def encode(self, pixels: Tensor) -> Tensor:
        """The next pictures: 1+4(n-1) of them at the start of a stream, 4n later; gives n latent frames.

        Should it fail (a GPU may be full), the next pictures are the start of a stream.
        """
        past, self._past = self._past, Histories()
        latents = latent_scale.normalise(self._vae.encode_in_place(pixels, past))
        self._past = past
        return latents

    def copy(self) -> StreamingEncoder:
        """Another encoder with the same past."""
        twin = StreamingEncoder(self._vae)
        twin._past = Histories(self._past.memory)
        return twin


class StreamingDecoder:
    """Decodes a stream chunk by chunk. The memory of the past is all its state; it is let go while the next is made."""

    def __init__(self, vae: WanVAE) -> None:
        self._vae = vae
        self.reset()

    def reset(self) -> None:
        self._past = Histories()

    def decode(self, latents: Tensor) -> Tensor:
        """n latent frames to 1+4(n-1) pictures at the start of a stream, to 4n later, in [-1, 1].

        Should it fail (a GPU may be full), the next latents are the start of a stream.
        """
        past, self._past = self._past, Histories()
        pixels = self._vae.decode_in_place(latents, past).clamp(-1, 1)
        self._past = past
        return pixels
