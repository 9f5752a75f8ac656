"""Recorded passes: what is replayed equals what runs as it is, to the bit, whatever changes in between."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from engine.block import call_block
from engine.capture import UNDISTURBED
from engine.catalog import Model, untrained_model
from engine.config import RolloutConfig
from engine.device import Device
from engine.graph import CudaRecorder, Recorder, Recordings
from engine.host import SecondStream
from engine.params import ControlChunk, Lora, Params, Picture, Pixels
from engine.stream import Stream
from tests.engine.tape import TapeRecorder
from tests.tiny import CHOICE, TINY, chunk_of, pictures

PARAMS = Params(prompt="ink on paper", steps=2)
LONGLIVE = RolloutConfig(chunk=3, window=12, sink=3, steps=2)
STARTER = RolloutConfig(chunk=1, window=3, sink=1, steps=1, prediction="clean", positions="rolling", noise_kept=0.995)
KREA = RolloutConfig(chunk=3, window=6, sink=0, memory="recompute", context=3)


def model_of(rollout: RolloutConfig, device: str = "cpu") -> Model:
    return untrained_model(replace(TINY, rollout=rollout), Device(torch.device(device), torch.float32))


def lora(path: Path) -> Lora:
    generator = torch.Generator().manual_seed(1)
    dim = TINY.dit.dim
    tensors = {}
    for layer in ("blocks.0.self_attn.q", "vace_blocks.1.cross_attn.k", "time_projection.1"):
        out = 6 * dim if layer.startswith("time") else dim
        tensors[f"diffusion_model.{layer}.lora_A.weight"] = torch.randn(2, dim, generator=generator)
        tensors[f"diffusion_model.{layer}.lora_B.weight"] = torch.randn(out, 2, generator=generator)
    save_file(tensors, path)
    return Lora(str(path), 0.5)


def show(style: Lora) -> list[tuple[int, dict[str, Any]]]:
    """Chunks, and what changes before them. A second begins with each cut."""
    reference = Picture(pictures(1, seed=4)[0])
    return [
        (8, {}),
        (2, {"prompt": "lava", "control_strength": 0.3}),
        (2, {"control_strength": 1.7, "past": 0.5}),
        (6, {"past": 1.0, "loras": (style,)}),
        (1, {"control_strength": 0.0, "steps": 3}),
        (3, {"control_strength": 1.0, "references": (reference,), "reference_mode": "aligned"}),
        (2, {"references": (reference, reference), "reference_mode": "sink", "prompt": "neon", "loras": ()}),
        (5, {"cut": 1, "references": (), "strength": 0.6}),
        (3, {"soft_cut": 1, "strength": 1.0, "seed": 9, "prompt": "snow", "prompt_change": "keep", "morph_chunks": 3}),
    ]


def play(stream: Stream, changes: list[tuple[int, dict[str, Any]]]) -> list[Pixels]:
    """Every third chunk has a mask."""
    params, number, out = PARAMS, count(), []
    for chunks, change in changes:
        params = replace(params, **change)
        for at in (next(number) for _ in range(chunks)):
            guide = pictures(stream.wanted(params), at)
            mask = np.zeros(guide.shape[:3], np.uint8)
            mask[:, 8:] = 255
            chunk = ControlChunk(guide, guide[:, ::-1].copy(), mask if at % 3 == 1 else None)
            out.append(stream.step(chunk, params))
            stream.settle()
    return out


@pytest.mark.parametrize("rollout", [LONGLIVE, STARTER, KREA], ids=["absolute", "rolling", "recompute"])
def test_a_show_of_recorded_passes_is_the_same_to_the_bit(rollout: RolloutConfig, tmp_path: Path) -> None:
    tape = TapeRecorder()
    plain, recorded = Stream(model_of(rollout), CHOICE), Stream(model_of(rollout), CHOICE, recorder=tape)
    changes = show(lora(tmp_path / "style.safetensors"))
    for number, (wanted, seen) in enumerate(zip(play(plain, changes), play(recorded, changes), strict=True)):
        assert np.array_equal(wanted, seen), number
    assert tape.played > tape.recorded > 2


def test_merging_a_lora_leaves_recordings_valid(tmp_path: Path) -> None:
    """Its branches are gone then, and the weights were written to in place."""
    tape = TapeRecorder()
    stream = Stream(model_of(STARTER), CHOICE, recorder=tape)
    style = lora(tmp_path / "style.safetensors")
    play(stream, [(8, {})])
    before = tape.recorded
    play(stream, [(2, {"loras": (style,)})])
    assert tape.recorded == before, "a strength that may still move is not recorded"
    play(stream, [(6, {"loras": (style,)})])
    assert stream._adapters.settled
    recorded, played = tape.recorded, tape.played
    play(stream, [(2, {"loras": (style,)})])
    assert (tape.recorded, tape.played) == (recorded, played + 2 * (PARAMS.steps + 1))


def test_once_the_window_is_full_each_phase_of_the_ring_is_recorded_once() -> None:
    tape = TapeRecorder()
    stream = Stream(model_of(LONGLIVE), CHOICE, recorder=tape)
    played = []
    for _ in range(14):
        before = tape.played
        play(stream, [(1, {})])
        played.append(tape.played - before)
    passes = PARAMS.steps + 1
    # Three chunks fill the window, the fourth and two more are the three phases, which are recorded when they return.
    assert played == [0] * 6 + [passes] * 8
    assert tape.recorded == 2 * 3


def under_way_after(stream: Stream, params: Params, chunks: int) -> list[bool]:
    """Of each chunk whether its clean pass was told to the device before its pictures were waited for."""
    under_way = []
    for _ in range(chunks):
        stream.step(chunk_of(pictures(stream.wanted(params))), params)
        under_way.append(stream._rollout.is_settled)
        stream.settle()
        assert stream._rollout.is_settled
    return under_way


def test_once_it_is_recorded_the_clean_pass_is_under_way_when_the_pictures_are_handed_out(tmp_path: Path) -> None:
    """As it is, and while it is recorded, it takes long to be told to the device, and pictures do not wait for that."""
    stream = Stream(model_of(STARTER), CHOICE, recorder=TapeRecorder())
    # The window is full with the third chunk; the two phases of the ring are recorded in the fifth and sixth.
    assert under_way_after(stream, PARAMS, 9) == [False] * 6 + [True] * 3
    style = lora(tmp_path / "style.safetensors")
    hanging = under_way_after(stream, replace(PARAMS, loras=(style,)), 2)
    assert hanging == [False, False], "passes with branches are not recorded"
    unrecorded = Stream(model_of(STARTER), CHOICE)
    assert not any(under_way_after(unrecorded, PARAMS, 7))


def test_a_clean_pass_that_fails_costs_no_pictures(caplog: pytest.LogCaptureFixture) -> None:
    plain, failing = (Stream(model_of(STARTER), CHOICE, recorder=TapeRecorder()) for _ in range(2))
    wanted, seen = ([*play(stream, [(8, {})])] for stream in (plain, failing))
    settle, failures = failing._rollout.settle, count()

    def fail_once(oldest_again: torch.Tensor | None = None) -> None:
        if next(failures) == 0:
            raise torch.OutOfMemoryError("full")
        settle(oldest_again)

    failing._rollout.settle = fail_once  # type: ignore[method-assign]
    for stream, pictures_of in ((plain, wanted), (failing, seen)):
        pictures_of += play(stream, [(2, {})])
    assert next(failures) > 1
    assert all(map(np.array_equal, wanted, seen)), "it is made up for"
    assert "run again" in caplog.text


@pytest.mark.parametrize("rollout", [STARTER, KREA], ids=["clean", "recompute"])
def test_where_the_clean_pass_fails_for_good_a_new_stream_begins(rollout: RolloutConfig) -> None:
    failing, anew = (Stream(model_of(rollout), CHOICE, recorder=TapeRecorder()) for _ in range(2))
    for stream in (failing, anew):
        play(stream, [(8, {})])
    settle = failing._rollout.settle

    def fail(oldest_again: torch.Tensor | None = None) -> None:
        raise torch.OutOfMemoryError("full")

    failing._rollout.settle = fail  # type: ignore[method-assign]
    shown = failing.step(chunk_of(pictures(failing.wanted(PARAMS))), PARAMS)
    with pytest.raises(torch.OutOfMemoryError):
        failing.settle()
    failing._rollout.settle = settle  # type: ignore[method-assign]
    assert np.array_equal(shown, anew.step(chunk_of(pictures(anew.wanted(PARAMS))), PARAMS)), "the pictures are out"
    anew.reset()
    assert failing.wanted(PARAMS) == anew.wanted(PARAMS) == rollout.pictures(first=True)
    assert all(map(np.array_equal, play(failing, [(4, {})]), play(anew, [(4, {})])))


def test_nothing_is_recorded_while_another_waits_for_the_whole_device() -> None:
    """As the compiler does, on its own thread."""
    tape = TapeRecorder()
    plain, recorded = (Stream(model_of(STARTER), CHOICE, recorder=recorder) for recorder in (None, tape))
    wanted = play(plain, [(9, {})]) + play(plain, [(9, {})])
    with UNDISTURBED.disturbing(), UNDISTURBED.disturbing():
        seen = play(recorded, [(9, {})])
        assert tape.recorded == 0
    seen += play(recorded, [(9, {})])
    assert tape.recorded > 0
    assert all(map(np.array_equal, wanted, seen))


def test_a_recording_that_fails_leaves_the_show_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def record(self, work: Callable[[], None]) -> Callable[[], None]:
            raise RuntimeError("operation not permitted when stream is capturing")

        def give_back(self) -> None:
            pass

    plain, recorded = (Stream(model_of(STARTER), CHOICE, recorder=recorder) for recorder in (None, Broken()))
    with caplog.at_level(logging.WARNING):
        assert all(map(np.array_equal, play(plain, [(9, {})]), play(recorded, [(9, {})])))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert plain.troubles() == ()
    (trouble,) = recorded.troubles()
    assert "could not be recorded on this GPU" in trouble
    assert recorded.troubles() == ()
    assert not recorded.second()._rollout.records, "nor is an audition's"


def test_the_longest_unused_recording_goes_first() -> None:
    tape = TapeRecorder()
    recordings = Recordings(tape, limit=2)

    def run(key: str) -> None:
        recordings.begin_chunk()
        x = torch.full((2,), float(len(key)))
        result = recordings.run(key, lambda given: given + 1, x)
        assert result is not None
        assert torch.equal(result, x + 1)

    for key in ("a", "a", "b", "b", "a", "c", "c"):
        run(key)
    assert (tape.recorded, len(recordings)) == (3, 2)
    for key in ("a", "c"):
        run(key)
    assert tape.recorded == 3
    run("b")
    assert tape.recorded == 4


def test_what_recordings_read_goes_with_them() -> None:
    tape = TapeRecorder()
    recordings = Recordings(tape, limit=2)
    for size in range(1, 9):  # such as more and more references
        for _ in range(3):
            recordings.begin_chunk()
            x = torch.full((size,), float(size))
            result = recordings.run("the same", lambda given: given + 1, x)
            assert result is not None
            assert torch.equal(result, x + 1), "a recording of another shape is not played"
    assert tape.recorded == 8
    assert len(recordings) == 2
    assert len(recordings._buffers) == 2 * 2, "what is read and what is left, of each that is kept"
    recordings.drop()
    assert (len(recordings), len(recordings._buffers), tape.given_back) == (0, 0, 1)


def test_blocks_called_otherwise_leave_no_recording_behind() -> None:
    """As where compiled blocks are swapped in: what was recorded of the others would never be played again."""
    tape = TapeRecorder()
    stream = Stream(model_of(STARTER), CHOICE, recorder=tape)
    play(stream, [(6, {})])
    passes = stream._rollout._passes
    assert len(passes) > 2
    stream.call_blocks(stream._rollout.call)
    assert len(passes) > 2, "nothing has changed"

    def call(*given: Any) -> torch.Tensor:
        return call_block(*given)

    stream.call_blocks(call)
    assert (len(passes), tape.given_back) == (0, 1)
    recorded, played = tape.recorded, tape.played
    play(stream, [(2, {})])
    assert (tape.recorded, tape.played) == (recorded, played), "all of it is new"


def test_an_auditions_recordings_are_its_own_and_go_with_it() -> None:
    tape = TapeRecorder()
    stream = Stream(model_of(STARTER), CHOICE, recorder=tape)
    play(stream, [(8, {})])
    second = SecondStream(stream.second())
    own, others = stream._rollout._passes, second._open()._rollout._passes
    kept, played = len(own), tape.played
    play(second._open(), [(3, {})])
    assert tape.played == played, "a stream that begins does not play what another one recorded"
    play(second._open(), [(5, {})])
    assert len(others) > 2
    second.close()
    assert (len(own), len(others), tape.given_back) == (kept, 0, 1)


class _Graph:
    def capture_begin(self, pool: object, capture_error_mode: str) -> None:
        self.pool = pool

    def capture_end(self) -> None:
        pass

    def replay(self) -> None:
        pass


class _Nothing:
    """A stream that does nothing."""

    def __init__(self, *_: object) -> None:
        pass

    def wait_stream(self, stream: object) -> None:
        pass


def test_the_pool_goes_with_its_last_graph_and_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch refuses a capture into a pool that has lost its last graph."""
    pools, emptied, graphs = count(), list[bool](), list[_Graph]()

    def graph() -> _Graph:
        graphs.append(_Graph())
        return graphs[-1]

    for name, stand_in in (
        ("CUDAGraph", graph),
        ("graph_pool_handle", lambda: next(pools)),
        ("Stream", _Nothing),
        ("current_stream", _Nothing),
        ("stream", lambda stream: nullcontext()),
        ("empty_cache", lambda: emptied.append(True)),
    ):
        monkeypatch.setattr(torch.cuda, name, stand_in)
    recorder = CudaRecorder(torch.device("cuda"))
    show, audition = Recordings(recorder), Recordings(recorder)
    x = torch.ones(2)
    for recordings in (show, audition, show, audition):
        recordings.begin_chunk()
        recordings.run("a", lambda given: given + 1, x)
    assert [each.pool for each in graphs] == [0, 0]
    graphs.clear()
    audition.drop()
    assert not emptied, "the show plays on"
    show.drop()
    assert emptied == [True]
    show.drop()
    assert emptied == [True], "once"
    for _ in range(2):
        show.begin_chunk()
        show.run("a", lambda given: given + 1, x)
    assert [each.pool for each in graphs] == [1]


