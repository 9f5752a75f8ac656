"""The bank: clips with their truth and the guides that ``controls`` itself draws of them, as arrays on disk.

A clip depends on the bank's seed and its own number alone, so that a bank that was interrupted goes on to the very
bytes it would have had, whatever the number of processes. The last ``held_out`` clips show held-out pictures only.
Arrays that a bank lacks can be added to it later, from its pictures, and replaced while others read it.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from controls import skeleton
from controls.control import ControlSetting, Pixels
from controls.stack import Stack
from training.photographs import Photographs
from training.scenes import PICTURES_A_SECOND, SHARES, scene

FRAMES = 17
DRAWN = {"edge": 1, "scribble": 1, "flow": 3}
"""Guides that a control draws from the pictures alone, at its default settings, and their channels."""
ARRAYS = {"source": 3, "pose": 3, "depth": 1, **DRAWN}
"""All arrays and their channels; those with one have no axis for it."""

_SAVED_EVERY_S = 5.0


class BankTrouble(Exception):
    """``str(error)`` is a sentence."""


@dataclass(frozen=True, eq=False)
class Bank:
    """Clips of ``frames`` pictures, each array [clips, frames, height, width(, 3)] uint8 on disk.

    source: the picture. edge, scribble, flow: what these controls draw at their defaults from the clip in order.
    pose: the true skeletons as ``controls.skeleton`` draws them, black where nobody is. depth: the true relief, near =
    white, 0 where it is not known. kinds: of each clip, a key of ``scenes.SHARES``. has_pose, has_depth: whether the
    clip shows people, and whether its relief is known. done: clips that are written; those after them are black.
    """

    width: int
    height: int
    frames: int
    clips: int
    held_out: int
    seed: int
    done: int
    kinds: tuple[str, ...]
    has_pose: tuple[bool, ...]
    has_depth: tuple[bool, ...]
    source: Pixels
    edge: Pixels
    scribble: Pixels
    pose: Pixels
    depth: Pixels
    flow: Pixels

    @classmethod
    def open(cls, folder: Path) -> Bank:
        """The bank in ``folder``/bank, or in ``folder`` itself. Raises BankTrouble where there is none, or a part."""
        place = _place(folder)
        about = _read(place)
        if about is None:
            raise BankTrouble(f"There is no bank in {folder}, so nothing can be trained: run the stage 'bank' first.")
        lacking = [name for name in ARRAYS if not (place / f"{name}.npy").exists()]
        if lacking:
            names = ",".join(lacking)
            raise BankTrouble(
                f"The bank in {folder} lacks {names}: run the stage 'bank' with --only {names} to add it."
            )
        arrays = {name: np.load(place / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
        plan = about.plan
        return cls(
            plan.width, plan.height, plan.frames, plan.clips, plan.held_out, plan.seed, about.done,
            tuple(plan.kinds()), tuple(plan.has_pose()), tuple(plan.has_depth()), **arrays,
        )  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What a bank holds; two banks of one plan and the same photographs are the same to the byte."""

    clips: int
    held_out: int
    width: int
    height: int
    seed: int
    frames: int = FRAMES

    def kinds(self) -> list[str]:
        """Of each clip."""
        return [_kind(np.random.default_rng([self.seed, index])) for index in range(self.clips)]

    def has_pose(self) -> list[bool]:
        return [kind == "people" for kind in self.kinds()]

    def has_depth(self) -> list[bool]:
        return [kind != "photo" for kind in self.kinds()]

    def shape(self, name: str) -> tuple[int, ...]:
        """Of an array, a key of ARRAYS."""
        shape = (self.clips, self.frames, self.height, self.width)
        return (*shape, 3) if ARRAYS[name] == 3 else shape


@dataclass
class _About:
    """bank.json. done: clips that are written. adding: arrays that are being added or replaced, and how far that is."""

    plan: Plan
    done: int = 0
    adding: dict[str, int] = field(default_factory=dict)


