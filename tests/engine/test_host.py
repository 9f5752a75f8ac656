"""The engine as the app sees it: coming up in slices, warmed without a trace, in words when it fails."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import dropwhile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine import catalog, host
from engine.block import Block, CallBlock, call_block
from engine.budget import budget_of, budget_on, gibibytes
from engine.compile import Compilation
from engine.device import Device, best_device
from engine.dit import WanDiT
from engine.errors import EngineError, OutOfMemory
from engine.host import EngineHost
from engine.memory import Memory
from engine.params import Acceleration, ControlChunk, EngineChoice, GpuMemory, Lora, ModelInfo, Params, Pixels, Progress
from engine.stream import Stream
from engine.text import WordEncoder
from tests.engine.catalogued import catalogue_small
from tests.engine.published_files import Published
from tests.engine.tape import TapeRecorder

SMALL = EngineChoice(width=64, height=48)
INK = Params(prompt="ink", steps=1)
Slices = Generator[Progress, None, ModelInfo]


def end_of(slices: Slices, told: list[Progress] | None = None) -> tuple[list[Progress], ModelInfo]:
    """What was told on the way (put into ``told`` as it comes), and the end."""
    told = [] if told is None else told
    while True:
        try:
            told.append(next(slices))
        except StopIteration as end:
            info: ModelInfo = end.value
            return told, info


def painted(engine: EngineHost, chunks: int = 3, params: Params = INK) -> Pixels:
    generator = np.random.default_rng(5)
    pictures = []
    for _ in range(chunks):
        shape = (engine.wanted(params), SMALL.height, SMALL.width, 3)
        guide = generator.integers(0, 256, shape, np.uint8)
        pictures.append(engine.step(ControlChunk(guide, guide), params))
        engine.settle()
    return np.concatenate(pictures)


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    return catalogue_small(tmp_path, monkeypatch)


def test_it_comes_up_in_slices_from_nothing_to_all(published: Published) -> None:
    choice = published.choice
    told, info = end_of(EngineHost(choice).bring_up(INK, beside=True))
    parts = [progress.part for progress in told]
    assert parts == sorted(parts)
    assert parts[0] == 0.0
    assert 0.9 <= parts[-1] <= 1.0
    assert len([part for part in parts if 0 < part < 0.9]) > 10, "reading is divided"
    assert all(progress.doing for progress in told)
    assert info.name == choice.model
    assert info.device == best_device().title


def test_nothing_of_the_model_is_in_memory_while_it_only_checks(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks: list[WanDiT] = []
    init = WanDiT.__init__

    def noted(network: WanDiT, *arguments: object) -> None:
        init(network, *arguments)  # type: ignore[arg-type]
        networks.append(network)

    monkeypatch.setattr(WanDiT, "__init__", noted)
    slices = EngineHost(published.choice).bring_up(INK, beside=True)
    while next(slices).part == 0:
        assert all(parameter.device.type == "meta" for network in networks for parameter in network.parameters())
    assert networks


def test_a_model_whose_files_are_wrong_is_refused_while_it_only_checks(published: Published) -> None:
    file = next(iter(published.folder.glob("taew2_1.pth")))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    slices = EngineHost(published.choice).bring_up(INK, beside=True)
    told: list[Progress] = []
    with pytest.raises(EngineError, match=r"taew2_1\.pth") as refused:
        end_of(slices, told)
    assert {progress.part for progress in told} == {0.0}
    assert "The engine could not" not in str(refused.value), "the sentence is the catalogue's own"


def test_an_unknown_name_is_told_at_once() -> None:
    with pytest.raises(EngineError, match="no model called 'nobody'"):
        EngineHost(EngineChoice("nobody")).load()


def test_warming_leaves_no_trace() -> None:
    plain, warmed = EngineHost(SMALL), EngineHost(SMALL)
    plain.load()
    told, _ = end_of(warmed.bring_up(replace(INK, seed=4)))
    assert told[-1].doing == "trying it out"
    assert warmed.wanted(INK) == plain.wanted(INK) == 1, "the stream is at its beginning"
    assert np.array_equal(painted(plain), painted(warmed))


def test_the_first_and_a_later_chunk_are_tried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes: list[tuple[int, ...]] = []
    settled: list[bool] = []
    step, settle = Stream.step, Stream.settle

    def noted(stream: Stream, chunk: ControlChunk, params: Params) -> Pixels:
        shapes.append(chunk.guide.shape)
        assert params.prompt == "ink"
        return step(stream, chunk, params)

    def noted_settle(stream: Stream) -> None:
        settled.append(True)
        settle(stream)

    monkeypatch.setattr(Stream, "step", noted)
    monkeypatch.setattr(Stream, "settle", noted_settle)
    end_of(EngineHost(SMALL).bring_up(INK))
    assert shapes == [(1, 48, 64, 3), (4, 48, 64, 3)]
    assert len(settled) >= 2
    shapes.clear()
    EngineHost(SMALL).load()
    assert shapes == [], "offline, the first chunk may take its time"


def test_prompts_are_read_ahead_on_the_other_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[tuple[str, str]] = []
    forward = WordEncoder.forward

    def noted(encoder: WordEncoder, prompt: str) -> torch.Tensor:
        read.append((prompt, threading.current_thread().name))
        return forward(encoder, prompt)

    monkeypatch.setattr(WordEncoder, "forward", noted)
    with ThreadPoolExecutor(1, thread_name_prefix="other") as pool:
        end_of(EngineHost(SMALL, submit=pool.submit).bring_up(INK))
    assert read[0] == ("ink", "other_0")


def test_waiting_for_a_prompt_is_done_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    forward = WordEncoder.forward

    def slow(encoder: WordEncoder, prompt: str) -> torch.Tensor:
        if threading.current_thread() is not threading.main_thread():
            goes_on.wait(60)
        return forward(encoder, prompt)

    monkeypatch.setattr(WordEncoder, "forward", slow)
    with ThreadPoolExecutor(1) as pool:
        slices = EngineHost(SMALL, submit=pool.submit).bring_up(INK)
        waiting = dropwhile(lambda progress: progress.doing != "reading the prompt", slices)
        assert [next(waiting).doing for _ in range(4)] == ["reading the prompt"] * 4
        goes_on.set()
        end_of(slices)


def test_a_model_that_is_given_up_half_way_leaves_nothing_behind(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks: list[weakref.ref[WanDiT]] = []
    init = WanDiT.__init__

    def noted(network: WanDiT, *arguments: object) -> None:
        init(network, *arguments)  # type: ignore[arg-type]
        networks.append(weakref.ref(network))

    monkeypatch.setattr(WanDiT, "__init__", noted)
    engine = EngineHost(published.choice)
    slices = engine.bring_up(INK)
    while next(slices).part < 0.5:
        pass
    assert any(network() is not None for network in networks)
    slices.close()
    engine.close()
    gc.collect()
    assert all(network() is None for network in networks)


def free(size: int | None, total: int | None = None) -> Callable[[torch.device], Memory]:
    return lambda device: Memory(total, size)


def test_whether_it_fits_beside_another_is_its_budget_against_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    need = budget_on(SMALL, best_device()).total
    engine = EngineHost(SMALL)
    slices = engine.bring_up(INK, beside=True)
    while next(slices).part == 0:
        pass
    for size, fits in ((need, True), (need - 1, False), (None, True)):
        monkeypatch.setattr(host, "memory_of", free(size))
        assert engine.fits_beside() is fits


def test_what_is_offloaded_must_fit_into_the_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    choice = replace(SMALL, offload=True)
    budget = budget_of(catalog.config_of(choice), choice, torch.float32)
    monkeypatch.setattr(host, "budget_on", lambda choice, device: budget)
    engine = EngineHost(choice)
    next(slices := engine.bring_up(INK, beside=True))
    next(slices)
    for on_host, fits in ((budget.on_host, True), (budget.on_host - 1, False)):
        monkeypatch.setattr(host, "computer_memory", lambda on_host=on_host: Memory(None, on_host))
        assert engine.fits_beside() is fits


def test_a_model_larger_than_the_device_is_refused_before_the_old_one_is_touched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    need = budget_on(SMALL, best_device()).total
    monkeypatch.setattr(host, "memory_of", free(need // 2, need - 1))
    told: list[Progress] = []
    with pytest.raises(EngineError) as refused:
        end_of(EngineHost(SMALL).bring_up(INK, beside=True), told)
    assert {progress.part for progress in told} == {0.0}
    assert not isinstance(refused.value, OutOfMemory), "closing another model would not help"
    sentence = str(refused.value)
    assert sentence.startswith(f"Starter at 64x48 takes {gibibytes(need)}")
    assert "was not loaded" in sentence
    monkeypatch.setattr(host, "memory_of", free(need, need))
    end_of(EngineHost(SMALL).bring_up(INK, beside=True))


@pytest.mark.parametrize("thrown", [torch.OutOfMemoryError("full"), MemoryError()])
def test_too_little_memory_has_a_sentence_of_its_own(monkeypatch: pytest.MonkeyPatch, thrown: Exception) -> None:
    engine = EngineHost(SMALL)
    engine.load()

    def fail(*_: object) -> None:
        raise thrown

    monkeypatch.setattr(Stream, "step", fail)
    with pytest.raises(OutOfMemory, match="not enough memory to paint this chunk; the last picture stays"):
        painted(engine)
    monkeypatch.setattr(catalog, "bring_up", fail)
    with pytest.raises(OutOfMemory, match="not enough memory to load the model; choose a smaller size"):
        engine.load()


def test_whatever_else_is_thrown_becomes_a_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engine = EngineHost(SMALL)
    engine.load()

    def fail(*_: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(Stream, "settle", fail)
    with pytest.raises(EngineError) as failed:
        engine.settle()
    assert str(failed.value) == (
        "The engine could not remember this chunk (ZeroDivisionError: oh); the picture begins anew and the show "
        "goes on."
    )
    monkeypatch.setattr(catalog, "bring_up", fail)
    with pytest.raises(EngineError) as failed:
        engine.load()
    assert str(failed.value) == "The engine could not load the model (ZeroDivisionError: oh)."
    assert "Traceback" in caplog.text


def test_without_a_model_nothing_is_painted() -> None:
    engine = EngineHost(SMALL)
    for ask in (lambda: engine.wanted(INK), engine.troubles, engine.settle):
        with pytest.raises(EngineError, match="no model loaded"):
            ask()
    engine.load()
    engine.close()
    with pytest.raises(EngineError, match="no model loaded"):
        engine.settle()


def test_what_a_stream_could_not_grant_is_passed_on(tmp_path: Path) -> None:
    engine = EngineHost(SMALL)
    engine.load()
    painted(engine, chunks=1, params=replace(INK, loras=(Lora(str(tmp_path / "gone.safetensors")),)))
    (trouble,) = engine.troubles()
    assert "gone.safetensors" in trouble
    assert engine.troubles() == ()


def test_the_budget_is_that_of_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    published = replace(SMALL, model="longlive-1.3b")
    offloaded = replace(published, offload=True)
    cpu = Device(torch.device("cpu"), torch.float32)
    assert budget_on(offloaded, cpu) == budget_on(published, cpu), "there is nowhere to offload to"
    gpu = Device(torch.device("cuda"), torch.float32)
    assert budget_on(offloaded, gpu).on_host > 0
    assert budget_on(published, gpu).on_host == 0
    half = budget_on(published, Device(torch.device("cpu"), torch.bfloat16))
    assert half.total < budget_on(published, cpu).total


def test_how_full_the_gpu_is_is_told_and_without_one_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = EngineHost(SMALL)
    assert engine.memory() is None, "nothing is loaded yet"
    engine._device = Device(torch.device("cpu"), torch.float32)
    assert engine.memory() is None
    engine._device = Device(torch.device("cuda"), torch.bfloat16)
    monkeypatch.setattr(host, "memory_of", lambda device: Memory(total=24, free=10))
    assert engine.memory() == GpuMemory(used=14, total=24)
    monkeypatch.setattr(host, "memory_of", lambda device: Memory(total=24, free=None))
    assert engine.memory() is None

    def fail(device: torch.device) -> Memory:
        raise RuntimeError("the driver does not tell")

    monkeypatch.setattr(host, "memory_of", fail)
    assert engine.memory() is None, "no reason to stop painting"


@pytest.mark.parametrize("acceleration", ["full", "none"])
def test_all_passes_are_recorded_before_the_show(acceleration: Acceleration, monkeypatch: pytest.MonkeyPatch) -> None:
    tape = TapeRecorder()
    monkeypatch.setattr(host, "recorder_on", lambda device: tape)
    engine = EngineHost(replace(SMALL, acceleration=acceleration))
    told, _ = end_of(engine.bring_up(INK))
    parts = [progress.part for progress in told]
    assert parts == sorted(parts)
    assert parts[-1] < 1
    recorded = tape.recorded
    assert (recorded > 0) is (acceleration == "full")
    painted(engine, 8, replace(INK, prompt="lava", control_strength=0.5))
    assert tape.recorded == recorded
    assert (tape.played > 2 * recorded) is (acceleration == "full")


@pytest.mark.parametrize("compiles", [True, False])
def test_compiled_blocks_are_swapped_in_between_chunks(
    compiles: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Once they are there; and where they cannot be, the show goes on without."""
    called: list[Block] = []

    class Compiled(Compilation):
        def __call__(self) -> CallBlock:
            if not compiles:
                raise RuntimeError("no compiler")
            self.done = self.kinds

            def call(block: Block, *given: Any) -> torch.Tensor:
                called.append(block)
                return call_block(block, *given)

            return call

    monkeypatch.setattr(host, "compiles_on", lambda device: True)
    monkeypatch.setattr(host, "Compilation", Compiled)
    released = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        thread.submit(released.wait)
        engine, plain = EngineHost(SMALL, compile_on=thread.submit), EngineHost(SMALL)
        for each in (engine, plain):
            each.load()
        before, wanted = painted(engine), painted(plain, 6)
        assert not called
        assert preparing(engine) == Progress(0.0, "making the engine faster, 0 of 2")
        released.set()
        assert engine._compiling is not None
        engine._compiling.exception()
    after = painted(engine)
    assert preparing(engine) is None, "nothing is recorded here"
    assert np.array_equal(before, wanted[: len(before)])
    assert bool(called) is compiles
    assert after.shape[1:] == before.shape[1:]
    assert ("could not be compiled" in caplog.text) is not compiles
    told = engine.troubles()
    assert [sentence.startswith("The model could not be compiled") for sentence in told] == [True] * (not compiles)
    assert engine.troubles() == ()


