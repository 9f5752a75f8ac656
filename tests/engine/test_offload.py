"""Offloaded blocks compute bit for bit what resident ones do, through two blocks' worth of staging memory."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dit import WanDiT
from engine.lora import Adapters
from engine.offload import Offload
from engine.params import Lora
from tests.engine.small_network import Kind, flow, linears, small_network, stored, write_lora

CPU = torch.device("cpu")


def offload(network: WanDiT) -> Offload:
    staging = Offload(CPU)
    for block in [*network.vace_blocks, *network.blocks]:
        staging.take(block)
    return staging


@pytest.mark.parametrize("kind", ["float32", "bf16", "fp8"])
def test_offloaded_equals_resident(kind: Kind) -> None:
    network, offloaded = small_network(kind), small_network(kind)
    offload(offloaded)
    for vace in (True, True, False, False, True):  # the order of blocks changes as between noisy and clean passes
        assert torch.equal(flow(offloaded, vace), flow(network, vace))


def test_weights_lie_on_the_host_and_two_blocks_are_staged() -> None:
    network = small_network()
    staging = offload(network)
    flow(network)
    blocks = [*network.vace_blocks, *network.blocks]
    spans = {id(block): {layer.weight.untyped_storage().data_ptr() for layer in linears_of(block)} for block in blocks}
    assert all(len(storages) == 1 for storages in spans.values())  # one piece of memory a block, so one copy
    weights = [sum(layer.weight.nbytes for layer in linears_of(block)) for block in blocks]
    assert 2 * max(weights) <= staging.staging_bytes < 2 * max(weights) * 1.2
    staged = {
        layer.staged[0].untyped_storage().data_ptr(): layer.staged[0].untyped_storage().nbytes()
        for layer in linears(network).values()
        if layer.staged is not None
    }
    assert len(staged) <= 2
    assert sum(staged.values()) <= staging.staging_bytes


def linears_of(block: torch.nn.Module) -> list[torch.nn.Linear]:
    return [module for module in block.modules() if isinstance(module, torch.nn.Linear)]


def test_the_next_block_is_on_its_way_while_one_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the order is known, no block is fetched only when it is due; and none twice."""
    network = small_network()
    offload(network)
    late: list[int] = []
    fetched: list[int] = []
    bring, copy = Offload._bring, Offload._copy

    def watched_bring(self: Offload, index: int) -> None:
        if index not in [buffer.holds for buffer in self._staging]:
            late.append(index)
        bring(self, index)

    def watched_copy(self: Offload, index: int, buffer: object) -> None:
        fetched.append(index)
        copy(self, index, buffer)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(Offload, "_bring", watched_bring)
    monkeypatch.setattr(Offload, "_copy", watched_copy)
    x = torch.randn(1, 2, 16, 4, 6)
    text = network.read_text(torch.randn(1, 3, 16))
    context = network.read_context(torch.randn(1, 2, 8, 4, 6), 2)
    for given_context, blocks in ((context, 5), (None, 3)):
        for _ in range(2):
            network(x, 250.0, text, context=given_context)
        late.clear()
        fetched.clear()
        for _ in range(3):
            network(x, 250.0, text, context=given_context)
        assert not late
        assert len(fetched) == 3 * blocks


@settings(max_examples=20)
@given(st.lists(st.integers(0, 4), max_size=30))
def test_blocks_may_be_called_in_any_order(order: list[int]) -> None:
    network, resident = small_network(), small_network()
    offload(network)
    x = torch.randn(2, 48, generator=torch.Generator().manual_seed(0))
    for index in order:
        block = [*network.vace_blocks, *network.blocks][index]
        same = [*resident.vace_blocks, *resident.blocks][index]
        assert torch.equal(block.ffn(x), same.ffn(x))


@pytest.mark.parametrize("kind", ["float32", "bf16", "fp8"])
def test_loras_reach_offloaded_weights(kind: Kind, tmp_path: Path) -> None:
    """A merge goes into the host's memory, and what was staged before is not used again."""
    names = ["blocks.0.self_attn.q", "blocks.2.ffn.2", "vace_blocks.0.before_proj", "vace_blocks.1.after_proj"]
    wish = (Lora(write_lora(tmp_path / "style.safetensors", names, seed=1), 0.8),)
    network, offloaded = small_network(kind), small_network(kind)
    offload(offloaded)
    before, plain = stored(offloaded), flow(offloaded)
    resident_adapters, adapters = Adapters(network, merge_bytes=1), Adapters(offloaded, merge_bytes=1)
    resident_adapters.apply(wish)
    adapters.apply(wish)
    for _ in range(10):
        assert torch.equal(flow(offloaded), flow(network))
        resident_adapters.settle()
        adapters.settle()
    assert adapters.settled
    assert not torch.equal(flow(offloaded), plain)
    assert torch.equal(flow(offloaded), flow(network))

    adapters.apply(())
    for _ in range(10):
        adapters.settle()
    assert stored(offloaded) == before
    assert torch.equal(flow(offloaded), plain)


def test_what_was_staged_before_a_merge_is_not_used_after_it(tmp_path: Path) -> None:
    """The two blocks that are staged when a pass ends: the last one, and the first one of the next pass."""
    wish = (Lora(write_lora(tmp_path / "style.safetensors", ["blocks.2.ffn.2", "vace_blocks.0.ffn.0"], seed=1)),)
    network, offloaded = small_network(), small_network()
    x = torch.randn(1, 2, 16, 4, 6, generator=torch.Generator().manual_seed(0))
    text = network.read_text(torch.randn(1, 3, 16, generator=torch.Generator().manual_seed(1)))
    context = network.read_context(torch.randn(1, 2, 8, 4, 6, generator=torch.Generator().manual_seed(2)), 2)
    offload(offloaded)
    adapters = Adapters(offloaded)
    before = [offloaded(x, 250.0, text, context=context) for _ in range(2)][1]
    adapters.apply(wish)
    for _ in range(5):
        adapters.settle()
    assert adapters.settled
    after = offloaded(x, 250.0, text, context=context)
    resident = Adapters(network)
    resident.apply(wish)
    assert (after - before).abs().max() > 0.01
    assert (after - network(x, 250.0, text, context=context)).abs().max() < 2e-5


def test_moving_the_network_leaves_offloaded_weights_where_they_are() -> None:
    network = small_network()
    offload(network)
    before = stored(network)
    network.to(torch.device("cpu"), torch.bfloat16)
    assert linears(network)["blocks.0.ffn.0"].weight.dtype == torch.float32
    assert {name: stored(network)[name] for name in before if name.startswith(("blocks.", "vace_blocks."))} == {
        name: state for name, state in before.items() if name.startswith(("blocks.", "vace_blocks."))
    }