def write(
    folder: Path,
    clips: int,
    held_out: int,
    width: int,
    height: int,
    seed: int,
    workers: int,
    only: Sequence[str],
    say: Callable[[str], None],
) -> None:
    """Write the bank into ``folder``/bank, or go on with it. The photographs are those of ``folder``.

    only: arrays of DRAWN to add to a finished bank, or to draw anew, and nothing else; () writes the whole bank.
    Raises BankTrouble where a different bank lies there, or there is none to add to; sources.NoSources without
    photographs.
    """
    plan = Plan(clips, held_out, width, height, seed)
    if not 0 <= held_out <= clips or min(clips, width, height, workers) < 1:
        raise BankTrouble(
            f"{clips} clips, {held_out} of them held out, at {width}x{height}, {workers} workers is no bank."
        )
    place = folder / "bank"
    about = _read(place)
    if about is not None and about.plan != plan:
        raise BankTrouble(
            f"The bank in {place} was begun with {about.plan.clips} clips at {about.plan.width}x{about.plan.height} "
            f"and seed {about.plan.seed}; ask for the same to go on with it, or delete it."
        )
    if only:
        if about is None or about.done < clips:
            raise BankTrouble(f"The bank in {place} is not finished, so there is nothing to add {', '.join(only)} to.")
        if unknown := [name for name in only if name not in DRAWN]:
            raise BankTrouble(f"{', '.join(unknown)} cannot be drawn from pictures; {', '.join(DRAWN)} can.")
        _add(place, about, tuple(only), workers, say)
        return
    if about is None or about.done < clips:
        for part in (False, True):  # opened here only to say at once what is missing
            Photographs.open(folder, part)
        _fill(folder, place, about or _begun(place, plan), workers, say)


def _begun(place: Path, plan: Plan) -> _About:
    place.mkdir(parents=True, exist_ok=True)
    for name in ARRAYS:
        _create(place / f"{name}.npy", plan.shape(name))
    about = _About(plan)
    _save(place, about)
    return about


def _fill(folder: Path, place: Path, about: _About, workers: int, say: Callable[[str], None]) -> None:
    plan = about.plan
    arrays = {name: np.lib.format.open_memmap(place / f"{name}.npy", mode="r+") for name in ARRAYS}
    tasks = [(folder, plan, index) for index in range(about.done, plan.clips)]

    def done(clips: int) -> None:
        about.done = clips

    _store(_made(_clip, tasks, workers), arrays, place, about, done, about.done, say)


def _add(place: Path, about: _About, only: tuple[str, ...], workers: int, say: Callable[[str], None]) -> None:
    """Draw ``only`` into files beside the bank's own, then put them in their places: whoever has the old ones open
    keeps them."""
    parts = {name: place / f"{name}.part.npy" for name in only}
    if set(about.adding) != set(only) or not all(part.exists() for part in parts.values()):
        about.adding = dict.fromkeys(only, 0)
        for name, part in parts.items():
            _create(part, about.plan.shape(name))
        _save(place, about)
    arrays = {name: np.lib.format.open_memmap(part, mode="r+") for name, part in parts.items()}
    start = min(about.adding.values())
    tasks = [(place, only, index) for index in range(start, about.plan.clips)]

    def done(clips: int) -> None:
        about.adding = dict.fromkeys(only, clips)

    _store(_made(_redrawn, tasks, workers), arrays, place, about, done, start, say)
    for name, part in parts.items():
        part.replace(place / f"{name}.npy")
    about.adding = {}
    _save(place, about)


def _store(
    made: Iterator[dict[str, Pixels]],
    arrays: dict[str, np.memmap[Any, Any]],
    place: Path,
    about: _About,
    done: Callable[[int], None],
    start: int,
    say: Callable[[str], None],
) -> None:
    """Put clips into the arrays as they come, and note every few seconds how many are there."""
    began = saved = time.monotonic()
    index = start
    for index, clip in enumerate(made, start + 1):
        for name, pictures in clip.items():
            arrays[name][index - 1] = pictures
        now = time.monotonic()
        if now - saved > _SAVED_EVERY_S or index == about.plan.clips:
            saved = now
            for array in arrays.values():
                array.flush()
            done(index)
            _save(place, about)
            rate = (index - start) * about.plan.frames / max(1e-9, now - began)
            say(f"{', '.join(arrays)}: {index} of {about.plan.clips} clips, {rate:.0f} pictures a second")


