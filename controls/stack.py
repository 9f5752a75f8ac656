"""Runs the controls that are on, each at its own rate, and mixes what they draw into one guide. Holds the table of all
controls, and their form on the command line.

Starts no thread: slow controls run on the worker that it is given, all else on its caller's thread. A control that
cannot run, or fails, costs only itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import numpy as np

from controls import color, depth, edge, finder, flow, gray, layout, person, pose, scribble, softedge, words
from controls.color import Color
from controls.control import (
    MIXES,
    REGIONS,
    SLOWEST,
    Control,
    ControlSetting,
    ControlUnavailable,
    Pixels,
    Setting,
    Values,
)
from controls.depth import Depth
from controls.flow import Flow
from controls.layout import Box, Layout
from controls.mixing import Layer, mixed
from controls.pace import Pace, Rates
from controls.paced import Loading, PacedControl, Request, Turn
from controls.passthrough import Passthrough
from controls.person import Person
from controls.regions import Join, Repainted, regions_of
from controls.scribble import Scribble
from controls.softedge import SoftEdge
from controls.view import View

logger = logging.getLogger(__name__)

_MATTE_OF = "person"
"""The control whose drawing is the matte."""
_MATTE = "person's matte"
"""Under this name, which no control has, the stack keeps one more of it for the matte, beside those that draw for the
guide."""

_STANDS_S = 0.5
"""A second input's picture that has been seen for so long stands still."""


@dataclass(frozen=True)
class ControlKind:
    """One line of the table.

    settings: what can be set, with ranges and defaults. make: makes one, given the folder where the performer keeps
        model files, or None; quick, for models are loaded at the first picture.
    longest_side: of the picture that the control works on, in pixels; 0 = at the guide's size.
    paper: the grey level that it draws on, 0 or 255: what it gives where there is nothing to draw.
    loading: when a picture takes seconds, for models are loaded.
    moves: whether what it draws moves with the picture, and so can be carried; one that looks at no picture runs on
        each, and has none to forget.
    """

    name: str
    title: str
    settings: tuple[Setting, ...]
    make: Callable[[Path | None], Control]
    longest_side: int = 0
    paper: int = 0
    loading: Loading = Loading()
    moves: bool = True

    def values(self, setting: ControlSetting) -> Values:
        """Every setting by name: the default where ``setting`` has none, in range whatever it has."""
        given = dict(setting.values)
        result = {}
        for s in self.settings:
            value = min(max(given.get(s.name, s.default), s.low), s.high)
            result[s.name] = float(round(value)) if s.whole else value
        return result


_LOADS_AT_FIRST = Loading(at_first=True)
_POSE_LOADS = Loading(at_first=True, anew=("people", "hands", "face"))

CONTROLS: dict[str, ControlKind] = {
    kind.name: kind
    for kind in (
        ControlKind("edge", words.EDGE, edge.SETTINGS, lambda folder: edge.Edge()),
        ControlKind("pose", words.POSE, pose.SETTINGS, pose.Pose, finder.LONGEST_SIDE, loading=_POSE_LOADS),
        ControlKind("scribble", words.SCRIBBLE, scribble.SETTINGS, lambda folder: Scribble(), scribble.LONGEST_SIDE),
        ControlKind("softedge", words.SOFTEDGE, softedge.SETTINGS, lambda folder: SoftEdge(), softedge.LONGEST_SIDE),
        ControlKind("flow", words.FLOW, flow.SETTINGS, lambda folder: Flow(), flow.LONGEST_SIDE, flow.PAPER),
        ControlKind("gray", words.GRAY, (), lambda folder: gray.Gray()),
        ControlKind("color", words.COLOR, color.SETTINGS, lambda folder: Color()),
        ControlKind("layout", words.LAYOUT, layout.SETTINGS, lambda folder: Layout(), paper=layout.PAPER, moves=False),
        ControlKind("person", words.PERSON, person.SETTINGS, Person, person.LONGEST_SIDE, loading=_LOADS_AT_FIRST),
        ControlKind("depth", words.DEPTH, depth.SETTINGS, Depth, depth.LONGEST_SIDE, loading=_LOADS_AT_FIRST),
        ControlKind("passthrough", words.PASSTHROUGH, (), lambda folder: Passthrough()),
    )
}


