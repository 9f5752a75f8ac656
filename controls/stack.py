"""Runs the controls that are on and mixes what they draw into one guide. Holds the table of all controls, and their
form on the command line.

Lines on black and whole pictures mix by the brightest of them at each place. A control that draws on white alone gives
just that, as VACE knows it. Beside one of the others, which its paper would hide, light and dark change places in it:
black lines on white turn white on black, and colours on white stay the colours they are, on black.

Knows no thread: whoever calls it decides where it runs. A control that cannot run, or fails, costs only itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np

from controls import color, edge, finder, flow, gray, layout, pose, scribble
from controls.color import Color
from controls.control import Control, ControlSetting, ControlUnavailable, Pixels, Setting, Values
from controls.flow import Flow
from controls.layout import Box, Layout
from controls.picture import as_rgb, resized, within
from controls.scribble import Scribble

logger = logging.getLogger(__name__)

EMPTY_GUIDE = 128
"""The grey of a guide that says "no structure here": VACE's zero."""


@dataclass(frozen=True)
class ControlKind:
    """One line of the table.

    settings: what can be set, with ranges and defaults. make: makes one, given the folder where the performer keeps
        model files, or None; quick, for models are loaded at the first picture.
    longest_side: of the picture that the control works on, in pixels; 0 = at the guide's size.
    paper: the grey level that it draws on, 0 or 255: what it gives where there is nothing to draw.
    """

    name: str
    title: str
    settings: tuple[Setting, ...]
    make: Callable[[Path | None], Control]
    longest_side: int = 0
    paper: int = 0

    def values(self, setting: ControlSetting) -> Values:
        """Every setting by name: the default where ``setting`` has none, in range whatever it has."""
        given = dict(setting.values)
        result = {}
        for s in self.settings:
            value = min(max(given.get(s.name, s.default), s.low), s.high)
            result[s.name] = float(round(value)) if s.whole else value
        return result


CONTROLS: dict[str, ControlKind] = {
    kind.name: kind
    for kind in (
        ControlKind("edge", "Edge", edge.SETTINGS, lambda folder: edge.Edge()),
        ControlKind("pose", "Pose", pose.SETTINGS, pose.Pose, finder.LONGEST_SIDE),
        ControlKind("scribble", "Scribble", scribble.SETTINGS, lambda folder: Scribble(), scribble.LONGEST_SIDE),
        ControlKind("flow", "Flow", flow.SETTINGS, lambda folder: Flow(), flow.LONGEST_SIDE, flow.PAPER),
        ControlKind("gray", "Gray", (), lambda folder: gray.Gray()),
        ControlKind("color", "Color", color.SETTINGS, lambda folder: Color()),
        ControlKind("layout", "Layout", layout.SETTINGS, lambda folder: Layout(), paper=layout.PAPER),
    )
}


@dataclass(frozen=True, eq=False)
class Guide:
    """One picture's guide. All pictures are (height, width, 3) uint8.

    parts: what each control that is on drew, before its weight; empty paper where it could not. ms: what each took.
    troubles: a sentence for each control that is on and cannot run.
    """

    rgb: Pixels
    parts: dict[str, Pixels]
    ms: dict[str, float]
    troubles: dict[str, str]


class Stack:
    """Owns one control of each kind that was ever on. Used by one thread.

    model_folder: where the performer keeps model files.
    """

    def __init__(self, model_folder: Path | None = None) -> None:
        self._model_folder = model_folder
        self._controls: dict[str, Control] = {}
        self._troubles: dict[str, str] = {}

    def reset(self) -> None:
        """Forget all earlier pictures, and try again what could not run. Gives networks back: call it at the end."""
        for name in self._controls.keys() | self._troubles.keys():
            self._switch_off(name)

    def guide(
        self,
        picture: Pixels,
        width: int,
        height: int,
        time: float,
        settings: tuple[ControlSetting, ...],
        boxes: tuple[Box, ...] = (),
    ) -> Guide:
        """The guide for ``picture`` under ``settings``, at (height, width, 3).

        picture: (H, W, 3) uint8 of the guide's aspect and any size; gray, RGBA and empty ones are taken too.
        time: seconds, rising. settings: of two with one name the later counts. boxes: what ``layout`` draws.
        Raises ValueError when ``picture`` has no picture's shape.
        """
        sizes = _Sizes(as_rgb(picture))
        wanted = {setting.name: setting for setting in settings if setting.on}
        for name in (self._controls.keys() | self._troubles.keys()) - wanted.keys():
            self._switch_off(name)
        parts, ms = {}, {}
        for name, setting in wanted.items():
            start = perf_counter()
            parts[name] = self._part(setting, sizes, width, height, time, boxes)
            ms[name] = (perf_counter() - start) * 1000.0
        rgb = _mixed([(parts[name], wanted[name].weight, _paper(name)) for name in wanted], width, height)
        return Guide(rgb, parts, ms, {name: self._troubles[name] for name in wanted if name in self._troubles})

    def _part(
        self, setting: ControlSetting, sizes: _Sizes, width: int, height: int, time: float, boxes: tuple[Box, ...]
    ) -> Pixels:
        """What one control draws; empty paper, and a sentence in the troubles, when it cannot."""
        name = setting.name
        if name not in self._troubles:
            try:
                kind = control_kind(name)
                if name not in self._controls:
                    self._controls[name] = kind.make(self._model_folder)
                control = self._controls[name]
                if isinstance(control, Layout):
                    control.place(boxes)
                source = sizes.within(kind.longest_side) if kind.longest_side else sizes.at(width, height)
                part = control.guide(source, width, height, time, kind.values(setting))
                if part.shape != (height, width, 3):
                    raise ValueError(f"drew {part.shape}, expected {(height, width, 3)}")
                return part
            except ControlUnavailable as error:
                self._troubles[name] = str(error)
            except Exception as error:
                logger.exception("control %s failed", name)
                fault = " ".join(f"{type(error).__name__}: {error}".split())
                self._troubles[name] = (
                    f"{CONTROLS[name].title} failed ({fault}) and draws nothing; switch it off and on to try again."
                )
        return np.full((height, width, 3), _paper(name), np.uint8)

    def _switch_off(self, name: str) -> None:
        self._troubles.pop(name, None)
        if name in self._controls:
            try:
                self._controls[name].reset()
            except Exception:
                logger.exception("control %s could not be reset", name)
                del self._controls[name]


