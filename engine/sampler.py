"""The flow-matching noise schedule and the few-step denoising of one chunk. Knows no network: it is handed one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from engine.config import RolloutConfig


class Schedule:
    """The shifted flow-matching table: u_i = 1 - i/1000, sigma = s*u / (1 + (s-1)*u), timestep = 1000*sigma."""

    def __init__(self, shift: float) -> None:
        u = torch.linspace(1, 0, 1001)[:-1]
        self.sigmas = shift * u / (1 + (shift - 1) * u)
        self.timesteps = self.sigmas * 1000
        self._found: dict[float, float] = {}

    def sigma(self, timestep: float) -> float:
        """The tabulated sigma whose timestep is nearest (the first one on ties), never timestep/1000 itself."""
        if timestep not in self._found:
            self._found[timestep] = float(self.sigmas[(self.timesteps - timestep).abs().argmin()])
        return self._found[timestep]

    def warped(self, timestep: float) -> float:
        """Entry 1000 - timestep of the timesteps with a 0 behind them: the Self-Forcing way to read a list of steps."""
        return float(torch.cat([self.timesteps, torch.zeros(1)])[1000 - int(timestep)])

    def add_noise(self, clean: Tensor, noise: Tensor, timestep: float | Sequence[float]) -> Tensor:
        """(1 - sigma) * clean + sigma * noise, float32. A sequence of timesteps has one for each of the first axis."""
        sigma = self._sigma_of(timestep, clean)
        return (1 - sigma) * clean + sigma * noise

    def clean_from_flow(self, noisy: Tensor, flow: Tensor, timestep: float | Sequence[float]) -> Tensor:
        """noisy - sigma * flow; the flow is noise minus clean."""
        return noisy - self._sigma_of(timestep, noisy) * flow

    def _sigma_of(self, timestep: float | Sequence[float], like: Tensor) -> Tensor | float:
        if isinstance(timestep, float):
            return self.sigma(timestep)
        sigmas = torch.tensor([self.sigma(each) for each in timestep], device=like.device)
        return sigmas.view(-1, *[1] * (like.ndim - 1))


class Sampler:
    """Denoises a chunk in few steps, mixing in fresh noise between them."""

    def __init__(self, config: RolloutConfig) -> None:
        self._config = config
        self.schedule = Schedule(config.shift)

    def steps(self, count: int, strength: float = 1.0) -> list[float]:
        """``count`` timesteps from 1000 down in equal parts: 4 gives the published 1000, 750, 500, 250.

        strength: below 1, for video to video, all of them are that much lower, so that less is left to repaint.
        """
        raw = [float(round(strength * (1000 - 1000 * index // count))) for index in range(count)]
        return [self.schedule.warped(step) for step in raw] if self._config.warp_steps else raw

    def denoise(
        self,
        predict: Callable[[Tensor, float], Tensor],
        noise: Callable[[int], Tensor],
        steps: list[float],
        source: Tensor | None = None,
    ) -> Tensor:
        """The clean latent of a chunk.

        predict: (noisy latent, timestep) -> flow or clean latent, as ``RolloutConfig.prediction`` says. noise: the
        number of a step -> the noise mixed in before it; number 0 is what the chunk starts from. source: the latent
        that video to video starts from, mixed with noise at the first timestep (SDEdit, arXiv 2108.01073).
        """
        x = noise(0)
        if source is not None:
            x = self.schedule.add_noise(source, x, steps[0])
        clean = x
        for number, timestep in enumerate(steps):
            if number > 0:
                x = self.schedule.add_noise(clean, noise(number), timestep)
            predicted = predict(x, timestep)
            if self._config.prediction == "clean":
                clean = predicted
            else:
                clean = self.schedule.clean_from_flow(x, predicted, timestep)
        return clean
