"""All that a performer can set, as two frozen values compared by ``==``.

``Look`` is the picture: what a cue holds. ``Setup`` is the room: source, engine and outputs, kept between runs.
``Show`` alone replaces them; everybody else reads. Knows no Qt and no torch.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar, get_args

from app.examples import DEFAULT_PROMPT
from app.expand import Expand
from app.framing import Fit, Framing
from app.mask_shape import MaskShape
from app.png import picture_of, png_text
from app.seed_walk import SeedWalk
from app.tempo import Tempo
from app.words import values as words
from controls.control import ControlSetting
from controls.layout import Box
from controls.regions import Join, Repainted
from engine.config import STARTER
from engine.params import EngineChoice, Params, Picture

Treatment = Literal["live", "blackout", "freeze", "bypass"]
TREATMENTS: tuple[Treatment, ...] = get_args(Treatment)


@dataclass(frozen=True)
class Look:
    """params: what the engine is asked for. controls: in the order they are mixed. treatment: what the outputs show.

    By default it paints an example over edges, in as many steps as the starter was trained for.

    mask: (H, W), 255 = repaint, 0 = keep the source, in between softly; it lies on the source's picture and is turned,
        cropped and fitted with it. None = repaint everything. invert_mask: what it says to keep is repainted.
        mask_shape: how it then grows and fades. unguided: where it has the picture repainted, no control counts.
    repainted: people alone, or all but people, found in each picture. mask_join: where there is a mask as well, whether
        both must say so or one is enough.
    expand: what is painted on around the source, of which nothing is cut off to fill the picture; there the engine is
        on its own, inside the mask decides, and without one the source is kept.
    layout: the boxes that the control ``layout`` draws.
    seed_walk: whether the seed changes by itself.
    """

    params: Params = Params(prompt=DEFAULT_PROMPT, steps=STARTER.rollout.steps)
    controls: tuple[ControlSetting, ...] = (ControlSetting("edge"), ControlSetting("pose", on=False))
    mask: Picture | None = None
    invert_mask: bool = False
    mask_shape: MaskShape = MaskShape()
    unguided: bool = False
    repainted: Repainted = "all"
    mask_join: Join = "both"
    expand: Expand = Expand()
    layout: tuple[Box, ...] = ()
    seed_walk: SeedWalk = SeedWalk()
    treatment: Treatment = "live"

    def __post_init__(self) -> None:
        if self.treatment not in TREATMENTS:
            raise ValueError(words.none_of(words.TREATMENT, self.treatment, TREATMENTS))
        if self.repainted not in get_args(Repainted):
            raise ValueError(words.none_of(words.REPAINTED, self.repainted, get_args(Repainted)))
        if self.mask_join not in get_args(Join):
            raise ValueError(words.none_of(words.MASK_JOIN, self.mask_join, get_args(Join)))
        if self.mask is not None and self.mask.pixels.ndim != 2:
            raise ValueError(words.COLOURED_MASK)


COUNTERS = ("cut", "soft_cut", "frames_again")
"""Of ``Params``: events, each of which is over with the chunk that has it."""


def without_events(look: Look) -> Look:
    """``look`` without what happens once: as a cue or the next run has it."""
    return replace(look, params=replace(look.params, cut=0, soft_cut=0, frames_again=0, frames_done=(None, None)))


SourceKind = Literal["camera", "screen", "clip", "still", "testcard"]


@dataclass(frozen=True)
class SourceChoice:
    """Which source, and how it is opened.

    target: the camera's name or number, the file's path, the stream's URL; empty for the first camera, the
        first screen, the test card.
    width, height, rate: wanted of a camera, a test card, a still; 0 = what the device prefers. rate: frames a second.
    region: left, top, width, height in pixels of the captured screen; None = all of it.
    loop: whether a clip starts again at its end.
    """

    kind: SourceKind = "camera"
    target: str = ""
    width: int = 0
    height: int = 0
    rate: float = 0.0
    region: tuple[int, int, int, int] | None = None
    loop: bool = True

    def __post_init__(self) -> None:
        if self.kind not in get_args(SourceKind):
            raise ValueError(words.none_of(words.SOURCE_KIND, self.kind, get_args(SourceKind)))


@dataclass(frozen=True)
class VirtualCameraChoice:
    """on: whether it runs. device: "" for the first one found. 1280x720 at 30 is what Zoom and Meet expect."""

    on: bool = False
    device: str = ""
    width: int = 1280
    height: int = 720
    rate: float = 30.0
    fit: Fit = "fill"


@dataclass(frozen=True)
class StageChoice:
    """screen: the display's name, "" for the last one that is not the main one."""

    on: bool = False
    screen: str = ""
    fit: Fit = "fill"


