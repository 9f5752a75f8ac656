"""Blocks with their weights at hand give what blocks give, to the bit, whatever becomes of the weights meanwhile."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import Tensor

from engine import bound
from engine.block import Block, CallBlock, call_block
from engine.bound import BoundBlocks
from engine.config import RolloutConfig
from engine.dit import WanDiT, _attend_all
from engine.linear import Branch, Linear
from engine.quantize import store_fp8
from engine.rollout import Rollout
from engine.rope import kept_table
from tests.tiny import TINY, tiny_model


def network(dtype: torch.dtype = torch.bfloat16) -> WanDiT:
    """Of random numbers none of which is special, biases and norms among them."""
    dit = copy.deepcopy(tiny_model().dit).to(dtype)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in dit.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator).to(dtype))
    return dit


def called(block: Block, call: CallBlock) -> Tensor:
    generator, config = torch.Generator().manual_seed(1), TINY.dit
    dtype = block.modulation.dtype
    with torch.inference_mode():
        x, text = (torch.randn(1, *size, config.dim, generator=generator).to(dtype) for size in ((2, 6), (5,)))
        time = block.read_time(torch.randn(1, 1, 6, config.dim, generator=generator).to(dtype))
        table = kept_table(range(2), 2, 3, config.head_dim)
        return call(block, x, time, block.read_text(text), partial(_attend_all, table))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """An entry for each block that was run bound."""
    seen: list[object] = []
    run = bound._Bound.run

    def counted(self: bound._Bound, *given: object) -> Tensor:
        seen.append(self)
        return run(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(bound._Bound, "run", counted)
    return seen


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_a_rollout_is_the_same_to_the_bit(dtype: torch.dtype, runs: list[object]) -> None:
    """With hints and past, over steps and clean passes."""
    dit = network(dtype)
    config = replace(TINY, rollout=replace(TINY.rollout, chunk=2, window=4, sink=1, steps=2))
    painted = {}
    for name in ("bound", "as they are"):
        rollout = Rollout(dit, config, 4, 6, dtype)
        if name == "as they are":
            rollout.call = call_block
        generator = torch.Generator().manual_seed(0)
        random = partial(torch.randn, generator=generator)
        rollout.read_text(random(1, 3, config.dit.text_dim))
        before, chunks = len(runs), []
        with torch.inference_mode():
            for _ in range(3):
                noise, context = random(1, 2, 16, 4, 6), random(1, 2, config.dit.vace_channels, 4, 6)
                chunks.append(rollout.denoise(lambda step, noise=noise: noise, rollout.sampler.steps(2), context))  # type: ignore[misc]
                rollout.settle()
        painted[name] = torch.cat(chunks, 1), len(runs) - before
    assert torch.equal(painted["bound"][0], painted["as they are"][0])
    layers, hints = config.dit.layers, len(config.dit.vace_layers)
    assert (painted["bound"][1], painted["as they are"][1]) == (3 * (2 * (layers + hints) + layers - 1), 0)


def test_what_becomes_of_weights_is_seen(runs: list[object]) -> None:
    """Written in place, laid elsewhere under the same name, put in another's place, moved to another type and back."""
    block = network().blocks[0]
    assert isinstance(block, Block)
    calls = BoundBlocks()
    seen = [called(block, calls)]

    def look() -> None:
        now, plainly = called(block, calls), called(block, call_block)
        assert torch.equal(now, plainly)
        assert not any(torch.equal(now, earlier) for earlier in seen), "nothing has changed"
        seen.append(now)

    block.cross_attn.o.write(block.cross_attn.o.weight * 2, None)
    look()
    with torch.no_grad():
        block.self_attn.norm_k.weight.mul_(1.5)
    look()
    grow = block.ffn[0]
    assert isinstance(grow, Linear)
    grow.weight.data = grow.weight.data * 2
    look()
    block.norm3.bias = torch.nn.Parameter(block.norm3.bias + 1, requires_grad=False)
    look()
    block.to(torch.float32).to(torch.bfloat16)
    block.self_attn.v.write(block.self_attn.v.weight * 3, None)
    look()
    assert len(runs) == len(seen)


def test_other_blocks_are_called_as_they_are(runs: list[object]) -> None:
    dit = network()
    first, second = dit.blocks[0], dit.blocks[1]
    assert isinstance(first, Block)
    assert isinstance(second, Block)
    for layer in (module for module in first.modules() if isinstance(module, Linear)):
        store_fp8(layer, layer.weight)
    calls = BoundBlocks()
    assert torch.equal(called(first, calls), called(first, call_block))
    second.requires_grad_(True)
    x = torch.randn(1, 2, 6, TINY.dit.dim).bfloat16()
    text = second.read_text(torch.randn(1, 5, TINY.dit.dim).bfloat16())
    look = partial(_attend_all, kept_table(range(2), 2, 3, TINY.dit.head_dim))
    calls(second, x, second.read_time(torch.zeros(1, 1, 6, TINY.dit.dim).bfloat16()), text, look).sum().backward()  # type: ignore[no-untyped-call]
    assert second.ffn[0].weight.grad is not None
    assert not runs


def test_branches_of_loras_act(runs: list[object]) -> None:
    dit = network()
    config = replace(TINY, rollout=RolloutConfig(chunk=1, window=2, sink=0))
    rollout = Rollout(dit, config, 4, 6, torch.bfloat16)
    rollout.read_text(torch.randn(1, 3, config.dit.text_dim))
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(1, 1, 16, 4, 6, generator=generator)

    def paint() -> Tensor:
        with torch.inference_mode():
            rollout.reset()
            painted = rollout.denoise(lambda step: noise, [1000.0])
            rollout.settle()
            return painted

    plain, ran = paint(), len(runs)
    assert ran
    layer = next(module for module in dit.blocks[0].modules() if isinstance(module, Linear))
    dim = config.dit.dim
    layer.branches = (Branch(torch.randn(2, dim).bfloat16(), torch.randn(dim, 2).bfloat16(), 1.0),)
    assert not torch.equal(paint(), plain)
    assert len(runs) == ran
    layer.branches = ()
    assert torch.equal(paint(), plain)
