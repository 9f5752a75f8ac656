"""A worker in the test's hand: what it is given runs when the test says so, on the thread of the test."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

T = TypeVar("T")


class HandWorker(Executor):
    """Keeps jobs until ``run``. waiting: how many there are. most: how many there ever were at once."""

    def __init__(self) -> None:
        self._jobs: list[tuple[Future[Any], Callable[[], Any]]] = []
        self.given = self.most = 0

    @property
    def waiting(self) -> int:
        return len([future for future, _ in self._jobs if not future.cancelled()])

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        self._jobs.append((future, lambda: fn(*args, **kwargs)))
        self.given += 1
        self.most = max(self.most, self.waiting)
        return future

    def run(self, during: Callable[[], object] = lambda: None) -> None:
        """All jobs there are. during: called while each is running, before its result is there."""
        jobs, self._jobs = self._jobs, []
        for future, work in jobs:
            if future.set_running_or_notify_cancel():
                during()
                try:
                    result = work()
                except Exception as error:  # noqa: BLE001 - handed on, as every executor does
                    future.set_exception(error)
                else:
                    future.set_result(result)
