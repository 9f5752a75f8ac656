"""What packages say of single pictures, from small made-up ones."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from training.licences import Statement, stated
from training.packages import SOURCES, Source, Taking

COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2014, The Team
License: GPL-2+

Files: art/sea*
       art/??.png art/a\\*b.png
Copyright:
 2015, A Painter
License: CC0-1.0

Files: art/seaweed.png
Copyright: nobody knows
License: CC-BY-NC-4.0

Files: art/found.png
Copyright: *No copyright*
License: GPL-2+

License: GPL-2+
 Files: art/lake.png
 may be copied.
"""


def licence_of(place: str, folder: Path, pattern: str = "") -> str | None:
    said = stated(folder / "share" / place, PurePosixPath(place), COPYRIGHT, pattern)
    return None if said is None else said.licence


@pytest.mark.parametrize(
    ("place", "licence"),
    [
        ("art/lake.png", "GPL-2.0-or-later"),
        ("art/sea.png", "CC0-1.0"),
        ("art/sea/deep/blue.png", "CC0-1.0"),  # a star matches slashes
        ("art/ab.png", "CC0-1.0"),
        ("art/abc.png", "GPL-2.0-or-later"),
        ("art/a*b.png", "CC0-1.0"),
        ("art/axb.png", "GPL-2.0-or-later"),
        ("art/seaweed.png", "CC-BY-NC-4.0"),  # the last that matches
        ("art/found.png", "GPL-2.0-or-later, of nobody named"),
    ],
)
def test_the_last_paragraph_that_matches_counts(place: str, licence: str, tmp_path: Path) -> None:
    assert licence_of(place, tmp_path) == licence


def test_a_paragraph_that_is_named_counts_before_the_last(tmp_path: Path) -> None:
    assert licence_of("art/seaweed.png", tmp_path, "art/sea*") == "CC0-1.0"
    assert licence_of("art/lake.png", tmp_path, "art/sea*") is None


def test_nothing_is_said_where_no_paragraph_matches(tmp_path: Path) -> None:
    assert stated(tmp_path / "x.png", PurePosixPath("x.png"), "Files: art/*\nLicense: CC0-1.0\n") is None
    assert stated(tmp_path / "x.png", PurePosixPath("x.png"), "") is None


@pytest.mark.parametrize(
    ("name", "text", "licence"),
    [
        ("art/lake.desktop", "[Desktop Entry]\nName=Lake\nX-KDE-PluginInfo-License=GNU-FDL\n", "LicenseRef-GFDL"),
        ("art/lake.desktop", "[Desktop Entry]\nX-KDE-PluginInfo-License=Public Domain\n", "LicenseRef-public-domain"),
        ("art/lake.desktop", "[Desktop Entry]\nName=Lake\n", "GPL-2.0-or-later"),  # states none
        ("art/sky.desktop", "[Desktop Entry]\nX-KDE-PluginInfo-License=GNU-FDL\n", "GPL-2.0-or-later"),  # another's
        ("art/License", "Licensed under https://creativecommons.org/licenses/by-sa/3.0/\n", "CC-BY-SA-3.0"),
        ("metadata.json", '{"KPlugin": {\n "License": "LGPLv3",\n "Name": "Lake"}}\n', "LGPL-3.0-only"),
        ("metadata.desktop", "X-KDE-PluginInfo-License=CC-BY-SA-4.0\n", "CC-BY-SA-4.0"),
        ("metadata.desktop", "X-KDE-PluginInfo-License=my own\n", "my own"),
    ],
)
def test_what_lies_beside_a_picture_counts_first(name: str, text: str, licence: str, tmp_path: Path) -> None:
    beside = tmp_path / "share" / name
    beside.parent.mkdir(parents=True)
    beside.write_text(text, "utf-8")
    assert licence_of("art/lake.png", tmp_path) == licence


def test_a_source_grants_what_is_said_of_the_picture_and_nothing_else(tmp_path: Path) -> None:
    source = Source("debian", "tiny", "copyright", (), installed="usr/share/tiny/", original="art/")
    sea, lake = (tmp_path / f"usr/share/tiny/{name}.png" for name in ("sea", "lake"))
    assert source.place(sea, tmp_path) == PurePosixPath("art/sea.png")

    def grants(licence: str, evidence: str, picture: Path) -> bool:
        return source.grants(Taking(licence, evidence, ("*.png",)), picture, tmp_path, COPYRIGHT)

    assert grants("CC0-1.0", "A Painter", sea)
    assert not grants("CC0-1.0", "A Painter", lake)  # of another paragraph
    assert not grants("CC0-1.0", "The Team", sea)
    assert not grants("GPL-2.0-or-later", "The Team", sea)
    assert grants("GPL-2.0-or-later", "The Team", lake)


def test_every_debian_source_says_where_its_pictures_come_from() -> None:
    for source in SOURCES:
        if source.registry == "debian":
            assert source.installed.endswith("/")
            globs = [glob for taking in source.takings for glob in taking.globs]
            assert all(glob.startswith(source.installed) for glob in globs), source.package


def test_a_statement_keeps_its_words(tmp_path: Path) -> None:
    words = "Files: art/*\nCopyright: A Painter\nLicense: Expat"
    assert stated(tmp_path / "x.png", PurePosixPath("art/x.png"), words + "\n\nFiles: b\nLicense: X") == Statement(
        "MIT", words
    )
