"""The plain form against the engine: the same latents, whatever is wasted, and each waste really takes place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from benchmarks.engine.plain import PADDED_TOKENS, PlainRollout
from benchmarks.engine.traffic import Traffic, traffic_of
from benchmarks.engine.wastes import OF_THE_NETWORK, WASTES
from engine.catalog import Model, untrained_model
from engine.device import Device
from engine.rollout import Rollout
from tests.tiny import TINY, tiny_model

ROWS, COLUMNS = 4, 6
RANK = 8
STEPS = 2
TOLERANCE = 1e-5
"""Relative to the largest latent: float32 through six chunks that see each other."""


@pytest.fixture(params=[(1, 4, 1), (2, 5, 1), (3, 12, 3)], ids=str)
def model(request: pytest.FixtureRequest) -> Model:
    return long_prompted(*request.param)


def long_prompted(chunk: int, window: int, sink: int) -> Model:
    """The tiny one, with as many rows for a prompt as make its padding worth thinking of."""
    config = replace(
        TINY, dit=replace(TINY.dit, text_len=200), rollout=replace(TINY.rollout, chunk=chunk, window=window, sink=sink)
    )
    return untrained_model(config, Device(torch.device("cpu"), torch.float32))


def painted(rollout: Rollout | PlainRollout, chunk: int, chunks: int = 6) -> Tensor:
    """The latents of a stream from a fixed seed; one chunk in the middle is made without VACE."""
    generator = torch.Generator().manual_seed(0)
    out = []
    with torch.inference_mode():
        rollout.read_text(torch.randn(1, 3, 12, generator=generator))
        for number in range(chunks):
            noise = torch.randn(STEPS, 1, chunk, 16, ROWS, COLUMNS, generator=generator)
            context = torch.randn(1, chunk, 96, ROWS, COLUMNS, generator=generator)
            steps = rollout.sampler.steps(STEPS)
            out.append(rollout.denoise(noise.__getitem__, steps, None if number == 3 else context))
            rollout.settle()
    return torch.cat(out, dim=1)


def plain(model: Model, *wastes: str) -> PlainRollout:
    return PlainRollout(model.dit, model.config, ROWS, COLUMNS, frozenset(wastes), RANK)


def test_every_waste_leaves_the_latents_as_they_are(model: Model) -> None:
    chunk = model.config.rollout.chunk
    engine = painted(Rollout(model.dit, model.config, ROWS, COLUMNS), chunk)
    bound = TOLERANCE * float(engine.abs().max())
    for wastes in ((), *((name,) for name in sorted(OF_THE_NETWORK)), tuple(OF_THE_NETWORK)):
        apart = float((painted(plain(model, *wastes), chunk) - engine).abs().max())
        assert apart < bound, wastes


def test_the_comparison_would_notice_another_network(model: Model) -> None:
    chunk = model.config.rollout.chunk
    form = plain(model)
    before = painted(form, chunk)
    for name in ("blocks.1.self_attn.norm_q.weight", "vace_blocks.1.after_proj.weight", "blocks.2.modulation"):
        weight = model.dit.get_parameter(name)
        kept = weight.clone()
        weight.mul_(1.01)
        assert (painted(plain(model), chunk) - before).abs().max() > TOLERANCE * before.abs().max(), name
        weight.copy_(kept)
    assert torch.equal(painted(plain(model), chunk), before)


def traffic(*wastes: str) -> Traffic:
    """Of one steady chunk: two steps with VACE and the clean pass."""
    form = plain(long_prompted(3, 12, 3), *wastes)
    painted(form, 3, chunks=5)
    context = torch.zeros(1, 3, 96, ROWS, COLUMNS)
    schedule = form.sampler.schedule

    def chunk() -> None:
        form.denoise(lambda step: torch.zeros(1, 3, 16, ROWS, COLUMNS), form.sampler.steps(STEPS), context)
        form.settle()

    return traffic_of(chunk, host=(schedule.sigmas, schedule.timesteps))


LAYERS, CONTEXT_BLOCKS, PASSES = 3, 2, STEPS + 1
BLOCKS = LAYERS * PASSES - 1 + CONTEXT_BLOCKS * STEPS
"""Whole blocks of a chunk: of the clean pass's last one there are keys and values only."""


def _products(counted: Traffic) -> int:
    return sum(counted.operators[name] for name in ("mm", "addmm"))


SIGNS: dict[str, Callable[[Traffic, Traffic], bool]] = {
    # Each main block has eight branches; the last of the clean pass needs two of them.
    "lora": lambda lean, with_it: _products(with_it) - _products(lean) == 16 * (LAYERS * PASSES - 1) + 2 * 2,
    "clone": lambda lean, with_it: (
        with_it.operators["roll"] == 2 * LAYERS * (2 * STEPS + 1)
        and with_it.operators["clone"] - lean.operators["clone"] == 2 * LAYERS * PASSES
    ),
    "items": lambda lean, with_it: with_it.waits["_local_scalar_dense"] == 4 * LAYERS * PASSES and not lean.waits,
    "rotary": lambda lean, with_it: with_it.operators["polar"] == 2 * BLOCKS + 1 and lean.operators["polar"] == 1,
    "unfused": lambda lean, with_it: (
        not with_it.operators["native_layer_norm"] and with_it.bytes["elementwise"] > 1.5 * lean.bytes["elementwise"]
    ),
    "padding": lambda lean, with_it: (
        with_it.operators["stack"] - lean.operators["stack"] == CONTEXT_BLOCKS * STEPS
        and with_it.bytes["copy"] - lean.bytes["copy"] > STEPS * PADDED_TOKENS * 48 * 4
    ),
    # In each pass the text MLP; in each step the Context Blocks' keys and values, the context embedded and projected.
    "recompute": lambda lean, with_it: (
        _products(with_it) - _products(lean) == 2 * PASSES + STEPS * (2 * CONTEXT_BLOCKS + 2) - 2
    ),
    # In each block, of 200 rows of which 3 are no padding: 196 keys and as many values more, for four weights.
    "rows": lambda lean, with_it: with_it.bytes["product"] - lean.bytes["product"] == (2 * 196 * 48 - 4) * 4 * BLOCKS,
}


@pytest.mark.parametrize("name", sorted(OF_THE_NETWORK))
def test_each_waste_takes_place(name: str) -> None:
    lean, wasteful = traffic(), traffic(name)
    assert SIGNS[name](lean, wasteful), (lean.operators, wasteful.operators)


def test_there_are_twelve() -> None:
    assert [waste.number for waste in WASTES] == list(range(1, 13))
    assert len({waste.name for waste in WASTES}) == 12


def test_what_it_does_not_know_is_told() -> None:
    model = tiny_model()
    with pytest.raises(ValueError, match="zeros: no waste of the network"):
        plain(model, "zeros")
    rolling = replace(model.config, rollout=replace(model.config.rollout, positions="rolling"))
    with pytest.raises(ValueError, match="absolute positions"):
        PlainRollout(model.dit, rolling, ROWS, COLUMNS)
