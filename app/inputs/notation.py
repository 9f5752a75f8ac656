"""How a source is written on the command line, in reports and in scripts, and read back.

    camera   camera:0   camera:NAME   camera:NAME@1280x720@30   camera@1280x720
    screen   screen:1   screen:1@LEFT,TOP,WIDTH,HEIGHT   screen:1@15
    testcard   testcard@1280x720@30
    the path of a picture or a video, or a URL (rtsp://..., https://...), just as it is

A file that is called like one of the words is meant by "./camera".
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

from app.errors import SourceError
from app.inputs.video import is_url
from app.look import SourceChoice, SourceKind
from app.words import inputs as words

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".heic", ".jp2", ".exr", ".hdr", ".ppm")
"""Endings of files that are shown as stills. A GIF moves, so it is a clip."""
CLIPS = (
    *(".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".ts", ".m2ts", ".mts", ".wmv", ".flv"),
    *(".ogv", ".3gp", ".mxf", ".vob", ".y4m", ".gif"),
)
"""Endings of files that are surely videos; one of another ending may be, too."""

_WORDS = re.compile(
    r"(?P<kind>camera|screen|testcard)"
    r"(?::(?P<target>.*?))?"
    r"(?:@(?P<width>[0-9]{1,5})x(?P<height>[0-9]{1,5}))?"
    r"(?:@(?P<region>-?[0-9]{1,6},-?[0-9]{1,6},[0-9]{1,6},[0-9]{1,6}))?"
    r"(?:@(?P<rate>[0-9]{1,4}(?:\.[0-9]{1,9})?))?"
)


def parse_source(text: str) -> SourceChoice:
    """The source that ``text`` means. Raises SourceError in one sentence where it means none, or no file is there."""
    word = re.match(r"(camera|screen|testcard)(?=$|[:@])", text)
    if word:
        return _parse_words(text, word[1])
    if not text.strip():
        raise SourceError(words.NOTHING_NAMED)
    if is_url(text):
        return SourceChoice("clip", text)
    path = Path(text)
    if path.is_dir():
        raise SourceError(words.is_folder(text))
    if not path.exists():
        raise SourceError(words.no_such_source(text))
    return SourceChoice("still" if path.suffix.lower() in PICTURES else "clip", text)


def source_text(choice: SourceChoice) -> str:
    """What ``parse_source`` reads as ``choice``; whether a clip loops, and a wanted size of it, is left out."""
    if choice.kind in ("still", "clip"):
        return choice.target
    parts = [f"{choice.kind}:{choice.target}" if choice.target else choice.kind]
    if choice.width and choice.height:
        parts.append(f"{choice.width}x{choice.height}")
    if choice.region is not None:
        parts.append(",".join(map(str, choice.region)))
    if choice.rate:
        parts.append(f"{choice.rate:.9f}".rstrip("0").rstrip("."))
    return "@".join(parts)


def _parse_words(text: str, kind: str) -> SourceChoice:
    found = _WORDS.fullmatch(text)
    if (
        found is None
        or (kind == "testcard" and found["target"])
        or (kind == "screen" and found["width"])
        or (kind != "screen" and found["region"])
    ):
        raise SourceError(words.not_understood(text, kind))
    region = None
    if found["region"]:
        left, top, width, height = map(int, found["region"].split(","))
        region = (left, top, width, height)
    return SourceChoice(
        cast(SourceKind, kind),
        found["target"] or "",
        int(found["width"] or 0),
        int(found["height"] or 0),
        float(found["rate"] or 0),
        region,
    )
