"""One stream of random pictures, stage by stage: encode, context, denoising steps, decode, clean pass.

The order is the live path's: a chunk's pictures are handed out before the clean pass. What is painted means nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor

from benchmarks.engine.clock import Clock
from benchmarks.engine.drive import Drive
from benchmarks.engine.networks import Networks
from benchmarks.engine.plain import PlainRollout
from benchmarks.engine.shapes import Shape
from engine.autoencoder import PICTURES_PER_LATENT, Autoencoder
from engine.conditioning import ContextEncoder, mask_channels
from engine.resting import settling_chunks
from engine.rollout import Rollout
from engine.sampler import Sampler


class Denoiser(Protocol):
    """What ``Rollout`` and ``PlainRollout`` have in common."""

    sampler: Sampler
    frame: int

    def reset(self) -> None: ...

    def settle(self) -> None: ...

    def denoise(self, noise: Callable[[int], Tensor], steps: list[float], context: Tensor | None = None) -> Tensor: ...


class Inputs:
    """What all forms that stand beside each other are shown: the same guide, noise and prompt, on the device."""

    def __init__(self, shape: Shape, networks: Networks) -> None:
        config, (rows, columns) = shape.config, shape.grid
        generator = torch.Generator().manual_seed(1)

        def random(*size: int) -> Tensor:
            return torch.randn(size, generator=generator).to(networks.device.torch_device)

        self.guide = random(1, shape.pictures, 3, shape.height, shape.width).clamp(-1, 1)
        self.mask = torch.ones(1, shape.pictures, shape.height, shape.width, dtype=torch.bool)  # on the host
        latents = (config.rollout.chunk, config.dit.latent_channels, rows, columns)
        self.noise = [random(1, *latents) for _ in range(config.rollout.steps)]
        self.embeds = random(1, shape.prompt_rows, config.dit.text_dim)


def fast(shape: Shape, networks: Networks, inputs: Inputs, drive: Drive, horizon: int | None = None) -> Rollout:
    """The engine's own. horizon: where it turns positions back, in latent frames; None = as it is shipped."""
    device, config = networks.device, shape.config
    if horizon is not None:
        config = replace(config, rollout=replace(config.rollout, horizon=horizon))
    rollout = Rollout(networks.dit, config, *shape.grid, device.dtype, device.torch_device, drive.recorder)
    if drive.call is not None:
        rollout.call = drive.call
    rollout.read_text(inputs.embeds)
    return rollout


def plain(shape: Shape, networks: Networks, inputs: Inputs, wastes: frozenset[str], rank: int) -> PlainRollout:
    rollout = PlainRollout(networks.dit, shape.config, *shape.grid, wastes, rank)
    rollout.read_text(inputs.embeds)
    return rollout


class Painter:
    """One stream. ``latents`` and ``pixels`` are those of its last chunk."""

    def __init__(
        self,
        rollout: Denoiser,
        shape: Shape,
        networks: Networks,
        inputs: Inputs,
        encodes_zeros: bool = False,
        waits_for_clean: bool = False,
    ) -> None:
        """encodes_zeros: waste 9; waits_for_clean: waste 10."""
        self._pictures = shape.pictures
        self._rollout, self._inputs = rollout, inputs
        self._waits_for_clean = waits_for_clean
        vae = networks.vae
        self._context: ContextEncoder | _BothStreams = _BothStreams(vae) if encodes_zeros else ContextEncoder(vae)
        self._decoder = vae.streaming_decoder()
        self.clock = Clock(networks.device.torch_device)
        self.latents = self.pixels = torch.empty(0)
        rollout_config = shape.config.rollout
        rests = settling_chunks(vae, rollout_config.chunk) or 0
        self._settled_after = max(-(-rollout_config.window // rollout_config.chunk), rests + 1) + 2

    def reset(self) -> None:
        """The next chunk is the first of a stream."""
        self._rollout.reset()
        self._context.reset()
        self._decoder.reset()

    def fill(self) -> None:
        """Paint until the window is full and the encoders are at rest, in as little time as that takes."""
        for _ in range(self._settled_after):
            self.paint(True, steps=1)

    @torch.inference_mode()
    def paint(self, vace: bool, steps: int | None = None) -> dict[str, float]:
        """One chunk; milliseconds by stage."""
        rollout, clock, inputs = self._rollout, self.clock, self._inputs
        pictures = self._pictures - (PICTURES_PER_LATENT - 1 if rollout.frame == 0 else 0)
        guide, mask = inputs.guide[:, -pictures:], inputs.mask[:, -pictures:]
        count = len(inputs.noise) if steps is None else steps
        clock.start()
        context = None
        if vace:
            context = self._context.encode(guide, guide, mask)
            clock.over("encode")

        def noise(step: int) -> Tensor:
            # Asked for at the beginning of each step, so it tells when the one before is over.
            if step > 0:
                clock.over(f"step {step}")
            elif vace:
                clock.over("context")
            return inputs.noise[step]

        self.latents = rollout.denoise(noise, rollout.sampler.steps(count), context)
        clock.over(f"step {count}")
        if self._waits_for_clean:
            rollout.settle()
            clock.over("clean")
        self.pixels = self._decoder.decode(self.latents)
        clock.over("decode")
        if not self._waits_for_clean:
            rollout.settle()
            clock.over("clean")
        return clock.ms()


class _BothStreams:
    """Waste 9: a context encoder that encodes the stream in which there is nothing, too."""

    def __init__(self, vae: Autoencoder) -> None:
        self._inactive, self._reactive = vae.streaming_encoder(), vae.streaming_encoder()

    def reset(self) -> None:
        self._inactive.reset()
        self._reactive.reset()

    def encode(self, guide: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        mask = mask.to(guide.device)
        where, nothing = mask.unsqueeze(2), torch.zeros((), device=guide.device)
        kept = self._inactive.encode(torch.where(where, nothing, source))
        made = self._reactive.encode(torch.where(where, guide, nothing))
        missing = PICTURES_PER_LATENT * kept.shape[1] - mask.shape[1]
        mask = torch.cat([*[mask[:, :1]] * missing, mask], dim=1)
        return torch.cat([kept, made, mask_channels(mask).to(kept.dtype)], dim=2)