def control_kind(name: str) -> ControlKind:
    """The table's line. Raises ControlUnavailable, naming what there is, for a name that is not in it."""
    if name not in CONTROLS:
        raise ControlUnavailable(f"There is no control {name!r}, so it draws nothing; there are {', '.join(CONTROLS)}.")
    return CONTROLS[name]


class _Sizes:
    """One picture at the sizes the controls ask for, each made once."""

    def __init__(self, picture: Pixels) -> None:
        self._picture = picture
        self._made: dict[tuple[int, int], Pixels] = {}

    def at(self, width: int, height: int) -> Pixels:
        size = (width, height)
        if size not in self._made:
            self._made[size] = resized(self._picture, width, height)
        return self._made[size]

    def within(self, longest_side: int) -> Pixels:
        return self.at(*within(self._picture, longest_side))


def _paper(name: str) -> int:
    return CONTROLS[name].paper if name in CONTROLS else 0


def _mixed(parts: list[tuple[Pixels, float, int]], width: int, height: int) -> Pixels:
    """Pictures, weights and papers as one guide: see the module. A weight fades what is drawn towards its paper.

    Grey when there is no part.
    """
    if not parts:
        return np.full((height, width, 3), EMPTY_GUIDE, np.uint8)
    paper = min(paper for _, _, paper in parts)
    drawn = [_weighted(_turned(part) if on_white else part, weight) for part, weight, on_white in parts]
    result = drawn[0]
    for part in drawn[1:]:
        result = np.asarray(cv2.max(result, part), np.uint8)
    return _turned(result) if paper else result


def _turned(part: Pixels) -> Pixels:
    """``part`` with the lightness of HSL, the mean of a pixel's largest and smallest channel, turned about the middle.

    White and black change places and hues stay. Twice is not at all.
    """
    red, green, blue = cv2.split(part)
    largest, smallest = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    # All channels move by 255 - largest - smallest, which lies in -255 to 255: first up by what is above 0, then down.
    up = cv2.subtract(cv2.bitwise_not(largest), smallest)
    down = cv2.subtract(smallest, cv2.bitwise_not(largest))
    return np.asarray(cv2.subtract(cv2.add(part, cv2.merge((up,) * 3)), cv2.merge((down,) * 3)), np.uint8)


def _weighted(part: Pixels, weight: float) -> Pixels:
    return part if weight == 1.0 else np.asarray(cv2.convertScaleAbs(part, alpha=weight), np.uint8)


def parse_control(text: str) -> ControlSetting:
    """A control as the command line names it, ``NAME[=WEIGHT][,SETTING=VALUE]...``; "edge=0.7,low=80" is one.

    Raises ValueError, in one sentence that lists what there is, for an unknown name, a missing or bad number, or one
    out of range.
    """
    head, *rest = [part.strip() for part in text.split(",")]
    name, equals, weight_text = (part.strip() for part in head.partition("="))
    if name not in CONTROLS:
        raise ValueError(f"There is no control {name!r}{_nearest(name, CONTROLS)}; there are {', '.join(CONTROLS)}.")
    weight = _number(f"The weight of {name}", weight_text, 0.0, 1.0) if equals else 1.0
    known = {setting.name: setting for setting in CONTROLS[name].settings}
    values = {}
    for part in rest:
        key, _, value = (piece.strip() for piece in part.partition("="))
        if key not in known:
            raise ValueError(f"{name} has no setting {key!r}{_nearest(key, known)}; it has {', '.join(known)}.")
        values[key] = _setting_value(name, known[key], value)
    return ControlSetting(name, weight, values=tuple(values.items()))


def _setting_value(control: str, setting: Setting, text: str) -> float:
    what = f"{setting.name} of {control}"
    value = _number(what, text, setting.low, setting.high)
    if setting.whole and value != round(value):
        raise ValueError(f"{what} is {text!r}, expected a whole number.")
    return value


def _number(what: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:  # also catches NaN
        raise ValueError(f"{what} is {text!r}, expected a number from {low:g} to {high:g}.")
    return value


def _nearest(name: str, known: Iterable[str]) -> str:
    matches = get_close_matches(name.lower(), known, n=1)
    return f" (did you mean {matches[0]!r}?)" if matches else ""