@dataclass(frozen=True)
class RecorderChoice:
    """path: the MP4 to write; "" makes a name from date and time in the user's video folder. width 0: as it comes.

    journal: whether all that the engine was handed is kept beside it, for ``replay``. begin_with_cut: whether the
    program is cut for the journal's beginning, so that its replay is the same from its first picture on.
    """

    on: bool = False
    path: str = ""
    width: int = 0
    height: int = 0
    fit: Fit = "fill"
    journal: bool = True
    begin_with_cut: bool = False


@dataclass(frozen=True)
class OutputSize:
    """What the outputs' pictures cover at least, in pixels; 0 x 0 = by itself: see ``app.output_size``."""

    width: int = 0
    height: int = 0

    def __post_init__(self) -> None:
        size = (self.width, self.height)
        if size != (0, 0) and not all(16 <= side <= 4096 for side in size):
            raise ValueError(words.output_size(self.width, self.height))


@dataclass(frozen=True)
class GovernorChoice:
    """on: whether quality gives way where the wanted rate is not held: see ``app.governor``. rate: pictures a second,
    1 to 240; 0 = by itself: see ``app.governing``."""

    on: bool = True
    rate: float = 0.0

    def __post_init__(self) -> None:
        if self.rate != 0 and not 1 <= self.rate <= 240:
            raise ValueError(words.rate_to_hold(self.rate))


@dataclass(frozen=True)
class Setup:
    """The room.

    source: what is repainted. structure: a second input that the controls see in its place; None = the source.
    restarts, structure_restarts: counters; when one goes up, that input is opened anew, a clip from its beginning.
    paused: the source's clip stands still. tempo: the beat that morphs follow. model_folder: where the performer keeps
    model files, "" for none.
    """

    source: SourceChoice = SourceChoice()
    structure: SourceChoice | None = None
    restarts: int = 0
    structure_restarts: int = 0
    paused: bool = False
    tempo: Tempo = Tempo()
    framing: Framing = Framing()
    engine: EngineChoice = EngineChoice()
    governor: GovernorChoice = GovernorChoice()
    virtual_camera: VirtualCameraChoice = VirtualCameraChoice()
    stage: StageChoice = StageChoice()
    recorder: RecorderChoice = RecorderChoice()
    output_size: OutputSize = OutputSize()
    preview_fit: Fit = "fit"
    model_folder: str = ""


V = TypeVar("V")


def to_json(value: Any, picture: Callable[[Picture], str] = png_text) -> Any:
    """A Look, a Setup or a part of one as plain JSON values. picture: how a Picture is written; by default whole."""
    if isinstance(value, Picture):
        return picture(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name), picture) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [to_json(item, picture) for item in value]
    return value


Place = tuple[str | int, ...]
"""Where a value stands in a tree of them: names of fields, and numbers in a row."""


def _not_told(place: Place, value: Any) -> None:
    pass


