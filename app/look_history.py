"""What a performer's hand did to a look, step by step, and the way back. Knows no Qt, no Show and no widget.

A step holds the fields of the look that it changed, as they were and as they became. So undoing it leaves alone what
has changed by itself since, as a seed does that walks, and never touches what must not come back: cuts, and the
treatment, for no step back may take a blackout off the stage. A first or last frame comes back into the look; that it
is not painted again is the Show's to say.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np

from app.look import COUNTERS, Look
from engine.params import Picture

LOOK_STEPS = 100
"""Of all but painting, which is kept without end: packed, a thousand masks take a few megabytes."""
PAUSE_S = 2.0
"""What is turned by the wheel or typed, and rests for longer than this, was changed twice. A drag is one step, from
press to release."""

Field = tuple[str, ...]
"""("mask",) of a Look, or ("params", "seed") of its Params; or ``ENGINE_SIZE``, ``OUTPUT_SIZE`` or ``TAKE``."""
Values = dict[Field, Any]
Fired = tuple[int | None, int | None]
"""The numbers of the cues that were fired last, before and after a step: see ``app.cue_history``."""

Size = tuple[int, int]

ENGINE_SIZE: Field = ("engine_size",)
"""Of the pictures that the engine paints: none of a look's fields, but a step among the others."""
OUTPUT_SIZE: Field = ("output_size",)
"""The same of the pictures that the outputs get; (0, 0) = by itself."""
TAKE: Field = ("take",)
"""Stands for all that the take of an audition changed."""
_NO_LOOK = {ENGINE_SIZE, OUTPUT_SIZE}
_MASK: Field = ("mask",)
_NO_STEP = {("treatment",), *(("params", name) for name in (*COUNTERS, "frames_done"))}
_SEED: Field = ("params", "seed")
_LAYOUT: Field = ("layout",)
"""Each change is a step, however quickly it follows the last. So is each seed, for it is a picture of its own, but for
those that a hand goes through without letting go."""
_TYPED = {"prompt", "text"}


@dataclass(frozen=True)
class _Packed:
    """A mask."""

    shape: tuple[int, ...]
    data: bytes

    def picture(self) -> Picture:
        return Picture(np.frombuffer(zlib.decompress(self.data), np.uint8).reshape(self.shape))


@dataclass
class _Step:
    """parts: where in its fields values have changed; None where they cannot go on changing as those of a fader do.
    down: whether the hand held something at the last of its changes; held: at any of them. number: its own in the order
    of all steps. fired: see ``LookHistory.note``. taken: whether it is the take of an audition. undone: when it was
    taken back last, in the same order."""

    before: Values
    after: Values
    parts: frozenset[Field] | None
    time: float
    down: bool
    held: bool
    number: int
    fired: Fired | None
    taken: bool = False
    undone: int = 0

    def back(self, now: Look, values: Values, fired: tuple[int | None, ...]) -> Back:
        """To ``values``, those of before or after. fired: the number in ``Back.fired``."""
        changed = (TAKE,) if self.taken else tuple(values)
        cue = self.fired[1] if self.fired and not self.taken else None
        return Back(_with(now, values), changed, fired, values.get(ENGINE_SIZE), cue, values.get(OUTPUT_SIZE))


@dataclass(frozen=True)
class Back:
    """look: with a step taken back, or done again. changed: which of its fields. fired: the number of the cue that then
    is the one that was fired last; none at all where the step fired none. size: the engine's, where that changes. cue:
    the number of the one that the step had fired, which a take has not. output: the outputs' size, where that
    changes."""

    look: Look
    changed: tuple[Field, ...]
    fired: tuple[int | None, ...]
    size: Size | None = None
    cue: int | None = None
    output: Size | None = None


