"""The packages that pictures are taken from, under which licence, and what is taken from each.

Every licence here allows use, change and redistribution for any purpose; what forbids one of these, or does not say, is
not in the table and is refused by it. No video is taken from anywhere: clips are for judging. Fetches nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from training.registries import Registry

LICENCES = frozenset(
    {
        "Apache-2.0", "BSD-3-Clause", "CC0-1.0", "CC-BY-2.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-2.0", "CC-BY-SA-3.0",
        "CC-BY-SA-4.0", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-or-later", "LGPL-2.1-or-later", "MIT",
        "LicenseRef-public-domain",
    }
)  # fmt: skip
"""SPDX names of what may be taken."""


@dataclass(frozen=True)
class Taking:
    """Pictures of one licence.

    licence: SPDX. evidence: words of the package's licence file that say so; of a Debian package's, words of the
        paragraph whose "License:" line says so. globs: where they are in the package.
    cutouts: pictures of one thing before a transparent ground. one_a_folder: only the largest of each folder, for
        packages that hold one picture in many sizes.
    """

    licence: str
    evidence: str
    globs: tuple[str, ...]
    cutouts: bool = False
    one_a_folder: bool = False

    def __post_init__(self) -> None:
        if self.licence not in LICENCES:
            raise ValueError(f"licence is {self.licence!r}, expected one of {', '.join(sorted(LICENCES))}")
        if not self.evidence:
            raise ValueError(f"nothing in the package is named that says {self.licence}")


_IN_DEBIAN = {
    "GPL-2.0-only": "GPL-2",
    "GPL-2.0-or-later": "GPL-2+",
    "GPL-3.0-or-later": "GPL-3+",
    "LGPL-2.1-or-later": "LGPL-2.1+",
    "LicenseRef-public-domain": "public-domain",
}
"""What Debian calls the licences that have a name of their own there."""


def says_so(taking: Taking, terms: str, registry: Registry) -> bool:
    """Whether a licence file's text grants what ``taking`` counts on."""
    if registry != "debian":
        return taking.evidence in terms
    line = f"License: {_IN_DEBIAN.get(taking.licence, taking.licence)}"
    paragraphs = ("\n".join(part) + "\n" for part in _paragraphs(terms))
    return any(taking.evidence in part and line in part.split("\n") for part in paragraphs)


def _paragraphs(text: str) -> list[list[str]]:
    """Lines between blank ones."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            found[-1].append(line.rstrip())
        else:
            found.append([])
    return found


@dataclass(frozen=True)
class Source:
    """A package. terms: its licence file, relative to the package. A file that two takings match is the first's.

    version: the one that is taken, where the registry keeps old ones; "" = the newest.
    """

    registry: Registry
    package: str
    terms: str
    takings: tuple[Taking, ...]
    version: str = ""


def _debian(package: str, *takings: Taking) -> Source:
    return Source("debian", package, f"usr/share/doc/{package}/copyright", takings)


_LAND = "usr/share/games/endless-sky/images/land/"
_STAMPS = "usr/share/tuxpaint/stamps/"

SOURCES = (
    _debian(
        "endless-sky-data",
        *(
            Taking("CC-BY-SA-3.0", f"Files: images/land/{name}*\n", (f"{_LAND}{name}*.jpg",))
            for name in ("bwerner", "myrabella", "dmottl", "mfield")
        ),
        *(
            Taking("CC-BY-SA-4.0", f"Files: images/land/*-{name}*\n", (f"{_LAND}*-{name}*.jpg",))
            for name in ("sfiera", "striker", "harro", "iridium", "spfld")
        ),
        Taking("CC-BY-SA-4.0", " images/land/lava5*\n", (f"{_LAND}lava5*.jpg",)),
        Taking("LicenseRef-public-domain", "placed in the public domain. (Exceptions noted", (f"{_LAND}*.jpg",)),
    ),
    _debian(
        "plasma-workspace-wallpapers",
        Taking(
            "GPL-2.0-or-later",
            "Files: *\n",
            ("usr/share/wallpapers/*/contents/images/*x*.jpg", "usr/share/wallpapers/*/contents/images/*x*.png"),
            one_a_folder=True,
        ),
    ),
    _debian(
        "mate-backgrounds",
        Taking("CC-BY-SA-4.0", "License: CC-BY-SA-4.0\n", ("usr/share/backgrounds/mate/desktop/Ubuntu-Mate-*.png",)),
        Taking(
            "GPL-2.0-or-later",
            "License: GPL-2+\n",
            ("usr/share/backgrounds/mate/*/*.jpg", "usr/share/backgrounds/mate/*/*.png"),
        ),
    ),
    _debian(
        "lomiri-wallpapers-16.04",
        Taking("CC0-1.0", "Clemens Engelhardt, 2018\nLicense: CC0-1.0", ("usr/share/backgrounds/seeding*.jpg",)),
        Taking(
            "CC-BY-SA-4.0",
            "License: CC-BY-SA-4.0\n",
            tuple(f"usr/share/backgrounds/{name}*.jpg" for name in
                  ("analogpattern", "Bridge", "Dragonfly", "free_", "greentock")),
        ),
        Taking("CC-BY-4.0", "License: CC-BY-4.0\n", ("usr/share/backgrounds/*.jpg",)),
    ),
    _debian(
        "lomiri-wallpapers-20.04",
        Taking("CC-BY-SA-3.0", "License: CC-BY-SA-3.0\n", ("usr/share/backgrounds/*.jpg",)),
    ),
    _debian(
        "ukui-wallpapers",
        Taking(
            "CC-BY-SA-3.0",
            "Files: *\nCopyright: 2013-2020 Ubuntu Kylin community contributors\nLicense: CC-BY-SA-3.0\n",
            ("usr/share/backgrounds/*.jpg", "usr/share/backgrounds/*.png"),
        ),
    ),
    _debian(
        "lxqt-themes",
        Taking(
            "LGPL-2.1-or-later",
            "2012-2022 LXQt team\nLicense: LGPL-2.1+\n",
            tuple(f"usr/share/lxqt/wallpapers/{name}" for name in
                  ("*.jpg", "appleflower.png", "beam.png", "butterfly.png", "cloud.png", "drop.png", "flowers.png",
                   "plasma_arch.png", "triangles.png")),
        ),
    ),
    _debian(
        "palapeli-data",
        Taking(
            "GPL-2.0-or-later",
            "Copyright: 2014, Ian Wadham <iandw.au@gmail.com>",
            ("usr/share/palapeli/collection/*.jpg", "usr/share/palapeli/backgrounds/*.jpg"),
        ),
    ),
    _debian(
        "mypaint-data-extras",
        Taking(
            "GPL-2.0-or-later",
            "2005-2016 Martin Renold and the MyPaint Development Team\nLicense: GPL-2+\n",
            ("usr/share/mypaint/backgrounds/*/*.png",),
        ),
    ),
    _debian(
        "tuxpaint-stamps-default",
        Taking(
            "GPL-2.0-only",
            "License: GPL-2\n",
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
