"""The tiny streaming autoencoder (TAEHV, layer order of taew2_1): 4 pictures and 8x8 pixels to one latent pixel.

``TinyVAE`` is pure: pictures or latents and a memory in, results and the next memory out. ``StreamingEncoder`` and
``StreamingDecoder`` are the small shells that keep the memory of one stream. Pixels are [B, F, 3, H, W] in [-1, 1],
latents [B, F, 16, H/8, W/8], or with as many channels as the config says, as the transformer takes them: the published
network makes them so, the "light" one, which makes raw ones, passes them through Wan's channel statistics
(``TinyVAEConfig.normalised``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine import fused_conv, latent_scale
from engine.autoencoder import PICTURES_PER_LATENT
from engine.config import TinyVAEConfig

Memory = tuple[Tensor, ...]
"""For each layer with a memory, in order, what the last frame seen leaves for the next one: [B, C, h, w]."""

Doubling = Literal["nearest", "shuffle"]
Padding = Literal["lead", "end"]
"""Where a stream's first pictures are filled up to a multiple of 4: before the first one or behind the last one."""

_HALVED = {1: (True, True, True), 2: (True, True, False)}
"""For each patch size, which of the encoder's three levels halve the picture; the decoder's double it in reverse."""

_MOTION = 0.08
"""The change of a place from frame to frame, as a share of what is there, that opens half of a motion gate. Stills with
a camera's noise stay below a hundredth, what moves is above a tenth."""

_LEAD = PICTURES_PER_LATENT - 1  # the first latent frame belongs to one picture, the rest of its four are lead


class Squash(nn.Module):
    """3 * tanh(x / 3): keeps stray latents within reach of the decoder."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x / 3) * 3


class TemporalPool(nn.Module):
    """``stride`` consecutive frames become one."""

    def __init__(self, width: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv2d(width * stride, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B*F, C, h, w] -> [B*F/stride, C, h, w]."""
        # As a product over channels-last rows: a reshape of channels-last frames would reorder every number twice.
        joined = _beside([x[index :: self.stride] for index in range(self.stride)]) if self.stride > 1 else x
        return F.linear(joined.permute(0, 2, 3, 1), self.conv.weight.flatten(1)).permute(0, 3, 1, 2)


