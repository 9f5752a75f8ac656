"""Two streams of one model: the first paints the same to the bit, whatever the second is asked for."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine import host
from engine.budget import budget_of, budget_on, gibibytes
from engine.device import best_device
from engine.dit import WanDiT
from engine.errors import EngineError, OutOfMemory
from engine.host import EngineHost, SecondStream
from engine.memory import Memory
from engine.params import ControlChunk, EngineChoice, Lora, Params, Picture, Pixels
from engine.prompts import Prompts
from engine.stream import Stream
from tests.tiny import CHOICE, TINY, pictures, tiny_model

SMALL = EngineChoice(width=64, height=48)
INK = Params(prompt="ink", steps=1)
Painter = Stream | EngineHost | SecondStream


def painted(painter: Painter, params: Params, seed: int, size: EngineChoice = CHOICE) -> Pixels:
    """The next chunk, of random pictures by ``seed``."""
    shape = (painter.wanted(params), size.height, size.width, 3)
    guide = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    frames = painter.step(ControlChunk(guide, guide), params)
    painter.settle()
    return frames


def show(changes: list[Params]) -> Iterator[tuple[int, Params]]:
    """Each of the looks for two chunks."""
    return enumerate(params for params in changes for _ in range(2))


def lora(path: Path, seed: int) -> Lora:
    """A file for two layers of the tiny network, strong enough to be seen."""
    generator = torch.Generator().manual_seed(seed)
    dim = TINY.dit.dim
    tensors = {}
    for layer in ("blocks.0.self_attn.q", "blocks.1.cross_attn.k"):
        tensors[f"diffusion_model.{layer}.lora_A.weight"] = torch.randn(2, dim, generator=generator)
        tensors[f"diffusion_model.{layer}.lora_B.weight"] = torch.randn(dim, 2, generator=generator)
    save_file(tensors, path)
    return Lora(str(path), 0.7)


def test_the_program_is_the_same_to_the_bit_with_and_without_a_second_stream() -> None:
    """Through the host: same chunks, same looks; the audition has another look, cuts and references."""
    alone, beside = EngineHost(SMALL), EngineHost(SMALL)
    alone.load()
    beside.load()
    reference = Picture(pictures(1, seed=4)[0])
    program = [INK, replace(INK, prompt="lava"), replace(INK, prompt="lava", soft_cut=1), replace(INK, cut=1)]
    audition = [replace(INK, prompt="neon", seed=5), replace(INK, references=(reference,)), replace(INK, cut=3)]
    second: SecondStream | None = None
    for number, params in show(program):
        wanted = painted(alone, params, number, SMALL)
        assert np.array_equal(painted(beside, params, number, SMALL), wanted)
        if number == 1:
            second = beside.second_stream()
        if second is not None and number < 6:
            painted(second, audition[number % 3], 100 + number, SMALL)
        if second is not None and number == 6:
            second.close()


def test_loras_of_the_second_stream_leave_no_trace_in_the_first(tmp_path: Path) -> None:
    """Neither while they hang, nor by the time at which the program's own are merged."""
    own, other = lora(tmp_path / "own.safetensors", 1), lora(tmp_path / "other.safetensors", 2)
    alone, beside = Stream(tiny_model(), CHOICE), Stream(tiny_model(), CHOICE)
    second = beside.second()
    program = [INK, replace(INK, loras=(own,)), replace(INK, loras=(own,)), replace(INK, loras=(own,)), INK]
    audition = [replace(INK, loras=(other,)), replace(INK, loras=(other, own)), INK]
    for number, params in show(program):
        assert np.array_equal(painted(beside, params, number), painted(alone, params, number))
        painted(second, audition[number % 3], 100 + number)
    assert alone._adapters.settled == beside._adapters.settled


def test_loras_of_the_second_stream_are_seen_in_its_pictures(tmp_path: Path) -> None:
    """As in a stream of their own, whatever the program has merged meanwhile: to rounding."""
    own, other = lora(tmp_path / "own.safetensors", 1), lora(tmp_path / "other.safetensors", 2)
    first, alone = Stream(tiny_model(), CHOICE), Stream(tiny_model(), CHOICE)
    second = first.second()
    wished = replace(INK, loras=(other,))
    for number in range(6):
        painted(first, replace(INK, loras=(own,)), number)
        seen, wanted = painted(second, wished, number).astype(int), painted(alone, wished, number).astype(int)
        assert np.abs(seen - wanted).max() <= 2
    assert np.abs(seen - painted(Stream(tiny_model(), CHOICE), INK, 5)[-1]).max() > 2