def test_a_model_that_comes_up_beside_another_waits_for_its_compiled_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "compiles_on", lambda device: True)
    monkeypatch.setattr(Compilation, "__call__", lambda self: call_block)
    released = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        thread.submit(released.wait)
        slices = EngineHost(SMALL, compile_on=thread.submit).bring_up(INK, beside=True)
        waiting = next(slice for slice in slices if slice.doing == "compiling its blocks")
        assert next(slices) == waiting
        released.set()
        told, _ = end_of(slices)
    assert told[-1].doing == "trying it out"


def test_until_all_is_recorded_anew_it_is_on_its_way_to_its_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A show that begins as it is, with its passes recorded, and has compiled blocks later."""
    tape = TapeRecorder()
    monkeypatch.setattr(host, "recorder_on", lambda device: tape)
    monkeypatch.setattr(host, "compiles_on", lambda device: True)

    def compiled(compilation: Compilation) -> CallBlock:
        compilation.done = compilation.kinds
        return lambda *given: call_block(*given)

    monkeypatch.setattr(Compilation, "__call__", compiled)
    handed = Future[CallBlock]()
    jobs: list[Callable[[], Any]] = []

    def later(work: Callable[[], Any]) -> Future[Any]:
        jobs.append(work)
        return handed

    engine = EngineHost(SMALL, compile_on=later)
    end_of(engine.bring_up(INK))
    painted(engine, 8)
    before = preparing(engine)
    assert before is not None
    assert before.part == 0, "however long that takes"
    handed.set_result(jobs.pop()())
    told = []
    while (progress := preparing(engine)) is not None:
        told.append(progress)
        recorded = tape.recorded
        painted(engine, 1)
    assert told[0].doing == f"making the engine faster, 2 of {2 + len(told)}", "two kinds, then chunks"
    assert [progress.part for progress in told] == sorted({progress.part for progress in told})
    assert tape.recorded >= recorded > 0
    recorded = tape.recorded
    painted(engine, 8)
    assert tape.recorded == recorded


def preparing(engine: EngineHost) -> Progress | None:
    """Asked anew each time."""
    return engine.preparing


def test_a_model_that_is_closed_is_kept_by_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is at work for minutes, and the next model needs the memory now."""
    monkeypatch.setattr(host, "compiles_on", lambda device: True)
    jobs: list[Callable[[], Any]] = []

    def later(work: Callable[[], Any]) -> Future[Any]:
        jobs.append(work)
        under_way = Future[Any]()
        under_way.set_running_or_notify_cancel()
        return under_way

    engine = EngineHost(SMALL, compile_on=later)
    engine.load()
    weights = [weakref.ref(weight) for weight in engine._loaded()._model.dit.parameters()]
    engine.close()
    gc.collect()
    assert len(jobs) == 1
    assert not any(weight() is not None for weight in weights)
