"""EngineHost: all that the app knows of the engine. Plain uint8 pictures and Params go in, uint8 pictures come out.

Nothing else crosses this seam, so that a child process or another machine can stand behind it later. Every failure
leaves here as an EngineError in words.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import TypeVar

import torch

from engine.catalog import CONFIGS, Model, load_model
from engine.device import best_device, compute_threads
from engine.errors import EngineError, OutOfMemory
from engine.params import ControlChunk, EngineChoice, ModelInfo, Params, Pixels
from engine.stream import Stream

MODELS: tuple[str, ...] = tuple(CONFIGS)
log = logging.getLogger(__name__)
T = TypeVar("T")


class EngineHost:
    """One model and one stream of it. Loaded, stepped and closed on the same thread."""

    def __init__(self, choice: EngineChoice, reserved_cores: int = 1) -> None:
        """reserved_cores: left to controls and window by torch; 0 where nothing else runs."""
        self._choice = choice
        self._reserved_cores = reserved_cores
        self._stream: Stream | None = None

    def load(self) -> ModelInfo:
        """Bring the model up. Raises EngineError for an unknown name, OutOfMemory when it does not fit."""
        torch.set_num_threads(compute_threads(self._reserved_cores))

        def bring_up() -> tuple[Model, Stream]:
            model = load_model(self._choice.model, best_device())
            return model, Stream(model, self._choice)

        model, self._stream = _in_words("load the model", bring_up)
        return ModelInfo(
            name=self._choice.model,
            device=model.device.title,
            dtype=model.device.dtype_title,
            note=model.note,
        )

    def wanted(self, params: Params) -> int:
        """How many pictures the next ``step`` takes and gives."""
        return self._loaded().wanted(params)

    def step(self, chunk: ControlChunk, params: Params) -> Pixels:
        """See ``Stream.step``."""
        stream = self._loaded()
        return _in_words("paint this chunk", lambda: stream.step(chunk, params))

    def settle(self) -> None:
        """See ``Stream.settle``: call it after the pictures are handed out."""
        _in_words("remember this chunk", self._loaded().settle)

    def close(self) -> None:
        """Free all memory. The host may be loaded again."""
        self._stream = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _loaded(self) -> Stream:
        if self._stream is None:
            raise EngineError("The engine has no model loaded; nothing new is painted until it has.")
        return self._stream


def _in_words(task: str, work: Callable[[], T]) -> T:
    """The result of ``work``; what torch throws becomes a sentence, with the traceback in the log."""
    try:
        return work()
    except EngineError:
        raise
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise OutOfMemory(
            f"There is not enough memory to {task}; the last picture stays. Choose a smaller size."
        ) from error
    except Exception as error:
        log.exception("The engine could not %s", task)
        raise EngineError(
            f"The engine could not {task} ({type(error).__name__}: {error}); the last picture stays. It starts again."
        ) from error
