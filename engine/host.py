"""EngineHost: all that the app knows of the engine. Plain uint8 pictures and Params go in, uint8 pictures come out.

Nothing else crosses this seam, so that a child process or another machine can stand behind it later. Every failure
leaves here as an EngineError in words. Two hosts may stand on one device while one model gives way to another; they
know nothing of each other.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import CancelledError, Future, wait
from contextlib import contextmanager
from functools import partial
from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from engine import catalog
from engine.block import CallBlock
from engine.budget import Budget, budget_on, gibibytes
from engine.catalog import Model
from engine.compile import Compilation, compiles_on
from engine.device import Device, best_device, compute_threads
from engine.errors import EngineError, OutOfMemory
from engine.graph import recorder_on
from engine.memory import computer_memory, memory_of
from engine.params import (
    EMPTY_GUIDE,
    Autoencoder,
    ControlChunk,
    EngineChoice,
    GpuMemory,
    ModelInfo,
    Params,
    Pixels,
    Progress,
)
from engine.stream import Stream
from engine.words import running as words

MODELS: tuple[str, ...] = catalog.MODELS
log = logging.getLogger(__name__)
T = TypeVar("T")

_READ = 0.9  # of bringing a model up, when its files are read; the rest is its first steps
_WAIT_S = 0.005  # what a slice waits for work that another thread does


def trained_steps(choice: EngineChoice) -> int:
    """Denoising passes a chunk that the chosen model was made for. EngineError for an unknown name."""
    return catalog.config_of(choice).rollout.steps


def least_steps(choice: EngineChoice) -> int:
    """Below which its pictures are not worth having: half of what it was made for. EngineError for an unknown name."""
    return max(1, trained_steps(choice) // 2)


def faster_autoencoders(choice: EngineChoice) -> tuple[Autoencoder, ...]:
    """Those whose files are there and that are faster than the chosen one, the fastest last. Looks into the folder.

    EngineError for an unknown name. The starter has one of its own.
    """
    return catalog.faster_autoencoders(choice)


class Submit(Protocol):
    """Has work done on another thread; ``Executor.submit`` for one."""

    def __call__(self, work: Callable[[], T], /) -> Future[T]: ...


class SecondStream:
    """Another stream of a host's model, for a look that is tried out: see ``Stream.second``. Used on the host's thread.

    It ends with ``close``, which leaves its memory to whoever needs it next, and with its host.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream: Stream | None = stream

    def left_done(self, params: Params) -> Params:
        """See ``Stream.left_done``."""
        return self._open().left_done(params)

    def wanted(self, params: Params) -> int:
        """See ``EngineHost.wanted``."""
        return self._open().wanted(params)

    def step(self, chunk: ControlChunk, params: Params) -> Pixels:
        """See ``Stream.step``."""
        stream = self._open()
        with _in_words(words.PAINT_AUDITION, *words.AUDITION_ENDS):
            return stream.step(chunk, params)

    def troubles(self) -> tuple[str, ...]:
        """See ``Stream.troubles``."""
        return self._open().troubles()

    def settle(self) -> None:
        """See ``Stream.settle``."""
        stream = self._open()
        with _in_words(words.REMEMBER_AUDITION, *words.AUDITION_ENDS):
            stream.settle()

    def close(self) -> None:
        """Free its memory; the host's own stream is as it was."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.drop_recordings()

    def _open(self) -> Stream:
        if self._stream is None:
            raise EngineError(words.AUDITION_ENDED)
        return self._stream


class EngineHost:
    """One model and one stream of it, and a second one on demand. Loaded, stepped and closed on the same thread."""

    def __init__(
        self,
        choice: EngineChoice,
        reserved_cores: int = 1,
        submit: Submit | None = None,
        threads: int = 0,
        compile_on: Submit | None = None,
    ) -> None:
        """reserved_cores: left to controls and window by torch; 0 where nothing else runs. threads: how many torch
        uses, whatever cores there are; 0 = as many as are left to it.

        submit: where prompts are read while the stream plays on; None reads them where they are asked for. compile_on:
        where a GPU's model is compiled, which takes long; None does without.
        """
        self._choice = choice
        self._threads = threads
        self._reserved_cores = reserved_cores
        self._submit = submit
        self._compile_on = compile_on
        self._compilation: Compilation | None = None
        self._compiling: Future[CallBlock] | None = None
        self._device: Device | None = None
        self._budget: Budget | None = None
        self._stream: Stream | None = None
        self._second: SecondStream | None = None
        self._troubles: list[str] = []

    def bring_up(self, params: Params | None = None, beside: bool = False) -> Generator[Progress, None, ModelInfo]:
        """Load the model and warm it, in slices; ends with what it says of itself.

        While ``Progress.part`` is 0 it only checks, and nothing of the model is in memory. params: what the stream will
        begin with: its prompts are read ahead, and chunks are painted that nobody sees, two or more; None does without,
        where the first chunk may take its time. beside: another model plays meanwhile, see ``fits_beside``.

        Raises EngineError for an unknown name, for files that are not there or not what they should be, and beside
        another model for one that is larger than the device; OutOfMemory where there is no room now.
        """
        with _in_words(words.LOAD, *words.LOADING_ENDS):
            torch.set_num_threads(self._threads or compute_threads(self._reserved_cores))
            device = self._device = best_device()
            catalog.config_of(self._choice)  # an unknown name is told at once
            if beside:
                yield Progress(0.0, words.ADDING_UP)
                self._budget = budget_on(self._choice, device)
                self._check_size(self._budget, device)
            model = yield from _scaled(catalog.bring_up(self._choice, device))
            recorder = None if self._choice.acceleration == "none" else recorder_on(device.torch_device)
            stream = Stream(model, self._choice, self._submit, recorder=recorder)
            self._compile(model, device)
            if beside:
                # Something plays meanwhile; else the show begins without, see ``_swap_in``.
                yield from self._compiled()
                self._swap_in(stream)
            if params is not None:
                yield from self._warm(model, stream, params)
            self._stream = stream
            return ModelInfo(self._choice.model, device.title, device.dtype_title, model.note, torch.get_num_threads())

    def load(self) -> ModelInfo:
        """``bring_up`` to its end, for those who have nothing else to do meanwhile."""
        return catalog.finished(self.bring_up())

    def fits_beside(self) -> bool:
        """Whether the model's budget finds room in what is free now; asked when ``bring_up`` has checked all it can.

        True where nobody can tell what is free: then loading shows it.
        """
        if self._budget is None or self._device is None:
            return True
        with _in_words(words.SEE_MEMORY, *words.LOADING_ENDS):
            free, on_host = memory_of(self._device.torch_device).free, computer_memory().free
        needs = ((self._budget.total, free), (self._budget.on_host, on_host))
        return all(there is None or need <= there for need, there in needs)

    def follow_on(self, params: Params) -> None:
        """See ``Stream.follow_on``."""
        self._loaded().follow_on(params)

    def left_done(self, params: Params) -> Params:
        """See ``Stream.left_done``."""
        return self._loaded().left_done(params)

    def wanted(self, params: Params) -> int:
        """How many pictures the next ``step`` takes and gives."""
        return self._loaded().wanted(params)

    def step(self, chunk: ControlChunk, params: Params) -> Pixels:
        """See ``Stream.step``."""
        stream = self._loaded()
        with _in_words(words.PAINT, *words.PAINTING_ENDS):
            self._swap_in(stream)
            return stream.step(chunk, params)

    @property
    def prompts_read(self) -> int:
        """See ``Stream.prompts_read``."""
        return self._loaded().prompts_read

    def troubles(self) -> tuple[str, ...]:
        """See ``Stream.troubles``; what this machine could not do for the model, too."""
        said = (*self._loaded().troubles(), *self._troubles)
        self._troubles.clear()
        return said

    @property
    def preparing(self) -> Progress | None:
        """What is still to come before it paints as fast as it can: blocks that are compiled beside the show, and then
        passes that are recorded anew. Chunks that take their time meanwhile are no measure. None once all is there."""
        compilation, stream = self._compilation, self._loaded()
        if compilation is None:
            return None
        chunks, left = stream.chunks_to_record, stream.chunks_unrecorded
        done = compilation.done + (0 if self._compiling is not None else chunks - left)
        of = compilation.kinds + chunks
        if self._compiling is None and left == 0:
            return None
        return Progress(done / of, words.making_faster(done, of))

    @property
    def trailing_s(self) -> float:
        """See ``Stream.trailing_s``."""
        return self._loaded().trailing_s

    def settle(self) -> None:
        """See ``Stream.settle``: call it after the pictures are handed out."""
        stream = self._loaded()
        with _in_words(words.REMEMBER, *words.REMEMBERING_ENDS):
            stream.settle()

    def second_stream(self, after: Params | None = None) -> SecondStream:
        """A second stream beside the host's own; one that was there before ends.

        after: what the last chunk was painted with that it follows on; None = what the host's own was.
        OutOfMemory, in words, where its memory does not fit into what is free now.
        """
        stream, device = self._loaded(), self._device
        assert device is not None  # something is loaded
        self._end_second()
        with _in_words(words.BEGIN_AUDITION, *words.AUDITION_ENDS):
            need, free = budget_on(self._choice, device).second_stream, memory_of(device.torch_device).free
            if free is not None and need > free:
                raise OutOfMemory(words.audition_too_large(gibibytes(need), gibibytes(free)))
            second = stream.second()
            if after is not None:
                second.follow_on(after)
            self._second = SecondStream(second)
        return self._second

    def memory(self) -> GpuMemory | None:
        """How full the GPU is that paints; None where the CPU does, or where nobody can tell."""
        if self._device is None or self._device.torch_device.type == "cpu":
            return None
        try:
            there = memory_of(self._device.torch_device)
        except RuntimeError:  # a driver that does not tell: no reason to stop painting
            return None
        if there.total is None or there.free is None:
            return None
        return GpuMemory(max(0, there.total - there.free), there.total)

    def close(self) -> None:
        """Free all memory. The host may be loaded again."""
        self._end_second()
        if self._compilation is not None:
            self._compilation.give_up()  # what it is at keeps one block, until that is done
        if self._compiling is not None:
            self._compiling.cancel()
        self._stream = self._compilation = self._compiling = None
        self._troubles.clear()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _end_second(self) -> None:
        second, self._second = self._second, None
        if second is not None:
            second.close()

    def _loaded(self) -> Stream:
        if self._stream is None:
            raise EngineError(words.NOTHING_LOADED)
        return self._stream

    # -- on the way up

    def _check_size(self, budget: Budget, device: Device) -> None:
        total = memory_of(device.torch_device).total
        if total is not None and budget.total > total:
            size = f"{self._choice.width}x{self._choice.height}"
            need, there = gibibytes(budget.total), gibibytes(total)
            title = catalog.title_of(self._choice)
            raise EngineError(words.model_too_large(title, size, need, device.title, there))

    def _warm(self, model: Model, stream: Stream, params: Params) -> Generator[Progress, None, None]:
        """A first and some later chunks that nobody sees: memory is claimed, kernels and words are ready, and on a GPU
        each pass is recorded.

        The stream then forgets them, all but the words: should others be asked for by then, it goes on with these until
        the new ones are read.
        """
        if self._submit is not None:
            for prompt in params.heard:
                yield from self._read_ahead(self._submit(partial(model.text, prompt.text)))
        quick = Params(params.prompt, params.prompt_weight, params.more_prompts, params.blend, steps=1)
        chunks = stream.chunks_to_warm
        for part in (_READ + (1 - _READ) * number / chunks for number in range(chunks)):
            shape = (stream.wanted(quick), self._choice.height, self._choice.width, 3)
            empty = np.full(shape, EMPTY_GUIDE, np.uint8)
            yield Progress(part, words.TRYING_OUT)
            stream.step(ControlChunk(empty, empty), quick)
            yield Progress(part, words.TRYING_OUT)
            stream.settle()
        stream.reset()

    def _compile(self, model: Model, device: Device) -> None:
        """Have the blocks compiled on another thread, on a device where that pays."""
        self._compilation = self._compiling = None
        wanted = self._choice.acceleration == "full" and compiles_on(device.torch_device)
        if wanted and self._compile_on is not None and not model.dit.is_offloaded:
            tokens = self._choice.width * self._choice.height // 256
            chunk = model.config.rollout.chunk
            self._compilation = Compilation(model.dit, chunk, tokens, torch.get_num_threads())
            self._compiling = self._compile_on(self._compilation)

    def _compiled(self) -> Generator[Progress, None, None]:
        """Wait for it."""
        while self._compiling is not None and not self._compiling.done():
            wait([self._compiling], timeout=_WAIT_S)
            yield Progress(_READ, words.COMPILING)

    def _swap_in(self, stream: Stream) -> None:
        """Take the compiled blocks once they are there. A machine that cannot compile goes on without, and says so."""
        compiling = self._compiling
        if compiling is None or not compiling.done():
            return
        self._compiling = None
        try:
            stream.call_blocks(compiling.result())
        except (Exception, CancelledError):
            log.warning("The transformer's blocks could not be compiled and run as they are", exc_info=True)
            self._compilation = None
            self._troubles.append(words.NOT_COMPILED)

    def _read_ahead(self, reading: Future[Tensor]) -> Generator[Progress, None, None]:
        """Wait for a prompt that is read on the other thread; the stream then finds it on disk."""
        while not reading.done():
            wait([reading], timeout=_WAIT_S)
            yield Progress(_READ, words.READING_PROMPT)
        reading.result()


def _scaled(slices: Generator[Progress, None, Model]) -> Generator[Progress, None, Model]:
    """The same, its parts from 0 to ``_READ``."""
    while True:
        try:
            progress = next(slices)
        except StopIteration as end:
            model: Model = end.value
            return model
        yield Progress(progress.part * _READ, progress.doing)


@contextmanager
def _in_words(task: str, out_of_memory: str, otherwise: str) -> Iterator[None]:
    """What torch throws becomes a sentence, with the traceback in the log."""
    try:
        yield
    except EngineError:
        raise
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise OutOfMemory(words.no_memory(task, out_of_memory)) from error
    except Exception as error:
        log.exception("The engine could not %s", task)
        fault = f"{type(error).__name__}: {error}"
        raise EngineError(words.failed(task, fault, otherwise)) from error
