"""Compiled blocks: as many compilations as kinds of blocks, none in the middle of a show, and the same pictures."""

from __future__ import annotations

import copy
import gc
import weakref
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
import torch._inductor.config as inductor

from engine import device
from engine.block import Block, CallBlock, Projected, call_block
from engine.compile import Compilation, compiled_blocks
from engine.linear import Branch, Linear
from engine.stream import Stream
from tests.engine.small_network import SHAPE, small_network
from tests.engine.tape import TapeRecorder
from tests.engine.test_graph import LONGLIVE, lora, model_of, play, show
from tests.tiny import CHOICE


def test_a_show_on_compiled_blocks_compiles_nothing_and_looks_the_same(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiled on another thread, by a backend that runs what was traced as it is."""
    monkeypatch.setattr(device, "_cores", lambda: 8)
    traced: list[Any] = []
    processes: set[int | None] = set()

    def backend(graph: torch.fx.GraphModule, _inputs: list[torch.Tensor]) -> Any:
        traced.append(graph)
        processes.add(inductor.compile_threads)
        return graph.forward

    plain, compiled = Stream(model_of(LONGLIVE), CHOICE), Stream(model_of(LONGLIVE), CHOICE, recorder=TapeRecorder())
    tokens, dit = CHOICE.width * CHOICE.height // 256, compiled._model.dit
    # A LoRA that hangs on the network just then, and is gone later.
    layers = [part for part in dit.modules() if isinstance(part, Linear) and part.in_features == part.out_features]
    for layer in layers:
        layer.branches = (Branch(torch.ones(1, layer.in_features), torch.ones(layer.out_features, 1), 1.0),)

    compilation = Compilation(dit, LONGLIVE.chunk, tokens, torch.get_num_threads(), backend)

    def compiled_there() -> CallBlock:
        inductor.compile_threads = 32  # each thread has its own, and so it is with torch's number of threads
        torch.set_num_threads(torch.get_num_threads() + 1)
        return compilation()

    with ThreadPoolExecutor(1) as thread:
        call = thread.submit(compiled_there).result()
    for layer in layers:
        layer.branches = ()
    assert processes == {4}, "of eight cores: the show goes on meanwhile"
    assert len(traced) == 2 * 2, "before and behind attention, of main and of Context Blocks"
    assert [products_in(graph) for graph in traced[::2]] == [1, 1], "of queries, keys and values"
    assert (compilation.done, compilation.kinds) == (2, 2)
    compiled._rollout.call = call
    changes = show(lora(tmp_path / "style.safetensors"))
    for wanted, seen in zip(play(plain, changes), play(compiled, changes), strict=True):
        assert np.array_equal(wanted, seen)
    assert len(traced) == 2 * 2


def products_in(graph: torch.fx.GraphModule) -> int:
    return sum(node.target is torch.nn.functional.linear for node in graph.graph.nodes)


@torch.inference_mode()
def test_what_is_done_to_weights_counts_in_compiled_blocks() -> None:
    """In place it reaches the one product of queries, keys and values; weights elsewhere are not compiled for anew."""
    traced: list[int] = []

    def backend(graph: torch.fx.GraphModule, _inputs: list[torch.Tensor]) -> Any:
        traced.append(products_in(graph))
        return graph.forward

    dit = small_network()
    call = compiled_blocks(dit, 2, 6, backend)
    block, text = dit.blocks[1], dit.read_text(torch.randn(1, 3, SHAPE.text_dim)).main[1]
    assert isinstance(block, Block)
    x, time = torch.randn(1, 2, 6, SHAPE.dim), dit.read_time(500.0).rows[1]

    def agrees() -> bool:
        """With the block as it is, by three products."""
        plain = copy.deepcopy(block)
        return torch.allclose(call(block, x, time, text, see), call_block(plain, x, time, text, see), atol=1e-5)

    before = call(block, x, time, text, see)
    keys = block.self_attn.k
    keys.write(keys.weight + 1, None)
    assert agrees()
    assert not torch.allclose(call(block, x, time, text, see), before, atol=0.01)
    assert block.self_attn.shows_joint
    keys.weight = torch.nn.Parameter(keys.weight - 2, requires_grad=False)
    assert agrees()
    block.to(torch.float64).to(torch.float32)
    assert agrees()
    assert len(traced) == 2 * 2


def see(q: Projected, k: Projected, v: torch.Tensor) -> torch.Tensor:
    return q.normed() * k.normed() + v


def test_a_network_that_is_closed_meanwhile_is_kept_by_no_compiler() -> None:
    """But for the block that is being compiled; and no other is begun."""
    kept: list[float] = []

    def backend(graph: torch.fx.GraphModule, _inputs: list[torch.Tensor]) -> Any:
        compilation.give_up()
        blocks.clear()
        gc.collect()
        kept.append(sum(weight() is not None for weight in weights) / len(weights))
        return graph.forward

    dit = model_of(LONGLIVE).dit
    weights = [weakref.ref(weight) for weight in dit.parameters()]
    blocks = [dit]
    compilation = Compilation(dit, LONGLIVE.chunk, 6, torch.get_num_threads(), backend)
    del dit
    with pytest.raises(CancelledError):
        compilation()
    assert kept
    assert max(kept) < 0.3
    assert compilation.done == 1