@dataclass(frozen=True, eq=False)
class Guide:
    """One picture's guide. All pictures are (height, width, 3) uint8.

    parts: what each control that is on drew, before its weight and region; empty paper where it could not. ms: what a
    run took, of each control with a new result. every: the n, where a control runs on each n-th picture. troubles: a
    sentence for each control that is wanted and cannot run, or draws less than was asked of it. matte: (height, width)
    uint8, 255 = person, in this very picture; None where nobody asked for it, it cannot be made, or its network is
    still loading. mask: (height, width) uint8, where the region "mask" is; None = everywhere. people_awaited: whether
    the matte was asked for and its network is still loading.
    """

    rgb: Pixels
    parts: dict[str, Pixels]
    ms: dict[str, float]
    every: Rates
    troubles: dict[str, str]
    matte: Pixels | None = None
    mask: Pixels | None = None
    people_awaited: bool = False


class Stack:
    """Owns one control of each kind that is on. Used by one thread.

    model_folder: where the performer keeps model files. worker: where slow controls run beside the live path, so that
    no picture waits for them; it must outlive ``close``. None: all run at once, in order, and the same pictures give
    the same guides.
    """

    def __init__(self, model_folder: Path | None = None, worker: Executor | None = None) -> None:
        self._model_folder, self._worker = model_folder, worker
        self._controls: dict[str, PacedControl] = {}
        self._troubles: dict[str, str] = {}
        self._pace = Pace()
        self._structured = False
        self._structure: tuple[Pixels, View] | None = None

    def reset(self) -> None:
        """Forget all earlier pictures, and try again what could not run. Networks stay, and so does what controls take,
        and what looks at no picture goes on."""
        for slot in self._troubles.keys() & self._controls.keys():
            self._controls.pop(slot).close()
        self._troubles = {}
        self._structure = None
        self._forget_pictures(self._controls.keys())

    def close(self) -> None:
        """Give networks back. The stack may be used again, as a new one."""
        self._keep(set(), False, False)
        self._pace.reset()

    def guide(
        self,
        picture: Pixels,
        width: int,
        height: int,
        time: float,
        settings: tuple[ControlSetting, ...],
        boxes: tuple[Box, ...] = (),
        mask: Pixels | None = None,
        repainted: Repainted = "all",
        join: Join = "both",
        structure: Pixels | None = None,
    ) -> Guide:
        """The guide for ``picture`` under ``settings``, at (height, width, 3).

        picture: (H, W, 3) uint8 of the guide's aspect and any size; gray, RGBA and empty ones are taken too.
        time: seconds, rising. settings: of two with one name the later counts. boxes: what ``layout`` draws.
        mask: (height, width) uint8, 255 = repaint; None = all is repainted.
        repainted: with "person" or "background" these alone are, as far as ``mask`` says so too; with ``join`` "either"
        wherever one of the two says so. The region "mask" is what is repainted.
        structure: what the controls see in place of ``picture``, of any size. The very same array again, within half a
        second, is no new picture: it only comes more slowly than ``picture`` does.

        Where people are asked for, in ``repainted`` or by a region, the matte is made: always that of ``picture``,
        never carried. Where it cannot be, "person" and "background" are everywhere. So they are for the second or two
        that its network takes to load on the worker, as before somebody asked: no picture waits, what a mask of people
        is to hide is repainted with all else rather than shown, and there is no trouble to tell of.
        Raises ValueError when a picture has no picture's shape.
        """
        seen = View(picture, time)
        looked_at = seen if structure is None else self._looked_at(structure, time)
        if mask is not None and mask.shape != (height, width):
            raise ValueError(f"mask is {mask.shape}, expected {(height, width)}")
        wanted = {setting.name: setting for setting in settings if setting.on}
        used = {repainted, *(setting.region for setting in wanted.values())}
        matte = not used.isdisjoint(("person", "background"))
        self._keep(wanted.keys(), matte, structure is not None)

        every = self._rates(time, wanted, matte)
        turns: dict[str, Turn] = {}
        people = None
        if matte:
            setting = {setting.name: setting for setting in settings}.get(_MATTE_OF, ControlSetting(_MATTE_OF))
            turns[_MATTE_OF] = self._turn(_MATTE, setting, seen, width, height, 1)
            if turns[_MATTE_OF].own:
                people = np.ascontiguousarray(turns[_MATTE_OF].part[:, :, 0])
        for name, setting in wanted.items():
            if name not in turns or self._structured:
                kind = CONTROLS.get(name)
                view = looked_at if kind is None or kind.moves else seen
                turns[name] = self._turn(name, setting, view, width, height, every[name], boxes)
        regions = regions_of(mask, people, repainted, join, width, height)
        layers = [
            Layer(turns[name].part, setting.weight, _paper(name), setting.mix, regions[setting.region])
            for name, setting in wanted.items()
        ]
        return Guide(
            mixed(layers, width, height),
            {name: turns[name].part for name in wanted},
            self._measured(turns),
            every,
            self._told(wanted),
            people,
            regions["mask"],
            matte and people is None and _MATTE not in self._troubles,
        )

    def _told(self, names: Iterable[str]) -> dict[str, str]:
        """The troubles by control, and what those controls say that draw, but not all that was asked of them."""
        troubles = {_MATTE_OF if slot == _MATTE else slot: sentence for slot, sentence in self._troubles.items()}
        controls = {name: self._controls[name] for name in names if name in self._controls}
        return troubles | {name: control.trouble for name, control in controls.items() if control.trouble}

    def _looked_at(self, structure: Pixels, time: float) -> View:
        """``structure``, and while it is still the same picture, what was made of it before.

        Seen as a new one it would be one in which nothing moves, between others in which all does.
        """
        known = self._structure
        if known is None or known[0] is not structure or not 0 <= time - known[1].time < _STANDS_S:
            known = self._structure = (structure, View(structure, time))
        return known[1]

    def _keep(self, names: Set[str], matte: bool, structured: bool) -> None:
        """Switch off all but what these controls need, and the matte. Where the controls see another picture now, they
        forget the one before.

        What the matte draws is the control's drawing as well, unless the control sees a picture of its own.
        """
        slots = set(names)
        if matte:
            slots = slots | {_MATTE} if structured else slots - {_MATTE_OF} | {_MATTE}
        for slot in self._troubles.keys() - slots:
            del self._troubles[slot]
        for slot in self._controls.keys() - slots:
            self._controls.pop(slot).close()
        if structured != self._structured:
            self._structured = structured
            self._structure = None
            self._forget_pictures(self._controls.keys() - {_MATTE})

    def _forget_pictures(self, slots: Iterable[str]) -> None:
        """Let those forget that look at any."""
        for slot in slots:
            if slot not in CONTROLS or CONTROLS[slot].moves:
                self._controls[slot].reset()

    def _rates(self, time: float, wanted: Mapping[str, ControlSetting], matte: bool) -> Rates:
        fixed, free = {_MATTE_OF: 1} if matte else {}, {}
        for name, setting in wanted.items():
            kind = CONTROLS.get(name)
            if name in fixed or kind is None or not kind.moves:
                fixed[name] = 1
            elif setting.every or self._worker is None:
                fixed[name] = setting.every or 1
            else:
                free[name] = 2 if kind.loading.at_first else 1  # a network is slow until it is known to be quick
        return self._pace.rates(time, fixed, free)

    def _turn(
        self,
        slot: str,
        setting: ControlSetting,
        view: View,
        width: int,
        height: int,
        every: int,
        boxes: tuple[Box, ...] = (),
    ) -> Turn:
        """What one control gives; empty paper, and a sentence in the troubles, when it cannot.

        slot: the name that it is kept under, and its trouble: what fails on one input may do on the other.
        """
        name = setting.name
        if slot not in self._troubles:
            try:
                kind = control_kind(name)
                if slot not in self._controls:
                    made = kind.make(self._model_folder)
                    self._controls[slot] = PacedControl(made, kind.longest_side, kind.paper, self._worker, kind.loading)
                paced = self._controls[slot]
                if isinstance(paced.control, Layout):
                    paced.control.place(boxes)
                return paced.turn(Request(view, width, height, kind.values(setting)), every)
            except ControlUnavailable as error:
                self._troubles[slot] = str(error)
            except Exception as error:
                logger.exception("control %s failed", name)
                fault = " ".join(f"{type(error).__name__}: {error}".split())
                self._troubles[slot] = words.failed(CONTROLS[name].title, fault)
        return Turn(np.full((height, width, 3), _paper(name), np.uint8))

    def _measured(self, turns: Mapping[str, Turn]) -> dict[str, float]:
        """What runs took, told to the pace as well."""
        ms = {name: turn.ms for name, turn in turns.items() if turn.ms is not None}
        for name, taken in ms.items():
            self._pace.took(name, taken)
        if carrying := sum(turn.carrying_ms for turn in turns.values()):
            self._pace.carrying_took(carrying)
        return ms


