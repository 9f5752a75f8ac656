"""The looks: what a structure is painted as, in torch, on whatever device its tensors are. Training targets only.

Nothing here is shipped: every look that a performer sees comes out of the network that learned it. A look is drawn from
what the guide and the prompt determine, so that the network has nothing to guess; its textures repeat every 8 or 16
pixels, so that the network need not know where in the picture it is.

Fields are [F, H, W] float32: ``line`` the opacity of the lines, 0..1; ``distance`` to the nearest line in pixels, up to
``REACH``; ``tone`` the brightness of what is shown, 0..1, one half where nothing is known. Pictures are [F, 3, H, W] in
0..1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from training.palettes import DARK, DEEP, GROUND, LIGHT, MAIN, OUTWARDS

REACH = 16
"""Pixels; farther from every line it all looks the same."""

PAPER = (0.965, 0.945, 0.895)


@dataclass(frozen=True, eq=False)
class Fields:
    """What is painted. tint: colours [F, 3, H, W] that the ground takes on where ``tinted`` [F, 1, H, W] is 1."""

    line: Tensor
    distance: Tensor
    tone: Tensor
    tint: Tensor | None = None
    tinted: Tensor | None = None


def paint(look: str, fields: Fields, palette: Tensor) -> Tensor:
    """The pictures [F, 3, H, W] of ``fields`` in one look and palette, [5, 3] or a picture's [9, 3]."""
    return LOOKS[look](_Brush(fields, palette.to(fields.line.device))).clamp(0, 1)


