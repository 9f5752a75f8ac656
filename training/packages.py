"""The packages that pictures are taken from, under which licence, and what is taken from each.

Every licence here allows use, change and redistribution for any purpose; what forbids one of these, or does not say, is
not in the table and is refused by it. No video is taken from anywhere: clips are for judging. Fetches nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from training.licences import stated
from training.registries import Registry

LICENCES = frozenset(
    {
        "Apache-2.0", "BSD-3-Clause", "CC0-1.0", "CC-BY-2.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-2.0", "CC-BY-SA-3.0",
        "CC-BY-SA-4.0", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-or-later", "LGPL-2.1-or-later",
        "LGPL-3.0-only", "MIT", "LicenseRef-public-domain",
    }
)  # fmt: skip
"""SPDX names of what may be taken."""


@dataclass(frozen=True)
class Taking:
    """Pictures of one licence.

    licence: SPDX. evidence: words that say so, in the package's licence file; in a Debian package, in what is said of
        the very picture. globs: where they are in the package.
    cutouts: pictures of one thing before a transparent ground. one_a_folder: only the largest of each folder, for
        packages that hold one picture in many sizes. pattern: of the Debian paragraph that counts even where a later
        one matches as well, "" = the last.
    """

    licence: str
    evidence: str
    globs: tuple[str, ...]
    cutouts: bool = False
    one_a_folder: bool = False
    pattern: str = ""

    def __post_init__(self) -> None:
        if self.licence not in LICENCES:
            raise ValueError(f"licence is {self.licence!r}, expected one of {', '.join(sorted(LICENCES))}")
        if not self.evidence:
            raise ValueError(f"nothing in the package is named that says {self.licence}")


@dataclass(frozen=True)
class Source:
    """A package. terms: its licence file, relative to the package. A picture that two takings match is the
    first's that the package grants; one that it grants to none is left out.

    installed, original: the folder of the package that holds its pictures, and the one of the source package that was
    installed there, of which a Debian package's terms speak; each "" or with a slash at its end.
    version: the one that is taken, where the registry keeps old ones; "" = the newest.
    """

    registry: Registry
    package: str
    terms: str
    takings: tuple[Taking, ...]
    version: str = ""
    installed: str = ""
    original: str = ""

    def grants(self, taking: Taking, picture: Path, unpacked: Path, terms: str) -> bool:
        """Whether the package says of a file in ``unpacked`` what ``taking`` counts on. terms: its licence file."""
        if self.registry != "debian":
            return taking.evidence in terms
        said = stated(picture, self.place(picture, unpacked), terms, taking.pattern)
        return said is not None and said.licence == taking.licence and taking.evidence in said.words

    def place(self, picture: Path, unpacked: Path) -> PurePosixPath:
        """Where a file of the unpacked package lies in the source package."""
        path = picture.relative_to(unpacked).as_posix()
        return PurePosixPath(self.original + path.removeprefix(self.installed))


def _debian(package: str, installed: str, *takings: Taking, original: str = "") -> Source:
    terms = f"usr/share/doc/{package}/copyright"
    return Source("debian", package, terms, takings, installed=installed, original=original)


_LAND = "usr/share/games/endless-sky/images/land/"
_WALLPAPERS = ("usr/share/wallpapers/*/contents/images/*x*.jpg", "usr/share/wallpapers/*/contents/images/*x*.png")
_MATE = ("usr/share/backgrounds/mate/*/*.jpg", "usr/share/backgrounds/mate/*/*.png")
_BACKGROUNDS = "usr/share/backgrounds/*.jpg"
_STAMPS = "usr/share/tuxpaint/stamps/"

SOURCES = (
    _debian(
        "endless-sky-data",
        "usr/share/games/endless-sky/",
        Taking("CC-BY-SA-3.0", "Files: images/land/", (f"{_LAND}*.jpg",)),
        *(
            # "images/land/fields1*" in a later paragraph, which means another picture, matches fields10-sfiera as well.
            Taking("CC-BY-SA-4.0", "License: ", (f"{_LAND}*-{name}*.jpg",), pattern=f"images/land/*-{name}*")
            for name in ("sfiera", "striker", "harro", "iridium", "spfld")
        ),
        Taking("CC-BY-SA-4.0", "Michael Zahniser", (f"{_LAND}lava5*.jpg",)),
        Taking("LicenseRef-public-domain", "in the public domain", (f"{_LAND}*.jpg",)),
    ),
    _debian(
        "plasma-workspace-wallpapers",
        "usr/share/",
        Taking("LGPL-3.0-only", "LGPLv3", _WALLPAPERS, one_a_folder=True),
        Taking("CC-BY-SA-4.0", "CC-BY-SA-4.0", _WALLPAPERS, one_a_folder=True),
    ),
    _debian(
        "mate-backgrounds",
        "usr/share/backgrounds/mate/",
        Taking("CC-BY-SA-4.0", "License: CC-BY-SA-4.0\n", _MATE),
        Taking("GPL-2.0-or-later", "License: GPL-2+\n", _MATE),
    ),
    _debian(
        "lomiri-wallpapers-16.04",
        "usr/share/backgrounds/",
        Taking("CC0-1.0", "Clemens Engelhardt, 2018\n", (_BACKGROUNDS,)),
        Taking("CC-BY-SA-4.0", "License: CC-BY-SA-4.0", (_BACKGROUNDS,)),
        Taking("CC-BY-4.0", "License: CC-BY-4.0", (_BACKGROUNDS,)),
        original="16.04/",
    ),
    _debian(
        "lomiri-wallpapers-20.04",
        "usr/share/backgrounds/",
        Taking("CC-BY-SA-3.0", "License: CC-BY-SA-3.0", (_BACKGROUNDS,)),
        original="20.04/",
    ),
    _debian(
        "ukui-wallpapers",
        "usr/share/backgrounds/",
        Taking("CC-BY-SA-3.0", "Ubuntu Kylin community contributors\n", (_BACKGROUNDS, "usr/share/backgrounds/*.png")),
    ),
    _debian(
        "lxqt-themes",
        "usr/share/lxqt/",
        Taking(
            "CC-BY-SA-3.0",  # by the file License beside them; debian/copyright says LGPL-2.1+ of all files
            "2022: LXQt Project Team\n",
            tuple(f"usr/share/lxqt/wallpapers/{name}" for name in
                  ("*.jpg", "appleflower.png", "beam.png", "butterfly.png", "cloud.png", "drop.png", "flowers.png",
                   "plasma_arch.png", "triangles.png")),
        ),
    ),
    _debian(
        "palapeli-data",
        "usr/share/palapeli/",
        Taking("LicenseRef-public-domain", "Public Domain", ("usr/share/palapeli/collection/*.jpg",)),
        Taking("GPL-2.0-or-later", "2014, Ian Wadham <iandw.au@gmail.com>", ("usr/share/palapeli/backgrounds/*.jpg",)),
    ),
    _debian(
        "mypaint-data-extras",
        "usr/share/mypaint/",
        Taking("CC0-1.0", "MrMamurk <storm.86@list.ru>\n", ("usr/share/mypaint/backgrounds/mrmamurk/*.png",)),
        Taking("CC0-1.0", "Ramón Miranda <mirandagraphic@gmail.com>\n", ("usr/share/mypaint/backgrounds/ramon/*.png",)),
    ),
    _debian(
        "tuxpaint-stamps-default",
        "usr/share/tuxpaint/",
        Taking(
            "GPL-2.0-only",
            "License: GPL-2",
            tuple(f"{_STAMPS}{folder}/**/*.png" for folder in
                  ("animals", "clothes", "food", "hobbies", "household", "plants", "seasonal", "space", "sports",
                   "town", "vehicles")),
            cutouts=True,
        ),
    ),
    Source(
        "pypi",
        "scikit-image",
        "skimage/data/_fetchers.py",
        (
            Taking("CC0-1.0", "CC0 by the photographer (Stefan van der Walt)", ("skimage/data/chelsea.png",)),
            Taking("CC0-1.0", "CC0 by the photographer (Rachel Michetti)", ("skimage/data/coffee.png",)),
            Taking("CC0-1.0", "CC0 by the photographer (Lav Varshney)", ("skimage/data/camera.png",)),
            Taking(
                "CC0-1.0",
                "the Creative Commons CC0 License",
                ("skimage/data/brick.png", "skimage/data/grass.png", "skimage/data/gravel.png"),
            ),
            Taking("LicenseRef-public-domain", "released into the public domain", ("skimage/data/astronaut.png",)),
            Taking(
                "LicenseRef-public-domain",
                "captured by SpaceX and `released in the public domain",
                ("skimage/data/rocket.jpg",),
            ),
        ),
        version="0.26.0",
    ),
    Source(
        "pypi",
        "scikit-learn",
        "sklearn/datasets/images/README.txt",
        (Taking("CC-BY-2.0", "https://creativecommons.org/licenses/by/2.0/", ("sklearn/datasets/images/*.jpg",)),),
        version="1.9.1",
    ),
)  # fmt: skip
