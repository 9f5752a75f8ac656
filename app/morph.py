"""Morph: a look that was brought in over some chunks, chunk by chunk, on its way from what was there before.

What is continuous moves: the words (which the engine leads, over ``Params.morph_chunks``), the strengths of control,
source and past, the LoRAs', the weights of controls that are on before and after, and how a mask grows and fades. All
else is there with the first chunk. A hard cut ends it, and a value that the performer's hand moves meanwhile is as the
hand has it. Knows no Qt, no engine and no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from app.look import Look
from app.looks import Arrival, Looks
from controls.control import ControlSetting
from engine.params import Lora

_WORDS = "words"


@dataclass(frozen=True)
class _Continuous:
    """A value of a look that can be between two others. between(origin, target, way): way from 0 to 1, exact at 1."""

    read: Callable[[Look], Any]
    put: Callable[[Look, Any], Look]
    between: Callable[[Any, Any, float], Any]


@dataclass(frozen=True, eq=False)
class _Way:
    """arrival: which one it is on. origin: the look that was in force before. step: chunks painted of it. free: values
    that have left it, by name."""

    arrival: Arrival
    origin: Look
    step: int = 0
    free: frozenset[str] = frozenset()

    @property
    def moves(self) -> bool:
        return self.step < self.arrival.chunks


class Morph:
    """The way of one stream. ``next`` on the engine's thread, ``now`` on any."""

    def __init__(self) -> None:
        self._way: _Way | None = None
        self._last: Look | None = None

    def next(self, look: Look, arrival: Arrival) -> Look:
        """What the next chunk is painted with; call it once a chunk. look: as it is wished for now."""
        way = self._way
        if way is None or way.arrival.number != arrival.number:
            # What is there before the first chunk has been nowhere: it comes at once.
            way = _Way(arrival if self._last else replace(arrival, chunks=0), self._last or look)
        way = replace(way, step=min(way.step + 1, way.arrival.chunks), free=_left(way, look))
        self._way, self._last = way, _on(way, look)
        return self._last

    def now(self, look: Look, arrival: Arrival) -> Look:
        """What guides and masks are made with meanwhile: as the last chunk was painted."""
        way, last = self._way, self._last
        if way is None or last is None:
            return look
        if way.arrival.number != arrival.number:
            way = _Way(arrival, last)
        return _on(replace(way, free=_left(way, look)), look)


def _left(way: _Way, look: Look) -> frozenset[str]:
    """The values of ``look`` that are not as they were brought in, or have not been since."""
    target = way.arrival.look
    if target is None or look.params.cut != target.params.cut:
        return frozenset((*_CONTINUOUS, _WORDS))
    moved = {name for name, value in _CONTINUOUS.items() if value.read(look) != value.read(target)} if way.moves else ()
    words = () if _words(look) == _words(target) else (_WORDS,)
    return way.free.union(moved, words)


def _on(way: _Way, look: Look) -> Look:
    if _WORDS not in way.free:
        look = replace(look, params=replace(look.params, morph_chunks=way.arrival.chunks))
    if way.moves:
        part = way.step / way.arrival.chunks
        for name, value in _CONTINUOUS.items():
            if name not in way.free:
                look = value.put(look, value.between(value.read(way.origin), value.read(look), part))
    return look


def _words(look: Look) -> tuple[object, ...]:
    return look.params.heard, look.params.blend


def _number(one: float, other: float, way: float) -> float:
    return one + (other - one) * way


def _param(name: str) -> _Continuous:
    return _Continuous(
        lambda look: getattr(look.params, name),
        lambda look, value: replace(look, params=replace(look.params, **{name: value})),
        _number,
    )


def _mask_shape(name: str) -> _Continuous:
    return _Continuous(
        lambda look: getattr(look.mask_shape, name),
        lambda look, value: replace(look, mask_shape=replace(look.mask_shape, **{name: value})),
        _number,
    )


def _between_loras(one: tuple[Lora, ...], other: tuple[Lora, ...], way: float) -> tuple[Lora, ...]:
    """A file that one side alone has counts as strength 0 at the other, and stays until it gets there."""
    before, after = ({lora.path: lora.strength for lora in loras} for loras in (one, other))
    return tuple(Lora(path, _number(before.get(path, 0.0), after.get(path, 0.0), way)) for path in {**after, **before})


def _between_controls(
    one: tuple[ControlSetting, ...], other: tuple[ControlSetting, ...], way: float
) -> tuple[ControlSetting, ...]:
    before = {control.name: control.weight for control in one if control.on}
    return tuple(
        replace(control, weight=_number(before.get(control.name, control.weight), control.weight, way))
        for control in other
    )


_CONTINUOUS = {
    **{name: _param(name) for name in ("control_strength", "strength", "past")},
    **{name: _mask_shape(name) for name in ("grow", "feather")},
    "loras": _Continuous(
        lambda look: look.params.loras,
        lambda look, loras: replace(look, params=replace(look.params, loras=loras)),
        _between_loras,
    ),
    "controls": _Continuous(
        lambda look: look.controls, lambda look, controls: replace(look, controls=controls), _between_controls
    ),
}


def in_force(looks: Looks, program: Morph, audition: Morph | None) -> Looks:
    """``looks`` as the last chunks of both were painted."""
    shown = replace(looks, program=program.now(looks.program, looks.arrival))
    if looks.audition is None or audition is None:
        return shown
    return replace(shown, audition=audition.now(looks.audition, looks.audition_arrival))