def control_kind(name: str) -> ControlKind:
    """The table's line. Raises ControlUnavailable, naming what there is, for a name that is not in it."""
    if name not in CONTROLS:
        raise ControlUnavailable(words.no_control(name, tuple(CONTROLS)))
    return CONTROLS[name]


def _paper(name: str) -> int:
    return CONTROLS[name].paper if name in CONTROLS else 0


_EVERY = Setting("every", words.EVERY, 0, SLOWEST, 0, whole=True)
"""On the command line it stands among a control's own settings."""

C = TypeVar("C", bound=str)


def parse_controls(texts: Sequence[str]) -> tuple[ControlSetting, ...]:
    """Several of them, as ``parse_control``. Raises ValueError for one that is named twice, too: one would be lost."""
    settings = tuple(parse_control(text) for text in texts)
    for number, setting in enumerate(settings):
        if any(setting.name == other.name for other in settings[:number]):
            raise ValueError(words.named_twice(setting.name))
    return settings


def parse_control(text: str) -> ControlSetting:
    """A control as the command line names it, ``NAME[=WEIGHT][,SETTING=VALUE]...``; "edge=0.7,low=80" is one.

    ``mix``, ``region`` and ``every`` stand among the settings: "pose,region=person,every=3".

    Raises ValueError, in one sentence that lists what there is, for an unknown name, a missing or bad number, or one
    out of range.
    """
    head, *rest = [part.strip() for part in text.split(",")]
    name, equals, weight_text = (part.strip() for part in head.partition("="))
    if name not in CONTROLS:
        raise ValueError(words.no_such_control(name, _nearest(name, CONTROLS), tuple(CONTROLS)))
    weight = _number(words.weight_of(name), weight_text, 0.0, 1.0) if equals else 1.0
    known = {setting.name: setting for setting in CONTROLS[name].settings}
    result, values = ControlSetting(name, weight), {}
    for part in rest:
        key, _, value = (piece.strip() for piece in part.partition("="))
        if key == "mix":
            result = replace(result, mix=_choice(words.mix_of(name), value, MIXES))
        elif key == "region":
            result = replace(result, region=_choice(words.region_of(name), value, REGIONS))
        elif key in (_EVERY.name, *known):
            values[key] = _setting_value(name, known.get(key, _EVERY), value)
        else:
            all_known = [*known, "mix", "region", _EVERY.name]
            raise ValueError(words.no_such_setting(name, key, _nearest(key, all_known), all_known))
    every = int(values.pop(_EVERY.name, 0))
    return replace(result, every=every, values=tuple(values.items()))


def _choice(what: str, text: str, options: tuple[C, ...]) -> C:
    for option in options:
        if option == text:
            return option
    raise ValueError(words.no_such_choice(what, text, _nearest(text, options), options))


def _setting_value(control: str, setting: Setting, text: str) -> float:
    what = words.setting_of(setting.name, control)
    value = _number(what, text, setting.low, setting.high)
    if setting.whole and value != round(value):
        raise ValueError(words.not_whole(what, text))
    return value


def _number(what: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:  # also catches NaN
        raise ValueError(words.not_in_range(what, text, low, high))
    return value


def _nearest(name: str, known: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(name.lower(), known, n=1)), None)