class _Brush:
    """The fields in the forms that the looks share, and the mixing of colours."""

    def __init__(self, fields: Fields, palette: Tensor) -> None:
        self.line = fields.line.unsqueeze(1)
        self.distance = fields.distance.unsqueeze(1)
        self.tone = fields.tone.unsqueeze(1)
        self.shade = ((0.5 - self.tone) * 2).clamp(0, 1)  # of what is darker than middle grey
        self.lit = ((self.tone - 0.5) * 2).clamp(0, 1)
        self._fields = fields
        self._palette = palette

    def color(self, index: int) -> Tensor:
        return self._palette[index].view(1, 3, 1, 1)

    def ground(self, own: Tensor) -> Tensor:
        """The palette's ground, or the look's own; tinted where the fields say so."""
        outwards = self._palette[OUTWARDS]
        if len(outwards):
            color = run_through([each.view(1, 3, 1, 1) for each in outwards], self.distance / REACH)
        else:
            ground = self.color(GROUND)
            color = torch.where(ground.isnan(), own, ground)
        if self._fields.tint is None or self._fields.tinted is None:
            return color
        mean = color.mean()
        tint = self._fields.tint * (0.35 + 0.65 * mean) + (1 - 0.75) * mean  # keeps light grounds light
        return color + (tint - color) * self._fields.tinted

    def pen(self, ground: Tensor) -> Tensor:
        """A line's colour that stands out from ``ground``."""
        dark = (ground.mean(1, keepdim=True) < 0.5).float()
        return dark * self.color(LIGHT) + (1 - dark) * self.color(DARK)

    def near(self, reach: float) -> Tensor:
        """1 on the lines, falling to 1/e over ``reach`` pixels."""
        return torch.exp(-self.distance / reach)

    def ramp(self, amount: Tensor, dark: Tensor) -> Tensor:
        """dark, deep, main, light as ``amount`` goes from 0 to 1."""
        return run_through([dark, self.color(DEEP), self.color(MAIN), self.color(LIGHT)], amount)

    def grid(self) -> tuple[Tensor, Tensor]:
        """Pixel centres: x [1, 1, 1, W] and y [1, 1, H, 1]."""
        h, w = self.line.shape[-2:]
        device = self.line.device
        x = torch.arange(w, device=device).view(1, 1, 1, w) + 0.5
        return x, torch.arange(h, device=device).view(1, 1, h, 1) + 0.5

    def grain(self, seed: int, smooth: int = 0) -> Tensor:
        """A fixed texture in 0..1 that repeats every 16 pixels, [1, 1, H, W]."""
        tile = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(seed))
        for _ in range(smooth):
            tile = F.avg_pool2d(F.pad(tile, (1, 1, 1, 1), mode="circular"), 3, stride=1)
        tile = (tile - tile.amin()) / (tile.amax() - tile.amin())
        h, w = self.line.shape[-2:]
        return tile.to(self.line.device).repeat(1, 1, -(-h // 16), -(-w // 16))[..., :h, :w]


def mix(a: Tensor, b: Tensor, amount: Tensor | float) -> Tensor:
    """a where amount is 0, b where it is 1."""
    return a + (b - a) * amount


def run_through(stops: list[Tensor], amount: Tensor) -> Tensor:
    """One colour after the other as ``amount`` goes from 0 to 1."""
    at = amount.clamp(0, 1) * (len(stops) - 1)
    out = stops[0]
    for index, stop in enumerate(stops[1:]):
        out = mix(out, stop, (at - index).clamp(0, 1))
    return out


def _paper(brush: _Brush, tint: float) -> Tensor:
    paper = torch.tensor(PAPER, device=brush.line.device).view(1, 3, 1, 1)
    return mix(paper, brush.color(MAIN), tint)


def _neon(brush: _Brush) -> Tensor:
    ground = brush.ground(brush.color(DARK) * 0.22)
    glow = mix(ground, brush.color(MAIN), 0.72 * brush.near(4.5) + 0.30 * brush.lit)
    dark = (ground.mean(1, keepdim=True) < 0.5).float()
    core = mix(brush.color(MAIN), torch.ones_like(glow), 0.7 * dark)
    return mix(glow, core, brush.line)


def _ink(brush: _Brush) -> Tensor:
    ground = brush.ground(_paper(brush, 0.0))
    washed = mix(ground, brush.color(MAIN), 0.62 * brush.near(6.0) + 0.25 * brush.shade)
    washed = mix(washed, brush.color(DEEP), 0.45 * brush.shade)
    return mix(washed, brush.pen(ground), brush.line)


def _blueprint(brush: _Brush) -> Tensor:
    x, y = brush.grid()
    ground = brush.ground(brush.color(DEEP))
    pen = brush.pen(ground)
    rule = torch.maximum((1 - (x % 16 - 8).abs()).clamp(0, 1), (1 - (y % 16 - 8).abs()).clamp(0, 1))
    sheet = mix(ground, pen, 0.16 * rule)
    sheet = mix(sheet, brush.color(MAIN), 0.35 * brush.lit + 0.12 * brush.near(5.0))
    return mix(sheet, pen, 0.95 * brush.line)


def _chalk(brush: _Brush) -> Tensor:
    ground = brush.ground(brush.color(DARK) * 0.5 + 0.10)
    chalk = mix(brush.color(MAIN), torch.ones_like(ground), 0.25)
    dust = mix(ground, chalk, (0.20 * brush.near(6.0) + 0.35 * brush.lit) * brush.grain(1, 1))
    return mix(dust, chalk, brush.line * (0.55 + 0.45 * brush.grain(2)))


def _lava(brush: _Brush) -> Tensor:
    ground = brush.ground(brush.color(DARK) * 0.45)
    heat = 0.86 * brush.near(4.0) + 0.55 * brush.lit + 0.10 * brush.grain(3, 2) - 0.06
    return mix(brush.ramp(heat, ground), mix(brush.color(LIGHT), torch.ones_like(ground), 0.4), 0.9 * brush.line)


def _ice(brush: _Brush) -> Tensor:
    white = torch.ones_like(brush.color(MAIN))
    ground = brush.ground(mix(white, brush.color(MAIN), 0.30))
    facet = 0.5 + 0.5 * torch.cos(brush.distance * (2 * math.pi / 14))
    frozen = mix(ground, white, 0.55 * facet)
    frozen = mix(frozen, brush.color(MAIN), 0.55 * brush.shade)
    return mix(frozen, brush.color(DEEP), 0.95 * brush.line)


def _hologram(brush: _Brush) -> Tensor:
    _, y = brush.grid()
    scan = 0.72 + 0.28 * torch.cos(y * (2 * math.pi / 4))
    ground = brush.ground(brush.color(DARK) * 0.6)
    body = mix(ground, brush.color(MAIN), (0.14 + 0.55 * brush.near(7.0) + 0.30 * brush.lit) * scan)
    shifted = torch.cat([brush.line.roll(1, -1), brush.line, brush.line.roll(-1, -1)], dim=1)
    return mix(body, mix(brush.color(LIGHT), torch.ones_like(body), 0.5), shifted * (0.75 + 0.25 * scan))


def _gold(brush: _Brush) -> Tensor:
    height = brush.near(3.0) + 0.6 * brush.tone
    padded = F.pad(height, (1, 1, 1, 1), mode="replicate")
    slope = padded[..., 1:-1, :-2] - padded[..., 1:-1, 2:] + padded[..., :-2, 1:-1] - padded[..., 2:, 1:-1]
    ground = brush.ground(brush.color(DARK))
    polished = brush.ramp(0.36 + 0.42 * slope + 0.25 * (brush.tone - 0.5), ground)
    return mix(polished, brush.color(LIGHT), 0.85 * brush.line)


def _comic(brush: _Brush) -> Tensor:
    x, y = brush.grid()
    ground = brush.ground(mix(brush.color(MAIN), torch.ones_like(brush.color(MAIN)), 0.35))
    dots = torch.sqrt((x % 8 - 4) ** 2 + (y % 8 - 4) ** 2)
    size = 1.0 + 1.6 * brush.near(8.0) + 2.2 * brush.shade
    printed = mix(ground, brush.color(MAIN) * 0.8, 0.55 * ((size - dots) / 2 + 0.5).clamp(0, 1))
    return mix(printed, torch.full_like(ground, 0.03), brush.line)


def _watercolor(brush: _Brush) -> Tensor:
    ground = brush.ground(torch.full_like(brush.color(MAIN), 0.98))
    wash = 0.14 + 0.50 * brush.near(9.0) + 0.45 * brush.shade + 0.10 * (brush.grain(4, 3) - 0.5)
    return mix(mix(ground, brush.color(MAIN), wash), brush.color(DEEP), 0.88 * brush.line)


def _pencil(brush: _Brush) -> Tensor:
    x, y = brush.grid()
    ground = brush.ground(_paper(brush, 0.0) * 0.6 + 0.4)
    pen = brush.pen(ground) * 0.5 + brush.color(DEEP) * 0.5
    hatch = 0.5 + 0.5 * torch.cos((x + y) * (2 * math.pi / 4))
    toned = mix(ground, brush.color(MAIN), (0.10 + 0.55 * brush.near(7.0) + 0.55 * brush.shade) * hatch)
    return mix(toned, pen, brush.line * (0.80 + 0.20 * brush.grain(5)))


def _contour(brush: _Brush) -> Tensor:
    ground = brush.ground(brush.color(DARK) * 0.8)
    bands = 0.5 + 0.5 * torch.cos(brush.distance * (2 * math.pi / 7))
    fading = (1 - brush.distance / REACH).clamp(0, 1)
    lines = mix(ground, brush.color(MAIN), 0.42 * bands * fading + 0.35 * brush.lit)
    return mix(lines, brush.pen(ground), brush.line)


def _woodcut(brush: _Brush) -> Tensor:
    _, y = brush.grid()
    ground = brush.ground(_paper(brush, 0.35))
    cut = (0.5 - 0.5 * torch.cos(y * (2 * math.pi / 8))) + 0.7 * brush.near(7.0) + 0.9 * brush.shade - 0.9
    pen = brush.pen(ground) * 0.75 + brush.color(DEEP) * 0.25
    return mix(mix(ground, brush.color(MAIN) * 0.75, 0.55 * (cut * 1.5).clamp(0, 1)), pen, brush.line)


def _led(brush: _Brush) -> Tensor:
    x, y = brush.grid()
    ground = brush.ground(torch.full_like(brush.color(DARK), 0.015))
    power = 0.09 + 0.42 * brush.near(5.0) + 0.40 * brush.lit
    dot = ((4.0 - torch.sqrt((x % 8 - 4) ** 2 + (y % 8 - 4) ** 2)) / 2.5).clamp(0, 1)
    lamps = mix(ground, brush.color(MAIN), 0.75 * power * dot)
    return mix(lamps, mix(brush.color(MAIN), brush.color(LIGHT), 0.6 * dot), brush.line * (0.55 + 0.45 * dot))


LOOKS: dict[str, Callable[[_Brush], Tensor]] = {
    "neon": _neon,
    "ink": _ink,
    "blueprint": _blueprint,
    "chalk": _chalk,
    "lava": _lava,
    "ice": _ice,
    "hologram": _hologram,
    "gold": _gold,
    "comic": _comic,
    "watercolor": _watercolor,
    "pencil": _pencil,
    "contour": _contour,
    "woodcut": _woodcut,
    "led": _led,
}
"""By the word that asks for each."""


def distance_to(line: Tensor) -> Tensor:
    """Distance in pixels to the nearest line, up to ``REACH``, of opacities [F, H, W]: a faint line is a far one.

    The exact Euclidean transform of what lies within reach, one axis after the other (Felzenszwalb and Huttenlocher).
    """
    far = float(REACH * REACH)
    squared = ((1 - line) * REACH) ** 2
    for axis in (-1, -2):
        padding = (REACH, REACH) if axis == -1 else (0, 0, REACH, REACH)
        padded = F.pad(squared, padding, value=far)
        size = squared.shape[axis]
        nearest = squared
        for shift in range(-REACH, REACH + 1):
            if shift:
                nearest = torch.minimum(nearest, padded.narrow(axis, REACH + shift, size) + float(shift * shift))
        squared = nearest
    return squared.clamp(0, far).sqrt()


def drawn(edges: Tensor, softness: float = 0.9) -> Tensor:
    """Lines about three pixels wide with soft sides, 0..1, from one-pixel edges [F, H, W] in 0..1."""
    radius = 2
    taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, device=edges.device) / softness) ** 2)
    x = edges.unsqueeze(1)
    x = F.conv2d(F.pad(x, (radius, radius, 0, 0), mode="replicate"), taps.view(1, 1, 1, -1))
    x = F.conv2d(F.pad(x, (0, 0, radius, radius), mode="replicate"), taps.view(1, 1, -1, 1))
    # A straight edge one pixel wide sums to ``taps.sum()`` along itself: full opacity in its middle.
    return (x.squeeze(1) / taps.sum() * 1.15).clamp(0, 1)
