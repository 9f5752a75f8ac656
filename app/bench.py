"""``bench controls``: what each control costs on this machine, as the live path runs it.

The pictures are those of the bundled clip, scaled to each size before the clock starts. Times are of one picture
through ``controls.stack.Stack``, warm, with one thread for OpenCV and nothing else running in this process. Unless its
setting ``every`` says so, no control is spared a picture: what is too slow for each picture of a show is seen here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import cv2
from tqdm import tqdm

from app.control_text import setting_text
from app.film import bar
from app.frame import Pixels
from app.framing import resized
from app.inputs import open_source
from app.inputs.frames import frames_of
from app.look import SourceChoice
from app.meter import timing_of
from app.status import Timing
from app.words import values as words
from assets import CLIP
from controls.control import SLOWEST, ControlSetting
from controls.layout import Box
from controls.stack import CONTROLS, Guide, Stack

SIZES = ((640, 360), (1280, 720))
LOAD_SIZE = SIZES[0]
LOAD_RATE = 16.0
"""Pictures a second that a show is meant to have."""
CORES = 2
BAR_LEFT = 0.4
"""Of one core: what pose and edge have to leave of two at that rate."""

_PAIR = ("pose", "edge")
_DEAR = (
    ControlSetting("pose", values=(("hands", 1.0), ("face", 1.0))),
    ControlSetting("pose", values=(("people", 4.0),)),
)
"""What a control takes with the settings that cost most."""
_CARRIED = ControlSetting("edge", every=3)
"""What carrying takes is no matter of the control: the quickest to load will do."""
_WARM_UP = 8
_BOXES = (Box((0.1, 0.2, 0.4, 0.9)), Box((0.6, 0.1, 0.9, 0.5)))


@dataclass(frozen=True)
class BenchWish:
    """settings: what is measured, alone and, where there are several, together; None = every control alone, pose with
    what makes it dearer, a control that is carried between its runs, and pose and edge together. pictures: how many are
    timed for each figure. model_folder: where the performer keeps model files."""

    settings: tuple[ControlSetting, ...] | None = None
    pictures: int = 96
    model_folder: Path | None = None

    def __post_init__(self) -> None:
        if not 2 <= self.pictures <= 10_000:
            raise ValueError(words.out_of_range(words.PICTURES, self.pictures, 2, 10000))


@dataclass(frozen=True)
class Load:
    """What a pace costs: CPU seconds that the process used a second, and the pictures a second that it kept."""

    cpu_seconds_per_second: float
    pictures_per_second: float

    @property
    def left_of_two_cores(self) -> float:
        """In cores."""
        return round(CORES - self.cpu_seconds_per_second, 3)


@dataclass(frozen=True)
class Cost:
    """name: of the control, or of those that ran together, as "pose + edge". ms: by size, as "640x360"; empty where one
    of them cannot run. carried_ms: of those pictures alone to which all was carried and none ran; empty where there are
    none. load: of several at the pace of a show. trouble: why they cannot run, or what they draw without."""

    name: str
    ms: dict[str, Timing]
    carried_ms: dict[str, Timing]
    load: Load | None = None
    trouble: str = ""


def bench_controls(wish: BenchWish) -> list[Cost]:
    """Measure what ``wish`` asks for; how far it is stands on the error output."""
    alone = wish.settings or (*(ControlSetting(name) for name in CONTROLS), *_DEAR, _CARRIED)
    together = wish.settings or tuple(ControlSetting(name) for name in _PAIR)
    groups = [(setting,) for setting in alone] + ([together] if len(together) > 1 else [])
    clip = _clip(_WARM_UP + wish.pictures)
    threads = cv2.getNumThreads()
    with ExitStack() as until:
        until.callback(cv2.setNumThreads, threads)
        cv2.setNumThreads(1)
        told = until.enter_context(tqdm(total=len(groups), unit=" controls", leave=False, **bar()))
        costs = []
        for group in groups:
            told.set_description_str(_name(group))
            costs.append(_cost(group, clip, wish))
            told.update()
        return costs


def _cost(settings: tuple[ControlSetting, ...], clip: list[Pixels], wish: BenchWish) -> Cost:
    name = _name(settings)
    ms: dict[str, Timing] = {}
    carried_ms: dict[str, Timing] = {}
    trouble = ""
    for width, height in SIZES:
        size = f"{width}x{height}"
        run = _Run(settings, wish.model_folder, width, height)
        try:
            drawn = [run.draw(picture) for picture in islice(cycle(clip), _WARM_UP + wish.pictures)][_WARM_UP:]
        finally:
            run.close()
        trouble = trouble or run.trouble
        if run.is_broken:
            return Cost(name, {}, {}, None, trouble)
        ms[size] = timing_of([one.ms for one in drawn])
        if carried := [one.ms for one in drawn if one.is_carried]:
            carried_ms[size] = timing_of(carried)
    return Cost(name, ms, carried_ms, _load(settings, clip, wish) if len(settings) > 1 else None, trouble)


@dataclass(frozen=True)
class _Drawn:
    """A guide, without its picture. is_carried: whether no control ran for it."""

    ms: float
    is_carried: bool


class _Run:
    """Controls on the pictures of a camera of one size, with guides as large."""

    def __init__(self, settings: tuple[ControlSetting, ...], folder: Path | None, width: int, height: int) -> None:
        self._settings, self._stack, self._size = settings, Stack(folder), (width, height)
        self._drawn = 0
        self._silent = {setting.name: SLOWEST for setting in settings}
        self.trouble = ""
        self.is_broken = False

    def draw(self, picture: Pixels) -> _Drawn:
        """The guide of one more picture."""
        width, height = self._size
        seen = resized(picture, width, height, "stretch")
        self._drawn += 1
        began = time.perf_counter()
        guide = self._stack.guide(seen, width, height, self._drawn / LOAD_RATE, self._settings, _BOXES)
        ms = (time.perf_counter() - began) * 1000
        self._judge(guide)
        return _Drawn(ms, not guide.ms and max(guide.every.values()) > 1)

    def _judge(self, guide: Guide) -> None:
        """Broken is what has a sentence and has not run when its turn came; what only draws less has run."""
        self.trouble = self.trouble or " ".join(guide.troubles.values())
        for name, pictures in self._silent.items():
            self._silent[name] = 0 if name in guide.ms else pictures + 1
            self.is_broken |= name in guide.troubles and self._silent[name] >= guide.every[name]

    def close(self) -> None:
        self._stack.close()


def _load(settings: tuple[ControlSetting, ...], clip: list[Pixels], wish: BenchWish) -> Load:
    """CPU time of this whole process, with all threads that the controls' networks have, at the pace of a show."""
    run = _Run(settings, wish.model_folder, *LOAD_SIZE)
    pictures: Iterator[Pixels] = cycle(clip)
    try:
        for picture in islice(pictures, _WARM_UP):
            run.draw(picture)
        began, cpu = time.perf_counter(), time.process_time()
        for number, picture in enumerate(islice(pictures, wish.pictures), start=1):
            run.draw(picture)
            time.sleep(max(0.0, began + number / LOAD_RATE - time.perf_counter()))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - began
    finally:
        run.close()
    return Load(round(cpu / wall, 3), round(wish.pictures / wall, 2))


def _clip(count: int) -> list[Pixels]:
    """The first ``count`` pictures of the bundled clip, or all of them."""
    source = open_source(SourceChoice("clip", str(CLIP), loop=False), realtime=False)
    source.open()
    try:
        return [frame.rgb for frame in islice(frames_of(source, None, _nobody), count)]
    finally:
        source.close()


def _nobody(sentence: str) -> None:
    """The bundled clip does not break off."""


def _name(settings: tuple[ControlSetting, ...]) -> str:
    return " + ".join(f"{setting.name} {setting_text(setting)}".strip() for setting in settings)
