"""What can go wrong in the engine, in words a performer understands."""

from __future__ import annotations


class EngineError(Exception):
    """A failure of the engine; ``str(error)`` is one sentence: what happened, what it means, what to do."""


class OutOfMemory(EngineError):
    """The model, its caches or one step did not fit the device."""
