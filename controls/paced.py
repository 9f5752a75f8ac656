"""One control on the pictures it has time for: run here or on a worker, and carried by motion to all others.

A drawing is carried from the picture it was made from straight to the one that is shown, never step by step, so that
neither blur nor error adds up. A short blackout, as of a strobe, is no other scene: what was drawn last waits for the
light. Decides nothing about rates and knows no mixing.
"""

from __future__ import annotations

import logging
import math
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from controls.control import Comparing, Control, Limited, Networked, Pixels, Values
from controls.motion import carried
from controls.view import View

logger = logging.getLogger(__name__)

_BLACKOUT_S = 1.0
"""In a blackout that lasts longer, what was drawn before it is gone."""


@dataclass(frozen=True, eq=False)
class Request:
    """A guide of (height, width) that is wanted for ``view``, under ``values``: see ``Control.guide``."""

    view: View
    width: int
    height: int
    values: Values


@dataclass(frozen=True, eq=False)
class Drawing:
    """What a control drew for a request, (height, width, 3), and how long that took."""

    part: Pixels
    request: Request
    ms: float


@dataclass(frozen=True, eq=False)
class Turn:
    """What a control gives for one picture.

    ms: what its run took, where its result is newly in; None where an older one was carried. carrying_ms: what that
    took; 0 where nothing was. own: whether it was drawn from this very picture: neither carried nor empty paper.
    """

    part: Pixels
    ms: float | None = None
    carrying_ms: float = 0.0
    own: bool = False


@dataclass(frozen=True)
class Loading:
    """When a control loads models, which takes a second or two: at its first run, where ``at_first``, and whenever a
    setting of ``anew`` has another value than in the run before."""

    at_first: bool = False
    anew: tuple[str, ...] = ()

    def comes(self, before: Values | None, now: Values) -> bool:
        """before: the values of the last run; None where there was none."""
        if before is None:
            return self.at_first
        return any(before.get(name) != now.get(name) for name in self.anew)