class TemporalGrowth(nn.Module):
    """One frame becomes ``stride`` consecutive ones of twice the height and width.

    The published order is to double the picture first. A 1x1 product and nearest doubling commute, and this way round
    the product costs a quarter; the layer that doubled before is an ``Identity``, so that key numbers stay.
    """

    def __init__(
        self, width: int, stride: int, doubling: Doubling | None = "nearest", motion_gated: bool = False
    ) -> None:
        """doubling: None leaves height and width as they are. motion_gated: see ``TinyVAEConfig``."""
        super().__init__()
        self.stride = stride
        self.doubling = doubling
        self.motion_gated = motion_gated and stride > 1
        self.conv = nn.Conv2d(width, width * stride * (4 if doubling == "shuffle" else 1), 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B*F, C, h, w] -> [B*F*stride, C, 2h, 2w], or of height h and width w where it does not double."""
        return self._arranged(F.linear(x.permute(0, 2, 3, 1), self.conv.weight.flatten(1)))

    def gated(self, x: Tensor, batch: int, past: Tensor | None) -> tuple[Tensor, Tensor]:
        """The same as far as ``x`` [B*F, C, h, w] moves; where it does not, all that grow from a frame are their mean.

        past: the frame before, [B, C, h, w], None at the start of a stream, where nothing has moved. Returns the grown
        frames, and the last frame.
        """
        frames = x.shape[0] // batch
        gate = _gate(x, x[::frames] if past is None else past)
        return self._arranged(self._apart_as_far(x, gate)), x[frames - 1 :: frames].clone()

    def _apart_as_far(self, x: Tensor, gate: Tensor) -> Tensor:
        """Rows of channels, [B*F, h, w, ...]: what grows from a frame differs only where ``gate`` is open."""
        each = self.conv.weight.view(self.stride, -1, x.shape[1])
        mean = each.mean(0, keepdim=True)
        pixels = x.permute(0, 2, 3, 1)
        # Both sums in one product: what comes of it are the largest tensors of the decoder, and are written once.
        both = torch.cat([pixels * gate.permute(0, 2, 3, 1), pixels], dim=-1)
        return F.linear(both, torch.cat([each - mean, mean.expand_as(each)], dim=-1).flatten(0, 1))

    def _arranged(self, pixels: Tensor) -> Tensor:
        """Frames out of rows of channels [B*F, h, w, stride * (4) * C]."""
        n, h, w, channels = pixels.shape
        c = channels // (self.stride * (4 if self.doubling == "shuffle" else 1))
        if self.doubling == "shuffle":
            grown = pixels.view(n, h, w, self.stride, 2, 2, c).permute(0, 3, 1, 4, 2, 5, 6)
            return grown.reshape(n * self.stride, 2 * h, 2 * w, c).permute(0, 3, 1, 2)
        if self.doubling == "nearest":
            return _doubled(pixels.view(n, h, w, self.stride, c))
        return pixels.view(n, h, w, self.stride, c).permute(0, 3, 1, 2, 4).flatten(0, 1).permute(0, 3, 1, 2)


def _doubled(pixels: Tensor) -> Tensor:
    """Rows of channels [N, h, w, frames, C] as frames [N*frames, C, 2h, 2w], each pixel four times (nearest)."""
    n, h, w, frames, c = pixels.shape
    grown = torch.empty((n, frames, h, 2, 2 * w, c), dtype=pixels.dtype, device=pixels.device)
    for index in range(frames):
        frame = pixels[:, :, :, index : index + 1]
        # Across by joining, which copies whole rows of channels; down while it is put in its place.
        grown[:, index] = torch.cat([frame, frame], dim=3).view(n, h, 1, 2 * w, c)
    return grown.view(n * frames, 2 * h, 2 * w, c).permute(0, 3, 1, 2)


def _beside(parts: Sequence[Tensor]) -> Tensor:
    """Frames [N, C, h, w] beside each other, [N, len(parts)*C, h, w], channels last."""
    n, c, h, w = parts[0].shape
    joined = torch.empty(
        (n, len(parts) * c, h, w), dtype=parts[0].dtype, device=parts[0].device, memory_format=torch.channels_last
    )
    for index, part in enumerate(parts):  # ``cat`` is slower where channels are few
        joined[:, index * c : (index + 1) * c] = part
    return joined


def _gate(x: Tensor, first: Tensor) -> Tensor:
    """[B*F, 1, h, w], 0 where ``x`` [B*F, C, h, w] stands still, 1 where it moves. first: before it, [B, C, h, w]."""
    frames = x.shape[0] // first.shape[0]
    before = torch.cat(
        [part for f, fs in zip(torch.split(first, 1), torch.split(x, frames), strict=True) for part in (f, fs[:-1])]
    )
    there = x.abs().mean(1, keepdim=True)
    moved = ((x - before).abs().mean(1, keepdim=True) / (there + 1e-6)) ** 2
    return moved / (moved + _MOTION**2)


class MemoryBlock(nn.Module):
    """A residual block that sees the frame and, beside it, the same block's input at the frame before."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(2 * width, width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, x: Tensor, batch: int, past: Tensor | None) -> tuple[Tensor, Tensor]:
        """x: [B*F, C, h, w]. past: the frame before, [B, C, h, w], None at the start of a stream, where it is all 0.

        Returns the frames and the last one that came in.
        """
        join, _, middle, _, last = cast("tuple[nn.Conv2d, nn.ReLU, nn.Conv2d, nn.ReLU, nn.Conv2d]", tuple(self.conv))
        y = fused_conv.conv_relu(middle, fused_conv.conv_relu(join, _with_before(x, batch, past)))
        frames = x.shape[0] // batch
        return fused_conv.conv_add_relu(last, y, x), x[frames - 1 :: frames].clone()