Task = tuple[Path, Any, int]


def _made(make: Callable[[Task], dict[str, Pixels]], tasks: list[Task], workers: int) -> Iterator[dict[str, Pixels]]:
    """What ``make`` gives for each task, in order, from ``workers`` processes; 1 works in this one."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        if workers == 1 or len(tasks) < 2:
            yield from map(make, tasks)
            return
        with multiprocessing.get_context("spawn").Pool(workers, cv2.setNumThreads, (1,)) as pool:
            yield from pool.imap(make, tasks)
    finally:
        cv2.setNumThreads(threads)


def _clip(task: Task) -> dict[str, Pixels]:
    """Every array of one clip. task: the folder of photographs, the plan, the clip's number."""
    folder, plan, index = task
    rng = np.random.default_rng([plan.seed, index])
    kind = _kind(rng)
    photographs = Photographs.open(folder, held_out=index >= plan.clips - plan.held_out)
    made = scene(rng, kind, photographs, plan.width, plan.height, plan.frames)
    depth = np.zeros(made.pictures.shape[:3], np.uint8) if made.depth is None else made.depth
    pose = np.stack([skeleton.draw(people, plan.width, plan.height) for people in made.people])
    return {"source": made.pictures, "pose": pose, "depth": depth, **_drawn(made.pictures, tuple(DRAWN))}


def _redrawn(task: Task) -> dict[str, Pixels]:
    """Some guides of one clip of a bank. task: its folder, their names, the clip's number."""
    place, names, index = task
    return _drawn(np.load(place / "source.npy", mmap_mode="r")[index], names)


def _drawn(pictures: Pixels, names: tuple[str, ...]) -> dict[str, Pixels]:
    """The guides of one clip, each control beginning anew."""
    stack = Stack()
    height, width = pictures.shape[1:3]
    settings = tuple(ControlSetting(name) for name in names)
    guides: dict[str, list[NDArray[np.uint8]]] = {name: [] for name in names}
    for i, picture in enumerate(pictures):
        guide = stack.guide(picture, width, height, i / PICTURES_A_SECOND, settings)
        if guide.troubles:
            raise BankTrouble(" ".join(guide.troubles.values()))
        for name in names:
            guides[name].append(guide.parts[name] if DRAWN[name] == 3 else guide.parts[name][:, :, 0])
    return {name: np.stack(parts) for name, parts in guides.items()}


def _kind(rng: np.random.Generator) -> str:
    """A clip's kind: the first thing that is drawn from its generator."""
    return list(SHARES)[rng.choice(len(SHARES), p=list(SHARES.values()))]


def _create(path: Path, shape: tuple[int, ...]) -> None:
    """A black array; the file takes up space only where it is written."""
    np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape).flush()


def _place(folder: Path) -> Path:
    return folder / "bank" if (folder / "bank" / "bank.json").exists() else folder


def _read(place: Path) -> _About | None:
    path = place / "bank.json"
    if not path.exists():
        return None
    about = json.loads(path.read_text("utf-8"))
    names = ("clips", "held_out", "width", "height", "seed", "frames")
    return _About(Plan(**{name: about[name] for name in names}), about["done"], about["adding"])


def _save(place: Path, about: _About) -> None:
    plan = about.plan
    kept = {
        **asdict(plan), "done": about.done, "adding": about.adding,
        "kinds": plan.kinds(), "pose": plan.has_pose(), "depth": plan.has_depth(),
    }  # fmt: skip
    part = place / "bank.json.part"
    part.write_text(json.dumps(kept) + "\n", "utf-8")
    part.replace(place / "bank.json")