def test_the_second_stream_is_a_stream_of_its_own() -> None:
    """It paints what a fresh stream of the model would, whatever the first has been through."""
    first, fresh = Stream(tiny_model(), CHOICE), Stream(tiny_model(), CHOICE)
    for number in range(3):
        painted(first, replace(INK, prompt="lava", seed=7), number)
    second = first.second()
    for number in range(4):
        painted(first, replace(INK, prompt="lava", seed=7), 50 + number)
        assert np.array_equal(painted(second, INK, number), painted(fresh, INK, number))


def test_it_shares_the_networks_and_reads_no_prompt_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    model = tiny_model()
    forward = type(model.text).__call__

    def noted(encoder: object, prompt: str) -> torch.Tensor:
        read.append(prompt)
        return forward(encoder, prompt)  # type: ignore[arg-type]

    monkeypatch.setattr(type(model.text), "__call__", noted)
    networks: list[WanDiT] = []
    init = WanDiT.__init__

    def noted_init(network: WanDiT, *arguments: object) -> None:
        init(network, *arguments)  # type: ignore[arg-type]
        networks.append(network)

    monkeypatch.setattr(WanDiT, "__init__", noted_init)
    first = Stream(model, CHOICE)
    painted(first, INK, 0)
    painted(first.second(), INK, 0)
    assert read == ["ink"]
    assert networks == []


def test_a_prompt_that_is_still_being_read_holds_nobody_up() -> None:
    """The wording in force at its birth stays until the other one is there, as in the first stream."""
    from concurrent.futures import Future

    handed: list[object] = []

    def never(work: object) -> Future[torch.Tensor]:
        handed.append(work)
        return Future()

    prompts = Prompts(lambda prompt: torch.full((1, 1, 2), float(len(prompt))), never)
    prompts.advance(INK)
    second = prompts.second()
    wording = second.advance(replace(INK, prompt="a longer one"))
    assert len(handed) == 1
    assert wording.changed, "a stream that begins has to be told its words"
    assert torch.equal(wording.embeds, torch.full((1, 1, 2), 3.0))


def test_its_memory_is_free_when_it_ends() -> None:
    engine = EngineHost(SMALL)
    engine.load()
    painted(engine, INK, 0, SMALL)
    second = engine.second_stream()
    painted(second, INK, 0, SMALL)
    cache = weakref.ref(second._open()._rollout.cache)
    gc.disable()
    try:
        second.close()
        assert cache() is None, "at once, with no pass of the garbage collector, which would hold the show up"
    finally:
        gc.enable()
    painted(engine, INK, 1, SMALL)
    with pytest.raises(EngineError, match="ended"):
        second.wanted(INK)


def test_it_ends_with_its_host_and_with_the_next_one() -> None:
    engine = EngineHost(SMALL)
    with pytest.raises(EngineError, match="no model loaded"):
        engine.second_stream()
    engine.load()
    one = engine.second_stream()
    other = engine.second_stream()
    with pytest.raises(EngineError, match="ended"):
        one.settle()
    assert other.wanted(INK) == 1
    engine.close()
    with pytest.raises(EngineError, match="ended"):
        other.settle()


def test_where_it_does_not_fit_it_is_refused_in_words_and_the_program_plays_on(monkeypatch: pytest.MonkeyPatch) -> None:
    need = budget_on(SMALL, best_device()).second_stream
    engine = EngineHost(SMALL)
    engine.load()
    painted(engine, INK, 0, SMALL)
    monkeypatch.setattr(host, "memory_of", lambda device: Memory(None, need - 1))
    with pytest.raises(OutOfMemory) as refused:
        engine.second_stream()
    assert gibibytes(need) in str(refused.value)
    assert "the show goes on" in str(refused.value)
    painted(engine, INK, 1, SMALL)
    for free in (need, None):
        monkeypatch.setattr(host, "memory_of", lambda device, free=free: Memory(None, free))
        engine.second_stream()


def test_its_budget_is_all_but_the_weights_and_the_work() -> None:
    budget = budget_of(TINY, CHOICE, torch.float32)
    assert {part.name for part in budget.parts if part.of_stream} == {
        "cache of the past",
        "prompts",
        "autoencoder's memory",
        "pictures",
    }
    first = Stream(tiny_model(), CHOICE)
    second = first.second()
    cache = sum(tensor.nbytes for tensor in second._rollout.cache.storage)
    assert cache < budget.second_stream < budget.total


def test_a_second_stream_has_no_second() -> None:
    with pytest.raises(ValueError, match="no second"):
        Stream(tiny_model(), CHOICE).second().second()
