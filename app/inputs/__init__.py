"""Where pictures come from: cameras, screens, clips, streams, stills, the test card. Knows no Qt and no rig."""

from __future__ import annotations

from app.errors import SourceError
from app.inputs.camera import CameraSource
from app.inputs.cameras import CameraInfo, list_cameras
from app.inputs.clip import ClipSource
from app.inputs.notation import parse_source, source_text
from app.inputs.screen import ScreenInfo, ScreenSource, list_screens
from app.inputs.source import Source
from app.inputs.still import StillSource
from app.inputs.testcard import TestCardSource
from app.look import SourceChoice
from app.words import inputs as words

__all__ = [
    "CameraInfo",
    "ScreenInfo",
    "Source",
    "list_cameras",
    "list_screens",
    "open_source",
    "parse_source",
    "source_text",
]


def open_source(choice: SourceChoice, *, realtime: bool) -> Source:
    """The source for ``choice``, made but not yet opened. Raises SourceError where no file or URL is named.

    realtime: paced and stamped with ``time.perf_counter()``; else as fast as it is read, stamped with media time.
    """
    match choice.kind:
        case "camera":
            return CameraSource(choice, realtime=realtime)
        case "screen":
            return ScreenSource(choice, realtime=realtime)
        case "testcard":
            return TestCardSource(choice, realtime=realtime)
        case "still" | "clip" if not choice.target:
            raise SourceError(words.NO_FILE_CHOSEN)
        case "still":
            return StillSource(choice, realtime=realtime)
        case "clip":
            return ClipSource(choice, realtime=realtime)
