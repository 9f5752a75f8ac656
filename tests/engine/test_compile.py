"""Compiled blocks: as many compilations as kinds of blocks, none in the middle of a show, and the same pictures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
import torch._inductor.config as inductor

from engine import device
from engine.block import CallBlock
from engine.compile import compiled_blocks
from engine.linear import Branch, Linear
from engine.stream import Stream
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

    def compiled_there() -> CallBlock:
        inductor.compile_threads = 32  # each thread has its own
        return compiled_blocks(dit, LONGLIVE.chunk, tokens, backend)

    with ThreadPoolExecutor(1) as thread:
        call = thread.submit(compiled_there).result()
    for layer in layers:
        layer.branches = ()
    assert processes == {4}, "of eight cores: the show goes on meanwhile"
    assert len(traced) == 2 * 2, "before and behind attention, of main and of Context Blocks"
    compiled._rollout.call = call
    changes = show(lora(tmp_path / "style.safetensors"))
    # To rounding: the compiler sees no addresses, so layers that lie side by side are multiplied one by one.
    for wanted, seen in zip(play(plain, changes), play(compiled, changes), strict=True):
        assert np.abs(wanted.astype(int) - seen).max() <= 2
    assert len(traced) == 2 * 2
