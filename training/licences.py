"""What a package says of the licence of one of its pictures.

A file beside the picture that states a licence counts first; else the paragraph of ``debian/copyright`` that covers the
picture. Knows no table of packages, and does not judge what a licence allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_SPDX = {
    "CC0": "CC0-1.0",
    "Expat": "MIT",
    "FDL": "LicenseRef-GFDL",
    "GNU-FDL": "LicenseRef-GFDL",
    "GPL-2": "GPL-2.0-only",
    "GPL-2+": "GPL-2.0-or-later",
    "GPL-3": "GPL-3.0-only",
    "GPL-3+": "GPL-3.0-or-later",
    "LGPL-2.1+": "LGPL-2.1-or-later",
    "LGPL-3": "LGPL-3.0-only",
    "LGPLv3": "LGPL-3.0-only",
    "Public Domain": "LicenseRef-public-domain",
    "public-domain": "LicenseRef-public-domain",
}
"""What Debian and KDE call the licences that have a name of their own there."""

_FIELD = re.compile(r'^(?:X-KDE-PluginInfo-License=|\s*"License":\s*")([^"\n]+)', re.MULTILINE)
"""In a ``.desktop`` file, or in KDE's ``metadata.json``."""
_DEED = re.compile(r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)")


@dataclass(frozen=True)
class Statement:
    """licence: its SPDX name, or, where it has none here, as it is stated. words: of the paragraph or file."""

    licence: str
    words: str


def stated(picture: Path, place: PurePosixPath, terms: str, pattern: str = "") -> Statement | None:
    """Of the file ``picture`` of an unpacked package; None where nothing is said of it.

    place: its path in the source package, which is what a ``debian/copyright`` speaks of. terms: the text of that file.
    pattern: of the paragraph that counts, where it is not the last that matches.
    """
    for words in _beside(picture):
        if field := _FIELD.search(words):
            return Statement(_spdx(field[1].strip()), words)
        if deed := _DEED.search(words):
            return Statement(f"CC-{deed[1].upper()}-{deed[2]}", words)
    return _covering(place, terms, pattern)


def _beside(picture: Path) -> Iterator[str]:
    """The texts that may speak of a picture: its own, its folder's, and those of the KDE package that it lies in."""
    folders = (picture.parent, *picture.parents[1:3])  # such a package holds its pictures in contents/images
    packages = [folder / f"metadata.{kind}" for folder in folders for kind in ("json", "desktop")]
    for path in (picture.with_suffix(".desktop"), picture.with_name("License"), *packages):
        if path.is_file():
            yield path.read_text("utf-8")


def _covering(place: PurePosixPath, terms: str, pattern: str) -> Statement | None:
    """Of the last paragraph whose patterns match, as the format has it. A licence of nobody is not the plain one."""
    found = None
    for paragraph in re.split(r"\n\s*\n", terms):
        fields = _fields(paragraph)
        patterns = [each for each in fields.get("files", "").split() if not pattern or each == pattern]
        if "license" in fields and any(_pattern(each).fullmatch(str(place)) for each in patterns):
            licence = _spdx(fields["license"].strip().split("\n")[0].strip())
            if "no copyright" in fields.get("copyright", "").lower():
                licence += ", of nobody named"
            found = Statement(licence, paragraph)
    return found


def _fields(paragraph: str) -> dict[str, str]:
    """Of one paragraph, by their names in small letters, with the lines that go on."""
    fields: dict[str, str] = {}
    name = ""
    for line in paragraph.split("\n"):
        if line[:1].isspace():
            if name:
                fields[name] += f"\n{line}"
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.lower()
            fields[name] = value
    return fields


def _pattern(glob: str) -> re.Pattern[str]:
    """``*`` and ``?`` match slashes, too; a backslash takes their meaning from them."""
    parts = re.findall(r"\\.|.", glob)
    return re.compile("".join({"*": ".*", "?": "."}.get(part, re.escape(part[-1])) for part in parts), re.DOTALL)


def _spdx(name: str) -> str:
    return _SPDX.get(name, name)