class LookHistory:
    """One line of steps. Changes of one fader that follow each other are one, and so are those of a stroke. One that
    ends as it began is none, and what could be done again still can."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        is_down: Callable[[], bool] = lambda: False,
        number_step: Callable[[], int] | None = None,
    ) -> None:
        """clock: seconds. is_down: whether a hand holds something now, such as a fader. number_step: numbers all steps,
        and each taking back of one, in their order, from 1."""
        self._clock, self._is_down = clock, is_down
        self._number_step = number_step or count(1).__next__
        self._steps: list[_Step] = []
        self._at = 0
        self._last: _Step | None = None
        self._beyond: list[_Step] = []
        self._holding = False

    @property
    def can_undo(self) -> bool:
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        return self._at < len(self._steps)

    @property
    def done(self) -> int:
        """The number of the last step that is not taken back, 0 where there is none."""
        return self._steps[self._at - 1].number if self.can_undo else 0

    @property
    def undone(self) -> int | None:
        """When the step that can be done again was taken back, in the order of all steps; None where there is none."""
        return self._steps[self._at].undone if self.can_redo else None

    @property
    def newest(self) -> int:
        """The number of the last step that was made, taken back or not; 0 where none was."""
        return self._steps[-1].number if self._steps else 0

    def begin(self) -> None:
        """Until ``end``, changes of the same fields are one step: a stroke. It is none where they end as they began."""
        self._settle()
        self._holding = True

    def end(self) -> None:
        self._settle()
        self._holding = False

    def settle(self) -> None:
        """Something else has been done: nothing goes on from the last step."""
        if not self._holding:
            self._settle()

    def let_go(self) -> None:
        """The hand holds nothing now: what it held it moves anew the next time, however soon that is."""
        if self._last is not None and self._last.held:
            self.settle()

    def note(self, before: Look, after: Look, *, joins: bool, fired: Fired | None = None, taken: bool = False) -> None:
        """A hand has made ``after`` of ``before``. joins: whether that may go on from the last step, as of a fader.
        fired: where it fired a cue, the one that had been fired last, and this one. taken: whether it took an
        audition."""
        changed = _changed(before, after)
        if not changed:
            return
        now, down = self._clock(), self._is_down()
        parts = _faded(changed) if joins else None
        old = {field: values[0] for field, values in changed.items()}
        new = {field: values[1] for field, values in changed.items()}
        last, step = self._last, _Step(old, new, parts, now, down, down, 0, fired, taken)
        if last is None or not joins or not self._goes_on(last, step):
            self._settle()
            step.number = self._number_step()
            self._append(step)
            return
        last.after, last.time, last.down = new, now, down
        last.held = last.held or down
        if last.after == last.before:
            self._at -= 1
            self._steps[self._at :] = self._beyond
            self._settle()

    def note_size(self, of: Field, before: Size, after: Size) -> None:
        """A hand has given another size to the engine or the outputs. of: ``ENGINE_SIZE`` or ``OUTPUT_SIZE``."""
        self._settle()
        old, new = {of: before}, {of: after}
        self._append(_Step(old, new, None, self._clock(), False, False, self._number_step(), None))

    def undo(self, now: Look) -> Back | None:
        """``now`` without the last step, and what that changes; None where there is none."""
        self._settle()
        if not self.can_undo:
            return None
        self._at -= 1
        step = self._steps[self._at]
        step.undone = self._number_step()
        return step.back(now, step.before, step.fired[:1] if step.fired else ())

    def redo(self, now: Look) -> Back | None:
        """``now`` with the step again that was taken back last."""
        self._settle()
        if not self.can_redo:
            return None
        step = self._steps[self._at]
        self._at += 1
        return step.back(now, step.after, step.fired[1:] if step.fired else ())

    def _goes_on(self, last: _Step, step: _Step) -> bool:
        if self._holding:
            return last.after.keys() == step.after.keys()
        if last.parts is None or last.parts != step.parts:
            return False
        if last.down and step.down:
            return True
        return step.time - last.time <= PAUSE_S and _SEED not in step.after

    def _append(self, step: _Step) -> None:
        self._beyond = self._steps[self._at :]
        self._steps[self._at :] = [step]
        self._last = step
        of_looks = [place for place, step in enumerate(self._steps) if set(step.after) != {_MASK}]
        if len(of_looks) > LOOK_STEPS:
            del self._steps[of_looks[0]]
        self._at = len(self._steps)

    def _settle(self) -> None:
        """Nothing goes on from the last step, whose masks take little room from here on."""
        if self._last is not None:
            for values in (self._last.before, self._last.after):
                if isinstance(values.get(_MASK), Picture):
                    values[_MASK] = _packed(values[_MASK])
        self._last = None
        self._beyond = []


@lru_cache(maxsize=2)  # what one step ends with the next one begins with
def _packed(mask: Picture) -> _Packed:
    return _Packed(mask.pixels.shape, zlib.compress(np.ascontiguousarray(mask.pixels).data, 1))


def _changed(before: Look, after: Look) -> dict[Field, tuple[Any, Any]]:
    """What a hand has changed, as it was and as it is."""
    changed = dict(_differences((), before, after, descend={"params"}))
    walks = before.seed_walk.on and after.seed_walk.on
    return {field: pair for field, pair in changed.items() if field not in _NO_STEP and not (walks and field == _SEED)}


def _differences(field: Field, before: Any, after: Any, descend: set[str]) -> Iterator[tuple[Field, tuple[Any, Any]]]:
    for one in fields(before):
        old, new = getattr(before, one.name), getattr(after, one.name)
        if old != new:
            if one.name in descend:
                yield from _differences((*field, one.name), old, new, descend)
            else:
                yield (*field, one.name), (old, new)


def _faded(changed: Mapping[Field, tuple[Any, Any]]) -> frozenset[Field] | None:
    """Where numbers and words have changed; None where anything else has."""
    parts = set()
    for field, (old, new) in changed.items():
        for part, smooth in _parts(field, old, new):
            if not smooth or field == _LAYOUT:
                return None
            parts.add(part)
    return frozenset(parts)


def _parts(field: Field, old: Any, new: Any) -> Iterator[tuple[Field, bool]]:
    """The innermost values that differ, and whether each is such as a fader or a text field has."""
    if old == new:
        return
    if is_dataclass(old) and type(old) is type(new):
        for one in fields(old):
            yield from _parts((*field, one.name), getattr(old, one.name), getattr(new, one.name))
    elif isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        for place, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _parts((*field, str(place)), one, other)
    else:
        number = isinstance(old, int | float) and isinstance(new, int | float) and not isinstance(old, bool)
        yield field, number or (isinstance(old, str) and field[-1] in _TYPED)


def _with(look: Look, values: Values) -> Look:
    whole: Values = {field: value.picture() if isinstance(value, _Packed) else value for field, value in values.items()}
    params: dict[str, Any] = {field[1]: value for field, value in whole.items() if len(field) == 2}
    rest: dict[str, Any] = {f[0]: value for f, value in whole.items() if len(f) == 1 and f not in _NO_LOOK}
    return replace(look, params=replace(look.params, **params), **rest)