def from_json(
    kind: type[V],
    data: Any,
    picture: Callable[[str], Picture] = picture_of,
    lost: Callable[[Place, Any], None] = _not_told,
) -> V:
    """The inverse of ``to_json``; what is missing or no longer valid takes its default, so old files keep opening.

    picture: reads what its like of ``to_json`` wrote; its ValueError says that there is none. lost: told of each value
    that is there and not valid; what stands beside it is kept.
    """
    value = _Parser(picture, lost).parsed(kind, data, ())
    return value if isinstance(value, kind) else kind()


_INVALID = object()


class _Parser:
    """One reading of one value, see ``from_json``."""

    def __init__(self, picture: Callable[[str], Picture], lost: Callable[[Place, Any], None]) -> None:
        self._picture, self._lost = picture, lost

    def parsed(self, kind: Any, data: Any, at: Place) -> Any:
        """``data`` as a value of the annotated type ``kind``, or ``_INVALID``."""
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            return self._dataclass(kind, data, at)
        if origin is Literal:
            return data if data in arguments else _INVALID
        if origin is types.UnionType or origin is typing.Union:
            options = (self.parsed(option, data, at) for option in arguments)
            return next((value for value in options if value is not _INVALID), _INVALID)
        if origin is tuple and isinstance(data, list):
            return self._row(arguments, data, at)
        if kind is Picture:
            return self._parsed_picture(data)
        if kind is types.NoneType:
            return None if data is None else _INVALID
        if kind is float and isinstance(data, int) and not isinstance(data, bool):
            return float(data)
        return data if isinstance(kind, type) and type(data) is kind else _INVALID

    def _row(self, kinds: tuple[Any, ...], data: list[Any], at: Place) -> Any:
        """Of a row of things that stand for themselves, such as cues, an invalid one leaves the others as they are."""
        many = kinds[-1:] == (...,)
        wanted = [kinds[0]] * len(data) if many else list(kinds)
        if len(wanted) != len(data):
            return _INVALID
        items = [self.parsed(kind, item, (*at, n)) for n, (kind, item) in enumerate(zip(wanted, data, strict=True))]
        if all(item is not _INVALID for item in items):
            return tuple(items)
        things = [kinds[0], *typing.get_args(kinds[0])]
        if not many or not any(thing is Picture or dataclasses.is_dataclass(thing) for thing in things):
            return _INVALID
        for number, item in enumerate(items):
            if item is _INVALID:
                self._lost((*at, number), data[number])
        empty = types.NoneType in things
        return tuple(None if item is _INVALID else item for item in items if empty or item is not _INVALID)

    def _parsed_picture(self, data: Any) -> Any:
        try:
            return self._picture(data) if isinstance(data, str) else _INVALID
        except ValueError:
            return _INVALID

    def _dataclass(self, kind: type[Any], data: Any, at: Place) -> Any:
        if not isinstance(data, Mapping):
            return _INVALID
        hints = typing.get_type_hints(kind)
        fields: dict[str, Any] = {}
        for f in dataclasses.fields(kind):
            if f.name in data:
                value = self.parsed(hints[f.name], data[f.name], (*at, f.name))
                if value is _INVALID:
                    self._lost((*at, f.name), data[f.name])
                else:
                    fields[f.name] = value
        try:
            return kind(**fields)
        except (TypeError, ValueError):  # a required field is missing, or a value is out of today's range
            return self._made_of_what_fits(kind, fields, data, at)

    def _made_of_what_fits(self, kind: type[Any], fields: dict[str, Any], data: Mapping[str, Any], at: Place) -> Any:
        missing = dataclasses.MISSING
        required = {f.name for f in dataclasses.fields(kind) if f.default is missing and f.default_factory is missing}
        try:
            made = kind(**{name: value for name, value in fields.items() if name in required})
        except (TypeError, ValueError):
            return _INVALID
        for name, value in fields.items():
            try:
                made = dataclasses.replace(made, **{name: value})
            except ValueError:
                self._lost((*at, name), data[name])
        return made