class _Allocator:
    """torch's, as far as recordings go: the pools, each with the graphs that hold it, and those being recorded into."""

    def __init__(self) -> None:
        self.graphs: dict[int, int] = {}
        self.underway = set[int]()

    def begin(self, pool: int) -> None:
        if pool in self.underway:
            raise RuntimeError("beginAllocateToPool: already recording to mempool_id")
        if self.graphs.get(pool) == 0:
            raise RuntimeError("it->second->use_count > 0 INTERNAL ASSERT FAILED")
        self.graphs[pool] = self.graphs.get(pool, 0) + 1
        self.underway.add(pool)

    def end(self, device: int, pool: int) -> None:
        if pool not in self.underway:
            raise RuntimeError("endAllocatePool: not currently recording to mempool_id")
        self.underway.remove(pool)

    def release(self, device: int, pool: int) -> None:
        self.graphs[pool] -= 1
        assert self.graphs[pool] >= 0


@pytest.mark.parametrize("fails", ["begin", "begun", "work", "work and end", "end", "instantiate"])
def test_a_spoiled_recording_is_ended_in_torchs_memory_too(fails: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch itself forgets that where CUDA says that it was spoiled, and then takes back no memory any more."""
    allocator, pools, spoiled = _Allocator(), count(), [True]

    class Graph:
        def __init__(self) -> None:
            self._pool: int | None = None
            self._ended = False

        def capture_begin(self, pool: int, capture_error_mode: str) -> None:
            if spoiled and fails == "begin":
                raise RuntimeError("CUDA graphs must be captured on a non-default stream.")
            allocator.begin(pool)
            self._pool = pool
            if spoiled and fails == "begun":
                raise RuntimeError("operation not permitted")

        def capture_end(self) -> None:
            if spoiled and fails in ("end", "work and end"):
                raise RuntimeError("operation failed due to a previous error during capture")
            assert self._pool is not None
            allocator.end(0, self._pool)
            self._ended = True
            if spoiled and fails == "instantiate":
                raise RuntimeError("out of memory")

        def pool(self) -> int | None:
            if not self._ended:
                raise RuntimeError("Called CUDAGraph::pool() without a preceding successful capture.")
            return self._pool

        def reset(self) -> None:
            assert not self._ended

        def replay(self) -> None:
            pass

        def __del__(self) -> None:
            if self._ended and self._pool is not None:
                allocator.release(0, self._pool)

    for name, stand_in in (
        ("CUDAGraph", Graph),
        ("graph_pool_handle", lambda: next(pools)),
        ("Stream", _Nothing),
        ("current_stream", _Nothing),
        ("stream", lambda stream: nullcontext()),
        ("current_device", lambda: 0),
        ("empty_cache", lambda: None),
    ):
        monkeypatch.setattr(torch.cuda, name, stand_in)
    monkeypatch.setattr(torch._C, "_cuda_endAllocateToPool", allocator.end)
    monkeypatch.setattr(torch._C, "_cuda_releasePool", allocator.release)
    recorder = CudaRecorder(torch.device("cuda"))
    show, audition = Recordings(recorder), Recordings(recorder)
    x, y = torch.ones(2), torch.ones(3)

    def work(given: torch.Tensor) -> torch.Tensor:
        if spoiled and allocator.underway and fails.startswith("work"):
            raise RuntimeError("operation would make the legacy stream depend on a capturing blocking stream")
        return given + 1

    def run(recordings: Recordings, x: torch.Tensor) -> None:
        recordings.begin_chunk()
        recordings.run("a", work, x)

    spoiled.clear()
    run(audition, y)
    run(audition, y)
    assert (len(audition), allocator.graphs) == (1, {0: 1})
    run(show, x)
    spoiled.append(True)
    run(show, x)
    gc.collect()
    assert (allocator.underway, allocator.graphs) == (set(), {0: 1}), "what was recorded before stays"
    spoiled.clear()
    run(show, x)
    assert (len(show), allocator.underway, allocator.graphs) == (1, set(), {0: 1, 1: 1}), "in a pool of its own"
    assert show.records


def test_what_is_no_tensor_is_part_of_the_key() -> None:
    tape = TapeRecorder()
    recordings = Recordings(tape)
    x = torch.ones(2)
    for factor in (2.0, 2.0, 3.0, 3.0, 2.0):
        recordings.begin_chunk()
        result = recordings.run("scaled", lambda given: given[0] * given[1], (x, factor))
        assert result is not None
        assert torch.equal(result, x * factor)
    assert tape.recorded == 2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: graphs are not run here")
def test_cuda_graphs_replay_what_runs_without_them(tmp_path: Path) -> None:
    changes = show(lora(tmp_path / "style.safetensors"))
    played = []
    recorders: tuple[Recorder | None, ...] = (None, CudaRecorder(torch.device("cuda")))
    for recorder in recorders:
        stream = Stream(model_of(LONGLIVE, "cuda"), CHOICE, recorder=recorder)
        played.append(play(stream, changes))
        if recorder is not None:
            assert stream._rollout._passes.records
            assert len(stream._rollout._passes) > 3
    for wanted, seen in zip(*played, strict=True):
        assert np.abs(wanted.astype(int) - seen).max() <= 1
