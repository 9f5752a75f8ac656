"""Whole passes of a network, recorded once and then replayed: a CUDA graph for each way in which a pass can run.

A recording is a list of kernels. It bakes in all that the host decided while it was made (slices, numbers, which
branches hang where), and where every tensor lies. So whoever has a pass run names the former in its ``key``, hands
over what changes from pass to pass as ``given``, which is copied to where the recording reads it, and keeps in its
place what the pass reads and writes besides: weights, cache, the prompt's keys and values. These may be written to.

Knows no networks. ``CudaRecorder`` has not been run: no GPU was at hand. The rest runs on any device.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from engine.capture import UNDISTURBED

log = logging.getLogger(__name__)
G = TypeVar("G")

LIMIT = 24
"""Recordings at most: of a window of three phases with VACE, without it and of the clean pass, twice and more. The one
that was not played for longest goes."""

_MOST_FAILURES = 2
_END_ALLOCATION = ("_cuda_endAllocateToPool", "_cuda_endAllocateCurrentStreamToPool")
"""Of ``torch._C``, as torch calls it now and as it did up to 2.6."""


class Recorder(Protocol):
    """Records work on tensors that stay where they are."""

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """``work`` is called once, which need not compute anything; each call of what this returns does what it did.

        Whoever has lost all references to that has dropped the recording.
        """
        ...

    def give_back(self) -> None:
        """Memory that recordings needed and that none needs any more, to whoever wants it. May wait for the device."""
        ...


def recorder_on(device: torch.device) -> Recorder | None:
    """Of the device's own recordings; None where it has none."""
    return CudaRecorder(device) if device.type == "cuda" else None


