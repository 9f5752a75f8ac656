"""The course of a training stage: learning rates over its steps, the averaged weights, and where it can go on from.

Every step's data is drawn from its number alone, so that a stage that was stopped goes on as if it had not been. Knows
no network and no data.
"""

from __future__ import annotations

import copy
import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from training.muon import Muon

Say = Callable[[str], None]
_SAID_EVERY_S = 20.0


@dataclass(frozen=True)
class Plan:
    """How a stage is run. Lengths in steps.

    steps: of the whole stage. warm_up: at its start the rate rises. cooling: share of the stage, at its end, over which
    the rate falls to nothing. average: of the averaged weights, kept at each step. saved_every: steps. level: the share
    of the stage's learning rate that it rises to.
    """

    steps: int
    warm_up: int = 50
    cooling: float = 0.25
    average: float = 0.998
    saved_every: int = 200
    seed: int = 1
    level: float = 1.0

    def rate(self, step: int) -> float:
        """The share of the full learning rate at ``step``: up, level, and down to nothing (linear)."""
        cooling = max(1, int(self.steps * self.cooling))
        return self.level * min(1.0, (step + 1) / self.warm_up, max(0.0, (self.steps - step) / cooling))

    def is_cooling(self, step: int) -> bool:
        return step >= self.steps - max(1, int(self.steps * self.cooling))


class Course:
    """Trains ``networks`` and keeps ``<folder>/<name>.pt``, and ``<name>-level.pt`` from before the rate fell.

    Another plan goes on from the newest file whose rate had not begun to fall; the same plan from the newest of all.
    basis: ``fingerprint`` of other weights that are learned from; files of another basis, or of none, are not gone on
    from. history: from which step on which plan was followed, as (step, steps of the plan, seed). It does not know what
    the code was at the time, so that it tells how weights came to be and is no recipe for them.
    """

    def __init__(
        self, name: str, networks: nn.Module, folder: Path, plan: Plan, optimizer: Muon, say: Say, basis: str = ""
    ) -> None:
        self._name, self._folder, self._plan, self._say, self._basis = name, folder, plan, say, basis
        self.networks = networks
        self.averaged = copy.deepcopy(networks).requires_grad_(False)
        self._optimizer = optimizer
        self.step = 0
        self.history: list[tuple[int, int, int]] = [(0, plan.steps, plan.seed)]
        self._usual_norm = 0.0
        self._spent_s = 0.0

    @property
    def path(self) -> Path:
        return self._folder / f"{self._name}.pt"

    def start(self, weights: dict[str, Tensor]) -> None:
        """Begin with these instead of with the networks' own."""
        self.networks.load_state_dict(weights)
        self.averaged.load_state_dict(weights)

    def resume(self) -> bool:
        """Go on from what was saved, if anything was that was learned from the same basis. Whether it was."""
        of_another_basis = False
        for path in (self.path, self._folder / f"{self._name}-level.pt"):
            if not path.exists():
                continue
            state = torch.load(path, map_location="cpu", weights_only=True)
            if state.get("basis", "") != self._basis:
                of_another_basis = True
                continue
            if state["steps"] != self._plan.steps and state["cooling"]:
                continue  # another plan's end: go on from before its rate fell
            self.networks.load_state_dict(state["networks"])
            self.averaged.load_state_dict(state["averaged"])
            if state["optimizer"] is not None:
                self._optimizer.load_state_dict(state["optimizer"])
            self.step, self._usual_norm = state["step"], state["usual_norm"]
            self._spent_s = state["spent_s"]
            self.history = [tuple(part) for part in state["history"]]
            if not self.history or self.history[-1][1:] != (self._plan.steps, self._plan.seed):
                self.history.append((self.step, self._plan.steps, self._plan.seed))
            self._say(f"{self._name}: goes on at step {self.step:,} of {self._plan.steps:,}")
            return True
        if of_another_basis:
            self._say(f"{self._name}: what lies there was not trained on the present weights, so it begins anew")
        return False

    def run(self, loss_of: Callable[[int], tuple[float, dict[str, float]]]) -> None:
        """All steps that are left. loss_of: step number -> the loss, whose gradients it has added up, and
        figures to report."""
        plan, said_at, begun, first = self._plan, time.monotonic(), time.monotonic(), self.step
        means: dict[str, float] = {}
        worked = time.process_time()
        while self.step < plan.steps:
            if plan.is_cooling(self.step) and not plan.is_cooling(self.step - 1):
                self._save(self._folder / f"{self._name}-level.pt", cooling=False)
            self._optimizer.set_rate(plan.rate(self.step))
            self._optimizer.zero_grad(set_to_none=True)
            loss, figures = loss_of(self.step)
            if not math.isfinite(loss):
                raise FloatingPointError(f"{self._name}: the loss of step {self.step} is {loss}")
            self._clip()
            self._optimizer.step()
            self.step += 1
            worked, before = time.process_time(), worked
            self._spent_s += worked - before
            self._average()
            for key, value in {"loss": loss, **figures}.items():
                means[key] = means.get(key, value) * 0.95 + value * 0.05
            if time.monotonic() - said_at > _SAID_EVERY_S or self.step == plan.steps:
                said_at = time.monotonic()
                left = (plan.steps - self.step) * (said_at - begun) / (self.step - first)
                facts = "  ".join(f"{key} {value:.4f}" for key, value in means.items())
                self._say(f"{self._name}: step {self.step:,} of {plan.steps:,}, {left / 60:.0f} min left  {facts}")
            if self.step % plan.saved_every == 0 or self.step == plan.steps:
                self._save(self.path, cooling=plan.is_cooling(self.step))

    def _clip(self) -> None:
        """Hold gradients within twice their usual length: one odd batch must not outweigh the momentum of many."""
        parameters = [p for p in self.networks.parameters() if p.grad is not None]
        limit = 2 * self._usual_norm if self._usual_norm else math.inf
        norm = min(float(torch.nn.utils.clip_grad_norm_(parameters, limit)), limit)
        self._usual_norm = norm if not self._usual_norm else 0.98 * self._usual_norm + 0.02 * norm

    @torch.no_grad()
    def _average(self) -> None:
        kept = min(self._plan.average, (1 + self.step) / (10 + self.step))
        for mean, now in zip(self.averaged.parameters(), self.networks.parameters(), strict=True):
            mean.lerp_(now, 1 - kept)

    def _save(self, path: Path, cooling: bool) -> None:
        state = {
            "step": self.step,
            "steps": self._plan.steps,
            "cooling": cooling,
            "history": self.history,
            "basis": self._basis,
            "usual_norm": self._usual_norm,
            "spent_s": self._spent_s,
            "device": next(self.networks.parameters()).device.type,
            "networks": self.networks.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        unfinished = path.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(path)


def fingerprint(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 of tensors with their names, in the order of these."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(weights[name].detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