def _with_before(x: Tensor, batch: int, past: Tensor | None) -> Tensor:
    """x [B*F, C, h, w] and, in as many channels more, the frame before each."""
    n, c, h, w = x.shape
    joined = torch.empty((n, 2 * c, h, w), dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    joined[:, :c] = x
    before = joined.view(batch, n // batch, 2 * c, h, w)[:, :, c:]
    before[:, 1:] = x.view(batch, n // batch, c, h, w)[:, :-1]
    before[:, 0] = 0 if past is None else past
    return joined


def _conv(a: int, b: int, stride: int = 1, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(a, b, 3, stride=stride, padding=1, bias=bias)


class TinyVAE(nn.Module):
    """Key numbers of the published file count every layer, those without parameters too."""

    def __init__(self, config: TinyVAEConfig) -> None:
        super().__init__()
        self.config = config
        w, colors = config.encoder_width, 3 * config.patch**2
        encoder: list[nn.Module] = [_conv(colors, w), nn.ReLU(inplace=True)]
        for pooled, halved in zip((2, 2, 1), _HALVED[config.patch], strict=True):
            join = _conv(w, w, stride=2 if halved else 1, bias=False)
            encoder += [TemporalPool(w, pooled), join, *(MemoryBlock(w) for _ in range(3))]
        self.encoder = nn.Sequential(*encoder, _conv(w, config.latent_channels))

        widths = config.decoder_widths
        decoder: list[nn.Module] = [Squash(), _conv(config.latent_channels, widths[0]), nn.ReLU(inplace=True)]
        for level, (grown, doubles) in enumerate(zip((1, 2, 2), reversed(_HALVED[config.patch]), strict=True)):
            here, there = widths[level], widths[level + 1]
            decoder += [*(MemoryBlock(here) for _ in range(3)), nn.Identity()]
            doubling = config.doubling if doubles else None
            decoder += [TemporalGrowth(here, grown, doubling, config.motion_gated), _conv(here, there, bias=False)]
        self.decoder = nn.Sequential(*decoder, nn.ReLU(inplace=True), _conv(widths[3], colors))

    @property
    def dtype(self) -> torch.dtype:
        return cast("nn.Conv2d", self.encoder[0]).weight.dtype

    def streaming_encoder(self, padding: Padding = "lead") -> StreamingEncoder:
        return StreamingEncoder(self, padding)

    def streaming_decoder(self) -> StreamingDecoder:
        return StreamingDecoder(self)

    def encode(self, pixels: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """Pixels in [-1, 1] to latents, float32. F must be a multiple of 4: see ``padded`` and ``StreamingEncoder``."""
        if pixels.shape[1] % PICTURES_PER_LATENT:
            raise ValueError(f"{pixels.shape[1]} pictures, expected a multiple of {PICTURES_PER_LATENT}")
        # Handed over unnamed: a picture in float32 that this frame held would live as long as the whole pass.
        half = torch.full((), 0.5, dtype=pixels.dtype, device=pixels.device)
        latents, memory = self._run(self.encoder, self._folded(torch.add(half, pixels, alpha=0.5)), memory)
        latents = latents.float()
        return latent_scale.normalise(latents) if self.config.normalised else latents, memory

    def decode(self, latents: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """Latents to 4 times as many pictures in [-1, 1], float32; the first three of a stream are lead to be cut."""
        pixels, memory = self.decode_unclamped(latents, memory)
        return pixels.clamp_(0, 1).mul_(2).sub_(1), memory

    def decode_unclamped(self, latents: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """The decoder's own output, in which 0 is black and 1 is white."""
        folded, memory = self._run(
            self.decoder, latent_scale.denormalise(latents) if self.config.normalised else latents, memory
        )
        patch = self.config.patch
        return (F.pixel_shuffle(folded, patch) if patch > 1 else folded).float(), memory

    def _folded(self, pixels: Tensor) -> Tensor:
        """``patch`` x ``patch`` pixels as channels of one."""
        return F.pixel_unshuffle(pixels.to(self.dtype), self.config.patch) if self.config.patch > 1 else pixels

    def _run(self, layers: nn.Sequential, x: Tensor, memory: Memory | None) -> tuple[Tensor, Memory]:
        batch = x.shape[0]
        # Convolutions are several times faster on a CPU, and no slower on a GPU, with channels last.
        x = x.flatten(0, 1).to(self.dtype, memory_format=torch.channels_last)
        kept: list[Tensor] = []
        parts, passed = tuple(layers), None
        for layer, following in zip(parts, (*parts[1:], None), strict=True):
            if layer is passed:
                continue
            if isinstance(layer, TemporalPool) and isinstance(following, nn.Conv2d):
                whole = fused_conv.conv_of_mixed(layer.conv, following, x, layer.stride)
                if whole is not None:
                    x, passed = whole, following
                    continue
            if isinstance(layer, nn.Conv2d) and isinstance(following, nn.ReLU):
                x = fused_conv.conv_relu(layer, x)
                continue
            if isinstance(layer, nn.ReLU | nn.Identity):  # behind its convolution; or where something was once
                continue
            past = None if memory is None or len(kept) == len(memory) else memory[len(kept)]
            if isinstance(layer, MemoryBlock):
                x, last = layer(x, batch, past)
            elif isinstance(layer, TemporalGrowth) and layer.motion_gated:
                x, last = layer.gated(x, batch, past)
            else:
                x = layer(x)
                continue
            kept.append(last)
        return x.view(batch, -1, *x.shape[1:]), tuple(kept)


def padded(pixels: Tensor, padding: Padding = "end") -> Tensor:
    """Pixels [B, F, ...] with their first or last picture repeated until F is a multiple of 4.

    "end" is how the published batch form reads a clip.
    """
    missing = -pixels.shape[1] % PICTURES_PER_LATENT
    if padding == "lead":
        return torch.cat([*[pixels[:, :1]] * missing, pixels], dim=1)
    return torch.cat([pixels, *[pixels[:, -1:]] * missing], dim=1)


class StreamingEncoder:
    """Encodes a stream chunk by chunk. The memory of the past is all its state."""

    def __init__(self, vae: TinyVAE, padding: Padding = "lead") -> None:
        """padding: "lead", or "end" for what the reference implementation does with a first chunk of 13 pictures: those
        that fill it up stay in its memory, so that every later picture lies three places off."""
        self._vae = vae
        self._padding = padding
        self.reset()

    def reset(self) -> None:
        self._memory: Memory | None = None

    def encode(self, pixels: Tensor) -> Tensor:
        """The next pictures: 1+4(n-1) of them at the start of a stream, 4n later; gives n latent frames.

        With the lead, the first picture of a stream is put in front three times, so that latent frame 0 is about that
        picture alone and picture k stays in the latent frame that the decoder makes picture k from.
        """
        if self._memory is None:
            pixels = padded(pixels, self._padding)
        latents, self._memory = self._vae.encode(pixels, self._memory)
        return latents

    def copy(self) -> StreamingEncoder:
        """Another encoder with the same past."""
        twin = StreamingEncoder(self._vae, self._padding)
        twin._memory = self._memory
        return twin


class StreamingDecoder:
    """Decodes a stream chunk by chunk. The memory of the past is all its state, with the last picture where the network
    has a ``dead_band``."""

    def __init__(self, vae: TinyVAE) -> None:
        self._vae = vae
        self.reset()

    def reset(self) -> None:
        self._memory: Memory | None = None
        self._shown: Tensor | None = None

    def decode(self, latents: Tensor) -> Tensor:
        """n latent frames to 1+4(n-1) pictures at the start of a stream, to 4n later, in [-1, 1]."""
        lead = _LEAD if self._memory is None else 0
        pixels, self._memory = self._vae.decode(latents, self._memory)
        pixels = pixels[:, lead:]
        if self._vae.config.dead_band:
            self._shown = _held(pixels, self._shown, self._vae.config.dead_band / 127.5).clone()
        return pixels


def _held(pixels: Tensor, shown: Tensor | None, band: float) -> Tensor:
    """Lets each number of ``pixels`` [B, F, 3, H, W] stay where it was a picture before, at most ``band`` away.

    That is the play operator (backlash): unlike an average over time, it lags by no more than the band, however slow or
    fast a change is. shown: the picture before [B, 3, H, W]; None at the start. In place; returns the last picture.
    """
    lowest, highest = pixels - band, pixels + band
    for frame in range(pixels.shape[1]):
        if shown is not None:
            torch.clamp(shown, lowest[:, frame], highest[:, frame], out=pixels[:, frame])
        shown = pixels[:, frame]
    assert shown is not None
    return shown