class PacedControl:
    """Owns one control, the job that it is busy with on the worker, and what it drew last. Used by one thread.

    longest_side, paper, loading: as in ``ControlKind``. worker: where it runs while it does not run on each picture, or
    loads; None: here. The control is never used from two threads at a time.
    """

    def __init__(
        self, control: Control, longest_side: int, paper: int, worker: Executor | None, loading: Loading = Loading()
    ) -> None:
        self.control = control
        self._longest_side, self._paper, self._worker, self._loading = longest_side, paper, worker, loading
        self._job: Future[Drawing] | None = None
        self._outdated: Future[Drawing] | None = None
        self._asked: Values | None = None
        self._must_forget = False
        self._forget()

    def _forget(self) -> None:
        self._last: Drawing | None = None
        self._age = self._apart = 0
        self._time = self._seen = math.nan

    def reset(self) -> None:
        """Forget all earlier pictures, as the control does before its next run. Never waits: what it still draws of
        them is not shown."""
        self._forget()
        self._must_forget = True
        self._outdated = self._job

    def close(self) -> None:
        """Let the control give networks back: at once, or, where it is busy, when it is done.

        Never waits. The last call: nothing that the control still draws is ever shown.
        """
        if self._job is None:
            self._end()
        else:
            self._job.cancel()
            self._job.add_done_callback(lambda job: self._end())

    def turn(self, request: Request, every: int) -> Turn:
        """The guide for ``request``, of a picture later than all before, or of the very same view as the last one.

        every: the control runs on each n-th picture; sooner when its values have changed, when its last drawing is of
        another size, and where the scene is another one. On a worker, and that is where it loads models whatever
        ``every`` says, the last drawing stays until the next one is there, and empty paper until the first one is: the
        first of all, of a size, and of a scene. Where the light goes out for a moment, and where a flash blinds the
        camera, the last drawing stays where it is, and what does not run on each picture waits for the next one.
        Raises what the control raised, here or on the worker.
        """
        ms = self._receive()
        if self._last is not None and not _is_of_one_size(self._last.request, request):
            self._last = None
        if self._last is not None and _is_the_same(self._last.request, request):
            return Turn(self._last.part, ms, own=True)
        self._age += 1
        self._apart += request.view.time != self._time
        self._time = request.view.time
        if every > 1 and self._is_blackout(request.view) and self._last is not None:
            return Turn(self._last.part, ms)
        due = self._last is None or self._age >= every or request.values != self._asked
        if due and (drawing := self._run(request, every)):
            return Turn(drawing.part, drawing.ms, own=True)
        if self._last is None:
            return self._empty(request, ms)
        began = perf_counter()
        motion = request.view.motion_since(self._last.request.view)
        if motion is None:  # a cut: what was drawn last belongs to the scene before it
            self._last = None
            drawing = self._run(request, every)
            return Turn(drawing.part, drawing.ms, own=True) if drawing else self._empty(request, ms)
        part = carried(self._last.part, motion)
        return Turn(part, ms, (perf_counter() - began) * 1000.0)

    @property
    def trouble(self) -> str:
        """What the control draws without, in words; empty where nothing is missing."""
        return self.control.trouble if isinstance(self.control, Limited) else ""

    def _is_blackout(self, view: View) -> bool:
        """Whether nothing is to be seen in ``view``, as not long ago there was, and in what was drawn last."""
        if not view.is_blank:
            self._seen = view.time
            return False
        was_blank = self._last is not None and self._last.request.view.is_blank
        return not was_blank and view.time - self._seen <= _BLACKOUT_S

    def _empty(self, request: Request, ms: float | None) -> Turn:
        return Turn(np.full((request.height, request.width, 3), self._paper, np.uint8), ms)

    def _run(self, request: Request, every: int) -> Drawing | None:
        """Begin a run: what it drew, or None where the worker is to draw it, or still draws for an earlier picture."""
        if self._job is not None:
            return None
        loads = self._loading.comes(self._asked, request.values)
        forgets, apart = self._must_forget, self._apart
        self._age, self._apart, self._asked, self._must_forget = 0, 0, request.values, False
        began, view = perf_counter(), request.view
        source = view.within(self._longest_side) if self._longest_side else view.at(request.width, request.height)
        preparing_ms = (perf_counter() - began) * 1000.0
        if (every > 1 or loads) and self._worker is not None:
            self._job = self._worker.submit(self._draw, request, source, preparing_ms, forgets, apart)
            return None
        self._last = self._draw(request, source, preparing_ms, forgets, apart)
        return self._last

    def _draw(self, request: Request, source: Pixels, preparing_ms: float, forgets: bool, apart: int) -> Drawing:
        """On whichever thread the control runs."""
        began, width, height = perf_counter(), request.width, request.height
        if forgets:
            self.control.reset()
        if isinstance(self.control, Comparing):
            self.control.apart = max(1, apart)
        part = self.control.guide(source, width, height, request.view.time, request.values)
        if part.shape != (height, width, 3):
            raise ValueError(f"drew {part.shape}, expected {(height, width, 3)}")
        return Drawing(part, request, preparing_ms + (perf_counter() - began) * 1000.0)

    def _receive(self) -> float | None:
        """Take what the worker has drawn, if it is done; what that took."""
        if self._job is None or not self._job.done():
            return None
        job, self._job = self._job, None
        if job.cancelled():  # the worker was shut down
            return None
        drawing = job.result()
        if job is self._outdated:
            self._outdated = None
            return None
        self._last = drawing
        return drawing.ms

    def _end(self) -> None:
        try:
            if isinstance(self.control, Networked):
                self.control.close()
        except Exception:
            logger.exception("a control could not be closed")


def _is_the_same(old: Request, new: Request) -> bool:
    return old.view is new.view and old.values == new.values


def _is_of_one_size(old: Request, new: Request) -> bool:
    return (old.width, old.height, old.view.size) == (new.width, new.height, new.view.size)