class CudaRecorder:
    """CUDA graphs that share one pool of memory for what comes and goes within a pass: they are played in turn.

    Of a show and of its audition, so the pool lives as long as any graph of either does. torch takes no more graphs
    into a pool that has none left. One that could not be recorded leaves nothing behind that the next would share.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._begin_anew()
        self._owes = False

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        if not self._graphs:
            self._pool = torch.cuda.graph_pool_handle()
        self._owes = True
        graph = torch.cuda.CUDAGraph()
        now = torch.cuda.current_stream(self._device)
        self._side.wait_stream(now)
        try:
            with torch.cuda.stream(self._side):
                _capture(graph, self._pool, work)
        except BaseException:
            self._begin_anew()
            raise
        now.wait_stream(self._side)
        self._graphs.add(graph)
        replay: Callable[[], None] = graph.replay
        return replay

    def give_back(self) -> None:
        if self._owes and not self._graphs:
            self._owes = False
            torch.cuda.empty_cache()

    def _begin_anew(self) -> None:
        """With a pool and a stream that no recording has been on."""
        self._graphs: weakref.WeakSet[torch.cuda.CUDAGraph] = weakref.WeakSet()
        self._side = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]


def _capture(graph: torch.cuda.CUDAGraph, pool: Any, work: Callable[[], None]) -> None:
    """On the current stream."""
    begun = False
    try:
        # By hand: ``torch.cuda.graph`` collects garbage and empties torch's cache of memory first, which takes
        # longer than a chunk. Other threads, which read prompts, may go on with what a recording must not do.
        graph.capture_begin(pool=pool, capture_error_mode="thread_local")
        begun = True
        try:
            work()
        except BaseException:
            _abandon(graph)
            raise
        graph.capture_end()
    except BaseException:
        _end_allocation(graph, pool, begun)
        raise


def _abandon(graph: torch.cuda.CUDAGraph) -> None:
    """End a recording that went wrong, whose own error is the one to be told."""
    try:
        graph.capture_end()
    except RuntimeError:
        log.debug("A failed recording ended", exc_info=True)


_never_ended = list[torch.cuda.CUDAGraph]()
"""A graph each, for as long as the process lives: torch's allocator of pinned memory, which nobody can tell that they
are over, goes on to ask them."""


def _end_allocation(graph: torch.cuda.CUDAGraph, pool: Any, begun: bool) -> None:
    """Tell torch's allocator that a recording is over which itself could not be ended.

    WORKAROUND: ``CUDAGraph::capture_end`` throws what CUDA says of a spoiled recording before it comes to that (torch
    2.6 to 2.13). The allocator then takes back no block that a second stream has used, until no memory is left, refuses
    to give any back, and never lets go of the pool.
    """
    try:
        graph.pool()
    except RuntimeError:
        pass
    else:
        return  # it was ended, and with the graph goes its share in the pool
    _never_ended.append(graph)
    graph.reset()
    device = torch.cuda.current_device()
    end = next((getattr(torch._C, name) for name in _END_ALLOCATION if hasattr(torch._C, name)), None)
    if end is None:
        log.warning("This torch cannot be told that a recording is over: memory may run out")
        return
    try:
        end(device, pool)
    except RuntimeError:
        log.debug("A failed recording took no memory any more", exc_info=True)
        if not begun:
            return  # it never took any
    try:
        torch._C._cuda_releasePool(device, pool)
    except RuntimeError:
        log.warning("The memory of a failed recording stays taken", exc_info=True)


@dataclass(frozen=True, eq=False)
class _Recording:
    """given, result: where it reads and leaves its tensors."""

    replay: Callable[[], None]
    given: list[Tensor]
    result: Tensor | None


@dataclass(frozen=True)
class _Seen:
    """The chunk in which a pass first came, and what it gave."""

    chunk: int
    shape: torch.Size | None
    dtype: torch.dtype | None


class Recordings:
    """The passes of one stream, recorded in the second chunk in which they come: most that come once never do again."""

    def __init__(self, recorder: Recorder | None, limit: int = LIMIT) -> None:
        """recorder: None runs every pass as it is. limit: recordings that are kept."""
        self._recorder = recorder
        self._limit = limit
        self._recordings: dict[Hashable, _Recording] = {}  # the last played last
        self._seen: dict[Hashable, _Seen] = {}
        # Each as long as a recording reads or leaves something there.
        self._buffers: weakref.WeakValueDictionary[Hashable, Tensor] = weakref.WeakValueDictionary()
        self._chunk = 0
        self._failures = 0

    @property
    def records(self) -> bool:
        """Whether passes are recorded at all; no longer after that has failed twice."""
        return self._recorder is not None

    def __len__(self) -> int:
        return len(self._recordings)

    def begin_chunk(self) -> None:
        """What comes from now on belongs to another chunk."""
        self._chunk += 1

    def drop(self) -> None:
        """Forget all recordings, and give back their memory: what they would do no longer holds."""
        held = bool(self._recordings or self._seen)
        self._recordings.clear()
        self._seen.clear()
        if self._recorder is not None and held:
            self._recorder.give_back()

    def has(self, key: Hashable, given: Any) -> bool:
        """Whether ``run`` would play a recording that is there."""
        return (key, _taken_apart(given, [])) in self._recordings

    def run(self, key: Hashable, work: Callable[[G], Tensor | None], given: G) -> Tensor | None:
        """``work(given)``, recorded or not.

        given: tensors in tuples and frozen dataclasses; what else is in them counts as part of the key. key: all else
        that the host decides on within ``work``. Equal keys must mean equal work, on tensors in the same places.
        """
        if self._recorder is None:
            return work(given)
        tensors: list[Tensor] = []
        key = (key, _taken_apart(given, tensors))
        recording = self._recordings.pop(key, None)
        if recording is None:
            recording = self._record(key, work, given, tensors)
        if recording is None:
            result = work(given)
            self._note(key, result)
            return result
        self._recordings[key] = recording
        if len(self._recordings) > self._limit:
            del self._recordings[next(iter(self._recordings))]
        for there, here in zip(recording.given, tensors, strict=True):
            there.copy_(here)
        recording.replay()
        return None if recording.result is None else recording.result.clone()

    def _note(self, key: Hashable, result: Tensor | None) -> None:
        if key in self._seen:
            return
        shape, dtype = (None, None) if result is None else (result.shape, result.dtype)
        self._seen[key] = _Seen(self._chunk, shape, dtype)
        if len(self._seen) > 4 * self._limit:
            del self._seen[next(iter(self._seen))]

    def _record(
        self, key: Hashable, work: Callable[[G], Tensor | None], given: G, like: list[Tensor]
    ) -> _Recording | None:
        seen = self._seen.get(key)
        if self._recorder is None or seen is None or seen.chunk == self._chunk:
            return None
        buffers = [self._buffer(index, tensor.shape, tensor.dtype, tensor.device) for index, tensor in enumerate(like)]
        result: Tensor | None = None
        if seen.shape is not None and seen.dtype is not None:
            result = self._buffer("result", seen.shape, seen.dtype, like[0].device)

        def recorded() -> None:
            made = work(_put_together(given, iter(buffers)))
            if made is not None and result is not None:
                result.copy_(made)

        with UNDISTURBED.recording() as may:
            if not may:
                return None  # the pass runs as it is, and is recorded in a later chunk
            try:
                return _Recording(self._recorder.record(recorded), buffers, result)
            except Exception:
                self._failures += 1
                if self._failures < _MOST_FAILURES:
                    log.info("A pass could not be recorded; it is tried again", exc_info=True)
                    return None
                log.warning("Passes could not be recorded and run without that from now on", exc_info=True)
        self.drop()
        self._recorder = None
        return None

    def _buffer(self, place: Hashable, shape: torch.Size, dtype: torch.dtype, device: torch.device) -> Tensor:
        """The same tensor for all recordings that have one like it in the same place."""
        key = (place, shape, dtype)
        buffer = self._buffers.get(key)
        if buffer is None:
            buffer = self._buffers[key] = torch.empty(shape, dtype=dtype, device=device)
        return buffer


def _taken_apart(value: Any, tensors: list[Tensor]) -> Hashable:
    """Adds the tensors of ``value`` to ``tensors``; returns all else that there is to it."""
    if isinstance(value, Tensor):
        tensors.append(value)
        return value.shape, value.dtype
    if is_dataclass(value):
        return type(value), *(_taken_apart(getattr(value, field.name), tensors) for field in fields(value))
    if isinstance(value, tuple):
        return tuple(_taken_apart(part, tensors) for part in value)
    hashable: Hashable = value
    return hashable


def _put_together(value: Any, tensors: Iterator[Tensor]) -> Any:
    """The same as ``value``, of other tensors."""
    if isinstance(value, Tensor):
        return next(tensors)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(
            **{field.name: _put_together(getattr(value, field.name), tensors) for field in fields(value)}
        )
    if isinstance(value, tuple):
        return tuple(_put_together(part, tensors) for part in value)
    return value
