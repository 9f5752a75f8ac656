"""What does not change is not computed again: calls of the parts of a running stream, counted from outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine.block import Block, call_block
from engine.dit import ContextMemory
from engine.linear import Linear
from engine.params import ControlChunk, Lora, Params, Picture
from engine.stream import Stream
from engine.time_table import KEPT, TimeTable
from engine.tiny_vae import TinyVAE
from tests.counting import Products
from tests.tiny import CHOICE, TINY, pictures, tiny_model

PARAMS = Params(prompt="ink on paper", steps=3)
_JOINT = tuple(f"{kind}_attn.{layer}" for kind in ("self", "cross") for layer in "qkv")
"""Layers that need not be called one by one."""
BLOCKS = TINY.dit.layers + len(TINY.dit.vace_layers)


@contextmanager
def counted(stream: Stream) -> Iterator[Counter[str]]:
    """While inside, how often each linear layer and embedding of the transformer ran, by name, and the autoencoder's
    encoder as "encode"; numbers in names are left out."""
    calls: Counter[str] = Counter()
    vae = stream._model.vae
    assert isinstance(vae, TinyVAE)
    encode = vae.encode

    def count(name: str) -> Any:
        return lambda *_: calls.update([name])

    def noted(*given: Any) -> Any:
        calls["encode"] += 1
        return encode(*given)

    hooks = [
        module.register_forward_hook(count(".".join(part for part in name.split(".") if not part.isdigit())))
        for name, module in stream._model.dit.named_modules()
        if name.endswith("patch_embedding") or (isinstance(module, Linear) and not name.endswith(_JOINT))
    ]
    vae.encode = noted  # type: ignore[method-assign, assignment]
    try:
        yield calls
    finally:
        del vae.encode
        for hook in hooks:
            hook.remove()


def paint(stream: Stream, params: Params, chunks: int = 1, seed: int = 0) -> None:
    for number in range(chunks):
        guide = pictures(stream.wanted(params), seed + number)
        stream.step(ControlChunk(guide, guide), params)
        stream.settle()


def test_a_running_chunk_computes_only_what_its_pictures_change() -> None:
    stream, other = Stream(tiny_model(), CHOICE), Stream(tiny_model(), CHOICE)
    # Of blocks with their weights at hand no layers are called that could be counted, but as many products are made.
    other.call_blocks(call_block)
    products: list[int] = []
    for each in (stream, other):
        paint(each, PARAMS, chunks=12)
        with counted(each) as calls, Products() as made:  # type: ignore[no-untyped-call]
            paint(each, PARAMS)
        products.append(made.count)
    assert products[0] == products[1] > 0
    main, vace, passes = TINY.dit.layers, len(TINY.dit.vace_layers), PARAMS.steps
    assert calls == {
        "encode": 1,  # the guide's stream; the other one shows nothing
        "vace_patch_embedding": 1,
        "vace_blocks.before_proj": 1,
        "patch_embedding": passes + 1,
        "head.head": passes,
        "vace_blocks.after_proj": vace * passes,
        "vace_blocks.self_attn.o": vace * passes,
        "vace_blocks.cross_attn.o": vace * passes,
        "vace_blocks.ffn": 2 * vace * passes,
        # The clean pass ends with the last block's keys and values.
        "blocks.self_attn.o": main * passes + main - 1,
        "blocks.cross_attn.o": main * passes + main - 1,
        "blocks.ffn": 2 * (main * passes + main - 1),
    }


def test_a_timestep_is_read_once_for_all_chunks_and_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Block] = []
    plain = Block.read_time

    def noted(block: Block, time: torch.Tensor) -> torch.Tensor:
        read.append(block)
        return plain(block, time)

    monkeypatch.setattr(Block, "read_time", noted)
    stream = Stream(tiny_model(), CHOICE)
    paint(stream, PARAMS, chunks=6)
    assert len(read) == BLOCKS * (PARAMS.steps + 1), "three noisy steps and the clean one"
    paint(stream, replace(PARAMS, steps=1, prompt="lava", cut=1), chunks=3)
    assert len(read) == BLOCKS * (PARAMS.steps + 1), "one step is the first of three"


def test_timesteps_are_read_again_when_a_lora_changes_the_layers_that_read_them(tmp_path: Path) -> None:
    """While it hangs on them, when it has been merged, and when it is gone; and not for any other layer's sake."""
    tensors = {}
    for name, layer in (("time", "time_projection.1"), ("other", "blocks.0.self_attn.q")):
        linear = tiny_model().dit.get_submodule(layer)
        assert isinstance(linear, Linear)
        tensors[f"diffusion_model.{layer}.lora_A.weight"] = torch.ones(1, linear.in_features)
        tensors[f"diffusion_model.{layer}.lora_B.weight"] = torch.ones(linear.out_features, 1)
        save_file(tensors, tmp_path / f"{name}.safetensors")
        tensors.clear()
    stream = Stream(tiny_model(), CHOICE)
    paint(stream, replace(PARAMS, steps=1))
    for file, again in (("other", 0), ("time", 2), ("", 2)):
        params = replace(PARAMS, steps=1, loras=(Lora(str(tmp_path / f"{file}.safetensors")),) if file else ())
        with counted(stream) as calls:
            paint(stream, params, chunks=6)
        assert calls["time_projection"] == 2 * again, "one noisy step and the clean one"
        table, fresh = stream._rollout._times[1000.0], stream._model.dit.read_time(1000.0)
        assert torch.equal(table.rows, fresh.rows)


