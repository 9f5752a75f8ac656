"""The flow-matching noise schedule and the few-step denoising of one chunk. Knows no network: it is handed one."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.config import RolloutConfig


class Schedule:
    """The shifted flow-matching table: u_i = 1 - i/1000, sigma = s*u / (1 + (s-1)*u), timestep = 1000*sigma."""

    def __init__(self, shift: float) -> None:
        u = torch.linspace(1, 0, 1001)[:-1]
        self.sigmas = shift * u / (1 + (shift - 1) * u)
        self.timesteps = self.sigmas * 1000

    def sigma(self, timestep: float) -> float:
        """The tabulated sigma whose timestep is nearest (the first one on ties), never timestep/1000 itself."""
        return float(self.sigmas[(self.timesteps - timestep).abs().argmin()])

    def warped(self, timestep: float) -> float:
        """Entry 1000 - timestep of the timesteps with a 0 behind them: the Self-Forcing way to read a list of steps."""
        return float(torch.cat([self.timesteps, torch.zeros(1)])[1000 - int(timestep)])

    def add_noise(self, clean: Tensor, noise: Tensor, timestep: float) -> Tensor:
        """(1 - sigma) * clean + sigma * noise, float32."""
        sigma = self.sigma(timestep)
        return (1 - sigma) * clean + sigma * noise

    def clean_from_flow(self, noisy: Tensor, flow: Tensor, timestep: float) -> Tensor:
        """noisy - sigma * flow; the flow is noise minus clean."""
        return noisy - self.sigma(timestep) * flow


class Sampler:
    """Denoises a chunk in few steps, mixing in fresh noise between them."""

    def __init__(self, config: RolloutConfig) -> None:
        self._config = config
        self.schedule = Schedule(config.shift)

    def steps(self, count: int) -> list[float]:
        """``count`` timesteps from 1000 down in equal parts: 4 gives the published 1000, 750, 500, 250."""
        raw = [float(1000 - 1000 * index // count) for index in range(count)]
        return [self.schedule.warped(step) for step in raw] if self._config.warp_steps else raw

    def denoise(
        self, predict: Callable[[Tensor, float], Tensor], noise: Callable[[int], Tensor], steps: list[float]
    ) -> Tensor:
        """The clean latent of a chunk.

        predict: (noisy latent, timestep) -> flow or clean latent, as ``RolloutConfig.prediction`` says. noise: the
        number of a step -> the noise mixed in before it; number 0 is what the chunk starts from.
        """
        x = noise(0)
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
