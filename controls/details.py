"""Hands and faces of those who are followed, a few close-ups in each picture, so that a crowd costs no more than one.

Whose turn it is not moves along with his body. A hand belongs to the nearest wrist, a face to the nearest nose. Lengths
are picture heights. Knows no drawing and not how people are found.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np

from controls import face, hands, words
from controls.closeup import CloseUp, Points
from controls.control import ControlUnavailable, Pixels, Values
from controls.face import FaceFinder, around_head, head_size, is_turned_away
from controls.hands import HandFinder, around_hand, around_wrist, forearm_length
from controls.models import model_file
from controls.one_euro import OneEuro, cutoff_at_rest_hz
from controls.people import Person, fade_step
from controls.skeleton import JOINTS, Marks

_HOLD_S = 0.4
"""What is missed for a moment stays where it was beside its joint for so long."""
_REST_S = 0.2
"""Where nothing was found the next look, which is a costly search, waits for so long."""
_JUMP = 0.5
"""Hand or face sizes that a point may move between two looks; more is a mistake put right."""
_SAME = 0.3
"""Mean distance, in its size, below which a hand is one that another wrist has already."""
_BETA = 5.0
"""Hz for a speed of one hand or face size a second, seen from its joint."""
_SLACK = 0.16
"""Hand or face sizes at full smoothing, see ``people._SLACK``."""

_NECK = JOINTS.index("neck")
_SHOULDERS = [JOINTS.index("right shoulder"), JOINTS.index("left shoulder")]
_HEAD = [JOINTS.index(name) for name in ("nose", "right eye", "left eye", "right ear", "left ear")]


class _Finder(Protocol):
    def find(self, picture: Pixels, closeup: CloseUp) -> Points | None: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class _Kind:
    """setting: that switches it on. model: its file. root: which of its points lies on a joint of the body."""

    setting: str
    title: str
    model: str
    make: Callable[[Path], _Finder]
    root: int


_HANDS = _Kind("hands", words.NO_HANDS, hands.MODEL, HandFinder, 0)
_FACES = _Kind("face", words.NO_FACES, face.MODEL, FaceFinder, face.LANDMARKS.index(4))


class _Part(ABC):
    """One hand or face of one person. Owns its filter, whose points are seen from the joint that carries it."""

    kind: ClassVar[_Kind]

    def __init__(self, joint: int) -> None:
        self.joint = joint
        self.person: Person
        self.looked = self.rests_until = -math.inf
        self.forget()

    def forget(self) -> None:
        self._filter: OneEuro | None = None
        self._found = self._missed = math.nan
        self.opacity = 0.0

    @property
    def anchor(self) -> Points:
        return np.asarray(self.person.points[self.joint])

    @property
    def in_sight(self) -> bool:
        """Whether its joint is."""
        return bool(self.person.opacity[self.joint] > 0)

    @property
    def points(self) -> Points | None:
        """Where it is now; None where that is not known."""
        return None if self._filter is None else self.anchor + self._filter.points

    def is_due(self, time: float) -> bool:
        return self.person.found and self.in_sight and time >= self.rests_until

    @abstractmethod
    def closeup(self) -> CloseUp | None:
        """Where to look for it; None where it cannot be seen."""

    @abstractmethod
    def reach(self) -> float:
        """How far its root may be from the joint."""

    def take(self, found: Points, time: float, smoothing: float) -> None:
        beside = found - self.anchor
        if self._filter is None or not self._is_held(time):
            self._filter = OneEuro(beside)
        else:
            size = _size(found)
            jumped = np.linalg.norm(beside - self._filter.points, axis=1) > _JUMP * size
            self._filter.update(
                beside,
                time - self._found,
                cutoff_at_rest_hz(smoothing),
                _BETA / size,
                jumped,
                _SLACK * smoothing * size,
            )
        self._found, self._missed = time, math.nan

    def miss(self, time: float) -> None:
        """The first time it is searched for at once."""
        if math.isnan(self._missed):
            self._missed = time
        if self._filter is None or self._missed < time:
            self.rests_until = time + _REST_S

    @property
    def is_followed(self) -> bool:
        return self._filter is not None and math.isnan(self._missed)

    def _is_held(self, time: float) -> bool:
        return math.isnan(self._missed) or time - self._missed <= _HOLD_S

    def fade(self, time: float, step: float) -> None:
        if not self.in_sight:
            self.forget()
        wanted = float(self._filter is not None and self._is_held(time))
        self.opacity += min(max(wanted - self.opacity, -step), step)

    def marks(self) -> Marks | None:
        points = self.points
        opacity = self.opacity * float(self.person.opacity[self.joint])
        return None if points is None or opacity == 0 else Marks(points, np.full(len(points), opacity))


class _Hand(_Part):
    kind = _HANDS

    def __init__(self, side: str, other: str) -> None:
        super().__init__(JOINTS.index(f"{side} wrist"))
        self._elbow = JOINTS.index(f"{side} elbow")
        self._shoulders = [JOINTS.index(f"{side} shoulder"), JOINTS.index(f"{other} shoulder")]

    def closeup(self) -> CloseUp:
        points = self.points
        if points is not None and self.is_followed:
            return around_hand(points)
        return around_wrist(self.person.points[self._elbow], self.anchor, self._forearm())

    def reach(self) -> float:
        return 0.6 * self._forearm()

    def _forearm(self) -> float:
        joints = self.person.points
        return forearm_length(joints[self._shoulders], joints[self._elbow], self.anchor)


class _Face(_Part):
    kind = _FACES

    def __init__(self) -> None:
        super().__init__(JOINTS.index("nose"))

    def closeup(self) -> CloseUp | None:
        joints = self.person.points
        if is_turned_away(joints[_NECK], joints[_HEAD]):
            return None
        return around_head(joints[_NECK], joints[_HEAD], self._head_size())

    def reach(self) -> float:
        return 0.75 * self._head_size()

    def _head_size(self) -> float:
        joints = self.person.points
        return head_size(joints[_NECK], joints[_HEAD], joints[_SHOULDERS])


class Details:
    """Owns the finders, made when first needed, until ``close``, and what was found last, until ``reset``.

    model_folder: where the performer keeps model files.
    """

    def __init__(self, model_folder: Path | None = None) -> None:
        self._model_folder = model_folder
        self._finders: dict[str, _Finder] = {}
        self._troubles: dict[str, str] = {}
        self._parts: dict[int, tuple[_Part, ...]] = {}
        self._time = math.nan

    def close(self) -> None:
        self._keep(())
        self.reset()

    def reset(self) -> None:
        self._parts = {}
        self._time = math.nan

    @property
    def trouble(self) -> str:
        """What is wanted and cannot be found, and what to do; empty where there is nothing."""
        return " ".join(self._troubles.values())

    def update(
        self, picture: Pixels, people: Sequence[Person], time: float, values: Values
    ) -> tuple[list[Marks], list[Marks]]:
        """Hands (21 points each) and faces (68) of ``people`` in ``picture`` (H, W, 3).

        time: seconds; where it goes back, ``people`` have new numbers. values: pose's settings.
        """
        wanted = [kind for kind in (_HANDS, _FACES) if values[kind.setting]]
        self._keep([kind.setting for kind in wanted])
        for kind in wanted:
            self._make(kind)
        self._parts = {person.number: self._parts.get(person.number) or _new_parts() for person in people}
        for person in people:
            for part in self._parts[person.number]:
                part.person = person
        parts = [part for parts in self._parts.values() for part in parts if part.kind.setting in self._finders]
        due = sorted((part for part in parts if part.is_due(time)), key=lambda part: part.looked)
        for part in due[: round(values["closeups"])]:
            self._look(picture, part, [other for other in parts if other.kind is part.kind], time, values["smoothing"])
        step = fade_step(time - self._time, values["fade"])
        self._time = time
        for part in parts:
            part.fade(time, step)
        marks = [(part.kind, part.marks()) for part in parts]
        drawn = [(kind, mark) for kind, mark in marks if mark is not None]
        return [mark for kind, mark in drawn if kind is _HANDS], [mark for kind, mark in drawn if kind is _FACES]

    def _look(self, picture: Pixels, part: _Part, all_parts: Sequence[_Part], time: float, smoothing: float) -> None:
        closeup = part.closeup()
        found = None if closeup is None else self._finders[part.kind.setting].find(picture, closeup)
        part.looked = time
        if found is not None and _belongs(found, part, all_parts):
            part.take(found, time, smoothing)
        else:
            part.miss(time)

    def _make(self, kind: _Kind) -> None:
        """The finder, at once: the trouble is told, and the time taken, before somebody comes into the picture."""
        if kind.setting not in self._finders and kind.setting not in self._troubles:
            try:
                self._finders[kind.setting] = kind.make(model_file(kind.model, self._model_folder))
            except ControlUnavailable as error:
                self._troubles[kind.setting] = words.pose_without(kind.title, str(error))

    def _keep(self, settings: Sequence[str]) -> None:
        """Give the other finders back, and forget what was found with them."""
        for name in self._finders.keys() - set(settings):
            self._finders.pop(name).close()
            for part in (part for parts in self._parts.values() for part in parts if part.kind.setting == name):
                part.forget()
        self._troubles = {name: trouble for name, trouble in self._troubles.items() if name in settings}


def _new_parts() -> tuple[_Part, ...]:
    return _Hand("right", "left"), _Hand("left", "right"), _Face()


def _belongs(found: Points, part: _Part, all_parts: Sequence[_Part]) -> bool:
    """Whether ``found`` is this part, and not another one of the same kind that is in its close-up too."""
    root = found[part.kind.root]
    distance = float(np.linalg.norm(root - part.anchor))
    others = [other for other in all_parts if other is not part and other.in_sight]
    if distance > part.reach() or any(np.linalg.norm(root - other.anchor) < distance for other in others):
        return False
    taken = [other.points for other in others if other.is_followed]
    limit = _SAME * _size(found)
    return all(np.linalg.norm(found - points, axis=1).mean() > limit for points in taken if points is not None)


def _size(points: Points) -> float:
    """The diagonal of the box around ``points``."""
    return max(1e-6, float(np.linalg.norm(np.ptp(points, axis=0))))