def test_the_table_of_timesteps_is_bounded() -> None:
    table = TimeTable(tiny_model().dit)
    for timestep in range(3 * KEPT):
        assert table[float(timestep)].timestep == timestep
    assert len(table._kept) == KEPT
    assert table[float(3 * KEPT - 1)] is table[float(3 * KEPT - 1)]


def test_references_are_encoded_when_they_change() -> None:
    stream = Stream(tiny_model(), CHOICE)
    shown = replace(PARAMS, references=tuple(Picture(picture) for picture in pictures(2, seed=5)))
    paint(stream, PARAMS, chunks=12)
    for params, encodes in ((shown, 1 + 2), (shown, 1), (replace(shown, cut=1), 1), (replace(PARAMS, cut=1), 1)):
        with counted(stream) as calls:
            paint(stream, params)
        assert calls["encode"] == encodes


def test_at_strength_0_neither_context_blocks_nor_their_encoders_run() -> None:
    stream = Stream(tiny_model(), CHOICE)
    paint(stream, PARAMS, chunks=2)
    with counted(stream) as calls:
        paint(stream, replace(PARAMS, control_strength=0.0), chunks=3)
    assert not [name for name in calls if name.startswith("vace")]
    assert calls["encode"] == 0
    with counted(stream) as calls:
        paint(stream, PARAMS)
    assert calls["vace_blocks.before_proj"] == 1


def test_control_that_comes_back_begins_as_at_a_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a stream that had none so far, what VACE is shown is what a new stream would be shown of these pictures."""
    seen: list[torch.Tensor] = []
    model = tiny_model()
    read = model.dit.read_context

    def noted(context: torch.Tensor, frames: int) -> ContextMemory:
        seen.append(context)
        return read(context, frames)

    monkeypatch.setattr(model.dit, "read_context", noted)
    guide = pictures(8)
    late, fresh = Stream(model, CHOICE), Stream(model, CHOICE)
    paint(late, replace(PARAMS, control_strength=0.0), chunks=2)
    for stream, parts in ((late, (slice(0, 4), slice(4, 8))), (fresh, (slice(3, 4), slice(4, 8)))):
        for part in parts:
            stream.step(ControlChunk(guide[part], guide[part]), PARAMS)
            stream.settle()
    assert len(seen) == 4
    assert torch.equal(seen[0], seen[2])
    assert torch.equal(seen[1], seen[3])


def test_nothing_is_encoded_once_a_show_however_often_it_is_cut() -> None:
    """With a mask that generates everywhere, the stream of what is kept shows nothing, from every start alike."""
    stream = Stream(tiny_model(), CHOICE)
    paint(stream, replace(PARAMS, steps=1), chunks=12)
    with counted(stream) as calls:
        for cut in range(1, 4):
            paint(stream, replace(PARAMS, steps=1, cut=cut), chunks=4)
    assert calls["encode"] == 12
    half = np.zeros((4, CHOICE.height, CHOICE.width), np.uint8)
    half[:, 8:] = 255
    with counted(stream) as calls:
        stream.step(ControlChunk(pictures(4), pictures(4, 1), half), replace(PARAMS, steps=1, cut=3))
    assert calls["encode"] == 2 + 4, "and then it catches up"
